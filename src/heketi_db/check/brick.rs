//! Bricks.

use std::collections::BTreeMap;

use super::super::entities::operation::OperationType;
use super::super::entities::{BrickEntry, Database};
use super::super::kind::Kind;
use super::Check;
use super::subject::Subject;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.bricks {
        let mut subject = check.subject(Kind::Brick, id, &entry.info.id);
        subject.mark(&entry.pending);
        owners(&mut subject, entry);
        subject.say_if(entry.info.path.is_empty(), "has no path");
        subject.say_if(entry.info.size == 0, "has a size of 0");
        if !(0..=2).contains(&entry.sub_type) {
            subject.say(format!("is of kind {}, and 0, 1 and 2 are those that are known", entry.sub_type));
        }
    }
    pools(check);
}

fn owners(subject: &mut Subject<'_, '_>, entry: &BrickEntry) {
    let (info, database) = (&entry.info, subject.database);
    // The brick that takes the place of another is in no list before it has done so.
    if is_moving(database, entry) {
        subject.names(Kind::Volume, &info.volume);
        subject.names(Kind::Device, &info.device);
    } else {
        subject.belongs_to(Kind::Volume, &info.volume);
        subject.belongs_to(Kind::Device, &info.device);
    }
    if !subject.names(Kind::Node, &info.node) {
        return;
    }
    if let Some(device) = database.devices.get(&info.device).filter(|device| device.node_id != info.node) {
        let (device, node) = (&info.device, &device.node_id);
        subject.say(format!("names node {}, and its device {device} names node {node}", info.node));
    }
    let cluster = database.nodes.get(&info.node).map(|node| &node.info.cluster);
    let volume = database.volumes.get(&info.volume).map(|volume| &volume.info.cluster);
    if let Some((theirs, own)) =
        cluster.zip(volume).filter(|(theirs, own)| theirs != own && !theirs.is_empty())
    {
        subject.say(format!("is on a node of cluster {theirs}, and its volume is in cluster {own}"));
    }
}

fn is_moving(database: &Database, entry: &BrickEntry) -> bool {
    let operation = database.operations.get(&entry.pending.id);
    let kind = operation.and_then(|operation| OperationType::of(operation.number));
    matches!(kind, Some(OperationType::EvictBrick | OperationType::RemoveDevice))
}

/// Bricks in one pool must agree on its size.
fn pools(check: &mut Check<'_>) {
    let mut pools = BTreeMap::new();
    for (id, brick) in &check.database.bricks {
        let pool = (brick.info.device.as_str(), brick.thin_pool());
        let (first, taken) = *pools.entry(pool).or_insert((id, brick.taken()));
        if taken != brick.taken() {
            let (own, pool) = (brick.taken(), brick.thin_pool());
            let text = format!("takes {own} KiB by pool {pool}, which takes {taken} KiB by brick {first}");
            check.contradiction(Kind::Brick, id, text);
        }
    }
}
