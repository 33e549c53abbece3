//! Go's gob encoding: a stream that brings its own type descriptions. Knows nothing of what it carries.
//!
//! Sources: the documentation of Go's package `encoding/gob`, and what heketi has written.
//!
//! A stream is a row of messages, each with its length in front. A message either describes a type or holds the value.
//! Inside of a value, an interface may bring further descriptions, and the message may end after such a one and go on in
//! the next; so the lengths are read, checked against what there is, and not relied on.

mod cursor;
mod error;
mod reader;
mod types;

pub use error::{Fault, GobError};

use super::value::Value;
use reader::Reader;

/// Longer streams are refused. The largest of heketi's is a cluster: 100,000 volumes take 3.3 MB.
pub const MAX_BYTES: usize = 16 << 20;

/// What a stream held.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The value.
    pub value: Value,
    /// How many bytes follow it: heketi's streams end with their value.
    pub rest: usize,
}

/// Decodes the first value of a stream.
///
/// # Errors
/// Says what is wrong and at which byte; nothing can be read behind that place.
pub fn decode(bytes: &[u8]) -> Result<Decoded, GobError> {
    if bytes.len() > MAX_BYTES {
        return Err(GobError { at: 0, fault: Fault::TooLong { bytes: bytes.len() } });
    }
    Reader::new(bytes).stream()
}

#[cfg(test)]
mod tests;
