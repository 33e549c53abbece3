//! Clusters.

use super::ids::ClusterId;

/// Which volumes a cluster takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClusterFlags {
    /// File volumes.
    pub file: bool,
    /// Block hosting volumes.
    pub block: bool,
}

/// A cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Which volumes it takes.
    pub flags: ClusterFlags,
}
