//! Whether there is certainly room, whatever else is under way.

use serde_json::json;

use super::model::{Existence, Known};
use super::seen::{Seen, set_of};
use super::site::{Name, Thing, What};

/// What a device has, and what is left to the metadata of thin pools.
const DEVICE_GIB: u64 = 500;
const LEFT: u64 = 30;

/// How much of a hosting volume block volumes may take, as the smallest has it.
const IN_HOSTING: u64 = 29;

pub struct Room;

impl Room {
    /// A hosting volume that the server makes.
    pub const HOSTING: u64 = 100;

    /// Whether so many GiB find a place: on enough nodes, even if all that there may be were on the same devices.
    pub fn is_plenty(seen: &Seen, gib: u64) -> bool {
        let body = &seen.request.ask.body;
        let durability = match seen.known() {
            Some(known) if body["durability"].is_null() => known.traits["durability"].clone(),
            _ => body["durability"].clone(),
        };
        Room::usable_nodes(seen) >= set_of(&durability)
            && most_on_a_device(seen) + 2 * gib + LEFT <= DEVICE_GIB
    }

    /// Whether each brick that leaves its device finds another one: the node that it leaves, and two with its copies, are
    /// none of those.
    pub fn for_a_move(seen: &Seen) -> bool {
        let leaves = seen.request.thing.as_ref().map(host_of);
        let others = nodes(seen).filter(|host| leaves != Some(host)).count();
        let needed = if leaves.is_some() { 3 } else { 4 };
        // What moves away may meet what was moved there before.
        others >= needed && 2 * most_on_a_device(seen) + LEFT <= DEVICE_GIB
    }

    /// Nodes that certainly took bricks all the time.
    pub fn usable_nodes(seen: &Seen) -> u64 {
        nodes(seen).count() as u64
    }

    /// Whether the hosting volumes have room even if all block volumes were in the smallest.
    pub fn is_in_hosting(seen: &Seen, gib: u64) -> bool {
        let there = seen.world.blocks.0.values().filter(|known| takes(known));
        there.map(Known::most).sum::<u64>() + gib <= IN_HOSTING
    }
}

fn host_of(name: &Name) -> &str {
    name.1.split(' ').next().unwrap_or_default()
}

fn nodes<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = &'a str> {
    let online = |thing: &Thing| {
        thing.must(seen.since, "there", &json!(true)) && thing.must(seen.since, "state", &json!("online"))
    };
    let things = move || seen.site.things.iter().filter(move |(_, thing)| online(thing));
    let has_device =
        move |host: &str| things().any(|(name, _)| name.0 == What::Device && host_of(name) == host);
    let nodes = seen.site.things.iter().filter(move |(name, thing)| name.0 == What::Node && online(thing));
    nodes.map(|(name, _)| name.1.as_str()).filter(move |host| has_device(host))
}

/// Whether it may take space: what failed may not have been taken away yet.
fn takes(known: &Known) -> bool {
    known.existence != Existence::Gone || known.is_troubled
}

/// What all volumes take that there may be, those that host block volumes among them; of those that the server makes, as
/// many as block volumes may have asked for.
fn most_on_a_device(seen: &Seen) -> u64 {
    let pool = |known: &Known| {
        let factor = known.traits["snapshot"]["factor"].as_f64().unwrap_or(1.0);
        if factor > 1.0 { known.most() * 3 / 2 } else { known.most() }
    };
    let volumes = seen.world.volumes.0.values().filter(|known| takes(known)).map(pool).sum::<u64>();
    let coming = seen.site.asked_gib(seen.since, seen.span);
    let blocks = seen.world.blocks.0.values().filter(|known| takes(known));
    let blocks = blocks.map(Known::most).sum::<u64>();
    let made = blocks.div_ceil(Room::HOSTING / 2) + 1;
    volumes + coming + made * Room::HOSTING
}
