//! The mark of an operation on what it has not finished with.

use serde::Serialize;

use super::fields::{Fields, same};

/// Which operation holds an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PendingMark {
    /// The id of the operation; empty where none does.
    pub id: String,
}

impl PendingMark {
    /// Whether an operation holds the object.
    pub fn is_set(&self) -> bool {
        !self.id.is_empty()
    }

    pub(super) fn read(fields: &mut Fields<'_, '_>) -> PendingMark {
        PendingMark { id: fields.text(same("Id")) }
    }
}
