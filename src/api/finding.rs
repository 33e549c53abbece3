//! What an import from heketi could not reconcile.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::model::finding::{Finding, KeptFinding};

/// One thing that an import could not reconcile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Finding)]
pub struct FindingInfo {
    /// The number it is cleared by.
    #[schema(required = true)]
    pub number: i64,
    /// What it is about: `file`, `cluster`, `node`, `device`, `volume`, `brick`, `block volume` or `operation`.
    #[schema(required = true)]
    pub subject: String,
    /// The id of that, as heketi had it; empty for what has none.
    #[schema(required = true)]
    pub id: String,
    /// What was found.
    #[schema(required = true)]
    pub what: String,
    /// What follows from it.
    #[schema(required = true)]
    pub consequence: String,
    /// What to do.
    #[schema(required = true)]
    pub cure: String,
    /// The devices that take no new bricks until it is cleared.
    #[schema(value_type = Vec<String>, required = true)]
    pub devices: List<String>,
}

impl From<&KeptFinding> for FindingInfo {
    fn from(kept: &KeptFinding) -> FindingInfo {
        let Finding { subject, id, what, consequence, cure, devices } = kept.finding.clone();
        FindingInfo {
            number: kept.number,
            subject: subject.as_str().to_owned(),
            id,
            what,
            consequence,
            cure,
            devices: devices.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
        }
    }
}

/// All that nobody has cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FindingList {
    /// By their numbers.
    #[schema(value_type = Vec<FindingInfo>, required = true)]
    pub findings: List<FindingInfo>,
}
