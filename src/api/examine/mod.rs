//! What the peers have, on the wire: heketi's names, with all their oddities.

mod gluster;
mod lvm;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use gluster::{
    ElementName, PoolBrick, PoolBricks, PoolOption, PoolOptions, PoolVolume, PoolVolumes, VolumesInfo,
};
pub use lvm::{
    GroupReport, GroupsReport, LogicalVolumeReport, LogicalVolumeRow, LogicalVolumesReport, PhysicalReport,
    PhysicalRow, PhysicalsReport, VolumeGroupRow,
};

use super::dump::Dump;
use super::list::List;
use crate::model::everything::Everything;
use crate::model::ids::ClusterId;
use crate::model::inventory::{Inventory, Mounts};

/// What the database says, what the peers have, and what disagrees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = StateExamination)]
pub struct Examination {
    /// The database.
    #[schema(required = true)]
    pub heketidb: Dump,
    /// What could not be asked and what disagrees, heketi's lines first.
    #[schema(value_type = Vec<String>, required = true)]
    pub report: List<String>,
    /// What the nodes of each cluster told; `null` without clusters.
    #[schema(value_type = Option<Vec<ClusterState>>, required = true)]
    pub clusters: List<ClusterState>,
}

/// What the nodes of a cluster told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClusterState {
    /// The cluster.
    #[serde(rename = "ClusterHeketiID")]
    #[schema(required = true)]
    pub cluster: String,
    /// Its nodes; `null` without any.
    #[serde(rename = "NodesData")]
    #[schema(value_type = Option<Vec<NodeState>>, required = true)]
    pub nodes: List<NodeState>,
}

/// What a node told; `null` where it did not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeState {
    /// The node.
    #[serde(rename = "NodeHeketiID")]
    #[schema(required = true)]
    pub node: String,
    /// The volumes of its trusted pool.
    #[serde(rename = "VolumeInfo")]
    #[schema(required = true)]
    pub volumes: Option<VolumesInfo>,
    /// LVM's physical volumes.
    #[serde(rename = "LVMPVInfo")]
    #[schema(required = true)]
    pub physical_volumes: Option<PhysicalsReport>,
    /// LVM's volume groups.
    #[serde(rename = "LVMVGInfo")]
    #[schema(required = true)]
    pub groups: Option<GroupsReport>,
    /// LVM's logical volumes.
    #[serde(rename = "LVMLVInfo")]
    #[schema(required = true)]
    pub logical_volumes: Option<LogicalVolumesReport>,
    /// The file system table.
    #[serde(rename = "BricksMountStatus")]
    #[schema(required = true)]
    pub mounts: Option<MountStatuses>,
    /// Block volumes, the hosting volume before each.
    #[serde(rename = "BlockVolumeNames")]
    #[schema(value_type = Option<Vec<String>>, required = true)]
    pub blocks: List<String>,
}

/// The file system table of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountStatuses {
    /// Its lines; `null` without any.
    #[schema(value_type = Option<Vec<MountStatus>>, required = true)]
    pub statuses: List<MountStatus>,
}

/// A line of a file system table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountStatus {
    /// The device.
    #[schema(required = true)]
    pub device: String,
    /// The directory.
    #[schema(required = true)]
    pub mount_point: String,
    /// The kind of file system.
    #[schema(required = true)]
    pub r#type: String,
    /// Mount options.
    #[schema(required = true)]
    pub mount_options: String,
    /// Whether the device is mounted, wherever.
    #[schema(required = true)]
    pub mounted: bool,
}

impl Examination {
    /// Shows what was found.
    pub fn new(
        database: &Everything,
        clusters: &[(ClusterId, Vec<Inventory>)],
        report: Vec<String>,
    ) -> Examination {
        let clusters = clusters.iter().map(|(id, peers)| ClusterState {
            cluster: id.to_string(),
            nodes: unless_empty(peers.iter().map(NodeState::from).collect()),
        });
        Examination {
            heketidb: Dump::new(database),
            report: unless_empty(report),
            clusters: unless_empty(clusters.collect()),
        }
    }
}

/// Go's lists that were never added to are `null`.
fn unless_empty<T>(items: Vec<T>) -> List<T> {
    if items.is_empty() { List::default() } else { List::from(items) }
}

impl From<&Inventory> for NodeState {
    fn from(peer: &Inventory) -> NodeState {
        let block = |hosting: &str, name: &String| format!("{hosting}/{name}");
        let blocks = peer.blocks.iter().flat_map(|blocks| {
            let names = blocks.names.as_ref().map_or(&[][..], Vec::as_slice);
            names.iter().map(|name| block(&blocks.name, name))
        });
        NodeState {
            node: peer.node.to_string(),
            volumes: peer.volumes.as_deref().ok().map(VolumesInfo::new),
            physical_volumes: peer.physical_volumes.as_deref().ok().map(PhysicalsReport::new),
            groups: peer.groups.as_deref().ok().map(GroupsReport::new),
            logical_volumes: peer.logical_volumes.as_deref().ok().map(LogicalVolumesReport::new),
            mounts: peer.mounts.as_ref().ok().map(MountStatuses::from),
            blocks: unless_empty(blocks.collect()),
        }
    }
}

impl From<&Mounts> for MountStatuses {
    fn from(mounts: &Mounts) -> MountStatuses {
        let devices: std::collections::HashSet<&str> =
            mounts.mounted.iter().map(|mounted| mounted.device.as_str()).collect();
        let statuses = mounts.table.iter().map(|line| MountStatus {
            device: line.device.clone(),
            mount_point: line.point.clone(),
            r#type: line.kind.clone(),
            mount_options: line.options.clone(),
            mounted: devices.contains(line.device.as_str()),
        });
        MountStatuses { statuses: unless_empty(statuses.collect()) }
    }
}

#[cfg(test)]
mod tests;
