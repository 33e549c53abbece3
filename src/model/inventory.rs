//! What a peer has by its own account: the volumes of its trusted pool, LVM's reports, mounts, the file system table.

use serde::Deserialize;

use super::ids::{NodeId, VolumeId};

/// What a peer told, or why it did not.
pub type Told<T> = Result<T, String>;

/// What one peer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The node it is.
    pub node: NodeId,
    /// All volumes of its trusted pool.
    pub volumes: Told<Vec<PoolVolume>>,
    /// All of LVM's physical volumes.
    pub physical_volumes: Told<Vec<PhysicalVolume>>,
    /// All volume groups.
    pub groups: Told<Vec<VolumeGroup>>,
    /// All logical volumes, pools included.
    pub logical_volumes: Told<Vec<LogicalVolume>>,
    /// What is mounted, and what is to be mounted at a start.
    pub mounts: Told<Mounts>,
    /// Block volumes by the volume that hosts them.
    pub blocks: Vec<Blocks>,
}

impl Inventory {
    /// Of a peer that could not be asked for anything.
    pub fn unknown(node: NodeId, why: &str) -> Inventory {
        Inventory {
            node,
            volumes: Err(why.to_owned()),
            physical_volumes: Err(why.to_owned()),
            groups: Err(why.to_owned()),
            logical_volumes: Err(why.to_owned()),
            mounts: Err(why.to_owned()),
            blocks: Vec::new(),
        }
    }

    /// Whether it told anything at all.
    pub fn tells_anything(&self) -> bool {
        self.volumes.is_ok()
            || self.physical_volumes.is_ok()
            || self.groups.is_ok()
            || self.logical_volumes.is_ok()
            || self.mounts.is_ok()
    }
}

/// A volume of a trusted pool, as `gluster volume info` shows it. Counts that it leaves out are 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolVolume {
    /// Its name.
    pub name: String,
    /// gluster's id of it, a UUID.
    pub id: String,
    /// 0 created, 1 started, 2 stopped.
    pub status: i64,
    /// The same as a word.
    pub status_word: String,
    /// Its bricks in all.
    pub brick_count: i64,
    /// Its sets.
    pub dist_count: i64,
    /// Stripes; gluster has none any more.
    pub stripe_count: i64,
    /// Copies.
    pub replica_count: i64,
    /// Arbiters of a set.
    pub arbiter_count: i64,
    /// Bricks of a disperse set.
    pub disperse_count: i64,
    /// Redundant ones among them.
    pub redundancy_count: i64,
    /// gluster's number for its kind.
    pub kind: i64,
    /// The same as a word.
    pub kind_word: String,
    /// How it is reached: 0 is TCP.
    pub transport: i64,
    /// Its bricks, set by set.
    pub bricks: Vec<PoolBrick>,
    /// How many options are set.
    pub option_count: i64,
    /// Options that are set.
    pub options: Vec<(String, String)>,
}

impl PoolVolume {
    /// Whether clients can use it.
    pub fn is_started(&self) -> bool {
        self.status_word == "Started"
    }

    /// The value of an option that is set.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// A brick of a volume of a trusted pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolBrick {
    /// The UUID of its peer.
    pub uuid: String,
    /// `host:path`.
    pub name: String,
    /// The UUID of its peer, once more.
    pub host_uuid: String,
    /// 1 for an arbiter.
    pub is_arbiter: i64,
}

/// A physical volume. The fields are called as in LVM's reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[expect(missing_docs, reason = "the names are LVM's: see pvs(8)")]
pub struct PhysicalVolume {
    pub pv_name: String,
    pub vg_name: String,
    pub pv_fmt: String,
    pub pv_attr: String,
    pub pv_size: String,
    pub pv_free: String,
    pub pv_uuid: String,
}

/// A volume group. The fields are called as in LVM's reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[expect(missing_docs, reason = "the names are LVM's: see vgs(8)")]
pub struct VolumeGroup {
    pub vg_name: String,
    pub lv_count: String,
    pub snap_count: String,
    pub vg_attr: String,
    pub vg_size: String,
    pub vg_free: String,
}

impl VolumeGroup {
    /// Whether one of its disks is missing.
    pub fn is_partial(&self) -> bool {
        // Source: vgs(8), the fourth bit of vg_attr.
        self.vg_attr.chars().nth(3) == Some('p')
    }
}

/// A logical volume or a thin pool. The fields are called as in LVM's reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[expect(missing_docs, reason = "the names are LVM's: see lvs(8)")]
pub struct LogicalVolume {
    pub lv_name: String,
    pub vg_name: String,
    pub lv_attr: String,
    pub lv_size: String,
    pub pool_lv: String,
    pub origin: String,
    pub data_percent: String,
    pub metadata_percent: String,
    pub move_pv: String,
    pub mirror_log: String,
    pub copy_percent: String,
    pub convert_lv: String,
}

/// What is mounted, and what is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mounts {
    /// What is mounted.
    pub mounted: Vec<Mounted>,
    /// The lines of the file system table, comments aside.
    pub table: Vec<TableLine>,
}

/// A device that is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// The device.
    pub device: String,
    /// The directory.
    pub point: String,
}

/// A line of a file system table; what it leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableLine {
    /// The device.
    pub device: String,
    /// The directory.
    pub point: String,
    /// The kind of file system.
    pub kind: String,
    /// Mount options.
    pub options: String,
}

/// The block volumes in one volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    /// The volume that hosts them.
    pub volume: VolumeId,
    /// Its name.
    pub name: String,
    /// Their names.
    pub names: Told<Vec<String>>,
}
