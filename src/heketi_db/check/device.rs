//! Devices and their space.

use std::collections::{BTreeMap, BTreeSet};

use super::super::entities::{Database, DeviceEntry};
use super::super::finding::Class;
use super::super::kind::Kind;
use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    let taken = taken(database);
    for (id, entry) in &database.devices {
        let mut subject = check.subject(Kind::Device, id, &entry.info.id);
        subject.state(&entry.state);
        subject.belongs_to(Kind::Node, &entry.node_id);
        subject.lists(Kind::Brick, &entry.bricks);
        let storage = entry.info.storage;
        if storage.free.checked_add(storage.used) != Some(storage.total) {
            subject.say(format!(
                "has {} KiB, which is not the sum of {} KiB free and {} KiB used",
                storage.total, storage.free, storage.used
            ));
        }
        let taken = taken.get(id.as_str()).copied().unwrap_or_default();
        if storage.used != taken {
            let text = format!("has {} KiB used, and its bricks take {taken} KiB", storage.used);
            check.findings.about(Class::Charge, Kind::Device, id, text);
        }
    }
    twice(check, "physical volume", |device| ("", &device.info.pv_uuid));
    twice(check, "path on its node", |device| (&device.node_id, &device.info.name));
}

/// What the bricks of each device take, in KiB, whether it lists them or not: one that an operation is moving is in no list.
/// A pool counts once: clones are in the pools of what they were cloned from.
fn taken(database: &Database) -> BTreeMap<&str, u64> {
    let (mut taken, mut pools) = (BTreeMap::new(), BTreeSet::new());
    for brick in database.bricks.values() {
        let device = brick.info.device.as_str();
        if pools.insert((device, brick.thin_pool())) {
            let sum: &mut u64 = taken.entry(device).or_default();
            *sum = sum.saturating_add(brick.taken());
        }
    }
    taken
}

/// A disk cannot be two devices.
fn twice(check: &mut Check<'_>, what: &str, identity: impl Fn(&DeviceEntry) -> (&str, &str)) {
    let mut owners = BTreeMap::new();
    for (id, entry) in &check.database.devices {
        let (node, own) = identity(entry);
        let first = *owners.entry((node, own)).or_insert(id);
        if first != id && !own.is_empty() {
            check.contradiction(Kind::Device, id, format!("has the {what} {own}, as device {first} has"));
        }
    }
}
