//! Clusters.

use serde::Serialize;

use super::fields::{Fields, same};

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClusterEntry {
    /// All of it.
    pub info: ClusterInfo,
}

/// What a cluster is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClusterInfo {
    /// Its id.
    pub id: String,
    /// The ids of its nodes, sorted.
    pub nodes: Vec<String>,
    /// The ids of its volumes, sorted.
    pub volumes: Vec<String>,
    /// Whether it takes block volumes.
    pub block: bool,
    /// Whether it takes file volumes.
    pub file: bool,
    /// The ids of its block volumes, sorted.
    pub blockvolumes: Vec<String>,
}

impl ClusterEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> ClusterEntry {
        ClusterEntry { info: fields.inside(same("Info"), ClusterInfo::read) }
    }
}

impl ClusterInfo {
    fn read(fields: &mut Fields<'_, '_>) -> ClusterInfo {
        let flags =
            |fields: &mut Fields<'_, '_>| (fields.flag(("Block", "block")), fields.flag(("File", "file")));
        let (block, file) = fields.embedded("ClusterFlags", flags);
        ClusterInfo {
            id: fields.text(("Id", "id")),
            nodes: fields.texts(("Nodes", "nodes")),
            volumes: fields.texts(("Volumes", "volumes")),
            block,
            file,
            blockvolumes: fields.texts(("BlockVolumes", "blockvolumes")),
        }
    }
}
