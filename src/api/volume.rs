//! Volumes on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster::sorted;
use super::device::{BrickInfo, brick_list};
use super::list::List;
use super::validate::{Invalid, Validate as _};
use super::words::DurabilityName;
use super::{is_false, is_zero};
use crate::model::brick::Brick;
use crate::model::durability::{DurabilityKind, RequestedDurability};
use crate::model::hosting::{Hosting, Wanted};
use crate::model::ids::{BlockVolumeId, VolumeId};
use crate::model::volume::Volume;

/// Copies of a `replicate` volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReplicateOptions {
    /// Copies, up to 3; 0 stands for 2, as in heketi.
    #[serde(skip_serializing_if = "is_zero")]
    pub replica: i64,
}

/// The sets of a `disperse` volume: 2+1, 4+2, 8+3 or 8+4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DisperseOptions {
    /// Data bricks of a set.
    #[serde(skip_serializing_if = "is_zero")]
    pub data: i64,
    /// Redundancy bricks of a set.
    #[serde(skip_serializing_if = "is_zero")]
    pub redundancy: i64,
}

/// How a volume keeps its data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VolumeDurability)]
pub struct Durability {
    /// Which way; nothing, and an empty text, stand for `none`: ONE copy, as in heketi. `mortar volume create` asks for
    /// `replicate` with 3.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    #[schema(value_type = DurabilityName)]
    pub kind: String,
    /// Used for `replicate` only.
    pub replicate: ReplicateOptions,
    /// Used for `disperse` only.
    pub disperse: DisperseOptions,
}

impl From<RequestedDurability> for Durability {
    fn from(requested: RequestedDurability) -> Durability {
        let kind = match requested.kind {
            DurabilityKind::None => "none",
            DurabilityKind::Replicate => "replicate",
            DurabilityKind::Disperse => "disperse",
        };
        Durability {
            kind: kind.to_owned(),
            replicate: ReplicateOptions { replica: requested.replica },
            disperse: DisperseOptions { data: requested.data, redundancy: requested.redundancy },
        }
    }
}

/// Room for snapshots in the thin pools of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = VolumeSnapshot)]
pub struct Snapshot {
    /// Whether there is any.
    pub enable: bool,
    /// Thin pool over brick size, 1 to 100; needed where it is enabled.
    pub factor: f32,
}

/// Makes a volume; of ONE copy unless `durability` says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeCreateRequest {
    /// Its size in GiB.
    #[schema(required = true)]
    pub size: i64,
    /// Ids of the clusters to try, in this order; all when there are none.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub clusters: List<String>,
    /// Its name; `vol_` and its id when empty.
    pub name: String,
    /// How it keeps its data. Without it there is ONE copy, as in heketi: the loss of a disk is the loss of data. Three
    /// copies: `{"type": "replicate", "replicate": {"replica": 3}}`.
    pub durability: Durability,
    /// Group that owns it, up to 2147483646; 0 leaves it to root.
    #[serde(skip_serializing_if = "is_zero")]
    pub gid: i64,
    /// Gluster options, `key value` each, of at most 4,090 bytes.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub glustervolumeoptions: List<String>,
    /// Whether it hosts block volumes.
    #[serde(skip_serializing_if = "is_false")]
    pub block: bool,
    /// Room for snapshots.
    pub snapshot: Snapshot,
}

/// Makes a volume larger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeExpandRequest {
    /// GiB to add.
    #[schema(required = true)]
    pub expand_size: i64,
}

/// Makes a copy of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeCloneRequest {
    /// The name of the copy; `vol_` and its id when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// Opens or closes a block hosting volume for further block volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockRestrictionRequest {
    /// `locked`, or empty to unlock.
    pub restriction: String,
}

impl BlockRestrictionRequest {
    /// What is asked for.
    ///
    /// # Errors
    /// When it is neither word.
    pub fn wanted(&self) -> Result<Wanted, Invalid> {
        self.validate()?;
        Ok(if self.restriction.is_empty() { Wanted::Unlocked } else { Wanted::Locked })
    }
}

