//! What a simulated peer is made of. Plain data: what is stored is what is here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use super::pool::{GlusterVolume, Layout, Pending, Snapshot, split_brick};

use super::shared::Shared;

/// The number of a machine, whatever names it has.
pub type MachineId = u32;

/// The number of a trusted pool.
pub type PoolId = u32;

/// Why connections to a machine fail although it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It does not accept our key.
    Key,
    /// Its host key is another one than before.
    HostKey,
}

/// A machine's own state, without what is on its disks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// All names it is known by; the first is the one it was first used under.
    pub names: Vec<String>,
    /// The name that gluster shows for it.
    pub gluster: Option<String>,
    /// The UUID of its glusterd.
    pub uuid: String,
    /// The trusted pool it is in, perhaps alone.
    pub pool: PoolId,
    /// Whether it is switched off, or did not come up.
    #[serde(default)]
    pub off: bool,
    /// Whether it takes connections and never answers.
    #[serde(default)]
    pub hangs: bool,
    /// Whether it refuses connections.
    #[serde(default)]
    pub refuses: Option<Refusal>,
    /// Whether its glusterd is stopped.
    #[serde(default)]
    pub glusterd_stopped: bool,
    /// Whether its gluster-blockd is stopped.
    #[serde(default)]
    pub blockd_stopped: bool,
    /// Whether gluster-block is not installed on it.
    #[serde(default)]
    pub without_blocks: bool,
    /// Whether `mkfs.xfs` fails in the middle of its work.
    #[serde(default)]
    pub breaks_mkfs: bool,
    /// Mount points that some process keeps busy.
    #[serde(default)]
    pub held: BTreeSet<String>,
    /// Directories that were removed, which is not on the disk yet.
    #[serde(default)]
    pub removed: BTreeSet<String>,
}

impl Machine {
    /// Whether other peers see its glusterd.
    pub fn is_connected(&self) -> bool {
        !self.off && !self.hangs && !self.glusterd_stopped
    }

    /// The name that gluster shows.
    pub fn gluster_name(&self) -> &str {
        self.gluster.as_deref().or_else(|| self.names.first().map(String::as_str)).unwrap_or("")
    }
}

/// A file or a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whether it is a directory.
    #[serde(rename = "d")]
    pub directory: bool,
    /// Its group.
    #[serde(rename = "g", default, skip_serializing_if = "is_zero")]
    pub gid: u32,
    /// Its permissions, octal digits as a number.
    #[serde(rename = "m")]
    pub mode: u16,
    /// The volume it is or was a brick of: gluster marks a directory for ever.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Shared>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Entry {
    /// A directory as root makes it.
    pub fn directory() -> Entry {
        Entry { directory: true, gid: 0, mode: 755, volume: None }
    }

    /// A file as root makes it.
    pub fn file() -> Entry {
        Entry { directory: false, gid: 0, mode: 644, volume: None }
    }
}

/// A file system with what is in it, by path below its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `xfs`, `ext4`, …
    pub kind: Shared,
    /// Whether it is mounted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mounted: bool,
    /// Whether the program that makes it was cut off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Whether gluster has marked a brick in it, and a power cut would still take that away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unwritten: bool,
    /// Sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<(Shared, Entry)>,
}

impl FileSystem {
    /// An empty one.
    pub fn new(kind: &str) -> FileSystem {
        FileSystem {
            kind: kind.into(),
            mounted: false,
            unfinished: false,
            unwritten: false,
            entries: Vec::new(),
        }
    }

    /// Its power is cut off: marks of gluster's that nobody had it write are lost.
    pub fn cut_off(&mut self) {
        if std::mem::take(&mut self.unwritten) {
            self.entries.retain(|(path, _)| !path.contains(".glusterfs"));
            self.entries.iter_mut().for_each(|(_, entry)| entry.volume = None);
        }
    }

    /// What is at a path below its root.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|(found, _)| (**found).cmp(path)).ok()?;
        self.entries.get(at).map(|(_, entry)| entry)
    }

    /// Puts something at a path, or takes it away.
    pub fn set(&mut self, path: &str, entry: Option<Entry>) {
        match (self.entries.binary_search_by(|(found, _)| (**found).cmp(path)), entry) {
            (Ok(at), Some(entry)) => self.entries[at].1 = entry,
            (Ok(at), None) => drop(self.entries.remove(at)),
            (Err(at), Some(entry)) => self.entries.insert(at, (path.into(), entry)),
            (Err(_), None) => {}
        }
        // There are 150,000 of these, with two entries each.
        self.entries.shrink_to_fit();
    }
}

/// What is on a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Nothing.
    Blank,
    /// A file system.
    FileSystem(FileSystem),
    /// An LVM physical volume.
    PhysicalVolume {
        /// Its UUID.
        uuid: String,
        /// KiB before the first extent.
        start_kib: u64,
        /// Its volume group.
        group: Option<Box<str>>,
    },
}

/// A disk. Those that are as they came are not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Its size.
    pub size_kib: u64,
    /// What is on it.
    pub content: Content,
    /// Whether it was pulled out.
    #[serde(default)]
    pub pulled: bool,
}

/// A volume group as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupHead {
    /// Its disk.
    pub disk: Box<str>,
    /// Its extent.
    pub extent_kib: u64,
    /// Its size.
    pub extents: u64,
}

/// What a thin pool has given away, in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// Of its data.
    pub data: u8,
    /// Of its metadata.
    pub metadata: u8,
}

impl Filled {
    fn is_nothing(&self) -> bool {
        *self == Filled::default()
    }
}

/// A logical volume: a thin pool, a thin volume in one, or a plain one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicalVolume {
    /// Its size, the virtual one for a thin volume.
    #[serde(rename = "s")]
    pub size_kib: u64,
    /// Its pool, for a thin volume.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<Box<str>>,
    /// Its metadata, for a pool.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub metadata_kib: Option<u64>,
    /// The volume it is a thin snapshot of; it may be gone.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<str>>,
    /// What is on it.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub fs: Option<Box<FileSystem>>,
    /// How much of its data and of its metadata is given away, in percent, for a pool.
    #[serde(rename = "u", default, skip_serializing_if = "Filled::is_nothing")]
    pub filled: Filled,
    /// The thin volumes in it, for a pool; counted, not stored.
    #[serde(skip)]
    pub thins: u32,
}

impl LogicalVolume {
    /// The extents it takes of its group.
    pub fn extents(&self, extent_kib: u64) -> u64 {
        match (&self.pool, extent_kib) {
            (Some(_), _) | (_, 0) => 0,
            (None, extent) => {
                self.size_kib.div_ceil(extent) + self.metadata_kib.unwrap_or(0).div_ceil(extent)
            }
        }
    }
}

/// A volume group with its logical volumes.
#[derive(Debug, Default)]
pub struct Group {
    /// As it is stored.
    pub head: GroupHead,
    /// Its logical volumes.
    pub volumes: BTreeMap<Box<str>, LogicalVolume>,
    /// Extents that are taken; counted, not stored.
    pub used: u64,
}

impl Group {
    /// Extents that are free.
    pub fn free(&self) -> u64 {
        self.head.extents.saturating_sub(self.used)
    }
}

/// Something mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The device, as it was named.
    #[serde(rename = "d")]
    pub device: Box<str>,
    /// The kind of file system.
    #[serde(rename = "k")]
    pub kind: Shared,
    /// Its options.
    #[serde(rename = "o")]
    pub options: Shared,
}
