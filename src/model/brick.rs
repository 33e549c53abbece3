//! Bricks: logical volumes with a file system each, on the devices of nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::device::volume_group;
use super::ids::{BrickId, DeviceId, FreshId, NodeId, VolumeId};
use super::sizes::KiB;
use super::state::Phase;

/// Where every brick is mounted, below a directory for its volume group.
pub const MOUNTS: &str = "/var/lib/heketi/mounts";

/// What a brick holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum BrickRole {
    /// Data.
    Data,
    /// Names and attributes only: the third of an arbiter set.
    Arbiter,
}

/// What a brick takes on its device. Source: heketi's sizes, `thin_pool = brick × snapshot factor`,
/// `metadata = 0.5 % of that`, both in whole extents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BrickSpace {
    /// The file system: the virtual size of the thin volume.
    pub size: KiB,
    /// The data part of the thin pool.
    pub thin_pool: KiB,
    /// The metadata part of the thin pool.
    pub metadata: KiB,
}

impl BrickSpace {
    /// What the brick takes of its device's free space.
    pub fn total(&self) -> Option<KiB> {
        self.thin_pool.checked_add(self.metadata)
    }
}

/// A brick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brick {
    /// Its id.
    pub id: BrickId,
    /// The volume it belongs to.
    pub volume: VolumeId,
    /// The device it is on.
    pub device: DeviceId,
    /// The node of that device.
    pub node: NodeId,
    /// Which set of its volume it belongs to, from 0.
    pub set: u32,
    /// Its place in the set, from 0.
    pub position: u32,
    /// What it holds.
    pub role: BrickRole,
    /// What it takes.
    pub space: BrickSpace,
    /// The name of its thin pool: not always `tp_` and the brick's id. Bricks of clones are in that of their origin.
    pub thin_pool: String,
    /// Its logical volume, where gluster has made and named it: the brick of a clone.
    pub logical_volume: Option<String>,
    /// The directory that gluster is given.
    pub path: String,
    /// Where it is in its life.
    pub phase: Phase,
    /// The brick whose place it is to take; unset once it has.
    pub replaces: Option<BrickId>,
}

/// The names that belong to a brick. Source: heketi; bricks made by it are found under the same names.
impl Brick {
    /// The directory that gluster is given for a brick made here.
    pub fn path_for(device: DeviceId, brick: BrickId) -> String {
        format!("{}/brick", mount_point(device, brick))
    }

    /// Whether it came from a heketi that did not keep the names of pools, as the brick of a clone: it is in the pool of
    /// what it was copied from, and an import had to give it one of a name of its own.
    pub fn is_in_unknown_pool(&self) -> bool {
        self.logical_volume.is_some() && self.thin_pool == format!("tp_{}", self.id)
    }

    /// The name of the thin pool for a fresh brick.
    pub fn thin_pool_for(id: FreshId) -> String {
        format!("tp_{id}")
    }
}

/// What the thin pools of bricks take of their devices: each pool once, however many bricks are in it.
pub fn taken_by_device<'a>(bricks: impl Iterator<Item = &'a Brick>) -> BTreeMap<DeviceId, KiB> {
    let (mut taken, mut pools): (BTreeMap<DeviceId, KiB>, _) = (BTreeMap::new(), BTreeSet::new());
    for brick in bricks.filter(|brick| pools.insert((brick.device, &brick.thin_pool))) {
        let sum = taken.entry(brick.device).or_default();
        let total = brick.space.total().and_then(|total| sum.checked_add(total));
        *sum = total.unwrap_or(KiB::MAX);
    }
    taken
}

/// The logical volume of a brick.
pub fn logical_volume(brick: BrickId) -> String {
    format!("brick_{brick}")
}

/// The block device of a brick.
pub fn device_node(device: DeviceId, brick: BrickId) -> String {
    format!("/dev/mapper/{}-{}", volume_group(device), logical_volume(brick))
}

/// The directory a brick is mounted on.
pub fn mount_point(device: DeviceId, brick: BrickId) -> String {
    format!("{MOUNTS}/{}/{}", volume_group(device), logical_volume(brick))
}
