//! Many changes by several clients on real peers, with faults and kills drawn by chance from a number that is printed: the
//! schedule and the model of what must be shown are those of the simulated peers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::model::{Effect, Kind, Known, Outcome};
use self::schedule::{Act, Layout, Life, Schedule};
use crate::audit;
use crate::requests::{Answer, end_of, send};
use crate::scenarios::Operator as _;
use crate::server::Server;

#[path = "../it/schedules/model.rs"]
#[expect(dead_code, reason = "moves and block volumes are left to the simulated peers")]
mod model;
#[path = "../it/schedules/schedule.rs"]
#[expect(dead_code, reason = "schedules of all requests are left to the simulated peers")]
mod schedule;

const CLIENTS: usize = 7;
const CHANGES: usize = 60;

/// How many volumes there may be: each takes memory of the peers, which have little.
const MOST: usize = 8;

/// Long enough for the other clients to go on meanwhile.
const STALL_MS: u64 = 2000;

/// What all clients know together.
#[derive(Default)]
struct World {
    volumes: Kind,
    /// Jobs that nobody was there to answer.
    open: Vec<(String, Effect)>,
    tally: Tally,
    wrong: Vec<String>,
    names: usize,
}

/// How often what happened.
#[derive(Debug, Default)]
struct Tally {
    creates: usize,
    expands: usize,
    deletes: usize,
    done: usize,
    failed: usize,
    refused: usize,
    lost: usize,
    faults: usize,
    kills: usize,
}

/// One life of the server, as its clients see it.
struct Shift<'a> {
    server: &'a Server,
    world: &'a Mutex<World>,
    begun: AtomicUsize,
    is_over: AtomicBool,
}

impl Shift<'_> {
    fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().expect("no client has panicked"))
    }

    fn work(&self, acts: &[Act]) {
        for act in acts {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            match act {
                Act::Create { .. } if self.world(|world| world.there()) >= MOST => self.delete(0),
                Act::Create { gib, layout } => self.create(*gib, *layout),
                Act::Expand { which, gib } => self.on_volume(*which, |name, known| {
                    let path = format!("/volumes/{}/expand", known.id.as_deref().unwrap_or_default());
                    let effect = Effect::Expand { name: name.to_owned(), by: *gib };
                    ("POST", path, json!({"expand_size": gib}), effect)
                }),
                Act::Delete { which } => self.delete(*which),
                other => self.world(|world| world.wrong.push(format!("{other:?} is no act of a soak"))),
            }
        }
    }

    fn create(&self, gib: u64, layout: Layout) {
        let name = self.world(|world| {
            world.names += 1;
            format!("v{}", world.names)
        });
        let body = body_of(&name, gib, layout);
        self.ask("POST", "/volumes", &body, &Effect::Create { name, sizes: [gib].into() });
    }

    fn delete(&self, which: usize) {
        self.on_volume(which, |name, known| {
            let path = format!("/volumes/{}", known.id.as_deref().unwrap_or_default());
            ("DELETE", path, Value::Null, Effect::Delete { name: name.to_owned() })
        });
    }

    fn on_volume(
        &self,
        which: usize,
        ask: impl FnOnce(&str, &Known) -> (&'static str, String, Value, Effect),
    ) {
        let Some((name, known)) = self.world(|world| world.volumes.claim(which)) else {
            // It would be one change less.
            return self.create(1, Layout::Replica3);
        };
        let (method, path, body, effect) = ask(&name, &known);
        self.ask(method, &path, &body, &effect);
        self.world(|world| world.volumes.release(&name));
    }

    /// Sends a request, waits for what becomes of it, and notes that.
    fn ask(&self, method: &str, path: &str, body: &Value, effect: &Effect) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = match send(self.server, method, path, body.as_bytes()) {
            Ok(taken) if taken.status == 202 => end_of(self.server, &taken.location).map_err(Some),
            Ok(refused) => Ok(refused),
            Err(_) => Err(None),
        };
        let outcome = answer.as_ref().map_or(Outcome::Lost, outcome_of);
        if let Err(job) = answer {
            self.is_over.store(true, Ordering::Relaxed);
            self.world(|world| world.open.extend(job.map(|job| (job, effect.clone()))));
        }
        self.world(|world| world.note(effect, &outcome));
    }
}

impl World {
    fn there(&self) -> usize {
        self.volumes.0.values().filter(|known| known.is_there()).count()
    }

    fn note(&mut self, effect: &Effect, outcome: &Outcome) {
        match effect {
            Effect::Create { .. } => self.tally.creates += 1,
            Effect::Delete { .. } => self.tally.deletes += 1,
            _ => self.tally.expands += 1,
        }
        match outcome {
            Outcome::Done { .. } => self.tally.done += 1,
            Outcome::Failed { .. } => self.tally.failed += 1,
            Outcome::Refused => self.tally.refused += 1,
            Outcome::Lost => self.tally.lost += 1,
        }
        self.volumes.note(effect, outcome);
    }

