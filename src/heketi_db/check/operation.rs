//! Operations that had not ended.

use super::super::entities::operation::{ActionEntry, Change, OperationType};
use super::super::entities::{Database, PendingMark};
use super::super::kind::Kind;
use super::Check;
use super::links::exists;
use super::subject::{Subject, quoted};

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.operations {
        let mut subject = check.subject(Kind::Operation, id, &entry.id);
        if OperationType::of(entry.number).is_none() {
            subject.say(format!("is of type {}, which is not known", entry.number));
        }
        if !matches!(entry.status.as_str(), "" | "stale" | "failed") {
            subject.say(format!("has status {}, which is not known", quoted(&entry.status)));
        }
        subject.say_if(entry.actions.is_empty(), "changes nothing");
        for one in &entry.actions {
            action(&mut subject, one);
        }
    }
}

fn action(subject: &mut Subject<'_, '_>, action: &ActionEntry) {
    let Some(change) = Change::of(action.change) else {
        return subject.say(format!("has a change {}, which is not known", action.change));
    };
    let (kind, id) = (changed(change), action.id.as_str());
    if !exists(subject.database, kind, id) {
        return subject
            .say(format!("has the change `{change}` of {kind} {}, which does not exist", quoted(id)));
    }
    let mark = if is_held(change) { mark_of(subject.database, kind, id) } else { None };
    if let Some(mark) = mark.filter(|mark| mark.id != subject.id) {
        let holder = if mark.is_set() { mark.id.as_str() } else { "none" };
        subject.say(format!("has the change `{change}` of {kind} {id}, which is held by {holder}"));
    }
}

/// What a change is of.
fn changed(change: Change) -> Kind {
    match change {
        Change::AddBrick | Change::DeleteBrick => Kind::Brick,
        Change::AddVolume
        | Change::DeleteVolume
        | Change::ExpandVolume
        | Change::CloneVolume
        | Change::SnapshotVolume
        | Change::AddVolumeClone => Kind::Volume,
        Change::AddBlockVolume | Change::DeleteBlockVolume | Change::ExpandBlockVolume => Kind::BlockVolume,
        Change::RemoveDevice => Kind::Device,
        Change::ParentOperation | Change::ChildOperation => Kind::Operation,
    }
}

/// Whether what is changed carries the mark of the operation. What is made larger does not, and what is cloned may carry
/// that of another clone.
fn is_held(change: Change) -> bool {
    !matches!(change, Change::ExpandVolume | Change::ExpandBlockVolume | Change::CloneVolume)
}

fn mark_of<'a>(database: &'a Database, kind: Kind, id: &str) -> Option<&'a PendingMark> {
    match kind {
        Kind::Brick => database.bricks.get(id).map(|brick| &brick.pending),
        Kind::Volume => database.volumes.get(id).map(|volume| &volume.pending),
        Kind::BlockVolume => database.block_volumes.get(id).map(|volume| &volume.pending),
        _ => None,
    }
}
