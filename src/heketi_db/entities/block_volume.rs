//! Block volumes.

use serde::Serialize;

use super::PendingMark;
use super::fields::{Fields, same};
use super::password::Password;
use super::shape::{is_false, is_zero, null_if_empty};

/// A block volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockVolumeEntry {
    /// What it is.
    pub info: BlockVolumeInfo,
    /// Which operation holds it.
    pub pending: PendingMark,
}

/// What a block volume is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BlockVolumeInfo {
    /// Its size in GiB.
    pub size: i64,
    /// The ids of the clusters that its request named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// Its name.
    pub name: String,
    /// How many hosts export it, as requested.
    #[serde(skip_serializing_if = "is_zero")]
    pub hacount: i64,
    /// Whether it has a login.
    #[serde(skip_serializing_if = "is_false")]
    pub auth: bool,
    /// Its id.
    pub id: String,
    /// How clients reach it.
    #[serde(rename = "blockvolume")]
    pub access: Access,
    /// The id of its cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The id of the volume it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub blockhostingvolume: String,
    /// What all hosts show of it, in GiB; 0 means all of its size.
    #[serde(skip_serializing_if = "is_zero")]
    pub usablesize: i64,
}

/// How clients reach a block volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The hosts that export it.
    #[serde(serialize_with = "null_if_empty")]
    pub hosts: Vec<String>,
    /// Its name in iSCSI.
    pub iqn: String,
    /// Its number in iSCSI.
    pub lun: i64,
    /// The name of the login; empty without one.
    pub username: String,
    /// The password of the login.
    pub password: Password,
}

impl BlockVolumeEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> BlockVolumeEntry {
        BlockVolumeEntry {
            info: fields.inside(same("Info"), BlockVolumeInfo::read),
            pending: fields.inside(same("Pending"), PendingMark::read),
        }
    }
}

impl BlockVolumeInfo {
    /// What all hosts show of it, in GiB.
    pub fn usable(&self) -> i64 {
        if self.usablesize == 0 { self.size } else { self.usablesize }
    }

    fn read(fields: &mut Fields<'_, '_>) -> BlockVolumeInfo {
        let requested = fields.embedded("BlockVolumeCreateRequest", |request| BlockVolumeInfo {
            size: request.int(("Size", "size")),
            clusters: request.texts(("Clusters", "clusters")),
            name: request.text(("Name", "name")),
            hacount: request.int(("Hacount", "hacount")),
            auth: request.flag(("Auth", "auth")),
            ..BlockVolumeInfo::default()
        });
        BlockVolumeInfo {
            id: fields.text(("Id", "id")),
            access: fields.inside(("BlockVolume", "blockvolume"), Access::read),
            cluster: fields.text(("Cluster", "cluster")),
            blockhostingvolume: fields.text(("BlockHostingVolume", "blockhostingvolume")),
            usablesize: fields.int(("UsableSize", "usablesize")),
            ..requested
        }
    }
}

impl Access {
    fn read(fields: &mut Fields<'_, '_>) -> Access {
        Access {
            hosts: fields.texts(("Hosts", "hosts")),
            iqn: fields.text(("Iqn", "iqn")),
            lun: fields.int(("Lun", "lun")),
            username: fields.text(("Username", "username")),
            password: Password::new(fields.text(("Password", "password"))),
        }
    }
}
