//! The clients of a schedule: each does its acts, and notes every answer in the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::model::{Effect, Kind, Known, Outcome};
use super::schedule::{Act, Layout};
use crate::support::operator::HOSTS;
use crate::support::{Lab, Reply};

/// How long a job may take: stalled commands, waits for locks and tries again are in it.
const JOB_LIMIT: Duration = Duration::from_secs(150);

/// What all clients know together.
#[derive(Debug, Default)]
pub struct World {
    pub volumes: Kind,
    pub blocks: Kind,
    /// Jobs that were taken on and not answered, with what they are to do.
    pub open: Vec<(String, Effect, bool)>,
    /// The layouts of those volumes into which a file was written.
    pub files: BTreeMap<String, Layout>,
    pub tally: Tally,
    pub wrong: Vec<String>,
    names: usize,
}

/// How often what happened.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub done: usize,
    pub failed: usize,
    pub refused: usize,
    pub lost: usize,
    pub creates: usize,
    pub expands: usize,
    pub deletes: usize,
}

/// One life of the server, as its clients see it.
pub struct Shift<'a> {
    pub lab: &'a Lab,
    pub world: &'a Mutex<World>,
    /// Requests that were sent.
    pub begun: &'a AtomicUsize,
    /// Whether a client has found nobody there.
    pub is_over: &'a AtomicBool,
    /// Whether nothing is there that could make anything fail.
    pub is_calm: bool,
}

/// A request, and what it is about.
struct Ask {
    method: &'static str,
    path: String,
    body: Value,
    effect: Effect,
    is_block: bool,
}

