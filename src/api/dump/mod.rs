//! The whole state in the shape of heketi's database dump: what `/db/dump` answers and `db import` reads.

mod build;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::block_volume::BlockVolumeInfo;
use super::cluster::ClusterInfo;
use super::device::{BrickInfo, StorageSize};
use super::list::List;
use super::node::Hostnames;
use super::volume::{BlockInfo, Durability, Mount, Snapshot};
use super::{is_false, is_zero};

/// Everything, by kind and id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DbDump)]
pub struct Dump {
    /// Clusters.
    #[schema(required = true)]
    pub clusterentries: BTreeMap<String, ClusterEntry>,
    /// Volumes.
    #[schema(required = true)]
    pub volumeentries: BTreeMap<String, VolumeEntry>,
    /// Bricks.
    #[schema(required = true)]
    pub brickentries: BTreeMap<String, BrickEntry>,
    /// Nodes.
    #[schema(required = true)]
    pub nodeentries: BTreeMap<String, NodeEntry>,
    /// Devices.
    #[schema(required = true)]
    pub deviceentries: BTreeMap<String, DeviceEntry>,
    /// Block volumes.
    #[schema(required = true)]
    pub blockvolumeentries: BTreeMap<String, BlockVolumeEntry>,
    /// Facts about the database itself.
    #[schema(required = true)]
    pub dbattributeentries: BTreeMap<String, AttributeEntry>,
    /// Unfinished operations.
    #[schema(required = true)]
    pub pendingoperations: BTreeMap<String, OperationEntry>,
}

/// A cluster in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ClusterEntry {
    /// What clients see of it, with all of its volumes.
    #[schema(required = true)]
    pub info: ClusterInfo,
}

/// Which operation holds an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PendingMark {
    /// The id of the operation; empty where none does.
    #[schema(required = true)]
    pub id: String,
}

/// A volume in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumeEntry {
    /// What it is.
    #[schema(required = true)]
    pub info: StoredVolume,
    /// Its bricks, sorted by id.
    #[schema(value_type = Vec<String>, required = true)]
    pub bricks: List<String>,
    /// All options in the order they were set.
    #[schema(value_type = Vec<String>, required = true)]
    pub gluster_volume_options: List<String>,
    /// Which operation holds it.
    #[schema(required = true)]
    pub pending: PendingMark,
}

/// What a volume is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StoredVolume {
    /// Its size in GiB.
    #[schema(required = true)]
    pub size: i64,
    /// The clusters that its request named.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub clusters: List<String>,
    /// Its name.
    #[schema(required = true)]
    pub name: String,
    /// How it keeps its data, as requested.
    #[schema(required = true)]
    pub durability: Durability,
    /// Group that owns it.
    #[serde(skip_serializing_if = "is_zero")]
    pub gid: i64,
    /// Whether it hosts block volumes.
    #[serde(skip_serializing_if = "is_false")]
    pub block: bool,
    /// Room for snapshots.
    #[schema(required = true)]
    pub snapshot: Snapshot,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// The cluster its bricks are in.
    #[schema(required = true)]
    pub cluster: String,
    /// How clients mount it.
    #[schema(required = true)]
    pub mount: Mount,
    /// The block volumes in it.
    #[schema(required = true)]
    pub blockinfo: BlockInfo,
}

/// A block volume in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct BlockVolumeEntry {
    /// What it is. A dump of this server has no passwords; backups have them.
    #[schema(required = true)]
    pub info: BlockVolumeInfo,
    /// Which operation holds it.
    #[schema(required = true)]
    pub pending: PendingMark,
}

/// A brick in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct BrickEntry {
    /// What clients see of it.
    #[schema(required = true)]
    pub info: BrickInfo,
    /// The data part of its thin pool, in KiB.
    #[schema(required = true)]
    pub tp_size: u64,
    /// The metadata part of its thin pool, in KiB.
    #[schema(required = true)]
    pub pool_metadata_size: u64,
    /// Which operation holds it.
    #[schema(required = true)]
    pub pending: PendingMark,
    /// Its thin pool; `tp_` and its id where it is empty.
    #[schema(required = true)]
    pub lvm_thin_pool: String,
    /// Its logical volume; `brick_` and its id where it is empty.
    #[schema(required = true)]
    pub lvm_lv: String,
    /// 0 unknown, 1 data, 2 arbiter.
    #[schema(required = true)]
    pub sub_type: i64,
}

/// A node in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct NodeEntry {
    /// `online`, `offline` or `failed`.
    #[schema(required = true)]
    pub state: String,
    /// What it is.
    #[schema(required = true)]
    pub info: StoredNode,
    /// Its devices, sorted by id.
    #[schema(value_type = Vec<String>, required = true)]
    pub devices: List<String>,
}

/// What a node is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StoredNode {
    /// Its failure zone.
    #[schema(required = true)]
    pub zone: i64,
    /// Its names.
    #[schema(required = true)]
    pub hostnames: Hostnames,
    /// The cluster it belongs to.
    #[schema(required = true)]
    pub cluster: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
}

/// A device in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct DeviceEntry {
    /// `online`, `offline` or `failed`.
    #[schema(required = true)]
    pub state: String,
    /// What it is.
    #[schema(required = true)]
    pub info: StoredDevice,
    /// Its bricks, sorted by id.
    #[schema(value_type = Vec<String>, required = true)]
    pub bricks: List<String>,
    /// The node it is in.
    #[schema(required = true)]
    pub node_id: String,
    /// The extent of its volume group, in KiB.
    #[schema(required = true)]
    pub extent_size: u64,
}

/// What a device is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StoredDevice {
    /// The path it was added by.
    #[schema(required = true)]
    pub name: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its space, in KiB.
    #[schema(required = true)]
    pub storage: StorageSize,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// All paths of the disk.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub paths: List<String>,
    /// The UUID of its LVM physical volume.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pv_uuid: String,
}

/// A fact about the database itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct AttributeEntry {
    /// Its name.
    #[schema(required = true)]
    pub key: String,
    /// What is the case.
    #[schema(required = true)]
    pub value: String,
}

/// An unfinished operation in a dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct OperationEntry {
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// When it was begun, in seconds since 1970.
    #[schema(required = true)]
    pub timestamp: i64,
    /// What it is: see [`super::pending::PendingType`].
    #[schema(required = true)]
    pub r#type: i64,
    /// What it changes.
    #[schema(value_type = Vec<ActionEntry>, required = true)]
    pub actions: List<ActionEntry>,
    /// Empty, `stale` or `failed`.
    #[schema(required = true)]
    pub status: String,
}

/// What an operation changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ActionEntry {
    /// How: see [`super::pending::ChangeType`].
    #[schema(required = true)]
    pub change: i64,
    /// The object.
    #[schema(required = true)]
    pub id: String,
    /// By how much, or to what size, in GiB.
    #[schema(required = true)]
    pub delta: Option<i64>,
}
