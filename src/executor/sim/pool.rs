//! What a trusted pool has: volumes, with what is to be healed of them, and snapshots. Plain data, as in `objects`.

use serde::{Deserialize, Serialize};

use super::shared::Shared;

/// The layout of a gluster volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Copies; 1 for none.
    pub replica: u32,
    /// Arbiters in a set.
    #[serde(default)]
    pub arbiter: u32,
    /// Data bricks of a disperse set; 0 for none.
    #[serde(default)]
    pub data: u32,
    /// Redundancy bricks of a disperse set.
    #[serde(default)]
    pub redundancy: u32,
}

impl Layout {
    /// Bricks in one set.
    pub fn set_size(self) -> usize {
        let size = if self.data > 0 { self.data + self.redundancy } else { self.replica };
        usize::try_from(size).unwrap_or(1).max(1)
    }
}

/// A gluster volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlusterVolume {
    /// Its UUID.
    pub uuid: String,
    /// Whether it is started.
    pub started: bool,
    /// Whether it was ever started: gluster tells `Created` and `Stopped` apart.
    #[serde(default)]
    pub was_started: bool,
    /// Its layout.
    pub layout: Layout,
    /// Its bricks, `host:path`.
    pub bricks: Vec<Box<str>>,
    /// Its options in the order they were first set.
    pub options: Vec<(Shared, Box<str>)>,
    /// What is to be healed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// The task that last spread what is in it over its sets; over as soon as it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebalance: Option<Box<str>>,
}

/// What is to be healed from a brick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The brick that has it, `host:path`.
    pub brick: Box<str>,
    /// How much of it there is.
    pub entries: u64,
    /// The brick it is healed onto, by and by; none for what a test has put there, which stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onto: Option<Box<str>>,
}

impl GlusterVolume {
    /// The bricks of the set that a brick is in, itself included.
    pub fn set_of(&self, brick: &str) -> Option<&[Box<str>]> {
        let mut sets = self.bricks.chunks(self.layout.set_size());
        sets.find(|set| set.iter().any(|member| &**member == brick))
    }

    /// What is to be healed from a brick.
    pub fn pending_of(&self, brick: &str) -> u64 {
        self.pending.iter().filter(|found| &*found.brick == brick).map(|found| found.entries).sum()
    }

    /// gluster's word for its state.
    pub fn status(&self) -> &'static str {
        match (self.started, self.was_started) {
            (true, _) => "Started",
            (false, true) => "Stopped",
            (false, false) => "Created",
        }
    }
}

/// A snapshot of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The volume it is of.
    pub volume: Box<str>,
    /// Its UUID without dashes, which its logical volumes and mounts are called after.
    pub uuid: Box<str>,
    /// Whether it is mounted and can be read.
    pub active: bool,
    /// The layout of the volume when it was taken.
    pub layout: Layout,
    /// The bricks of the volume when it was taken.
    pub bricks: Vec<Box<str>>,
    /// The options of the volume when it was taken.
    pub options: Vec<(Shared, Box<str>)>,
}

/// Splits `host:path` of a brick; host names have no slash, paths begin with one.
pub fn split_brick(brick: &str) -> Option<(&str, &str)> {
    let at = brick.find(":/")?;
    if at == 0 { None } else { Some((&brick[..at], &brick[at + 1..])) }
}
