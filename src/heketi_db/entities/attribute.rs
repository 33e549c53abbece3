//! Facts about the database itself.

use serde::Serialize;

use super::fields::{Fields, same};

/// The attribute that says whether operations are recorded.
pub const RECORDS_OPERATIONS: &str = "DB_HAS_PENDING_OPS_BUCKET";

/// The attribute that says whether clusters know what they take.
pub const CLUSTER_FLAGS: &str = "DB_CLUSTER_HAS_FILE_BLOCK_FLAG";

/// The attribute that says whether bricks know what they hold.
pub const BRICK_SUBTYPE: &str = "DB_BRICK_HAS_SUBTYPE_FIELD";

/// The attribute that says whether devices know their physical volume.
pub const DEVICE_ID_META: &str = "DB_DEVICE_HAS_ID_META";

/// The attribute that has an id that is drawn when the file is made.
pub const GENERATION: &str = "DB_GENERATION_ID";

/// All that heketi knows; it refuses a database with others.
pub const KNOWN: [&str; 5] = [BRICK_SUBTYPE, CLUSTER_FLAGS, DEVICE_ID_META, GENERATION, RECORDS_OPERATIONS];

/// A fact about the database itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeEntry {
    /// Its name.
    pub key: String,
    /// What is the case; `yes` or an id.
    pub value: String,
}

impl AttributeEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> AttributeEntry {
        AttributeEntry { key: fields.text(same("Key")), value: fields.text(same("Value")) }
    }
}