impl Shift<'_> {
    /// Does these acts until the server is gone.
    pub fn work(&self, acts: &[Act]) {
        for act in acts {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            self.act(*act);
        }
    }

    fn act(&self, act: Act) {
        match act {
            Act::Create { gib, layout } => self.create(gib, layout),
            Act::CreateBlock { gib } => self.create_block(gib),
            Act::Expand { which, gib } => self.on_volume(which, |name, known| Some(expand(name, known, gib))),
            Act::Delete { which } => self.on_volume(which, |name, known| Some(delete(name, known, false))),
            Act::Clone { which } => self.clone_volume(which),
            Act::Evict { which, brick } => self.evict(which, brick),
            Act::ExpandBlock { which, gib } => self.on_block(which, |name, known| grow(name, known, gib)),
            Act::DeleteBlock { which } => self.on_block(which, |name, known| delete(name, known, true)),
            Act::Drain { which } => self.drain(which),
            Act::Resync { which } => self.resync(which),
        }
    }

    fn fresh(&self, what: &str) -> String {
        let mut world = self.world.lock().unwrap();
        world.names += 1;
        format!("{what}{}", world.names)
    }

    fn create(&self, gib: u64, layout: Layout) {
        let name = self.fresh("v");
        let body = body_of(&name, gib, layout);
        let effect = Effect::Create { name: name.clone(), sizes: BTreeSet::from([gib]) };
        let ask = Ask { method: "POST", path: "/volumes".to_owned(), body, effect, is_block: false };
        if let Outcome::Done { id: Some(id) } = self.ask(&ask) {
            self.look(&name, &id, gib);
            self.lab.on(HOSTS[0], Action::WriteFile { volume: name.clone(), name: name.clone() });
            self.world.lock().unwrap().files.insert(name, layout);
        }
    }

    /// What was acknowledged is there for whoever asks, at once.
    fn look(&self, name: &str, id: &str, gib: u64) {
        let Ok(reply) = self.lab.try_send("GET", &format!("/volumes/{id}"), &[], None) else { return };
        let volume = reply.json();
        // Somebody may have deleted or expanded it already.
        let is_so = reply.status == 404 || volume["name"] == name && volume["size"].as_u64() >= Some(gib);
        if !is_so {
            self.wrong(format!("volume {name} ({id}) was made with {gib} GiB, and is shown as {reply:?}"));
        }
    }

    fn create_block(&self, gib: u64) {
        let name = self.fresh("b");
        let body = json!({"size": gib, "name": name});
        let effect = Effect::Create { name, sizes: BTreeSet::from([gib]) };
        self.ask(&Ask { method: "POST", path: "/blockvolumes".to_owned(), body, effect, is_block: true });
    }

    fn on_volume(&self, which: usize, ask: impl FnOnce(&str, &Known) -> Option<Ask>) {
        let claimed = self.world.lock().unwrap().volumes.claim(which);
        let Some((name, known)) = claimed else { return };
        if let Some(ask) = ask(&name, &known) {
            self.ask(&ask);
        }
        self.world.lock().unwrap().volumes.release(&name);
    }

    fn on_block(&self, which: usize, ask: impl FnOnce(&str, &Known) -> Ask) {
        let claimed = self.world.lock().unwrap().blocks.claim(which);
        let Some((name, known)) = claimed else { return };
        self.ask(&ask(&name, &known));
        self.world.lock().unwrap().blocks.release(&name);
    }

    fn clone_volume(&self, which: usize) {
        let copy = self.fresh("c");
        self.on_volume(which, |_, known| {
            let effect = Effect::Create { name: copy.clone(), sizes: known.sizes.clone() };
            let path = format!("/volumes/{}/clone", known.id.as_ref()?);
            Some(Ask { method: "POST", path, body: json!({"name": copy}), effect, is_block: false })
        });
    }

    fn evict(&self, which: usize, brick: usize) {
        self.on_volume(which, |_, known| {
            let path = format!("/volumes/{}", known.id.as_ref()?);
            let volume = self.lab.try_send("GET", &path, &[], None).ok()?.json();
            let bricks = volume["bricks"].as_array()?;
            let brick = bricks.get(brick.checked_rem(bricks.len())?)?["id"].as_str()?.to_owned();
            let (path, body) = (format!("/bricks/to-evict/{brick}"), json!({}));
            Some(Ask { method: "POST", path, body, effect: Effect::Move, is_block: false })
        });
    }

    fn device(&self, which: usize) -> Option<String> {
        let topology = self.lab.client().topology().ok()?;
        let nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
        let devices: Vec<String> =
            nodes.flat_map(|node| node.devices.iter()).map(|device| device.id.clone()).collect();
        devices.get(which.checked_rem(devices.len())?).cloned()
    }

    fn drain(&self, which: usize) {
        let Some(device) = self.device(which) else { return };
        for state in ["offline", "failed", "offline", "online"] {
            self.moves("POST", format!("/devices/{device}/state"), json!({"state": state}));
        }
    }

    fn resync(&self, which: usize) {
        if let Some(device) = self.device(which) {
            self.moves("GET", format!("/devices/{device}/resync"), Value::Null);
        }
    }

    fn moves(&self, method: &'static str, path: String, body: Value) {
        self.ask(&Ask { method, path, body, effect: Effect::Move, is_block: false });
    }

    /// Sends a request, waits for what becomes of it, and notes that.
    fn ask(&self, ask: &Ask) -> Outcome {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let body = (!ask.body.is_null()).then(|| ask.body.to_string());
        let sent = self.lab.try_send(ask.method, &ask.path, &[], body.as_deref().map(str::as_bytes));
        let outcome = match sent {
            Err(_) => self.gone(ask, None),
            Ok(reply) if reply.status == 202 => match end_of(self.lab, &reply.location) {
                End::Answer(answer) => self.outcome(ask, &answer),
                End::Nobody => self.gone(ask, Some(reply.location)),
                End::Never(said) => {
                    self.wrong(format!("{ask} never ends: {said}"));
                    Outcome::Lost
                }
            },
            Ok(reply) => self.refused(ask, &reply),
        };
        self.world.lock().unwrap().note(ask, &outcome);
        outcome
    }

    fn gone(&self, ask: &Ask, job: Option<String>) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(job) = job {
            self.world.lock().unwrap().open.push((job, ask.effect.clone(), ask.is_block));
        }
        Outcome::Lost
    }

    fn refused(&self, ask: &Ask, reply: &Reply) -> Outcome {
        let is_about_something = !matches!(ask.effect, Effect::Create { .. });
        // It is claimed, so that nobody else has deleted it.
        if reply.status == 404 && is_about_something && !ask.path.starts_with("/bricks") {
            self.wrong(format!("{ask} is about something that is there, and was answered {reply:?}"));
        }
        Outcome::Refused
    }

    fn outcome(&self, ask: &Ask, answer: &Reply) -> Outcome {
        let outcome = outcome_of(answer);
        if self.is_calm && matches!(outcome, Outcome::Failed { .. }) && !may_fail_in_calm(&answer.text) {
            self.wrong(format!("{ask} failed where nothing was in its way: {answer:?}"));
        }
        outcome
    }

    fn wrong(&self, text: String) {
        self.world.lock().unwrap().wrong.push(text);
    }
}

