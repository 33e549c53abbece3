//! Many changes by several clients on real peers, with faults and kills drawn by chance from a number that is printed: the
//! schedule and the model of what must be shown are those of the simulated peers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::act::{Act, Layout, With};
use self::model::{Known, Shown};
use self::schedule::{Life, Schedule};
use self::world::{Answer, Ask, End, Serves, World, with};
use crate::audit;
use crate::requests::{self, end_of, send};
use crate::scenarios::Operator as _;
use crate::server::Server;

#[path = "../it/schedules/act.rs"]
#[expect(dead_code, reason = "most acts are left to the simulated peers")]
mod act;
#[path = "../it/schedules/draw.rs"]
mod draw;
#[path = "../it/schedules/model.rs"]
#[expect(dead_code, reason = "moves and block volumes are left to the simulated peers")]
mod model;
#[path = "../it/schedules/schedule.rs"]
#[expect(dead_code, reason = "schedules of all requests are left to the simulated peers")]
mod schedule;
#[path = "../it/schedules/world.rs"]
#[expect(dead_code, reason = "what never ends ends a scenario of the lab")]
mod world;

const CLIENTS: usize = 7;
const CHANGES: usize = 60;

/// How many volumes there may be: each takes memory of the peers, which have little.
const MOST: usize = 8;

/// Long enough for the other clients to go on meanwhile.
const STALL_MS: u64 = 2000;

/// How often what was drawn beside the changes happened.
#[derive(Debug, Default)]
struct Disturbed {
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

impl Serves for Server {
    fn request(&self, ask: &Ask) -> Option<Answer> {
        let body = if ask.body.is_null() { String::new() } else { ask.body.to_string() };
        send(self, ask.method, &ask.path, body.as_bytes()).ok().map(answered)
    }

    fn end_of(&self, job: &str) -> End {
        end_of(self, job).map_or(End::Nobody, |answer| End::Answer(answered(answer)))
    }
}

fn answered(answer: requests::Answer) -> Answer {
    Answer { status: answer.status, location: answer.location, text: answer.text }
}

impl Shift<'_> {
    fn work(&self, acts: &[Act]) {
        for act in acts {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            match act {
                Act::Create { .. } if with(self.world, |world| there(world) >= MOST) => self.delete(0),
                Act::Create { gib, layout, .. } => self.create(*gib, *layout),
                Act::Expand { which, gib, .. } => {
                    self.on_volume(*which, |name, known| world::expand(name, known, *gib));
                }
                Act::Delete { which } => self.delete(*which),
                other => {
                    with(self.world, |world| world.wrong.push(format!("{other:?} is no act of a soak")));
                }
            }
        }
    }

    fn create(&self, gib: u64, layout: Layout) {
        let name = with(self.world, |world| world.fresh("v"));
        self.ask(&world::create(&name, gib, layout, With::default()));
    }

    fn delete(&self, which: usize) {
        self.on_volume(which, |name, known| world::delete(name, known, false));
    }

    fn on_volume(&self, which: usize, ask: impl FnOnce(&str, &Known) -> Ask) {
        let Some((name, known)) = with(self.world, |world| world.volumes.claim(which)) else {
            // It would be one change less.
            return self.create(1, Layout::Replica3);
        };
        self.ask(&ask(&name, &known));
        with(self.world, |world| world.volumes.release(&name));
    }

    /// Sends a request, waits for what becomes of it, and notes that.
    fn ask(&self, ask: &Ask) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let (said, wrong) = world::put(self.server, ask);
        if said.answer.is_none() {
            self.is_over.store(true, Ordering::Relaxed);
        }
        with(self.world, |world| {
            world.note(ask, &said);
            world.wrong.extend(wrong);
        });
    }
}

fn there(world: &World) -> usize {
    world.volumes.0.values().filter(|known| known.is_there()).count()
}

fn kills(fault: &str) -> bool {
    matches!(fault, "kill_before" | "kill_after" | "late")
}

/// One that kills at any command may meet the start itself, which nobody survives who waits for it.
fn faults_of(life: &Life) -> Vec<Value> {
    let faults = life.faults.iter().filter(|fault| fault.command != "." || !kills(&fault.fault));
    let with_stall = faults.map(|fault| {
        json!({"command": fault.command, "fault": fault.fault, "skip": fault.skip, "times": fault.times, "stall_ms": STALL_MS})
    });
    with_stall.collect()
}

fn live(server: &mut Server, world: &Mutex<World>, disturbed: &mut Disturbed, life: &Life) {
    server.start_with(&faults_of(life));
    with(world, |world| world.settle_open(server));
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
    let may_die = life.killed_after.is_some() || life.faults.iter().any(|fault| kills(&fault.fault));
    assert!(!is_over || may_die, "a server that nothing kills does not answer: {}", server.log());
    disturbed.kills += usize::from(is_over);
    disturbed.faults += server.met();
}

/// What is shown when nothing goes wrong any more is what was said.
fn check(server: &mut Server, world: &mut World) {
    server.start_with(&[]);
    world.settle_open(server);
    server.rests();
    audit::is_clean(server);
    let shown: Vec<Shown> = server.volumes().into_iter().map(world::shown).collect();
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
    let (world, mut disturbed) = (Mutex::new(World::default()), Disturbed::default());
    for (number, life) in Schedule::soak(seed, CLIENTS, CHANGES).lives.iter().enumerate() {
        live(&mut server, &world, &mut disturbed, life);
        eprintln!("life {number}: {} s", begun.elapsed().as_secs());
    }
    let mut world = world.into_inner().expect("the clients have ended");
    check(&mut server, &mut world);
    let tally = &world.tally;
    eprintln!("seed {seed}: {tally:?}, {disturbed:?} in {} s", begun.elapsed().as_secs());
    let changes = tally.creates + tally.expands + tally.deletes;
    // Kills leave many without an answer; of the others most are done.
    let is_busy = changes >= CHANGES && tally.done >= CHANGES / 3;
    assert!(is_busy && disturbed.faults > 0, "{changes} changes, {tally:?}");
}