/// How clients mount a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GlusterMount {
    /// The storage name of every node of the cluster, in the order of node ids.
    #[schema(value_type = Vec<String>, required = true)]
    pub hosts: List<String>,
    /// What to mount: the first host, a colon, and the volume's name.
    #[schema(required = true)]
    pub device: String,
    /// Mount options by name; always has `backup-volfile-servers`.
    #[schema(required = true)]
    pub options: BTreeMap<String, String>,
}

/// How clients mount a volume, by protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Mount {
    /// Gluster's own protocol.
    #[schema(required = true)]
    pub glusterfs: GlusterMount,
}

impl Mount {
    /// How a volume called `name` is mounted from a cluster with these storage names, in node order.
    pub fn new(name: &str, hosts: Vec<String>) -> Mount {
        let first = hosts.first().map_or("", String::as_str);
        let device = format!("{first}:{name}");
        let others = hosts.get(1..).unwrap_or_default().join(",");
        let options = BTreeMap::from([("backup-volfile-servers".to_owned(), others)]);
        Mount { glusterfs: GlusterMount { hosts: List::from(hosts), device, options } }
    }
}

/// The block volumes in a hosting volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockInfo {
    /// GiB left for further ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub freesize: i64,
    /// GiB kept back: 2 % of the volume.
    #[serde(skip_serializing_if = "is_zero")]
    pub reservedsize: i64,
    /// Their ids, sorted.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub blockvolume: List<String>,
    /// `locked`, `locked-by-update`, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub restriction: String,
}

impl BlockInfo {
    fn new(hosting: Hosting, blocks: &[BlockVolumeId]) -> BlockInfo {
        BlockInfo {
            freesize: hosting.free.to_sql(),
            reservedsize: hosting.reserved.to_sql(),
            blockvolume: if blocks.is_empty() { List::default() } else { sorted(blocks) },
            restriction: hosting.restriction.as_str().to_owned(),
        }
    }
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeInfo {
    /// Its size in GiB.
    #[schema(required = true)]
    pub size: i64,
    /// Never in an answer of a server; kept for those that read one written by hand.
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
    /// Gluster options in the order they were set; empty ones stand for settings that are not configured.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub glustervolumeoptions: List<String>,
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
    /// Its bricks, sorted by id.
    #[schema(value_type = Vec<BrickInfo>, required = true)]
    pub bricks: List<BrickInfo>,
}

impl VolumeInfo {
    /// Shows a volume. `hosts` are the first storage names of all nodes of its cluster, in the order of node
    /// ids; `bricks` may hold those of other volumes too; `blocks` are the block volumes in it that clients may see.
    pub fn new(
        volume: &Volume,
        bricks: &[Brick],
        hosts: Vec<String>,
        blocks: &[BlockVolumeId],
    ) -> VolumeInfo {
        VolumeInfo {
            size: volume.size.to_sql(),
            clusters: List::default(),
            name: volume.name.clone(),
            durability: volume.requested.into(),
            gid: volume.gid.into(),
            glustervolumeoptions: List::from(volume.options.clone()),
            block: volume.hosting.is_some(),
            snapshot: Snapshot { enable: volume.snapshot.enable, factor: volume.snapshot.factor },
            id: volume.id.to_string(),
            cluster: volume.cluster.to_string(),
            mount: Mount::new(&volume.name, hosts),
            blockinfo: volume.hosting.map(|hosting| BlockInfo::new(hosting, blocks)).unwrap_or_default(),
            bricks: brick_list(bricks.iter().filter(|brick| brick.volume == volume.id)),
        }
    }
}

/// All volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeList {
    /// Their ids, sorted; without those that are being made or deleted.
    #[schema(value_type = Vec<String>, required = true)]
    pub volumes: List<String>,
}

impl VolumeList {
    /// Shows all volumes.
    pub fn new(volumes: &[VolumeId]) -> VolumeList {
        VolumeList { volumes: sorted(volumes) }
    }
}