impl World {
    fn note(&mut self, ask: &Ask, outcome: &Outcome) {
        match (&ask.effect, &outcome) {
            (Effect::Create { .. }, _) => self.tally.creates += 1,
            (Effect::Expand { .. } | Effect::Resize { .. }, _) => self.tally.expands += 1,
            (Effect::Delete { .. }, _) => self.tally.deletes += 1,
            (Effect::Move, _) => {}
        }
        match outcome {
            Outcome::Done { .. } => self.tally.done += 1,
            Outcome::Failed { .. } => self.tally.failed += 1,
            Outcome::Refused => self.tally.refused += 1,
            Outcome::Lost => self.tally.lost += 1,
        }
        self.kind(ask.is_block).note(&ask.effect, outcome);
    }

    fn kind(&mut self, is_block: bool) -> &mut Kind {
        if is_block { &mut self.blocks } else { &mut self.volumes }
    }

    /// Asks for what the jobs have come to that a server before did not answer: each must be answered.
    pub fn settle_open(&mut self, lab: &Lab) {
        for (job, effect, is_block) in std::mem::take(&mut self.open) {
            match end_of(lab, &job) {
                End::Answer(answer) if answer.status == 404 => {
                    self.wrong.push(format!("{job} ({effect:?}) was taken on and is forgotten"));
                }
                End::Answer(answer) => {
                    // It was noted as lost: that it was done or not is known now.
                    let outcome = outcome_of(&answer);
                    if !matches!(effect, Effect::Expand { .. } | Effect::Resize { .. }) {
                        self.kind(is_block).note(&effect, &outcome);
                    }
                }
                End::Nobody => self.open.push((job, effect, is_block)),
                End::Never(said) => self.wrong.push(format!("{job} ({effect:?}) never ends: {said}")),
            }
        }
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.body)
    }
}

enum End {
    Answer(Reply),
    /// The server is gone.
    Nobody,
    Never(String),
}

fn end_of(lab: &Lab, job: &str) -> End {
    let begun = Instant::now();
    loop {
        match lab.try_send("GET", job, &[("Accept", "application/problem+json")], None) {
            Err(_) => return End::Nobody,
            Ok(reply) if reply.status != 200 => return End::Answer(reply),
            Ok(reply) if begun.elapsed() > JOB_LIMIT => return End::Never(reply.step),
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn outcome_of(answer: &Reply) -> Outcome {
    match answer.status {
        303 => Outcome::Done { id: Some(answer.located()) },
        204 => Outcome::Done { id: None },
        _ => Outcome::Failed { kept: answer.text.contains("was kept") },
    }
}

/// What is refused for want of room or of a place, or since something else works on it.
fn may_fail_in_calm(text: &str) -> bool {
    let texts = [
        "No space",
        "Not enough",
        "in use",
        "No Replacement",
        "no device was found",
        "only copy",
        "0 of 1 required",
        "must be offline",
        "pending",
        "being cloned",
        "was not able",
    ];
    texts.iter().any(|known| text.contains(known))
}

fn body_of(name: &str, gib: u64, layout: Layout) -> Value {
    let durability = match layout {
        Layout::Replica3 | Layout::Arbiter => json!({"type": "replicate", "replicate": {"replica": 3}}),
        Layout::Replica2 => json!({"type": "replicate", "replicate": {"replica": 2}}),
        Layout::Disperse => json!({"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}),
        Layout::Alone => json!({"type": "none"}),
    };
    let mut body = json!({"name": name, "size": gib, "durability": durability});
    if layout == Layout::Arbiter {
        body["glustervolumeoptions"] = json!(["user.heketi.arbiter true"]);
    }
    body
}

fn expand(name: &str, known: &Known, gib: u64) -> Ask {
    let path = format!("/volumes/{}/expand", known.id.as_deref().unwrap_or_default());
    let effect = Effect::Expand { name: name.to_owned(), by: gib };
    Ask { method: "POST", path, body: json!({"expand_size": gib}), effect, is_block: false }
}

fn grow(name: &str, known: &Known, gib: u64) -> Ask {
    let path = format!("/blockvolumes/{}/expand", known.id.as_deref().unwrap_or_default());
    let size = known.sizes.iter().next_back().copied().unwrap_or_default() + gib;
    let effect = Effect::Resize { name: name.to_owned(), to: size };
    Ask { method: "POST", path, body: json!({"new_size": size}), effect, is_block: true }
}

fn delete(name: &str, known: &Known, is_block: bool) -> Ask {
    let kind = if is_block { "blockvolumes" } else { "volumes" };
    let path = format!("/{kind}/{}", known.id.as_deref().unwrap_or_default());
    Ask {
        method: "DELETE",
        path,
        body: Value::Null,
        effect: Effect::Delete { name: name.to_owned() },
        is_block,
    }
}
