//! Block volumes on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster::sorted;
use super::list::List;
use super::validate::{Invalid, Validate as _};
use super::volume_spec::{VolumeRequestError, size};
use super::{is_false, is_zero};
use crate::model::block_volume::{BlockAccess, BlockVolume, BlockVolumeSpec};
use crate::model::ids::BlockVolumeId;
use crate::model::secret::Secret;
use crate::model::sizes::GiB;

/// Makes a block volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockVolumeCreateRequest {
    /// Its size in GiB.
    #[schema(required = true)]
    pub size: i64,
    /// Ids of the clusters that may take it; all when there are none.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub clusters: List<String>,
    /// Its name, unique in the volume that hosts it; `blockvol_` and its id when empty.
    pub name: String,
    /// How many hosts are to export it; 0 or more than there are stands for all.
    #[serde(skip_serializing_if = "is_zero")]
    pub hacount: i64,
    /// Whether clients have to log in (CHAP).
    #[serde(skip_serializing_if = "is_false")]
    pub auth: bool,
}

impl TryFrom<BlockVolumeCreateRequest> for BlockVolumeSpec {
    type Error = VolumeRequestError;

    fn try_from(request: BlockVolumeCreateRequest) -> Result<BlockVolumeSpec, VolumeRequestError> {
        request.validate()?;
        Ok(BlockVolumeSpec {
            size: size(request.size),
            name: Some(request.name).filter(|name| !name.is_empty()),
            clusters: request.clusters.to_vec(),
            ha_count: u32::try_from(request.hacount).unwrap_or(u32::MAX),
            auth: request.auth,
        })
    }
}

/// Makes a block volume larger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockVolumeExpandRequest {
    /// The size that it gets, in GiB.
    #[schema(required = true)]
    pub new_size: i64,
}

impl BlockVolumeExpandRequest {
    /// The size that is asked for.
    ///
    /// # Errors
    /// When it is none.
    pub fn size(&self) -> Result<GiB, Invalid> {
        self.validate()?;
        Ok(size(self.new_size))
    }
}

/// A password on the wire: it is sent, and shown nowhere else.
#[derive(Clone, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Password(Secret);

impl Password {
    /// The password, for those it is meant for.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The password, to keep.
    pub fn secret(&self) -> Secret {
        self.0.clone()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Password {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Password(Secret::new(text)))
    }
}

/// How clients reach a block volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockVolumeAccess {
    /// The hosts that export it, by their storage names.
    #[schema(value_type = Vec<String>, required = true)]
    pub hosts: List<String>,
    /// Its name in iSCSI.
    #[schema(required = true)]
    pub iqn: String,
    /// Its number in iSCSI: always 0.
    #[schema(required = true)]
    pub lun: i64,
    /// The name of the login; empty where none is needed.
    #[schema(required = true)]
    pub username: String,
    /// The password of the login; empty where none is needed.
    #[schema(required = true, value_type = String)]
    pub password: Password,
}

impl From<&BlockAccess> for BlockVolumeAccess {
    fn from(access: &BlockAccess) -> BlockVolumeAccess {
        let login = access.login.as_ref();
        BlockVolumeAccess {
            hosts: List::from(access.hosts.clone()),
            iqn: access.iqn.clone(),
            lun: 0,
            username: login.map(|login| login.username.clone()).unwrap_or_default(),
            password: Password(login.map(|login| login.password.clone()).unwrap_or_default()),
        }
    }
}

/// A block volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockVolumeInfo {
    /// Its size in GiB.
    #[schema(required = true)]
    pub size: i64,
    /// Never in an answer of a server; dumps have the clusters that its request named.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub clusters: List<String>,
    /// Its name.
    #[schema(required = true)]
    pub name: String,
    /// How many hosts export it.
    #[serde(skip_serializing_if = "is_zero")]
    pub hacount: i64,
    /// Never in an answer of a server; dumps have whether clients have to log in.
    #[serde(skip_serializing_if = "is_false")]
    pub auth: bool,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// How clients reach it.
    #[schema(required = true)]
    pub blockvolume: BlockVolumeAccess,
    /// The cluster it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The volume it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub blockhostingvolume: String,
    /// GiB that all of its hosts show: less than its size where an expansion has failed on one of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub usablesize: i64,
}

impl BlockVolumeInfo {
    /// Shows a block volume, with its password.
    pub fn new(block: &BlockVolume) -> BlockVolumeInfo {
        BlockVolumeInfo {
            size: block.size.to_sql(),
            clusters: List::default(),
            name: block.name.clone(),
            hacount: block.ha_count.into(),
            auth: false,
            id: block.id.to_string(),
            blockvolume: (&block.access).into(),
            cluster: block.cluster.to_string(),
            blockhostingvolume: block.hosting.to_string(),
            usablesize: block.usable.to_sql(),
        }
    }

    /// The same for a dump: with what its request said, and without the password.
    pub fn stored(block: &BlockVolume) -> BlockVolumeInfo {
        let shown = BlockVolumeInfo::new(block);
        let clusters = match block.asked_clusters.as_slice() {
            [] => List::default(),
            asked => asked.iter().map(ToString::to_string).collect(),
        };
        let blockvolume = BlockVolumeAccess { password: Password::default(), ..shown.blockvolume };
        BlockVolumeInfo { clusters, auth: block.auth, blockvolume, ..shown }
    }
}

/// All block volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlockVolumeList {
    /// Their ids, sorted; without those that are being made or deleted.
    #[schema(value_type = Vec<String>, required = true)]
    pub blockvolumes: List<String>,
}

impl BlockVolumeList {
    /// Shows all block volumes.
    pub fn new(blocks: &[BlockVolumeId]) -> BlockVolumeList {
        BlockVolumeList { blockvolumes: sorted(blocks) }
    }
}
