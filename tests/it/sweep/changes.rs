//! The changes that are swept, and what is to be known of each.

use super::layouts::Layout;
use crate::support::Reply;

/// The peer that comes and goes: none of the three of the lab.
pub const SPARE: &str = "10.10.10.20";

/// Another one, which was taken out of service and is down.
pub const DOWN: &str = "10.10.10.21";

/// The name of the clone.
pub const CLONE: &str = "copy";

/// What can be asked for. Requests with a key are asked again after everything that happens to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Create(Layout),
    KeyedCreate,
    Delete(Layout),
    /// A volume whose clone stays, in the same thin pools.
    SourceDelete,
    /// The clone itself, which goes before its source.
    CloneDelete,
    /// By one set, where dispersed by two at once.
    Expand(Layout),
    KeyedExpand,
    Clone(Layout),
    KeyedClone,
    /// A brick is moved to the disk of a fourth peer: of an arbiter volume the one that holds no data.
    Evict(Layout),
    /// The same of a clone, whose pool is its source's, too.
    CloneEvict,
    /// The first node of a cluster: there is no pool to join yet.
    FirstNode,
    NodeAdd,
    NodeDelete,
    /// A node that leaves while another one is down, which was taken out of service.
    NodeDeleteBesideDown,
    DeviceAdd,
    /// A device on a disk with a file system, with leave to erase it.
    DeviceErase,
    DeviceDelete,
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
    /// A block volume that finds room beside another one.
    BlockBeside,
    KeyedBlockCreate,
    BlockDelete,
    BlockExpand,
    KeyedBlockExpand,
    /// A create that waited for a person, who has taken away what was in its bricks.
    CleanUp,
}

impl Change {
    pub const ALL: &[Change] = &[
        Change::Create(Layout::Copied),
        Change::Create(Layout::Owned),
        Change::Create(Layout::Arbiter),
        Change::Create(Layout::Dispersed),
        Change::Create(Layout::Single),
        Change::Create(Layout::Distributed),
        Change::Create(Layout::Hosting),
        Change::KeyedCreate,
        Change::Delete(Layout::Copied),
        Change::Delete(Layout::Owned),
        Change::Delete(Layout::Arbiter),
        Change::Delete(Layout::Dispersed),
        Change::Delete(Layout::Single),
        Change::SourceDelete,
        Change::CloneDelete,
        Change::Expand(Layout::Copied),
        Change::Expand(Layout::Owned),
        Change::Expand(Layout::Arbiter),
        Change::Expand(Layout::Dispersed),
        Change::Expand(Layout::Single),
        Change::Expand(Layout::Distributed),
        Change::KeyedExpand,
        Change::Clone(Layout::Copied),
        Change::Clone(Layout::Owned),
        Change::Clone(Layout::Arbiter),
        Change::Clone(Layout::Dispersed),
        Change::KeyedClone,
        Change::Evict(Layout::Copied),
        Change::Evict(Layout::Owned),
        Change::Evict(Layout::Arbiter),
        Change::Evict(Layout::Dispersed),
        Change::Evict(Layout::Distributed),
        Change::CloneEvict,
        Change::FirstNode,
        Change::NodeAdd,
        Change::NodeDelete,
        Change::NodeDeleteBesideDown,
        Change::DeviceAdd,
        Change::DeviceErase,
        Change::DeviceDelete,
        Change::DeviceRemove,
        Change::NodeRemove,
        Change::DeviceResync,
        Change::DeviceForget,
        Change::BlockCreate,
        Change::BlockBeside,
        Change::KeyedBlockCreate,
        Change::BlockDelete,
        Change::BlockExpand,
        Change::KeyedBlockExpand,
        Change::CleanUp,
    ];

    /// Whether it is undone when it fails: the deletes of nodes and devices have no way back. What empties devices and
    /// nodes is undone as the moves of their bricks are, and what has a key as what has none.
    pub fn is_undone(self) -> bool {
        matches!(
            self,
            Change::Create(_)
                | Change::Delete(_)
                | Change::SourceDelete
                | Change::CloneDelete
                | Change::Expand(_)
                | Change::Clone(_)
                | Change::Evict(_)
                | Change::CloneEvict
                | Change::NodeAdd
                | Change::DeviceAdd
                | Change::DeviceErase
                | Change::BlockCreate
                | Change::BlockBeside
                | Change::BlockExpand
        )
    }

    /// Whether it may be undone where this command is refused. What gluster has deleted, taken or moved can
    /// only go on.
    pub fn may_be_undone_after(self, command: &str) -> bool {
        match self {
            Change::Delete(_) | Change::SourceDelete | Change::CloneDelete => {
                command.contains("volume delete")
            }
            Change::Expand(_) => command.contains("add-brick"),
            Change::Evict(_) | Change::CloneEvict => command.contains("replace-brick"),
            _ => true,
        }
    }

    /// Whether what it is about is not there any more when it is done.
    pub fn ends_its_subject(self) -> bool {
        let is_moved = matches!(self, Change::Evict(_) | Change::CloneEvict);
        is_moved || self == Change::BlockDelete || self.is_delete() && !self.is_of_node()
    }

    fn is_of_node(self) -> bool {
        matches!(self, Change::NodeDelete | Change::NodeDeleteBesideDown)
    }

    pub fn is_delete(self) -> bool {
        matches!(
            self,
            Change::Delete(_)
                | Change::SourceDelete
                | Change::CloneDelete
                | Change::NodeDelete
                | Change::NodeDeleteBesideDown
                | Change::DeviceDelete
                | Change::DeviceForget
        )
    }

    /// Whether the request carries a key: then it is gone on with, whatever kills the server.
    pub fn is_keyed(self) -> bool {
        matches!(
            self,
            Change::KeyedCreate
                | Change::KeyedExpand
                | Change::KeyedClone
                | Change::KeyedBlockCreate
                | Change::KeyedBlockExpand
        )
    }

    pub fn is_done(self, reply: &Reply) -> bool {
        let status = match self {
            Change::Create(_)
            | Change::Expand(_)
            | Change::Clone(_)
            | Change::FirstNode
            | Change::NodeAdd
            | Change::BlockCreate
            | Change::BlockBeside
            | Change::BlockExpand => 303,
            _ if self.is_keyed() => 303,
            _ => 204,
        };
        reply.status == status
    }
}
