//! Unfinished operations as heketi shows them: types, changes and statuses, with its numbers and its words.

use crate::model::operation::{Detail, Operation, OperationKind, StepRecord};
use crate::model::step::Step;

/// What heketi calls an operation. The numbers stand in databases and dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingType {
    /// Makes a volume.
    CreateVolume = 1,
    /// Takes a volume away.
    DeleteVolume = 2,
    /// Makes a volume larger.
    ExpandVolume = 3,
    /// Makes a block volume.
    CreateBlockVolume = 4,
    /// Takes a block volume away.
    DeleteBlockVolume = 5,
    /// Empties a device.
    RemoveDevice = 6,
    /// Copies a volume.
    CloneVolume = 7,
    /// Moves a brick.
    EvictBrick = 8,
    /// Makes a block volume larger.
    ExpandBlockVolume = 9,
}

impl PendingType {
    /// Every type that has a number.
    pub const ALL: [PendingType; 9] = [
        PendingType::CreateVolume,
        PendingType::DeleteVolume,
        PendingType::ExpandVolume,
        PendingType::CreateBlockVolume,
        PendingType::DeleteBlockVolume,
        PendingType::RemoveDevice,
        PendingType::CloneVolume,
        PendingType::EvictBrick,
        PendingType::ExpandBlockVolume,
    ];

    /// Its number.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The `type_name` of the API.
    pub fn name(self) -> &'static str {
        match self {
            PendingType::CreateVolume => "create-volume",
            PendingType::DeleteVolume => "delete-volume",
            PendingType::ExpandVolume => "expand-volume",
            PendingType::CreateBlockVolume => "create-block-volume",
            PendingType::DeleteBlockVolume => "delete-block-volume",
            PendingType::RemoveDevice => "remove-device",
            PendingType::CloneVolume => "clone-volume",
            PendingType::EvictBrick => "evict-brick",
            PendingType::ExpandBlockVolume => "expand-block-volume",
        }
    }
}

/// What is done to one object. The numbers stand in databases and dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeType {
    /// A brick is made.
    AddBrick = 1,
    /// A volume is made.
    AddVolume = 2,
    /// A brick is taken away.
    DeleteBrick = 3,
    /// A volume is taken away.
    DeleteVolume = 4,
    /// A volume gets larger, by so many GiB.
    ExpandVolume = 5,
    /// A block volume is made.
    AddBlockVolume = 6,
    /// A block volume is taken away.
    DeleteBlockVolume = 7,
    /// A device is emptied.
    RemoveDevice = 8,
    /// A volume is copied.
    CloneVolume = 9,
    /// A volume is frozen for a copy.
    SnapshotVolume = 10,
    /// A copy of a volume is made.
    AddVolumeClone = 11,
    /// An operation that this one waits for.
    ChildOperation = 12,
    /// The operation that waits for this one.
    ParentOperation = 13,
    /// A block volume gets larger, to so many GiB.
    ExpandBlockVolume = 14,
}

impl ChangeType {
    /// Its number.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The `description` of the API, heketi's odd ones included.
    pub fn description(self) -> &'static str {
        match self {
            ChangeType::AddBrick => "Add brick",
            ChangeType::AddVolume => "Add volume",
            ChangeType::DeleteBrick => "Delete brick",
            ChangeType::DeleteVolume => "Delete volume",
            ChangeType::ExpandVolume => "Expand volume",
            ChangeType::AddBlockVolume => "Add block volume",
            ChangeType::DeleteBlockVolume => "Delete block volume",
            ChangeType::RemoveDevice => "Remove device",
            ChangeType::CloneVolume => "Clone volume from",
            ChangeType::SnapshotVolume => "Snapshot volume",
            ChangeType::AddVolumeClone => "Expand volume to",
            ChangeType::ChildOperation => "Performing child operation",
            ChangeType::ParentOperation => "Belongs to parent operation",
            ChangeType::ExpandBlockVolume => "Expand block volume",
        }
    }
}

/// A change to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done to it.
    pub change: ChangeType,
    /// The object.
    pub id: String,
    /// For [`ChangeType::ExpandVolume`] the GiB to add, for [`ChangeType::ExpandBlockVolume`] the new size.
    pub delta: Option<i64>,
}

/// An operation as heketi would record it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it is.
    pub kind: PendingType,
    /// What it changes, in heketi's order: bricks first.
    pub changes: Vec<Change>,
}

