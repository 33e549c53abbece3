//! An export, as Go's encoder writes it.

use super::super::entities::Database;
use crate::json::encode_indented;

/// Writes an export: indented by four blanks, with a line feed at the end. As for heketi, operations are in it only where
/// the database says that it records them.
pub fn write(database: &Database) -> Vec<u8> {
    if database.records_operations() {
        return encode_indented(database);
    }
    encode_indented(&Database { operations: Default::default(), ..database.clone() })
}
