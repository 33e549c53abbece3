//! Devices: disks of nodes, each one a volume group.

use super::ids::{DeviceId, NodeId};
use super::node::Tags;
use super::sizes::KiB;
use super::state::{EntryState, Phase};

/// The space of a device, in whole extents. `free + used == total` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Storage {
    /// What the volume group has.
    pub total: KiB,
    /// What no brick has taken.
    pub free: KiB,
    /// What bricks have taken.
    pub used: KiB,
}

/// A disk of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id; the volume group is `vg_` and this.
    pub id: DeviceId,
    /// The node it is in.
    pub node: NodeId,
    /// The path it was added by, such as `/dev/vdd`. A label: the identity is `pv_uuid`.
    pub name: String,
    /// Labels.
    pub tags: Tags,
    /// Whether it takes new bricks.
    pub state: EntryState,
    /// Where it is in its life.
    pub phase: Phase,
    /// Its space.
    pub storage: Storage,
    /// The extent of its volume group.
    pub extent: KiB,
    /// The UUID of its physical volume; none in what heketi's mock executor left.
    pub pv_uuid: Option<String>,
    /// Further paths of the same disk.
    pub paths: Vec<String>,
    /// Bricks on it, pending ones included.
    pub brick_count: u32,
}

/// The name of a device's volume group.
pub fn volume_group(device: DeviceId) -> String {
    format!("vg_{device}")
}
