//! Words that stand for themselves on the wire: what the document says of fields that are texts in the program, as
//! heketi refuses other words with texts of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::durability::DurabilityKind;

/// The state of a node or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = EntryState)]
pub enum EntryStateName {
    /// It takes new bricks.
    Online,
    /// It takes none; those that it has stay.
    Offline,
    /// It is out of service: its bricks were moved away, or are being moved.
    Failed,
}

/// Whether bricks are moved only where gluster says that their copies are healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HealCheck)]
pub enum HealCheckName {
    /// Only then; so it is where nothing is said.
    Enable,
    /// In any case.
    Disable,
}

/// What becomes of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TagChange)]
pub enum TagChangeName {
    /// These replace all.
    Set,
    /// These are added, or get another value.
    Update,
    /// These are taken away; only their names matter.
    Delete,
}

/// Which requests are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = AdminState)]
pub enum AdminStateName {
    /// All.
    Normal,
    /// Those that only read.
    ReadOnly,
    /// Those that only read, and all from the machine of the server.
    LocalClient,
}

/// How a volume keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DurabilityType)]
pub enum DurabilityName {
    /// Every file exists once.
    None,
    /// Copies.
    Replicate,
    /// Erasure coding.
    Disperse,
}

impl From<DurabilityKind> for DurabilityName {
    fn from(kind: DurabilityKind) -> DurabilityName {
        match kind {
            DurabilityKind::None => DurabilityName::None,
            DurabilityKind::Replicate => DurabilityName::Replicate,
            DurabilityKind::Disperse => DurabilityName::Disperse,
        }
    }
}
