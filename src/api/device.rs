//! Devices and bricks on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_false;
use super::list::List;
use super::words::{EntryStateName, HealCheckName};
use crate::model::brick::Brick;
use crate::model::device::Device;

/// Adds a disk of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeviceAddRequest {
    /// Its path on the node, such as `/dev/vdd`.
    #[schema(required = true)]
    pub name: String,
    /// Labels, up to 32.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The node it is in.
    #[schema(required = true)]
    pub node: String,
    /// Whether what is on it may be erased.
    #[serde(skip_serializing_if = "is_false")]
    pub destroydata: bool,
}

/// How a device is deleted; the body may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeviceDeleteRequest {
    /// Forgets the device without touching its node.
    pub forceforget: bool,
}

/// The space of a device in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StorageSize {
    /// All of it, in KiB.
    #[schema(required = true)]
    pub total: u64,
    /// What no brick has taken, in KiB.
    #[schema(required = true)]
    pub free: u64,
    /// What bricks have taken, in KiB.
    #[schema(required = true)]
    pub used: u64,
}

/// A device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeviceInfo {
    /// A path of its disk: the one it was added by, as long as it is one. It follows the disk after a restart of the peer.
    #[schema(required = true)]
    pub name: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its space, in KiB.
    #[schema(required = true)]
    pub storage: StorageSize,
    /// Its id; its volume group is `vg_` and this.
    #[schema(required = true)]
    pub id: String,
    /// All paths of the disk.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub paths: List<String>,
    /// The UUID of its LVM physical volume.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pv_uuid: String,
    /// Whether it takes bricks.
    #[schema(value_type = EntryStateName, required = true)]
    pub state: String,
    /// Its bricks, sorted by id, those in the making included.
    #[schema(value_type = Vec<BrickInfo>, required = true)]
    pub bricks: List<BrickInfo>,
}

impl DeviceInfo {
    /// Shows a device; `bricks` may hold those of other devices too.
    pub fn new(device: &Device, bricks: &[Brick]) -> DeviceInfo {
        let storage = device.storage;
        DeviceInfo {
            name: device.name.clone(),
            tags: device.tags.clone(),
            storage: StorageSize {
                total: storage.total.get(),
                free: storage.free.get(),
                used: storage.used.get(),
            },
            id: device.id.to_string(),
            paths: List::from(device.paths.clone()),
            pv_uuid: device.pv_uuid.clone().unwrap_or_default(),
            state: device.state.as_str().to_owned(),
            bricks: brick_list(bricks.iter().filter(|brick| brick.device == device.id)),
        }
    }
}

/// A brick.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BrickInfo {
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// Its directory on the node.
    #[schema(required = true)]
    pub path: String,
    /// The device it is on.
    #[schema(required = true)]
    pub device: String,
    /// The node it is on.
    #[schema(required = true)]
    pub node: String,
    /// The volume it belongs to.
    #[schema(required = true)]
    pub volume: String,
    /// The size of its file system, in KiB.
    #[schema(required = true)]
    pub size: u64,
}

impl From<&Brick> for BrickInfo {
    fn from(brick: &Brick) -> BrickInfo {
        BrickInfo {
            id: brick.id.to_string(),
            path: brick.path.clone(),
            device: brick.device.to_string(),
            node: brick.node.to_string(),
            volume: brick.volume.to_string(),
            size: brick.space.size.get(),
        }
    }
}

/// Bricks sorted by id.
pub(super) fn brick_list<'a>(bricks: impl Iterator<Item = &'a Brick>) -> List<BrickInfo> {
    let mut bricks: Vec<&Brick> = bricks.collect();
    bricks.sort_unstable_by_key(|brick| brick.id);
    bricks.into_iter().map(BrickInfo::from).collect()
}

/// Moves a brick to another device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BrickEvictRequest {
    /// `disable` moves it without looking whether its copies are healed. Empty is the same as nothing.
    #[schema(value_type = HealCheckName)]
    pub healcheck: String,
}

impl BrickEvictRequest {
    /// Whether the brick may be moved without looking whether its copies are healed.
    pub fn skips_heal_check(&self) -> bool {
        self.healcheck == "disable"
    }
}
