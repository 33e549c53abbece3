//! Everything at once: the server has no route for it, clients walk through the clusters.

use serde::{Deserialize, Serialize};

use super::{Client, Result};
use crate::api::{ClusterInfo, List, NodeInfo, VolumeInfo};

/// All clusters with what is in them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topology {
    /// The clusters.
    pub clusters: List<TopologyCluster>,
}

/// A cluster with all its volumes and nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopologyCluster {
    /// Its volumes.
    pub volumes: List<VolumeInfo>,
    /// Its nodes with their devices.
    pub nodes: List<NodeInfo>,
    /// Its id.
    pub id: String,
    /// Whether it takes block hosting volumes.
    pub block: bool,
    /// Whether it takes file volumes.
    pub file: bool,
}

impl Client {
    /// Walks through all clusters.
    ///
    /// # Errors
    /// At the first request that fails.
    pub fn topology(&self) -> Result<Topology> {
        let clusters = self.cluster_list()?.clusters;
        let clusters = clusters.iter().map(|id| self.topology_of(self.cluster_info(id)?));
        Ok(Topology { clusters: clusters.collect::<Result<_>>()? })
    }

    /// The same without volumes, of which there may be many: clusters, nodes and devices.
    ///
    /// # Errors
    /// At the first request that fails.
    pub fn topology_of_nodes(&self) -> Result<Topology> {
        let clusters = self.cluster_list()?.clusters;
        let one = |id: &String| {
            let cluster = self.cluster_info(id)?;
            self.topology_of(ClusterInfo { volumes: List::default(), ..cluster })
        };
        Ok(Topology { clusters: clusters.iter().map(one).collect::<Result<_>>()? })
    }

    fn topology_of(&self, cluster: ClusterInfo) -> Result<TopologyCluster> {
        let mut volumes = Vec::new();
        for id in &cluster.volumes {
            let volume = self.volume_info(id)?;
            if volume.cluster == cluster.id {
                volumes.push(volume);
            }
        }
        let nodes = cluster.nodes.iter().map(|id| self.node_info(id)).collect::<Result<_>>()?;
        let ClusterInfo { id, block, file, .. } = cluster;
        Ok(TopologyCluster { volumes: List::from(volumes), nodes, id, block, file })
    }
}