    /// What the server before took on and did not answer, the next one answers.
    fn settle_open(&mut self, server: &Server) {
        for (job, effect) in std::mem::take(&mut self.open) {
            match end_of(server, &job) {
                Err(job) => self.open.push((job, effect)),
                Ok(answer) if answer.status == 404 => {
                    self.wrong.push(format!("{job} ({effect:?}) was taken on and is forgotten"));
                }
                // It was noted as lost: whether it was done is known now. A size shows itself.
                Ok(answer) if !matches!(effect, Effect::Expand { .. }) => {
                    self.volumes.note(&effect, &outcome_of(&answer));
                }
                Ok(_) => {}
            }
        }
    }
}

fn outcome_of(answer: &Answer) -> Outcome {
    match answer.status {
        303 => Outcome::Done { id: answer.location.rsplit('/').next().map(str::to_owned) },
        204 => Outcome::Done { id: None },
        500.. => Outcome::Failed { kept: answer.text.contains("was kept") },
        _ => Outcome::Refused,
    }
}

fn body_of(name: &str, gib: u64, layout: Layout) -> Value {
    let replicate = |replica: u8| json!({"type": "replicate", "replicate": {"replica": replica}});
    let (durability, options) = match layout {
        Layout::Replica3 => (replicate(3), json!([])),
        Layout::Arbiter => (replicate(3), json!(["user.heketi.arbiter true"])),
        Layout::Replica2 => (replicate(2), json!([])),
        Layout::Disperse => {
            (json!({"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}), json!([]))
        }
        Layout::Alone => (json!({"type": "none"}), json!([])),
    };
    json!({"name": name, "size": gib, "durability": durability, "glustervolumeoptions": options})
}

/// One that kills at any command may meet the start itself, which nobody survives who waits for it.
fn faults_of(life: &Life) -> Vec<Value> {
    let kills = |fault: &str| matches!(fault, "kill_before" | "kill_after" | "late");
    let faults = life.faults.iter().filter(|fault| fault.command != "." || !kills(&fault.fault));
    let with_stall = faults.map(|fault| {
        json!({"command": fault.command, "fault": fault.fault, "skip": fault.skip, "times": fault.times, "stall_ms": STALL_MS})
    });
    with_stall.collect()
}

fn live(server: &mut Server, world: &Mutex<World>, life: &Life) {
    server.start_with(&faults_of(life));
    world.lock().expect("nobody else").settle_open(server);
    let shift = Shift { server, world, begun: AtomicUsize::new(0), is_over: AtomicBool::new(false) };
    let busy = AtomicUsize::new(life.clients.len());
    std::thread::scope(|scope| {
        for acts in &life.clients {
            let (shift, busy) = (&shift, &busy);
            scope.spawn(move || {
                shift.work(acts);
                busy.fetch_sub(1, Ordering::Relaxed);
            });
        }
        while let Some(count) = life.killed_after {
            if busy.load(Ordering::Relaxed) == 0 {
                break;
            }
            if shift.begun.load(Ordering::Relaxed) >= count {
                server.signal_kill();
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let is_over = shift.is_over.load(Ordering::Relaxed);
    let mut world = world.lock().expect("the clients have ended");
    world.tally.kills += usize::from(is_over);
    world.tally.faults += server.met();
}

/// What is shown when nothing goes wrong any more is what was said.
fn check(server: &mut Server, world: &mut World) {
    server.start_with(&[]);
    world.settle_open(server);
    server.rests();
    audit::is_clean(server);
    let shown: Vec<_> = server
        .volumes()
        .into_iter()
        .map(|volume| (volume.name, volume.id, volume.size.unsigned_abs()))
        .collect();
    world.wrong.extend(world.volumes.compare("volume", &shown));
    assert!(!server.log().contains("panicked at"), "something panicked");
    assert!(world.wrong.is_empty(), "{:#?}", world.wrong);
    eprintln!("{} volumes are left", shown.len());
}

/// `SOAK_SEED` says which.
#[test]
#[ignore = "needs the lab: make test-all"]
fn sixty_changes_by_seven_clients_with_faults_leave_what_was_said_and_nothing_else() {
    let seed = std::env::var("SOAK_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_128);
    eprintln!("seed {seed}");
    let begun = Instant::now();
    let mut server = Server::with_topology();
    let world = Mutex::new(World::default());
    for (number, life) in Schedule::soak(seed, CLIENTS, CHANGES).lives.iter().enumerate() {
        live(&mut server, &world, life);
        eprintln!("life {number}: {} s", begun.elapsed().as_secs());
    }
    let mut world = world.into_inner().expect("the clients have ended");
    check(&mut server, &mut world);
    let tally = &world.tally;
    eprintln!("seed {seed}: {tally:?} in {} s", begun.elapsed().as_secs());
    let changes = tally.creates + tally.expands + tally.deletes;
    assert!(changes >= CHANGES && tally.done > 0 && tally.faults > 0, "{changes} changes, {tally:?}");
}
