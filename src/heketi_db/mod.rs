//! Reads what heketi, versions 4.0 to 10.4, has kept: its database file, which is a BoltDB file of Go gobs, and the JSON
//! that it exports of it.
//!
//! What is wrong in a file is listed and does not keep the rest from being read: [`read`] and [`json::read`] give what
//! there is, with findings; [`check()`] says what contradicts itself in it. Only a file of which nothing can be read is an
//! error. Nothing here writes to a database or needs heketi.
//!
//! Sources: the databases in `tests/databases` and how heketi behaves, and the documentation of bbolt and
//! of Go's `encoding/gob`.

// All that is read here may be anything: nothing of it may end the process.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

pub mod bolt;
pub mod check;
pub mod entities;
pub mod finding;
pub mod gob;
pub mod json;
pub mod kind;
mod read;
pub mod upgrade;
pub mod value;

pub use check::check;
pub use entities::Database;
pub use finding::{Class, Finding, Place};
pub use kind::Kind;
pub use read::{ReadError, Reading, read, read_before};
pub use upgrade::upgrade;
