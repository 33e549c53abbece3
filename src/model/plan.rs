//! What steps are given: peers, devices, bricks and volumes with all that there is to know about them.

use serde::{Deserialize, Serialize};

use super::brick::{BrickRole, BrickSpace};
use super::device::KnownDevice;
use super::durability::Durability;
use super::host::Host;
use super::ids::{BlockVolumeId, BrickId, DeviceId, NodeId, VolumeId};
use super::sizes::GiB;

/// A peer, with the name that gluster uses for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Peer {
    /// The node.
    pub node: NodeId,
    /// Where commands go.
    pub host: Host,
    /// What gluster calls it.
    pub storage: String,
}

/// A device to prepare or to release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePlan {
    /// The peer it is in.
    pub peer: Peer,
    /// Its id.
    pub device: DeviceId,
    /// The path it is added by.
    pub path: String,
    /// The UUID that its physical volume gets, drawn beforehand so that it can be recognised.
    pub pv_uuid: Option<String>,
    /// Whether what is on it may be erased.
    pub destroy_data: bool,
    /// Whether a release that fails counts as done: the peer may be gone for good.
    #[serde(default)]
    pub forget: bool,
    /// The devices that its node had at the decision: a disk is theirs by what LVM says, whatever its path is.
    #[serde(default)]
    pub known: Vec<KnownDevice>,
}

/// A brick to make or to take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrickPlan {
    /// The volume it belongs to.
    pub volume: VolumeId,
    /// The peer it is on.
    pub peer: Peer,
    /// Its id.
    pub brick: BrickId,
    /// The device it is on.
    pub device: DeviceId,
    /// Its thin pool.
    pub thin_pool: String,
    /// What it takes.
    pub space: BrickSpace,
    /// What it holds.
    pub role: BrickRole,
    /// Group that owns its directory; 0 leaves it to root.
    pub gid: u32,
    /// The directory that gluster is given.
    pub path: String,
    /// Its logical volume, where gluster has made it: the brick of a clone, which shares the pool of its origin and
    /// is in no file system table.
    #[serde(default)]
    pub logical_volume: Option<String>,
    /// Whether other bricks of this server are in its pool, which stays there for them.
    #[serde(default)]
    pub shares_pool: bool,
    /// Whether its volume hosts block volumes.
    #[serde(default)]
    pub hosts_blocks: bool,
}

/// A gluster volume to make, start, stop or take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumePlan {
    /// Its id.
    pub volume: VolumeId,
    /// Its name in gluster.
    pub name: String,
    /// Its layout.
    pub durability: Durability,
    /// Whether the last brick of each set is an arbiter.
    pub arbiter: bool,
    /// Its bricks, set by set.
    pub bricks: Vec<BrickAt>,
    /// Options, `key value` each, without the empty ones.
    pub options: Vec<String>,
    /// The peers that can be asked, the preferred one first.
    pub peers: Vec<Peer>,
    /// Whether it hosts block volumes: what gluster-block keeps there for itself is nobody's data.
    #[serde(default)]
    pub hosts_blocks: bool,
}

/// A brick as gluster sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BrickAt {
    /// The peer's manage name, where its directory can be looked at.
    pub host: Host,
    /// The name that gluster uses for the peer.
    pub storage: String,
    /// The brick's directory.
    pub path: String,
}

/// Bricks that join a volume: whole sets, in gluster's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendPlan {
    /// The volume with the bricks that it has before.
    pub volume: VolumePlan,
    /// Those that join it.
    pub added: Vec<BrickAt>,
}

/// A brick that takes the place of another one in its set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacePlan {
    /// The volume with the bricks that it has before.
    pub volume: VolumePlan,
    /// The one that leaves.
    pub old: BrickAt,
    /// The one that comes.
    pub new: BrickAt,
    /// All bricks of the set before, `old` included, in gluster's order.
    pub set: Vec<BrickAt>,
    /// How many of the other bricks of the set have to be online, so that no data is given up.
    pub required: u32,
    /// The id of the brick that leaves, for what is told.
    pub brick: BrickId,
}

/// A volume that is copied by way of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonePlan {
    /// The volume that is copied, which stays as it is.
    pub source: VolumePlan,
    /// The id of the copy.
    pub clone: VolumeId,
    /// The name of the copy in gluster.
    pub name: String,
    /// The name of the snapshot: `tmpsnap_` and 32 hex digits, drawn for this copy.
    pub snapshot: String,
}

/// A brick of a clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonedBrick {
    /// Its directory.
    pub path: String,
    /// Its logical volume, in the group and the thin pool of the brick that it is a copy of.
    pub logical_volume: String,
}

/// A block volume to make, to look for or to take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockPlan {
    /// Its id.
    pub block_volume: BlockVolumeId,
    /// The name of the volume that it is in.
    pub hosting: String,
    /// Its name in that volume.
    pub name: String,
    /// Its size.
    pub size: GiB,
    /// On how many hosts it is to be; 0, or more than there are, stands for all.
    pub ha_count: u32,
    /// Whether clients have to log in.
    pub auth: bool,
    /// Whether the volume that it is in is made with it.
    #[serde(default)]
    pub fresh_hosting: bool,
    /// The peers that can export it, the preferred ones first.
    pub hosts: Vec<Peer>,
    /// The peers that can be asked, the preferred one first.
    pub peers: Vec<Peer>,
}

/// A block volume that gets another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResizePlan {
    /// The block volume with the size that it has before.
    pub block: BlockPlan,
    /// The size that it gets.
    pub size: GiB,
}
