//! gluster's volumes as heketi passes them on: an XML document in the shape that Go has of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::unless_empty;
use crate::api::list::List;
use crate::model::inventory;

/// The name of an XML element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ElementName {
    /// Its name space, which is empty.
    #[schema(required = true)]
    pub space: String,
    /// The name.
    #[schema(required = true)]
    pub local: String,
}

impl ElementName {
    fn new(local: &str) -> ElementName {
        ElementName { space: String::new(), local: local.to_owned() }
    }
}

/// The volumes of a trusted pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumesInfo {
    /// `volInfo`.
    #[serde(rename = "XMLName")]
    #[schema(required = true)]
    pub element: ElementName,
    /// The volumes.
    #[schema(required = true)]
    pub volumes: PoolVolumes,
}

/// The volumes of a trusted pool with their number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolVolumes {
    /// `volumes`.
    #[serde(rename = "XMLName")]
    #[schema(required = true)]
    pub element: ElementName,
    /// How many there are.
    #[schema(required = true)]
    pub count: usize,
    /// The volumes; `null` without any.
    #[schema(value_type = Option<Vec<PoolVolume>>, required = true)]
    pub volume_list: List<PoolVolume>,
}

/// A volume of a trusted pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolVolume {
    /// `volume`.
    #[serde(rename = "XMLName")]
    #[schema(required = true)]
    pub element: ElementName,
    /// Its name.
    #[schema(required = true)]
    pub volume_name: String,
    /// gluster's id of it.
    #[serde(rename = "ID")]
    #[schema(required = true)]
    pub id: String,
    /// 0 created, 1 started, 2 stopped.
    #[schema(required = true)]
    pub status: i64,
    /// The same as a word.
    #[schema(required = true)]
    pub status_str: String,
    /// Its bricks in all.
    #[schema(required = true)]
    pub brick_count: i64,
    /// Its sets.
    #[schema(required = true)]
    pub dist_count: i64,
    /// Stripes.
    #[schema(required = true)]
    pub stripe_count: i64,
    /// Copies.
    #[schema(required = true)]
    pub replica_count: i64,
    /// Arbiters of a set.
    #[schema(required = true)]
    pub arbiter_count: i64,
    /// Bricks of a disperse set.
    #[schema(required = true)]
    pub disperse_count: i64,
    /// Redundant ones among them.
    #[schema(required = true)]
    pub redundancy_count: i64,
    /// gluster's number for its kind.
    #[schema(required = true)]
    pub r#type: i64,
    /// The same as a word.
    #[schema(required = true)]
    pub type_str: String,
    /// How it is reached: 0 is TCP.
    #[schema(required = true)]
    pub transport: i64,
    /// Its bricks, set by set.
    #[schema(required = true)]
    pub bricks: PoolBricks,
    /// How many options are set.
    #[schema(required = true)]
    pub opt_count: i64,
    /// Options that are set.
    #[schema(required = true)]
    pub options: PoolOptions,
}

/// The bricks of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolBricks {
    /// `bricks`.
    #[serde(rename = "XMLName")]
    #[schema(required = true)]
    pub element: ElementName,
    /// The bricks; `null` without any.
    #[schema(value_type = Option<Vec<PoolBrick>>, required = true)]
    pub brick_list: List<PoolBrick>,
}

/// A brick of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolBrick {
    /// The UUID of its peer.
    #[serde(rename = "UUID")]
    #[schema(required = true)]
    pub uuid: String,
    /// `host:path`.
    #[schema(required = true)]
    pub name: String,
    /// The UUID of its peer, once more.
    #[serde(rename = "HostUUID")]
    #[schema(required = true)]
    pub host_uuid: String,
    /// 1 for an arbiter.
    #[schema(required = true)]
    pub is_arbiter: i64,
}

/// Options of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolOptions {
    /// `options`.
    #[serde(rename = "XMLName")]
    #[schema(required = true)]
    pub element: ElementName,
    /// The options; `null` without any.
    #[schema(value_type = Option<Vec<PoolOption>>, required = true)]
    pub option_list: List<PoolOption>,
}

/// An option of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PoolOption {
    /// Its key.
    #[schema(required = true)]
    pub name: String,
    /// Its value.
    #[schema(required = true)]
    pub value: String,
}

impl VolumesInfo {
    /// Shows volumes.
    pub fn new(all: &[inventory::PoolVolume]) -> VolumesInfo {
        let volumes = PoolVolumes {
            element: ElementName::new("volumes"),
            count: all.len(),
            volume_list: unless_empty(all.iter().map(PoolVolume::from).collect()),
        };
        VolumesInfo { element: ElementName::new("volInfo"), volumes }
    }
}

impl From<&inventory::PoolVolume> for PoolVolume {
    fn from(volume: &inventory::PoolVolume) -> PoolVolume {
        let bricks = volume.bricks.iter().map(PoolBrick::from).collect();
        let options = volume.options.iter();
        let options = options.map(|(name, value)| PoolOption { name: name.clone(), value: value.clone() });
        PoolVolume {
            element: ElementName::new("volume"),
            volume_name: volume.name.clone(),
            id: volume.id.clone(),
            status: volume.status,
            status_str: volume.status_word.clone(),
            brick_count: volume.brick_count,
            dist_count: volume.dist_count,
            stripe_count: volume.stripe_count,
            replica_count: volume.replica_count,
            arbiter_count: volume.arbiter_count,
            disperse_count: volume.disperse_count,
            redundancy_count: volume.redundancy_count,
            r#type: volume.kind,
            type_str: volume.kind_word.clone(),
            transport: volume.transport,
            bricks: PoolBricks { element: ElementName::new("bricks"), brick_list: unless_empty(bricks) },
            opt_count: volume.option_count,
            options: PoolOptions {
                element: ElementName::new("options"),
                option_list: unless_empty(options.collect()),
            },
        }
    }
}

impl From<&inventory::PoolBrick> for PoolBrick {
    fn from(brick: &inventory::PoolBrick) -> PoolBrick {
        PoolBrick {
            uuid: brick.uuid.clone(),
            name: brick.name.clone(),
            host_uuid: brick.host_uuid.clone(),
            is_arbiter: brick.is_arbiter,
        }
    }
}
