//! A request with all that was known when it was answered.

use std::time::Instant;

use serde_json::{Value, json};

use super::act::Route;
use super::model::{Effect, Existence, Known};
use super::site::{Change, Name, Site, Thing, What};
use super::world::{Ask, World};

/// The cluster in which all nodes are.
pub const MAIN: &str = "main";

/// Bricks that a volume may have.
const MOST_BRICKS: u64 = 32;

/// Routes on which bricks come, go or move.
const MOVES: [&str; 3] = ["/bricks/to-evict/{id}", "/devices/{id}/state", "/nodes/{id}/state"];
const BRICKS: [&str; 8] = [
    MOVES[0],
    MOVES[1],
    MOVES[2],
    "/volumes",
    "/volumes/{id}",
    "/volumes/{id}/expand",
    "/volumes/{id}/clone",
    "/blockvolumes",
];

/// A request, what it is about, and what it changes.
#[derive(Debug, Clone)]
pub struct Request {
    pub route: Route,
    pub ask: Ask,
    /// The volume or block volume that it is about, by name.
    pub volume: Option<String>,
    pub thing: Option<Name>,
    pub changes: Vec<Change>,
    /// Whether its key was used for another one.
    pub reuses_key: bool,
    /// The bricks that its volume had before.
    pub bricks: usize,
}

pub struct Seen<'a> {
    pub world: &'a World,
    pub site: &'a Site,
    pub request: &'a Request,
    /// When it was sent.
    pub since: Instant,
    pub span: usize,
    /// The thing before it was sent.
    pub before: Option<&'a Thing>,
    /// Whether there are and were no faults.
    pub is_calm: bool,
    /// Whether the job answers.
    pub is_job: bool,
}

