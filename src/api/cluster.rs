//! Clusters on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::ids::{BlockVolumeId, ClusterId, NodeId, VolumeId};

/// Which volumes a new cluster takes, or an existing one from now on. What is missing is false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClusterCreateRequest {
    /// Whether it takes block hosting volumes.
    pub block: bool,
    /// Whether it takes file volumes.
    pub file: bool,
}

impl From<ClusterCreateRequest> for ClusterFlags {
    fn from(request: ClusterCreateRequest) -> ClusterFlags {
        ClusterFlags { file: request.file, block: request.block }
    }
}

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClusterInfo {
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// Ids of its nodes, sorted.
    #[schema(value_type = Vec<String>, required = true)]
    pub nodes: List<String>,
    /// Ids of its volumes, sorted; without those that are being made or deleted.
    #[schema(value_type = Vec<String>, required = true)]
    pub volumes: List<String>,
    /// Whether it takes block hosting volumes.
    #[schema(required = true)]
    pub block: bool,
    /// Whether it takes file volumes.
    #[schema(required = true)]
    pub file: bool,
    /// Ids of its block volumes, sorted.
    #[schema(value_type = Vec<String>, required = true)]
    pub blockvolumes: List<String>,
}

impl ClusterInfo {
    /// Shows a cluster; `volumes` and `blocks` are those that clients may see.
    pub fn new(
        cluster: &Cluster,
        nodes: &[NodeId],
        volumes: &[VolumeId],
        blocks: &[BlockVolumeId],
    ) -> ClusterInfo {
        ClusterInfo {
            id: cluster.id.to_string(),
            nodes: sorted(nodes),
            volumes: sorted(volumes),
            block: cluster.flags.block,
            file: cluster.flags.file,
            blockvolumes: sorted(blocks),
        }
    }
}

/// All clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClusterList {
    /// Their ids, sorted.
    #[schema(value_type = Vec<String>, required = true)]
    pub clusters: List<String>,
}

impl ClusterList {
    /// Shows all clusters.
    pub fn new(clusters: &[ClusterId]) -> ClusterList {
        ClusterList { clusters: sorted(clusters) }
    }
}

/// Ids as text in the order that heketi's clients see.
pub(super) fn sorted<T: ToString>(ids: &[T]) -> List<String> {
    let mut ids: Vec<String> = ids.iter().map(T::to_string).collect();
    ids.sort_unstable();
    List::from(ids)
}
