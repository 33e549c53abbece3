//! The changes that are swept, and what is to be known of each.

use crate::support::Reply;

/// The peer that comes and goes: none of the three of the lab.
pub const SPARE: &str = "10.10.10.20";

/// What a client has written into the volume that there is.
pub const FILE: &str = "letter.txt";

/// The name of the clone.
pub const CLONE: &str = "copy";

/// By how many GiB the dispersed volume grows.
pub const MORE_SETS: u64 = 1200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    VolumeCreate,
    VolumeDelete,
    /// A volume whose clone stays, in the same thin pools.
    SourceDelete,
    /// The clone itself, which goes before its source.
    CloneDelete,
    /// The first node of a cluster: there is no pool to join yet.
    FirstNode,
    NodeAdd,
    NodeDelete,
    DeviceAdd,
    /// A device on a disk with a file system, with leave to erase it.
    DeviceErase,
    DeviceDelete,
    VolumeExpand,
    /// A volume that is dispersed, by two sets at once.
    SetsExpand,
    VolumeClone,
    BrickEvict,
    /// A brick that holds no data, only which copies are right.
    ArbiterEvict,
    /// A device with a brick, offline, that is emptied.
    DeviceRemove,
    /// The same of a node.
    NodeRemove,
    /// A device whose disk has another path since its peer restarted.
    DeviceResync,
    /// A failed device whose disk is gone for good.
    DeviceForget,
    /// A block volume for which a hosting volume is made.
    BlockCreate,
    BlockDelete,
    BlockExpand,
}

impl Change {
    pub const ALL: [Change; 22] = [
        Change::VolumeCreate,
        Change::VolumeDelete,
        Change::SourceDelete,
        Change::CloneDelete,
        Change::FirstNode,
        Change::NodeAdd,
        Change::NodeDelete,
        Change::DeviceAdd,
        Change::DeviceErase,
        Change::DeviceDelete,
        Change::VolumeExpand,
        Change::SetsExpand,
        Change::VolumeClone,
        Change::BrickEvict,
        Change::ArbiterEvict,
        Change::DeviceRemove,
        Change::NodeRemove,
        Change::DeviceResync,
        Change::DeviceForget,
        Change::BlockCreate,
        Change::BlockDelete,
        Change::BlockExpand,
    ];

    /// Those that are undone when they fail: the deletes of nodes and devices have no way back.
    /// What empties devices and nodes is undone as the moves of their bricks are.
    pub const UNDONE: [Change; 12] = [
        Change::VolumeCreate,
        Change::VolumeDelete,
        Change::NodeAdd,
        Change::DeviceAdd,
        Change::DeviceErase,
        Change::VolumeExpand,
        Change::SetsExpand,
        Change::VolumeClone,
        Change::BrickEvict,
        Change::BlockCreate,
        Change::BlockExpand,
        Change::ArbiterEvict,
    ];

    /// Whether it is swept with a fault each time. Some send the commands of others, which are swept with all faults: of
    /// them it is seen each time what becomes of them, and the rest where there is time for it.
    pub fn is_swept_each_time(self, fault: &str) -> bool {
        match self {
            Change::CloneDelete | Change::ArbiterEvict | Change::DeviceRemove | Change::NodeRemove => {
                matches!(fault, "kill_after" | "refuse" | "lose_reply")
            }
            Change::SetsExpand => fault == "kill_after",
            _ => true,
        }
    }

    /// The same of a fault that happens while it is undone.
    pub fn is_undone_each_time(self, fault: &str) -> bool {
        !matches!(self, Change::SetsExpand | Change::ArbiterEvict)
            && !matches!(fault, "stall" | "unreachable")
    }

    /// Whether it may be undone where this command is refused. What gluster has deleted, taken or moved can
    /// only go on.
    pub fn may_be_undone_after(self, command: &str) -> bool {
        match self {
            Change::VolumeDelete => command.contains("volume delete"),
            Change::VolumeExpand | Change::SetsExpand => command.contains("add-brick"),
            Change::BrickEvict | Change::ArbiterEvict => command.contains("replace-brick"),
            _ => true,
        }
    }

    /// Whether what it is about is not there any more when it is done.
    pub fn ends_its_subject(self) -> bool {
        matches!(
            self,
            Change::VolumeDelete
                | Change::SourceDelete
                | Change::CloneDelete
                | Change::DeviceDelete
                | Change::DeviceForget
                | Change::BrickEvict
                | Change::ArbiterEvict
                | Change::BlockDelete
        )
    }

    pub fn is_delete(self) -> bool {
        matches!(
            self,
            Change::VolumeDelete
                | Change::SourceDelete
                | Change::CloneDelete
                | Change::NodeDelete
                | Change::DeviceDelete
                | Change::DeviceForget
        )
    }

    pub fn is_done(self, reply: &Reply) -> bool {
        let status = match self {
            Change::VolumeCreate
            | Change::FirstNode
            | Change::NodeAdd
            | Change::VolumeExpand
            | Change::SetsExpand
            | Change::VolumeClone
            | Change::BlockCreate
            | Change::BlockExpand => 303,
            _ => 204,
        };
        reply.status == status
    }
}
