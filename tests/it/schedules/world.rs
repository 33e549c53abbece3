//! What the clients of a schedule ask, what they know together, and how they learn what became of it: on simulated and on
//! real peers.

use std::sync::{Mutex, PoisonError};

use mortar::api::{VolumeCreateRequest, VolumeInfo};
use serde_json::{Value, json};

use super::act::{Layout, With};
use super::model::{Effect, Kind, Known, Outcome, Shown};

/// What volumes may be asked for with.
const OPTIONS: [&str; 2] = ["performance.cache-size 64MB", "performance.readdir-ahead on"];

/// What the server adds to volumes that host block volumes.
const OF_HOSTING: &str = "group gluster-block";

/// How an answer says that all is as before.
const KEPT: [&str; 3] = ["volume was kept", "volume is kept", "what had been done was undone"];

/// A request, and what it is about.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub body: Value,
    /// An `Idempotency-Key`.
    pub key: Option<String>,
    pub effect: Effect,
    pub is_block: bool,
}

/// An answer, in the words of either kind of peers.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub text: String,
}

/// What has become of a job.
#[derive(Debug)]
pub enum End {
    Answer(Answer),
    /// The server is gone.
    Nobody,
    Never(String),
}

/// A server that may be gone.
pub trait Serves {
    /// None where nobody answers.
    fn request(&self, ask: &Ask) -> Option<Answer>;
    fn end_of(&self, job: &str) -> End;
}

/// What all clients know together.
#[derive(Debug, Default)]
pub struct World {
    pub volumes: Kind,
    pub blocks: Kind,
    /// Jobs that were taken on and not answered, with what they are to do.
    pub open: Vec<(String, Ask)>,
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

/// What was said to a request.
#[derive(Debug, Clone)]
pub struct Said {
    pub outcome: Outcome,
    /// The last answer; none where nobody was there to give it.
    pub answer: Option<Answer>,
    /// The job that it became.
    pub job: Option<String>,
    /// Whether it may be at work still.
    pub goes_on: bool,
}

/// Sends a request, and waits for what becomes of it. Nothing is noted yet.
pub fn put(server: &impl Serves, ask: &Ask) -> (Said, Option<String>) {
    let lost = |job| Said { outcome: Outcome::Lost, answer: None, job, goes_on: true };
    let Some(taken) = server.request(ask) else { return (lost(None), None) };
    if taken.status != 202 {
        let outcome = at_once(&taken);
        return (Said { outcome, answer: Some(taken), job: None, goes_on: false }, None);
    }
    let job = Some(taken.location.clone());
    match server.end_of(&taken.location) {
        End::Answer(answer) => {
            let outcome = outcome_of(&answer);
            let goes_on = matches!(outcome, Outcome::Failed { .. });
            (Said { outcome, answer: Some(answer), job, goes_on }, None)
        }
        End::Nobody => (lost(job), None),
        End::Never(said) => (lost(job), Some(format!("{ask} never ends: {said}"))),
    }
}

/// What was not taken on was refused, or done already.
fn at_once(answer: &Answer) -> Outcome {
    match answer.status {
        200..=204 => {
            let made: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            Outcome::Done { id: made["id"].as_str().map(str::to_owned) }
        }
        _ => Outcome::Refused,
    }
}

/// What a job has come to.
pub fn outcome_of(answer: &Answer) -> Outcome {
    match answer.status {
        303 => Outcome::Done { id: answer.location.rsplit('/').next().map(str::to_owned) },
        204 => Outcome::Done { id: None },
        _ => Outcome::Failed { kept: KEPT.iter().any(|words| answer.text.contains(words)) },
    }
}

impl World {
    /// A name that nothing had before.
    pub fn fresh(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}{}", self.names)
    }

    /// Notes what has become of a request; a job that nobody was there to answer is asked for again later.
    pub fn note(&mut self, ask: &Ask, said: &Said) {
        match &ask.effect {
            Effect::Create { .. } => self.tally.creates += 1,
            Effect::Expand { .. } | Effect::Resize { .. } => self.tally.expands += 1,
            Effect::Delete { .. } => self.tally.deletes += 1,
            Effect::Move => {}
        }
        match said.outcome {
            Outcome::Done { .. } => self.tally.done += 1,
            Outcome::Failed { .. } => self.tally.failed += 1,
            Outcome::Refused => self.tally.refused += 1,
            Outcome::Lost => self.tally.lost += 1,
        }
        if let (None, Some(job)) = (&said.answer, &said.job) {
            self.open.push((job.clone(), ask.clone()));
        }
        let was_troubled = self.trouble(ask).is_some_and(|troubled| *troubled);
        self.kind(ask.is_block).note(&ask.effect, &said.outcome);
        if let Some(troubled) = self.trouble(ask).filter(|_| !said.goes_on) {
            *troubled = was_troubled;
        }
    }

    /// Whether what a request changes may be worked on still.
    fn trouble(&mut self, ask: &Ask) -> Option<&mut bool> {
        let name = match &ask.effect {
            Effect::Create { name, .. }
            | Effect::Expand { name, .. }
            | Effect::Resize { name, .. }
            | Effect::Delete { name } => name,
            Effect::Move => return None,
        };
        self.kind(ask.is_block).0.get_mut(name).map(|known| &mut known.is_troubled)
    }

