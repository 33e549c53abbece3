//! Where bricks go: sizes, filters, and an ordered score.
//!
//! **Invariant:** nothing here reads or writes anything; what a filter needs to know is in its input.

mod candidates;
mod eligible;
mod filters;
mod options;
mod place;
mod refusal;
mod sets;
mod space;

pub use candidates::{Candidate, Candidates};
pub use eligible::{ClusterFacts, eligible};
pub use options::{PlacementOptions, TagRule, ZoneChecking};
pub use place::place;
pub use refusal::{PlacementRefusal, SearchEnd, combined};
pub use space::space;

use crate::model::brick::{BrickRole, BrickSpace};
use crate::model::device::Device;
use crate::model::durability::Durability;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::Node;
use crate::model::sizes::{GiB, KiB};

/// 4 TiB.
const FOUR_TIB: KiB = match KiB::new(4 << 30) {
    Some(size) => size,
    None => KiB::MAX,
};

/// Bounds of bricks and volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementLimits {
    /// The smallest data brick.
    pub brick_min: KiB,
    /// The largest brick.
    pub brick_max: KiB,
    /// Bricks a volume may have.
    pub max_bricks: u64,
    /// Expected size of a file in KiB, for arbiter bricks.
    pub average_file_kib: u64,
    /// The smallest arbiter brick.
    pub arbiter_min: KiB,
    /// How zones count where a volume says nothing.
    pub zones: ZoneChecking,
}

impl Default for PlacementLimits {
    /// heketi's: 1 GiB to 4 TiB, 32 bricks, 64 KiB a file. But not its 16 MiB for an arbiter brick: `mkfs.xfs` refuses
    /// everything below 300 MB since xfsprogs 5.19.
    fn default() -> Self {
        PlacementLimits {
            brick_min: KiB::of(1_048_576),
            brick_max: FOUR_TIB,
            max_bricks: 32,
            average_file_kib: 64,
            arbiter_min: KiB::of(307_200),
            zones: ZoneChecking::None,
        }
    }
}

impl PlacementLimits {
    /// The smallest volume of a layout; `None` where none fits into 63 bits.
    pub fn minimum_volume(&self, durability: Durability) -> Option<KiB> {
        self.brick_min.get().checked_mul(durability.data_bricks()).and_then(KiB::new)
    }
}

/// What another try leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Avoid {
    /// Nodes that did not answer: never taken.
    pub nodes: Vec<NodeId>,
    /// Devices that refused: taken last.
    pub devices: Vec<DeviceId>,
}

/// A volume that wants a place.
#[derive(Debug, Clone)]
pub struct PlacementRequest<'a> {
    /// Its size, or what is added to it.
    pub size: GiB,
    /// Its layout.
    pub durability: Durability,
    /// Thin pool over brick size.
    pub snapshot_factor: f32,
    /// All its options.
    pub options: &'a [String],
    /// Bricks it has already.
    pub existing_bricks: u64,
    /// What another try leaves out.
    pub avoid: &'a Avoid,
}

/// A cluster as placement sees it.
#[derive(Debug, Clone, Copy)]
pub struct ClusterView<'a> {
    /// Its nodes.
    pub nodes: &'a [Node],
    /// Their devices.
    pub devices: &'a [Device],
    /// Nodes that are known not to answer.
    pub down: &'a [NodeId],
}

/// A place for one brick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedBrick {
    /// The device.
    pub device: DeviceId,
    /// Its node.
    pub node: NodeId,
    /// What the brick holds.
    pub role: BrickRole,
    /// What it takes.
    pub space: BrickSpace,
}

/// Places for all bricks of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The bricks, set by set; an arbiter is the last of its set.
    pub sets: Vec<Vec<PlacedBrick>>,
    /// Whether the sets have an arbiter.
    pub arbiter: bool,
}
