//! What placement is asked, and what it answers.

use super::options::ZoneChecking;
use crate::model::brick::{BrickRole, BrickSpace};
use crate::model::device::Device;
use crate::model::durability::Durability;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::Node;
use crate::model::sizes::{GiB, KiB};

/// Where an earlier attempt failed: taken again only where nothing else will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Avoid {
    /// Devices that failed.
    pub devices: Vec<DeviceId>,
    /// Nodes that failed.
    pub nodes: Vec<NodeId>,
}

/// What bricks are wanted for: a new volume, or what an expansion adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacementRequest<'a> {
    /// The size of the new sets together; for an expansion the increment.
    pub size: GiB,
    /// The layout of each set.
    pub durability: Durability,
    /// Thin pool over brick size, 1 to 100.
    pub snapshot_factor: f32,
    /// The stored list of gluster options: some of them steer placement.
    pub options: &'a [String],
    /// Bricks that the volume has already.
    pub existing_bricks: usize,
    /// Where an earlier attempt failed.
    pub avoid: &'a Avoid,
}

/// A node with what is known of it besides its record.
#[derive(Debug, Clone, Copy)]
pub struct NodeView<'a> {
    /// The node.
    pub node: &'a Node,
    /// Whether the health monitor knows it as down; a node nobody has asked yet counts as up.
    pub down: bool,
}

/// A cluster as placement sees it. The order of nodes and devices does not matter.
#[derive(Debug, Clone, Copy)]
pub struct ClusterView<'a> {
    /// Its nodes.
    pub nodes: &'a [NodeView<'a>],
    /// Their devices, with space that queued work holds already taken off.
    pub devices: &'a [Device],
    /// Devices whose books do not agree with what is on them; they take no new bricks.
    pub unreconciled: &'a [DeviceId],
}

/// The server's settings for placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacementLimits {
    /// The smallest brick, arbiter bricks excepted.
    pub min_brick: KiB,
    /// The largest brick.
    pub max_brick: KiB,
    /// Bricks that a volume may have.
    pub max_bricks: usize,
    /// The smallest arbiter brick. heketi makes 16 MiB, which `mkfs.xfs` refuses since xfsprogs 5.19 (300 MB).
    pub min_arbiter: KiB,
    /// The size of files that arbiter bricks reckon with, unless an option says otherwise.
    pub average_file_size: KiB,
    /// Zone checking, unless an option says otherwise.
    pub zone_checking: ZoneChecking,
}

impl Default for PlacementLimits {
    /// heketi's: bricks of 1 GiB to 4 TiB, 32 a volume, files of 64 KiB, zones unchecked.
    fn default() -> Self {
        PlacementLimits {
            min_brick: KiB::of(1 << 20),
            max_brick: KiB::of(u32::MAX).checked_add(KiB::of(1)).unwrap_or(KiB::MAX),
            max_bricks: 32,
            min_arbiter: KiB::of(16_384),
            average_file_size: KiB::of(64),
            zone_checking: ZoneChecking::None,
        }
    }
}

/// A brick with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedBrick {
    /// The device it goes to.
    pub device: DeviceId,
    /// The node of that device.
    pub node: NodeId,
    /// What it holds.
    pub role: BrickRole,
    /// What it takes of the device.
    pub space: BrickSpace,
}

/// Where all bricks go: set by set, in the order in which gluster gets them; an arbiter is the last of its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The sets.
    pub sets: Vec<Vec<PlacedBrick>>,
    /// Whether the last brick of each set is an arbiter.
    pub arbiter: bool,
}

impl Placement {
    /// All bricks, set by set.
    pub fn bricks(&self) -> impl Iterator<Item = &PlacedBrick> {
        self.sets.iter().flatten()
    }
}