impl Seen<'_> {
    pub fn route(&self) -> String {
        format!("{} {}", self.request.route.0, self.request.route.1)
    }

    /// The volume before it was asked: whoever asks has it to himself.
    pub fn known(&self) -> Option<&Known> {
        let kind = if self.request.ask.is_block { &self.world.blocks } else { &self.world.volumes };
        kind.0.get(self.request.volume.as_deref()?)
    }

    /// GiB that are to be added.
    pub fn asked_gib(&self) -> u64 {
        match &self.request.ask.effect {
            Effect::Create { sizes, .. } => sizes.iter().next_back().copied().unwrap_or_default(),
            Effect::Expand { by, .. } => *by,
            Effect::Resize { to, .. } => *to,
            Effect::Delete { .. } | Effect::Move => 0,
        }
    }

    pub fn name_may_be_taken(&self) -> bool {
        self.known().is_some_and(|known| known.existence != Existence::Gone || known.is_troubled)
    }

    /// One that asks again with its key has made it himself.
    pub fn name_is_taken(&self) -> bool {
        self.request.ask.key.is_none() && self.known().is_some_and(Known::is_there)
    }

    fn flag(&self) -> &'static str {
        let body = &self.request.ask.body;
        if self.request.ask.is_block || body["block"] == true { "block" } else { "file" }
    }

    fn main(&self) -> Option<&Thing> {
        self.site.things.get(&(What::Cluster, MAIN.to_owned()))
    }

    /// Whether the cluster may not have taken such volumes at some time.
    pub fn may_forbid(&self) -> bool {
        self.main().is_some_and(|main| main.may(self.since, self.flag(), &json!(false)))
    }

    /// No other cluster has nodes.
    pub fn forbids(&self) -> bool {
        self.flag() == "file" && self.main().is_some_and(|main| main.must(self.since, "file", &json!(false)))
    }

    /// Whether the bricks would be smaller than any may be.
    pub fn is_too_small(&self) -> bool {
        let asked = &self.request.ask.body["durability"];
        let durability =
            if asked.is_null() { self.known().map(|known| &known.traits["durability"]) } else { Some(asked) };
        let data = durability.filter(|durability| durability["type"] == "disperse");
        self.asked_gib() < data.and_then(|durability| durability["disperse"]["data"].as_u64()).unwrap_or(1)
    }

    /// Whether a further set would be one too many.
    pub fn has_most_bricks(&self) -> bool {
        let set = self.known().map_or(0, |known| set_of(&known.traits["durability"]));
        self.request.bricks as u64 + set > MOST_BRICKS
    }

    pub fn key_is_reused(&self) -> bool {
        self.request.reuses_key
    }

    pub fn is_troubled(&self) -> bool {
        self.known().is_some_and(|known| known.is_troubled)
    }

    pub fn may_be_worked_on(&self) -> bool {
        self.is_troubled() || self.bricks_may_move()
    }

    pub fn bricks_may_move(&self) -> bool {
        self.site.may_have_run(&MOVES, self.since, self.span)
    }

    /// Whether bricks may be on their way to a device, or be made or taken away.
    pub fn bricks_may_come(&self) -> bool {
        self.site.may_have_run(&BRICKS, self.since, self.span)
    }

    pub fn may_be_gone(&self) -> bool {
        let is_volume_deleted = || self.site.may_have_run(&["/volumes/{id}"], self.since, self.span);
        match self.known() {
            Some(known) => !known.is_there(),
            None => is_volume_deleted(),
        }
    }

    pub fn is_hosting(&self) -> bool {
        self.known().is_some_and(|known| known.traits["block"] == true)
    }

    pub fn may_host(&self) -> bool {
        self.is_hosting() && self.there_may_be_blocks()
    }

    pub fn there_may_be_blocks(&self) -> bool {
        let mut all = self.world.blocks.0.values();
        all.any(|known| known.existence != Existence::Gone || known.is_troubled)
            || self.site.may_have_run(&["/blockvolumes", "/blockvolumes/{id}"], self.since, self.span)
    }

    /// Whether a hosting volume may be on its way.
    pub fn hosting_may_change(&self) -> bool {
        let routes = ["/blockvolumes", "/volumes", "/volumes/{id}"];
        self.site.may_have_run(&routes, self.since, self.span)
    }

    pub fn size_is_doubtful(&self) -> bool {
        self.known().is_some_and(|known| known.sizes.len() > 1)
    }

    pub fn is_alone(&self) -> bool {
        self.known().is_some_and(is_alone)
    }

    pub fn one_may_be_alone(&self) -> bool {
        let mut all = self.world.volumes.0.values();
        all.any(|known| is_alone(known) && (known.existence != Existence::Gone || known.is_troubled))
            || self.site.may_have_run(&["/volumes", "/volumes/{id}/clone"], self.since, self.span)
    }

    /// Whether the thing may have been like this before.
    pub fn may_be(&self, attribute: &str, value: &Value) -> bool {
        self.before.is_some_and(|before| before.may(self.since, attribute, value))
    }

    pub fn is(&self, attribute: &str, value: &Value) -> bool {
        self.before.is_some_and(|before| before.must(self.since, attribute, value))
    }

    /// Whether it is to go from one state to another.
    pub fn turns(&self, from: &str, to: &str) -> bool {
        self.may_be("state", &json!(from)) && self.request.ask.body["state"] == to
    }

    pub fn comes_back(&self) -> bool {
        self.may_be("state", &json!("failed")) && self.request.ask.body["state"] != "failed"
    }

    fn devices(&self) -> impl Iterator<Item = &Thing> {
        let host = self.request.thing.as_ref().map_or("", |name| name.1.as_str());
        self.site.devices_of(host).into_iter().filter_map(|name| self.site.things.get(&name))
    }

    pub fn may_have_devices(&self) -> bool {
        self.devices().any(|device| device.may(self.since, "there", &json!(true)))
    }

    pub fn has_devices(&self) -> bool {
        self.devices().any(|device| device.must(self.since, "there", &json!(true)))
    }

    /// Whether the node of the device is out of service.
    pub fn node_is_failed(&self) -> bool {
        let host = self.request.thing.as_ref().and_then(|name| name.1.split(' ').next()).unwrap_or_default();
        let node = self.site.things.get(&(What::Node, host.to_owned()));
        node.is_some_and(|node| node.must(self.since, "state", &json!("failed")))
    }

    pub fn is_main(&self) -> bool {
        self.request.thing.as_ref().is_some_and(|name| name.1 == MAIN)
    }

    pub fn is_main_with_nodes(&self) -> bool {
        let there = |(name, thing): (&Name, &Thing)| {
            name.0 == What::Node && thing.must(self.since, "there", &json!(true))
        };
        self.is_main() && self.site.things.iter().any(there)
    }
}

/// Bricks of a set, each on another node.
pub fn set_of(durability: &Value) -> u64 {
    match durability["type"].as_str() {
        Some("none") => 1,
        Some("replicate") => durability["replicate"]["replica"].as_u64().unwrap_or(3),
        _ => 3,
    }
}

fn is_alone(known: &Known) -> bool {
    known.traits["durability"]["type"] == "none"
}
