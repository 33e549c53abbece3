//! The states of nodes and devices, and where objects are in their life.

use serde::{Deserialize, Serialize};

/// Whether a node or a device takes new bricks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum EntryState {
    /// Takes new bricks.
    #[default]
    Online,
    /// Keeps its bricks, takes no new ones.
    Offline,
    /// Emptied, may be deleted.
    Failed,
}

impl EntryState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryState::Online => "online",
            EntryState::Offline => "offline",
            EntryState::Failed => "failed",
        }
    }
}

/// Where an object is in its life: only `ready` ones are shown as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Phase {
    /// An operation is making it.
    Creating,
    /// It exists.
    #[default]
    Ready,
    /// An operation is taking it away.
    Deleting,
}
