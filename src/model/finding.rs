//! What an import could not reconcile: kept and shown until somebody has mended it.

use super::ids::DeviceId;

/// What is found of a clone's brick of a heketi that did not keep the names of its pools, until its peer has told it.
pub const POOL_UNKNOWN: &str = "is the brick of a clone, and nothing says which thin pool it is in";

/// What a finding is about. Stored: variants are added, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(rename_all = "kebab-case")]
pub enum Subject {
    /// What was imported, as a whole.
    File,
    /// A cluster.
    Cluster,
    /// A node.
    Node,
    /// A device.
    Device,
    /// A volume.
    Volume,
    /// A brick.
    Brick,
    /// A block volume.
    BlockVolume,
    /// An operation that had not ended.
    Operation,
}

impl Subject {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::File => "file",
            Subject::Cluster => "cluster",
            Subject::Node => "node",
            Subject::Device => "device",
            Subject::Volume => "volume",
            Subject::Brick => "brick",
            Subject::BlockVolume => "block volume",
            Subject::Operation => "operation",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// The id of that; empty for what has none.
    pub id: String,
    /// What was found.
    pub what: String,
    /// What follows from it here.
    pub consequence: String,
    /// What to do.
    pub cure: String,
    /// The devices that take no new bricks because of it.
    pub devices: Vec<DeviceId>,
}

/// A finding that is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFinding {
    /// The number it is cleared by.
    pub number: i64,
    /// What was found.
    pub finding: Finding,
}
