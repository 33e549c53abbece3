//! What heketi had not finished, by what it changes: the number that says what an operation is has not always meant the
//! same, and the objects that it holds say it too.

use super::notes::{COMPARE, Notes};
use super::values::text;
use crate::heketi_db::Database;
use crate::heketi_db::entities::OperationEntry;
use crate::heketi_db::entities::operation::{Change, OperationType};
use crate::model::finding::Subject;

/// An operation that had not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    /// Its id.
    pub(super) key: String,
    /// When it was begun, in milliseconds since 1970.
    pub(super) created_ms: i64,
    /// What it does.
    pub(super) task: Task,
}

/// What an operation does, to objects by heketi's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    Create { volume: String },
    Delete { volume: String },
    Expand { volume: String, bricks: Vec<String>, grow: i64 },
    Clone { source: String, clone: String },
    BlockCreate { block: String, hosting: Option<String> },
    BlockDelete { block: String },
    BlockExpand { block: String, size: i64 },
    Evict { old: String, new: Option<String>, parent: Option<String> },
    RemoveDevice { device: String },
}

impl Task {
    /// heketi's number for it.
    fn kind(&self) -> OperationType {
        match self {
            Task::Create { .. } => OperationType::CreateVolume,
            Task::Delete { .. } => OperationType::DeleteVolume,
            Task::Expand { .. } => OperationType::ExpandVolume,
            Task::Clone { .. } => OperationType::CloneVolume,
            Task::BlockCreate { .. } => OperationType::CreateBlockVolume,
            Task::BlockDelete { .. } => OperationType::DeleteBlockVolume,
            Task::BlockExpand { .. } => OperationType::ExpandBlockVolume,
            Task::Evict { .. } => OperationType::EvictBrick,
            Task::RemoveDevice { .. } => OperationType::RemoveDevice,
        }
    }
}

/// All operations of which it can be told what they do.
pub(super) fn works(database: &Database, notes: &mut Notes) -> Vec<Work> {
    let mut found = Vec::new();
    for (key, entry) in &database.operations {
        let Some(task) = task(database, key, entry) else {
            let what = format!("is of type {}, and what it changes does not say what it does", entry.number);
            let consequence = "it was left out; what it held is taken for whole";
            notes.add(Subject::Operation, key, &what, consequence, COMPARE);
            continue;
        };
        if !entry.actions.iter().any(|action| Change::of(action.change).is_some()) {
            let what = format!("is of type {}, and does not say what it changes", entry.number);
            let consequence = format!("it was taken for {}, as what it holds says", task.kind());
            notes.add(Subject::Operation, key, &what, &consequence, COMPARE);
        } else if OperationType::of(entry.number) != Some(task.kind()) {
            let what = format!("is of type {}, and by what it changes it is {}", entry.number, task.kind());
            notes.add(Subject::Operation, key, &what, "it was taken for that", COMPARE);
        }
        found.push(Work { key: key.clone(), created_ms: entry.timestamp.saturating_mul(1000), task });
    }
    found
}

fn task(database: &Database, key: &str, entry: &OperationEntry) -> Option<Task> {
    let changes = Changes::of(database, key, entry);
    let first = |change| changes.first(change);
    if let Some(source) = first(Change::CloneVolume) {
        let clone = first(Change::AddVolumeClone).unwrap_or_default();
        return Some(Task::Clone { source, clone });
    }
    if let Some(volume) = first(Change::ExpandVolume) {
        let grow = changes.delta(Change::ExpandVolume).unwrap_or_default();
        return Some(Task::Expand { volume, bricks: changes.all(Change::AddBrick), grow });
    }
    if let Some(block) = first(Change::ExpandBlockVolume) {
        let size = changes.delta(Change::ExpandBlockVolume).unwrap_or_default();
        return Some(Task::BlockExpand { block, size });
    }
    if let Some(block) = first(Change::AddBlockVolume) {
        return Some(Task::BlockCreate { block, hosting: first(Change::AddVolume) });
    }
    if let Some(block) = first(Change::DeleteBlockVolume) {
        return Some(Task::BlockDelete { block });
    }
    if let Some(volume) = first(Change::AddVolume) {
        return Some(Task::Create { volume });
    }
    if let Some(volume) = first(Change::DeleteVolume) {
        return Some(Task::Delete { volume });
    }
    if let Some(device) = first(Change::RemoveDevice) {
        return Some(Task::RemoveDevice { device });
    }
    if let Some(old) = first(Change::DeleteBrick) {
        let (new, parent) = (first(Change::AddBrick), first(Change::ChildOperation));
        return Some(Task::Evict { old, new, parent });
    }
    changes.by_marks(entry.number)
}

