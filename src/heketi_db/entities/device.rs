//! Devices.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::{Fields, same};

/// A disk of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceEntry {
    /// `online`, `offline` or `failed`.
    pub state: String,
    /// What it is.
    pub info: DeviceInfo,
    /// The ids of its bricks, sorted.
    pub bricks: Vec<String>,
    /// The id of its node.
    pub node_id: String,
    /// The extent of its volume group, in KiB.
    pub extent_size: u64,
}

/// What a device is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// The path it was added by.
    pub name: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its space.
    pub storage: Storage,
    /// Its id; the volume group is `vg_` and this.
    pub id: String,
    /// All paths of the disk, in the order they were found; none from versions that did not ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// The UUID of its LVM physical volume; empty from versions that did not ask.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pv_uuid: String,
}

/// The space of a device, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// What the volume group has.
    pub total: u64,
    /// What no brick has taken.
    pub free: u64,
    /// What bricks have taken.
    pub used: u64,
}

impl DeviceEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> DeviceEntry {
        DeviceEntry {
            state: fields.embedded("Entry", |entry| entry.text(same("State"))),
            info: fields.inside(same("Info"), DeviceInfo::read),
            bricks: fields.texts(same("Bricks")),
            node_id: fields.text(same("NodeId")),
            extent_size: fields.uint(same("ExtentSize")),
        }
    }
}

impl DeviceInfo {
    fn read(fields: &mut Fields<'_, '_>) -> DeviceInfo {
        let (name, tags) = fields
            .embedded("Device", |device| (device.text(("Name", "name")), device.text_map(("Tags", "tags"))));
        DeviceInfo {
            name,
            tags,
            storage: fields.inside(("Storage", "storage"), Storage::read),
            id: fields.text(("Id", "id")),
            paths: fields.texts(("Paths", "paths")),
            pv_uuid: fields.text(("PvUUID", "pv_uuid")),
        }
    }
}

impl Storage {
    fn read(fields: &mut Fields<'_, '_>) -> Storage {
        Storage {
            total: fields.uint(("Total", "total")),
            free: fields.uint(("Free", "free")),
            used: fields.uint(("Used", "used")),
        }
    }
}