impl Pending {
    /// An operation in heketi's terms; `None` for those that heketi does not record.
    pub fn of(op: &Operation) -> Option<Pending> {
        let change = |change, id| Change { change, id, delta: None };
        let target = || op.target.clone();
        let (kind, brick, last) = match op.kind {
            OperationKind::VolumeCreate => {
                (PendingType::CreateVolume, ChangeType::AddBrick, change(ChangeType::AddVolume, target()))
            }
            OperationKind::VolumeDelete => {
                let last = change(ChangeType::DeleteVolume, target());
                (PendingType::DeleteVolume, ChangeType::DeleteBrick, last)
            }
            OperationKind::VolumeExpand => {
                let delta = match op.detail {
                    Detail::Expand { grow } => Some(grow.to_sql()),
                    _ => None,
                };
                let last = Change { delta, ..change(ChangeType::ExpandVolume, target()) };
                (PendingType::ExpandVolume, ChangeType::AddBrick, last)
            }
            OperationKind::BlockVolumeCreate => return Some(block_create(op)),
            OperationKind::BlockVolumeDelete => {
                let changes = vec![change(ChangeType::DeleteBlockVolume, target())];
                return Some(Pending { kind: PendingType::DeleteBlockVolume, changes });
            }
            OperationKind::BlockVolumeExpand => {
                let delta = match op.detail {
                    Detail::BlockExpand { size } => Some(size.to_sql()),
                    _ => None,
                };
                let changes = vec![Change { delta, ..change(ChangeType::ExpandBlockVolume, target()) }];
                return Some(Pending { kind: PendingType::ExpandBlockVolume, changes });
            }
            OperationKind::VolumeClone => return Some(clone(op)),
            OperationKind::BrickEvict => return Some(eviction(op)),
            OperationKind::DeviceRemove => {
                let changes = vec![change(ChangeType::RemoveDevice, target())];
                return Some(Pending { kind: PendingType::RemoveDevice, changes });
            }
            OperationKind::NodeAdd
            | OperationKind::NodeDelete
            | OperationKind::NodeRemove
            | OperationKind::DeviceAdd
            | OperationKind::DeviceDelete
            | OperationKind::DeviceResync => return None,
        };
        let mut changes: Vec<Change> = bricks(&op.steps).map(|id| change(brick, id)).collect();
        changes.push(last);
        Some(Pending { kind, changes })
    }
}

/// Its bricks are not known before gluster has made them.
fn clone(op: &Operation) -> Pending {
    let change = |change, id| Change { change, id, delta: None };
    let mut changes = Vec::new();
    if let Detail::Clone { source } = op.detail {
        changes.push(change(ChangeType::CloneVolume, source.to_string()));
    }
    changes.push(change(ChangeType::AddVolumeClone, op.target.clone()));
    Pending { kind: PendingType::CloneVolume, changes }
}

/// With the volume that hosts it, where that is made with it.
fn block_create(op: &Operation) -> Pending {
    let change = |change, id| Change { change, id, delta: None };
    let mut changes: Vec<Change> = bricks(&op.steps).map(|id| change(ChangeType::AddBrick, id)).collect();
    changes.extend(op.detail.own_hosting().map(|id| change(ChangeType::AddVolume, id.to_string())));
    changes.push(change(ChangeType::AddBlockVolume, op.target.clone()));
    Pending { kind: PendingType::CreateBlockVolume, changes }
}

fn eviction(op: &Operation) -> Pending {
    let change = |change, id| Change { change, id, delta: None };
    let mut changes = vec![change(ChangeType::DeleteBrick, op.target.clone())];
    if let Detail::Evict { new, parent } = op.detail {
        changes.push(change(ChangeType::AddBrick, new.to_string()));
        changes.extend(parent.map(|id| change(ChangeType::ParentOperation, id.to_string())));
    }
    Pending { kind: PendingType::EvictBrick, changes }
}

/// heketi's `status`: empty for what goes on, `failed` for what waits for the background or for a person, `stale` for
/// what came with an import.
pub fn status(op: &Operation) -> &'static str {
    match &op.parked {
        None => "",
        Some(parked) if parked.is_stale() => "stale",
        Some(_) => "failed",
    }
}

/// The bricks that an operation makes or takes away, in the order of its steps.
fn bricks(steps: &[StepRecord]) -> impl Iterator<Item = String> {
    steps.iter().filter_map(|record| match &record.step {
        Step::CreateBrick(plan) | Step::DestroyBrick(plan) => Some(plan.brick.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_heketis() {
        let numbers: Vec<i64> = PendingType::ALL.into_iter().map(PendingType::number).collect();
        assert_eq!(numbers, (1..=9).collect::<Vec<i64>>());
        assert_eq!(ChangeType::ExpandVolume.number(), 5);
        assert_eq!(ChangeType::ExpandBlockVolume.number(), 14);
    }
}
