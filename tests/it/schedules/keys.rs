//! Requests with an `Idempotency-Key`: repeated ones come to the same, also after a restart, and others may not have it.

use std::collections::BTreeSet;

use serde_json::json;

use super::clients::{Client, Shift};
use super::model::{Effect, Existence, Known, Outcome};
use super::seen::Request;
use super::world::{End, Said, Serves as _, World};

/// A request with a key that nobody was there to answer: it is sent again.
#[derive(Debug)]
pub struct Repeat {
    pub request: Request,
    /// Its job, where that was told.
    pub job: Option<String>,
    /// The sizes that its volume had before.
    pub sizes: BTreeSet<u64>,
}

impl Repeat {
    /// The sizes that a volume has which is to grow.
    pub fn sizes(world: &mut World, request: &Request) -> BTreeSet<u64> {
        let kind = world.kind(request.ask.is_block);
        let known = request.volume.as_ref().and_then(|name| kind.0.get(name));
        known.map(|known| known.sizes.clone()).unwrap_or_default()
    }
}

impl Client<'_> {
    /// Sends a request; one with a key again when it is done, which must come to the same.
    pub fn keyed(&self, request: &Request) -> Said {
        let is_new = self.hold(request);
        let said = self.ask(request);
        if let (Some(job), Outcome::Done { id }, Some(_)) = (&said.job, &said.outcome, &request.ask.key) {
            self.again(request, job, id.as_ref());
            self.with_another_body(request);
        }
        if let Some(name) = is_new {
            self.world(|world| world.kind(request.ask.is_block).release(&name));
        }
        said
    }

    /// What a request with a key makes is kept from others until it was repeated: its key lives as long as that.
    fn hold(&self, request: &Request) -> Option<String> {
        let (Effect::Create { name, sizes, traits }, Some(_)) = (&request.ask.effect, &request.ask.key)
        else {
            return None;
        };
        let known = Known {
            id: None,
            existence: Existence::Gone,
            sizes: sizes.clone(),
            traits: traits.clone(),
            claimed: true,
            is_troubled: false,
        };
        self.world(|world| world.kind(request.ask.is_block).0.insert(name.clone(), known));
        Some(name.clone())
    }

    fn again(&self, request: &Request, job: &str, id: Option<&String>) {
        let ask = &request.ask;
        let Some(answer) = self.shift.lab.request(ask) else { return };
        let end = if answer.status == 202 { self.shift.lab.end_of(&answer.location) } else { End::Nobody };
        let is_same = match end {
            End::Answer(end) => {
                answer.location == job && end.location.rsplit('/').next() == id.map(String::as_str)
            }
            End::Nobody => answer.status == 202,
            End::Never(_) => false,
        };
        if !is_same {
            self.shift.memory.wrong(format!("{ask} was done as {job} ({id:?}), and again: {answer:?}"));
        }
    }

    /// The same key does not stand for anything else.
    fn with_another_body(&self, request: &Request) {
        let mut other = Request { reuses_key: true, ..request.clone() };
        other.ask.effect = Effect::Move;
        let field =
            ["size", "expand_size", "new_size"].into_iter().find(|field| other.ask.body[field].is_u64());
        match field {
            Some(field) => other.ask.body[field] = json!(other.ask.body[field].as_u64().unwrap_or(0) + 1),
            None => other.ask.body["name"] = json!("another"),
        }
        let said = self.ask(&other);
        if matches!(said.outcome, Outcome::Done { .. } | Outcome::Failed { .. }) || said.job.is_some() {
            self.shift.memory.wrong(format!("{} has the key of another request: {said:?}", other.ask));
        }
    }
}

impl Shift<'_> {
    /// Sends those again that an earlier server has not answered: a job that was taken on is the same, and what was
    /// done is not done twice.
    pub fn repeat(&self) {
        for repeat in std::mem::take(&mut *self.memory.repeats.lock().unwrap()) {
            let Repeat { request, job, sizes } = repeat;
            self.memory.world(|world| {
                let grows = matches!(request.ask.effect, Effect::Expand { .. } | Effect::Resize { .. });
                let name = request.volume.as_ref().filter(|_| grows);
                let known = name.and_then(|name| world.kind(request.ask.is_block).0.get_mut(name));
                if let Some(known) = known {
                    known.sizes = sizes;
                }
            });
            let said = self.ask(&request);
            let is_same = said.job.is_none() || job.is_none() || said.job == job;
            // One that failed and was undone has given its key back.
            if !is_same && !self.has_failed(job.as_deref().unwrap_or_default()) {
                let ask = &request.ask;
                self.memory.wrong(format!("{ask} was {job:?}, and became another job again: {said:?}"));
            }
        }
    }

    fn has_failed(&self, job: &str) -> bool {
        match self.lab.end_of(job) {
            End::Answer(answer) => !matches!(answer.status, 303 | 204),
            End::Nobody => true,
            End::Never(_) => false,
        }
    }
}
