//! The score: which of the devices that come into question is best.

use std::cmp::Reverse;

use super::filters::ArbiterTag;
use crate::model::brick::BrickRole;
use crate::model::ids::DeviceId;

/// Lower is better; fields count from the top. The id comes last, so that equal devices give equal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
    /// Its tag wants other bricks.
    pub ill_suited: bool,
    /// Bricks of the set in its zone: the copies go to as many zones as there are.
    pub set_bricks_in_zone: u32,
    /// How much of the way to it failed in an earlier attempt.
    pub avoided: Avoided,
    /// Bricks of this placement on its node: a volume of several sets uses all nodes.
    pub bricks_on_node: u32,
    /// Free space: the emptiest first, so that devices fill evenly and large bricks find room for long.
    pub free: Reverse<u64>,
    /// Bricks on it: of equally free ones the one with less to do.
    pub bricks: u32,
    /// Who it is.
    pub tie: DeviceId,
}

/// How much of the way to a device failed in an earlier attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Avoided {
    /// Nothing.
    No,
    /// The device.
    Device,
    /// Its whole node.
    Node,
}

/// Whether a device with this tag is wanted for other bricks than this one. Devices kept for arbiters go first
/// for arbiters and last for whole copies; those that take no arbiter go first for the data of arbiter volumes.
pub(super) fn ill_suited(tag: ArbiterTag, role: BrickRole, arbiter_volume: bool) -> bool {
    match (arbiter_volume, role) {
        (false, _) => tag == ArbiterTag::Required,
        (true, BrickRole::Arbiter) => tag != ArbiterTag::Required,
        (true, BrickRole::Data) => tag != ArbiterTag::Disabled,
    }
}