    /// Nothing is under way any more.
    pub fn rests(&mut self) {
        let all = self.volumes.0.values_mut().chain(self.blocks.0.values_mut());
        all.for_each(|known| known.is_troubled = false);
    }

    pub fn kind(&mut self, is_block: bool) -> &mut Kind {
        if is_block { &mut self.blocks } else { &mut self.volumes }
    }

    /// Asks for what the jobs have come to that a server before did not answer: each must be answered.
    pub fn settle_open(&mut self, server: &impl Serves) {
        for (job, ask) in std::mem::take(&mut self.open) {
            match server.end_of(&job) {
                End::Answer(answer) if answer.status == 404 => {
                    self.wrong.push(format!("{job} ({ask}) was taken on and is forgotten"));
                }
                End::Answer(answer) => {
                    // It was noted as lost: that it was done or not is known now. A size shows itself.
                    if !matches!(ask.effect, Effect::Expand { .. } | Effect::Resize { .. }) {
                        self.kind(ask.is_block).note(&ask.effect, &outcome_of(&answer));
                    }
                }
                End::Nobody => self.open.push((job, ask)),
                End::Never(said) => self.wrong.push(format!("{job} ({ask}) never ends: {said}")),
            }
        }
    }
}

/// Does something with what is known.
pub fn with<T>(world: &Mutex<World>, change: impl FnOnce(&mut World) -> T) -> T {
    // A client that has panicked ends its schedule by itself.
    change(&mut world.lock().unwrap_or_else(PoisonError::into_inner))
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.body)?;
        self.key.iter().try_for_each(|key| write!(f, " with key {key}"))
    }
}

pub fn create(name: &str, gib: u64, layout: Layout, with: With) -> Ask {
    made(name, gib, &body_of(name, gib, layout, with))
}

/// A create with this body.
pub fn made(name: &str, gib: u64, body: &Value) -> Ask {
    let effect = Effect::Create { name: name.to_owned(), sizes: [gib].into(), traits: traits_of(body) };
    Ask {
        method: "POST",
        path: "/volumes".to_owned(),
        body: body.clone(),
        key: None,
        effect,
        is_block: false,
    }
}

fn body_of(name: &str, gib: u64, layout: Layout, with: With) -> Value {
    let durability = match layout {
        Layout::Replica3 | Layout::Arbiter => json!({"type": "replicate", "replicate": {"replica": 3}}),
        Layout::Replica2 => json!({"type": "replicate", "replicate": {"replica": 2}}),
        Layout::Disperse => json!({"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}),
        Layout::Alone => json!({"type": "none"}),
    };
    let arbiter = (layout == Layout::Arbiter).then_some("user.heketi.arbiter true");
    let options: Vec<&str> = arbiter.into_iter().chain(OPTIONS.into_iter().take(with.options)).collect();
    let mut body = json!({"name": name, "size": gib, "durability": durability, "gid": with.gid});
    if !options.is_empty() {
        body["glustervolumeoptions"] = json!(options);
    }
    if with.snapshot {
        body["snapshot"] = json!({"enable": true, "factor": 1.5});
    }
    body
}

/// What a volume must be shown with that was asked for with this body.
fn traits_of(body: &Value) -> Value {
    let asked: VolumeCreateRequest = serde_json::from_value(body.clone()).unwrap_or_default();
    let factor = if asked.snapshot.enable { asked.snapshot.factor } else { 1.0 };
    json!({
        "durability": asked.durability, "gid": asked.gid, "options": asked.glustervolumeoptions.to_vec(),
        "block": asked.block, "snapshot": {"enable": asked.snapshot.enable, "factor": factor},
    })
}

/// A volume as the model knows it. What the server itself sets is left out.
pub fn shown(volume: VolumeInfo) -> Shown {
    let is_own = |option: &&String| !option.is_empty() && (!volume.block || *option != OF_HOSTING);
    let options: Vec<&String> = volume.glustervolumeoptions.iter().filter(is_own).collect();
    let traits = json!({
        "durability": volume.durability, "gid": volume.gid, "options": options, "block": volume.block,
        "snapshot": volume.snapshot,
    });
    Shown { size: u64::try_from(volume.size).unwrap_or_default(), name: volume.name, id: volume.id, traits }
}

pub fn expand(name: &str, known: &Known, gib: u64) -> Ask {
    let path = format!("/volumes/{}/expand", known.id.as_deref().unwrap_or_default());
    let effect = Effect::Expand { name: name.to_owned(), by: gib };
    Ask { method: "POST", path, body: json!({"expand_size": gib}), key: None, effect, is_block: false }
}

pub fn delete(name: &str, known: &Known, is_block: bool) -> Ask {
    let kind = if is_block { "blockvolumes" } else { "volumes" };
    let path = format!("/{kind}/{}", known.id.as_deref().unwrap_or_default());
    let effect = Effect::Delete { name: name.to_owned() };
    Ask { method: "DELETE", path, body: Value::Null, key: None, effect, is_block }
}
