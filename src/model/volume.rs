//! Volumes.

use super::durability::{Durability, DurabilityKind, RequestedDurability};
use super::hosting::Hosting;
use super::ids::{ClusterId, VolumeId};
use super::sizes::GiB;
use super::state::Phase;

/// The name of the volume that held heketi's own database: never deleted.
pub const DATABASE_VOLUME: &str = "heketidbstorage";

/// Room for snapshots in the thin pools of a volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Whether snapshots were asked for.
    pub enable: bool,
    /// Thin pool over brick size, 1 to 100. A 32-bit float, as heketi keeps it: the rounding is visible in sizes.
    pub factor: f32,
}

impl Default for Snapshot {
    fn default() -> Self {
        Snapshot { enable: false, factor: 1.0 }
    }
}

/// What a valid request for a volume asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeSpec {
    /// Its size.
    pub size: GiB,
    /// Its name; `vol_` and its id where none is given.
    pub name: Option<String>,
    /// Candidate clusters as they were written, in order; all clusters where there are none.
    pub clusters: Vec<String>,
    /// Durability as requested.
    pub requested: RequestedDurability,
    /// The layout that follows.
    pub durability: Durability,
    /// Group that owns the brick directories; 0 leaves them to root.
    pub gid: u32,
    /// Gluster options, `key value` each, as requested.
    pub options: Vec<String>,
    /// Whether it hosts block volumes.
    pub block: bool,
    /// Room for snapshots.
    pub snapshot: Snapshot,
}

/// A volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// The cluster its bricks are in.
    pub cluster: ClusterId,
    /// Its name, unique in its cluster.
    pub name: String,
    /// Its size.
    pub size: GiB,
    /// Durability as requested.
    pub requested: RequestedDurability,
    /// The layout that follows.
    pub durability: Durability,
    /// Group that owns the brick directories; 0 leaves them to root.
    pub gid: u32,
    /// All gluster options in the order they are set; empty entries stand for settings that are not configured.
    pub options: Vec<String>,
    /// Its room for block volumes, if it hosts them.
    pub hosting: Option<Hosting>,
    /// Room for snapshots.
    pub snapshot: Snapshot,
    /// The clusters that its request named.
    pub asked_clusters: Vec<ClusterId>,
    /// Where it is in its life.
    pub phase: Phase,
}

/// What lists say of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSummary {
    /// Its id.
    pub id: VolumeId,
    /// The cluster its bricks are in.
    pub cluster: ClusterId,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: GiB,
    /// How it keeps its data.
    pub durability: DurabilityKind,
    /// Whether it hosts block volumes.
    pub block: bool,
}

/// The name of a volume for which none was given. Kubernetes derives ids from it.
pub fn default_name(id: VolumeId) -> String {
    format!("vol_{id}")
}
