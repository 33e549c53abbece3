//! Volumes in short: what a list needs, in one answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use super::words::DurabilityName;
use crate::model::volume;

/// A volume in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VolumeSummary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its size in GiB.
    pub size: i64,
    /// The cluster its bricks are in.
    pub cluster: String,
    /// How it keeps its data.
    pub durability: DurabilityName,
    /// Whether it hosts block volumes.
    pub block: bool,
}

impl From<volume::VolumeSummary> for VolumeSummary {
    fn from(volume: volume::VolumeSummary) -> VolumeSummary {
        VolumeSummary {
            id: volume.id.to_string(),
            name: volume.name,
            size: volume.size.to_sql(),
            cluster: volume.cluster.to_string(),
            durability: volume.durability.into(),
            block: volume.block,
        }
    }
}

/// All volumes in short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeSummaryList {
    /// Sorted by id.
    #[schema(value_type = Vec<VolumeSummary>, required = true)]
    pub volumes: List<VolumeSummary>,
}

impl VolumeSummaryList {
    /// Shows volumes, of which there may be ten thousands: each is held once.
    pub fn new(volumes: Vec<volume::VolumeSummary>) -> VolumeSummaryList {
        VolumeSummaryList { volumes: volumes.into_iter().map(VolumeSummary::from).collect() }
    }
}
