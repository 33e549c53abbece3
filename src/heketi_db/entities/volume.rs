//! Volumes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::PendingMark;
use super::fields::{Fields, same};
use super::shape::{is_false, is_zero, null_if_empty, null_if_no_entry};

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VolumeEntry {
    /// What it is.
    pub info: VolumeInfo,
    /// The ids of its bricks, sorted; in no order where it was cloned.
    pub bricks: Vec<String>,
    /// All options in the order they were set; empty texts among them.
    #[serde(serialize_with = "null_if_empty")]
    pub gluster_volume_options: Vec<String>,
    /// Which operation holds it.
    pub pending: PendingMark,
}

/// What a volume is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VolumeInfo {
    /// Its size in GiB.
    pub size: i64,
    /// The ids of the clusters that its request named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// Its name.
    pub name: String,
    /// How it keeps its data, as requested.
    pub durability: Durability,
    /// The group that owns it.
    #[serde(skip_serializing_if = "is_zero")]
    pub gid: i64,
    /// Never filled by heketi: the options are in [`VolumeEntry::gluster_volume_options`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub glustervolumeoptions: Vec<String>,
    /// Whether it hosts block volumes.
    #[serde(skip_serializing_if = "is_false")]
    pub block: bool,
    /// Room for snapshots.
    pub snapshot: Snapshot,
    /// Its id.
    pub id: String,
    /// The id of the cluster its bricks are in.
    pub cluster: String,
    /// How clients mount it, as of its creation or of the last time a node was deleted.
    pub mount: Mount,
    /// The block volumes in it.
    pub blockinfo: BlockInfo,
}

/// How a volume keeps its data, as requested: where a number is 0, heketi's default holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Durability {
    /// `replicate`, `disperse`, `none` or empty, which is `none`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// For `replicate`.
    pub replicate: Replicate,
    /// For `disperse`.
    pub disperse: Disperse,
}

/// How often data is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Replicate {
    /// So many times.
    #[serde(skip_serializing_if = "is_zero")]
    pub replica: i64,
}

/// How data is spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Disperse {
    /// Bricks of data in a set.
    #[serde(skip_serializing_if = "is_zero")]
    pub data: i64,
    /// Bricks of a set that may be lost.
    #[serde(skip_serializing_if = "is_zero")]
    pub redundancy: i64,
}

/// Room for snapshots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Snapshot {
    /// Whether there is some.
    pub enable: bool,
    /// How many times the size of a brick its thin pool has.
    pub factor: f32,
}

/// How clients mount a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// By gluster's own client.
    pub glusterfs: GlusterfsMount,
}

/// How clients mount a volume by gluster's own client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GlusterfsMount {
    /// The storage names of the nodes, in their order.
    #[serde(serialize_with = "null_if_empty")]
    pub hosts: Vec<String>,
    /// A host, a colon and the name.
    pub device: String,
    /// Options of the mount.
    #[serde(serialize_with = "null_if_no_entry")]
    pub options: BTreeMap<String, String>,
}

/// The block volumes in a volume. In GiB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BlockInfo {
    /// What no block volume has taken.
    #[serde(skip_serializing_if = "is_zero")]
    pub freesize: i64,
    /// What none may take.
    #[serde(skip_serializing_if = "is_zero")]
    pub reservedsize: i64,
    /// The ids of the block volumes, sorted.
    #[serde(rename = "blockvolume", skip_serializing_if = "Vec::is_empty")]
    pub block_volumes: Vec<String>,
    /// Empty, `locked` or `locked-by-update`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub restriction: String,
}

impl VolumeEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> VolumeEntry {
        // It repeats what was requested, with defaults filled in, and is not in the export.
        fields.ignore(same("Durability"));
        VolumeEntry {
            info: fields.inside(same("Info"), VolumeInfo::read),
            bricks: fields.texts(same("Bricks")),
            gluster_volume_options: fields.texts(same("GlusterVolumeOptions")),
            pending: fields.inside(same("Pending"), PendingMark::read),
        }
    }
}

impl VolumeInfo {
    fn read(fields: &mut Fields<'_, '_>) -> VolumeInfo {
        let requested = fields.embedded("VolumeCreateRequest", VolumeInfo::read_requested);
        VolumeInfo {
            id: fields.text(("Id", "id")),
            cluster: fields.text(("Cluster", "cluster")),
            mount: fields.inside(("Mount", "mount"), |mount| Mount {
                glusterfs: mount.inside(("GlusterFS", "glusterfs"), GlusterfsMount::read),
            }),
            blockinfo: fields.inside(("BlockInfo", "blockinfo"), BlockInfo::read),
            ..requested
        }
    }

    fn read_requested(fields: &mut Fields<'_, '_>) -> VolumeInfo {
        VolumeInfo {
            size: fields.int(("Size", "size")),
            clusters: fields.texts(("Clusters", "clusters")),
            name: fields.text(("Name", "name")),
            durability: fields.inside(("Durability", "durability"), Durability::read),
            gid: fields.int(("Gid", "gid")),
            glustervolumeoptions: fields.texts(("GlusterVolumeOptions", "glustervolumeoptions")),
            block: fields.flag(("Block", "block")),
            snapshot: fields.inside(("Snapshot", "snapshot"), Snapshot::read),
            ..VolumeInfo::default()
        }
    }
}

impl Durability {
    fn read(fields: &mut Fields<'_, '_>) -> Durability {
        Durability {
            kind: fields.text(("Type", "type")),
            replicate: fields.inside(("Replicate", "replicate"), |replicate| Replicate {
                replica: replicate.int(("Replica", "replica")),
            }),
            disperse: fields.inside(("Disperse", "disperse"), |disperse| Disperse {
                data: disperse.int(("Data", "data")),
                redundancy: disperse.int(("Redundancy", "redundancy")),
            }),
        }
    }
}

impl Snapshot {
    fn read(fields: &mut Fields<'_, '_>) -> Snapshot {
        Snapshot { enable: fields.flag(("Enable", "enable")), factor: fields.float(("Factor", "factor")) }
    }
}

impl GlusterfsMount {
    fn read(fields: &mut Fields<'_, '_>) -> GlusterfsMount {
        GlusterfsMount {
            hosts: fields.texts(("Hosts", "hosts")),
            device: fields.text(("MountPoint", "device")),
            options: fields.text_map(("Options", "options")),
        }
    }
}

impl BlockInfo {
    fn read(fields: &mut Fields<'_, '_>) -> BlockInfo {
        BlockInfo {
            freesize: fields.int(("FreeSize", "freesize")),
            reservedsize: fields.int(("ReservedSize", "reservedsize")),
            block_volumes: fields.texts(("BlockVolumes", "blockvolume")),
            restriction: fields.text(("Restriction", "restriction")),
        }
    }
}
