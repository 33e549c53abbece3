//! What is known of clusters, nodes, devices, and of the server itself: whatever answers said, and what may be under way.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::act::Route;
use super::model::Outcome;
use super::register::Register;
use super::world::{End, Said, Serves, outcome_of};

/// What kind of thing, and what it is called for good: a cluster by a name of the model's, a node by its host, a device by
/// its host and path, a volume that hosts block volumes by its id.
pub type Name = (What, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Server,
    Cluster,
    Node,
    Device,
    Hosting,
}

/// One thing, and what it may be like.
#[derive(Debug, Clone, Default)]
pub struct Thing {
    /// None where it is not there, or was never shown.
    pub id: Option<String>,
    at: BTreeMap<&'static str, Register>,
    /// Somebody works on it.
    pub claimed: bool,
}

/// A change of one attribute that a request asks for. `there` is one of them.
#[derive(Debug, Clone)]
pub struct Change {
    pub name: Name,
    pub attribute: &'static str,
    pub to: Value,
    /// Whether a job that failed may go on with it, or has done it in part.
    pub goes_on: bool,
}

/// From a request to the end of what it began; without an end where nobody has told of it.
#[derive(Debug)]
struct Span {
    route: Route,
    /// GiB that it asks for.
    gib: u64,
    /// Whether it touches no peer: a state that moves nothing.
    is_quiet: bool,
    until: Option<Instant>,
}

/// All that is known beside volumes and block volumes.
#[derive(Debug, Default)]
pub struct Site {
    pub things: BTreeMap<Name, Thing>,
    /// Jobs that were taken on and not answered.
    pub open: Vec<(String, Vec<Change>)>,
    spans: Vec<Span>,
    /// How often each route did what it was asked.
    pub done: BTreeMap<Route, usize>,
}

/// A thing as it is shown.
pub struct ShownThing {
    pub id: String,
    pub at: BTreeMap<&'static str, Value>,
}

impl Thing {
    /// One that is there, and that nobody has changed.
    pub fn shown(shown: &ShownThing) -> Thing {
        let at = shown.at.iter().map(|(attribute, value)| (*attribute, Register::of(value.clone())));
        let there = ("there", Register::of(json!(true)));
        Thing { id: Some(shown.id.clone()), at: at.chain([there]).collect(), claimed: false }
    }

    pub fn missing() -> Thing {
        Thing { at: BTreeMap::from([("there", Register::of(json!(false)))]), ..Thing::default() }
    }

    /// What an attribute is, where that is known.
    pub fn sure(&self, attribute: &str) -> Option<&Value> {
        self.at.get(attribute)?.sure()
    }

    pub fn is_sure(&self) -> bool {
        let is_known = || self.id.is_some() && self.at.values().all(|register| register.sure().is_some());
        self.sure("there").is_some_and(|there| there == &json!(false) || is_known())
    }

    pub fn is_there(&self) -> bool {
        self.sure("there") == Some(&json!(true))
    }

    pub fn may(&self, since: Instant, attribute: &str, value: &Value) -> bool {
        self.at.get(attribute).is_some_and(|register| register.may(since, value))
    }

    pub fn must(&self, since: Instant, attribute: &str, value: &Value) -> bool {
        self.at.get(attribute).is_some_and(|register| register.must(since, value))
    }

    /// Compares it with what is shown, and learns which of several values it is.
    pub fn learn(&mut self, name: &Name, shown: Option<&ShownThing>) -> Vec<String> {
        let mut wrong = self.differs(name, shown);
        if let Some(shown) = shown {
            self.id = Some(shown.id.clone());
            for (attribute, value) in &shown.at {
                self.at.entry(attribute).or_insert_with(|| Register::of(value.clone())).settle(value);
            }
        } else {
            self.id = None;
        }
        self.at.entry("there").or_insert_with(|| Register::of(json!(false))).settle(&json!(shown.is_some()));
        wrong.sort();
        wrong
    }

    /// How it is shown otherwise than it can be.
    pub fn differs(&self, name: &Name, shown: Option<&ShownThing>) -> Vec<String> {
        let is_there = json!(shown.is_some());
        let differs = |(attribute, value): (&'static str, &Value)| {
            let register = self.at.get(attribute)?;
            let may_be: Vec<&Value> = register.now().collect();
            (!may_be.contains(&value)).then(|| {
                format!("{name:?} is shown with {attribute} {value}, and was told to have {may_be:?}")
            })
        };
        let mut wrong: Vec<String> = differs(("there", &is_there)).into_iter().collect();
        let Some(shown) = shown else { return wrong };
        if let Some(known) = self.id.as_ref().filter(|known| **known != shown.id) {
            wrong.push(format!("{name:?} is {}, and was told to be {known}", shown.id));
        }
        wrong.extend(shown.at.iter().filter_map(|(attribute, value)| differs((attribute, value))));
        wrong
    }
}

impl Site {
    /// Takes one of those that are wanted, if nobody works on it.
    pub fn claim(
        &mut self,
        what: What,
        which: usize,
        wanted: impl Fn(&Thing) -> bool,
    ) -> Option<(Name, Thing)> {
        let fits = |(name, thing): &(&Name, &Thing)| name.0 == what && thing.is_sure() && wanted(thing);
        let found: Vec<Name> = self
            .things
            .iter()
            .filter(fits)
            .filter(|(_, thing)| !thing.claimed)
            .map(|(name, _)| name.clone())
            .collect();
        let name = found.get(which.checked_rem(found.len())?)?.clone();
        let thing = self.claim_all(std::slice::from_ref(&name))?.pop()?;
        Some((name, thing))
    }

