//! heketi's export: what `heketi db export` and `/db/dump` write and `heketi db import` reads. Source: exports of heketi 10.4
//! (`tests/databases`).

mod read;
mod value;
mod write;

pub use read::{JsonError, MAX_BYTES, read};
pub use write::write;