/// What an operation says that it changes, as far as there is such an object.
struct Changes<'a> {
    database: &'a Database,
    key: &'a str,
    list: Vec<(Change, &'a str, Option<i64>)>,
}

impl<'a> Changes<'a> {
    fn of(database: &'a Database, key: &'a str, entry: &'a OperationEntry) -> Changes<'a> {
        let change = |action: &'a crate::heketi_db::entities::operation::ActionEntry| {
            Some((Change::of(action.change)?, action.id.as_str(), action.delta))
        };
        let list = entry.actions.iter().filter_map(change);
        let list = list.filter(|(change, id, _)| is_of_its_kind(database, *change, id)).collect();
        Changes { database, key, list }
    }

    fn first(&self, wanted: Change) -> Option<String> {
        self.list.iter().find(|(change, ..)| *change == wanted).map(|(_, id, _)| (*id).to_owned())
    }

    fn all(&self, wanted: Change) -> Vec<String> {
        self.list.iter().filter(|(change, ..)| *change == wanted).map(|(_, id, _)| (*id).to_owned()).collect()
    }

    fn delta(&self, wanted: Change) -> Option<i64> {
        self.list.iter().find(|(change, ..)| *change == wanted).and_then(|(.., delta)| *delta)
    }

    /// By the objects that carry its mark, where its changes say nothing. Whether a volume was being made or taken away
    /// only the number tells then, and that is not enough to delete something: a create is undone only where nobody has
    /// written into it.
    fn by_marks(&self, number: i64) -> Option<Task> {
        let volumes = &self.database.volumes;
        let volume = volumes.iter().find(|(_, entry)| entry.pending.id == self.key).map(|(id, _)| id.clone());
        let blocks = &self.database.block_volumes;
        let block = blocks.iter().find(|(_, entry)| entry.pending.id == self.key).map(|(id, _)| id.clone());
        match (OperationType::of(number)?, volume, block) {
            (OperationType::CreateVolume, Some(volume), None) => Some(Task::Create { volume }),
            (OperationType::CreateBlockVolume, hosting, Some(block)) => {
                Some(Task::BlockCreate { block, hosting })
            }
            _ => None,
        }
    }
}

/// Whether what is changed is there, and is what the change is about. What a clone makes is not there yet.
fn is_of_its_kind(database: &Database, change: Change, id: &str) -> bool {
    match change {
        Change::AddBrick | Change::DeleteBrick => database.bricks.contains_key(id),
        Change::AddVolume | Change::DeleteVolume | Change::ExpandVolume | Change::CloneVolume => {
            database.volumes.contains_key(id)
        }
        Change::AddBlockVolume | Change::DeleteBlockVolume | Change::ExpandBlockVolume => {
            database.block_volumes.contains_key(id)
        }
        Change::RemoveDevice => database.devices.contains_key(id),
        Change::SnapshotVolume
        | Change::AddVolumeClone
        | Change::ParentOperation
        | Change::ChildOperation => true,
    }
}

/// What a finding says of an operation that is not taken over.
pub(super) fn described(task: &Task) -> String {
    match task {
        Task::Clone { source, clone } => {
            format!("copied volume {} to volume {} and had not ended", text(source), text(clone))
        }
        other => format!("had not ended ({})", other.kind()),
    }
}