    /// Takes all of these, or none where somebody works on one, or where one is not known well.
    pub fn claim_all(&mut self, names: &[Name]) -> Option<Vec<Thing>> {
        let is_free =
            |name: &Name| self.things.get(name).is_some_and(|thing| !thing.claimed && thing.is_sure());
        if !names.iter().all(is_free) {
            return None;
        }
        Some(names.iter().filter_map(|name| self.take(name)).collect())
    }

    fn take(&mut self, name: &Name) -> Option<Thing> {
        let thing = self.things.get_mut(name)?;
        thing.claimed = true;
        Some(thing.clone())
    }

    pub fn release(&mut self, names: &[Name]) {
        for name in names {
            if let Some(thing) = self.things.get_mut(name) {
                thing.claimed = false;
            }
        }
    }

    /// The devices of a node, those that are not there among them.
    pub fn devices_of(&self, host: &str) -> Vec<Name> {
        let of_host = |name: &&Name| name.0 == What::Device && name.1.split(' ').next() == Some(host);
        self.things.keys().filter(of_host).cloned().collect()
    }

    /// A request is sent; which it is.
    pub fn begin(&mut self, route: Route, gib: u64, changes: &[Change]) -> usize {
        let is_quiet =
            route.1.ends_with("/state") && changes.iter().all(|change| change.to != json!("failed"));
        for change in changes {
            let thing = self.things.entry(change.name.clone()).or_insert_with(Thing::missing);
            let register = thing.at.entry(change.attribute);
            register.or_insert_with(|| Register::of(change.to.clone())).begin(&change.to);
        }
        self.spans.push(Span { route, gib, is_quiet, until: None });
        self.spans.len() - 1
    }

    /// What has become of it is noted.
    pub fn end(&mut self, span: usize, changes: &[Change], said: &Said) {
        let route = self.spans[span].route;
        if !said.goes_on {
            self.spans[span].until = Some(Instant::now());
        }
        if matches!(said.outcome, Outcome::Done { .. }) {
            *self.done.entry(route).or_default() += 1;
        }
        if let (None, Some(job)) = (&said.answer, &said.job) {
            self.open.push((job.clone(), changes.to_vec()));
        }
        self.note(changes, &said.outcome);
    }

    pub fn note(&mut self, changes: &[Change], outcome: &Outcome) {
        for change in changes {
            let Some(thing) = self.things.get_mut(&change.name) else { continue };
            if change.attribute == "there"
                && let Outcome::Done { id } = outcome
            {
                thing.id = if change.to == json!(true) { id.clone() } else { None };
            }
            let Some(register) = thing.at.get_mut(change.attribute) else { continue };
            match outcome {
                Outcome::Done { .. } => register.settle(&change.to),
                Outcome::Refused | Outcome::Failed { kept: true } => register.cancel(&change.to),
                Outcome::Failed { .. } if !change.goes_on => register.cancel(&change.to),
                Outcome::Failed { .. } | Outcome::Lost => {}
            }
        }
    }

    /// Whether something on one of these routes may have been at work since then, but for this request.
    pub fn may_have_run(&self, routes: &[&str], since: Instant, own: usize) -> bool {
        let mut others = self.spans.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, span)| span);
        others.any(|span| {
            let is_of = !span.is_quiet && routes.contains(&span.route.1);
            is_of && span.until.is_none_or(|until| until >= since)
        })
    }

    /// GiB that are asked for by others than this request and may not be known yet.
    pub fn asked_gib(&self, since: Instant, own: usize) -> u64 {
        let others = self.spans.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, span)| span);
        others.filter(|span| span.until.is_none_or(|until| until >= since)).map(|span| span.gib).sum()
    }

    /// Asks for what the jobs have come to that a server before did not answer.
    pub fn settle_open(&mut self, server: &impl Serves) -> Vec<String> {
        let mut wrong = Vec::new();
        for (job, changes) in std::mem::take(&mut self.open) {
            match server.end_of(&job) {
                End::Answer(answer) if answer.status == 404 => {
                    wrong.push(format!("{job} ({changes:?}) was taken on and is forgotten"));
                }
                End::Answer(answer) => self.note(&changes, &outcome_of(&answer)),
                End::Nobody => self.open.push((job, changes)),
                End::Never(said) => wrong.push(format!("{job} ({changes:?}) never ends: {said}")),
            }
        }
        wrong
    }

    /// Nothing is under way any more.
    pub fn rests(&mut self) {
        self.spans.iter_mut().for_each(|span| span.until = span.until.or_else(|| Some(Instant::now())));
    }

    /// The server was started: what it does not keep is as at first.
    pub fn starts_anew(&mut self) {
        let server = self.things.entry((What::Server, String::new())).or_insert_with(Thing::missing);
        server.claimed = false;
        for (attribute, value) in
            [("there", json!(true)), ("level", json!("info")), ("admin", json!("normal"))]
        {
            server.at.entry(attribute).or_insert_with(|| Register::of(value.clone())).settle(&value);
        }
    }
}
