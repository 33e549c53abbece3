//! Bricks.

use std::borrow::Cow;

use serde::Serialize;

use super::PendingMark;
use super::fields::{Fields, same};

/// A part of a volume on one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BrickEntry {
    /// What it is.
    pub info: BrickInfo,
    /// The data part of its thin pool, in KiB.
    pub tp_size: u64,
    /// The metadata part of its thin pool, in KiB.
    pub pool_metadata_size: u64,
    /// Which operation holds it.
    pub pending: PendingMark,
    /// Its thin pool; see [`BrickEntry::thin_pool`].
    pub lvm_thin_pool: String,
    /// Its logical volume; see [`BrickEntry::logical_volume`].
    pub lvm_lv: String,
    /// 0 unknown, 1 data, 2 arbiter.
    pub sub_type: i64,
}

/// What a brick is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BrickInfo {
    /// Its id.
    pub id: String,
    /// The folder that gluster uses.
    pub path: String,
    /// The id of its device.
    pub device: String,
    /// The id of the node that the device is in.
    pub node: String,
    /// The id of its volume; empty where version 4.0 wrote it.
    pub volume: String,
    /// Its size in KiB.
    pub size: u64,
}

impl BrickEntry {
    /// The name of its thin pool.
    pub fn thin_pool(&self) -> Cow<'_, str> {
        named(&self.lvm_thin_pool, "tp", &self.info.id)
    }

    /// The name of its logical volume.
    pub fn logical_volume(&self) -> Cow<'_, str> {
        named(&self.lvm_lv, "brick", &self.info.id)
    }

    /// What its thin pool takes of the device, in KiB.
    pub fn taken(&self) -> u64 {
        self.tp_size.saturating_add(self.pool_metadata_size)
    }

    pub(super) fn read(fields: &mut Fields<'_, '_>) -> BrickEntry {
        BrickEntry {
            info: fields.inside(same("Info"), BrickInfo::read),
            tp_size: fields.uint(same("TpSize")),
            pool_metadata_size: fields.uint(same("PoolMetadataSize")),
            pending: fields.inside(same("Pending"), PendingMark::read),
            lvm_thin_pool: fields.text(same("LvmThinPool")),
            lvm_lv: fields.text(same("LvmLv")),
            sub_type: fields.int(same("SubType")),
        }
    }
}

/// A name, or what it is where none was kept.
fn named<'a>(name: &'a str, kind: &str, id: &str) -> Cow<'a, str> {
    if name.is_empty() { Cow::Owned(format!("{kind}_{id}")) } else { Cow::Borrowed(name) }
}

impl BrickInfo {
    fn read(fields: &mut Fields<'_, '_>) -> BrickInfo {
        BrickInfo {
            id: fields.text(("Id", "id")),
            path: fields.text(("Path", "path")),
            device: fields.text(("DeviceId", "device")),
            node: fields.text(("NodeId", "node")),
            volume: fields.text(("VolumeId", "volume")),
            size: fields.uint(("Size", "size")),
        }
    }
}
