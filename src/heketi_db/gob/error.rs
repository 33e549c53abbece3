//! Why a stream could not be read.

use super::MAX_BYTES;
use super::reader::{MAX_DEPTH, MAX_VALUES};
use super::types::MAX_DESCRIBED;

/// Why a stream could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at} of the gob value: {fault}")]
pub struct GobError {
    /// Up to where it was read, in bytes from its start.
    pub at: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The stream is cut off.
    #[error("{wanted} bytes are said to follow as {what}, and there are {left}")]
    Ends {
        /// What was being read.
        what: &'static str,
        /// How many bytes it takes at least.
        wanted: u64,
        /// How many there are.
        left: usize,
    },
    /// A number says that it takes more bytes than numbers can.
    #[error("a number takes {0} bytes, and 8 are the most")]
    NumberLength(u8),
    /// A number where only 0 and 1 can be.
    #[error("a truth value is {0}, which is neither 0 nor 1")]
    NotBool(u64),
    /// A value that is no struct begins with a 0, this one does not.
    #[error("{0} stands where a 0 is expected before a value that is no struct")]
    NotSingle(u64),
    /// A type that was not described before.
    #[error("type {0} is used and was not described")]
    UnknownType(i64),
    /// A type number that cannot be described.
    #[error("type {0} is described, which is no number for that")]
    TypeNumber(i64),
    /// A description of no kind of type.
    #[error("the description of type {0} has none of the kinds that are known")]
    NoKind(i64),
    /// A description has a field that is not known.
    #[error("the description of a type has a field {0}, which is not known")]
    DescriptionField(u64),
    /// A struct has fewer fields.
    #[error("`{type_name}` has {fields} fields, and field {field} follows")]
    NoField {
        /// The name of the struct.
        type_name: String,
        /// How many fields it has.
        fields: usize,
        /// The number of the field, from 0.
        field: u64,
    },
    /// Values in values in values.
    #[error("values are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More values than anything of heketi's has.
    #[error("there are more than {MAX_VALUES} values in it")]
    TooMany,
    /// More types than anything of heketi's has.
    #[error("more than {MAX_DESCRIBED} types, or fields of a type, are described in it")]
    TooManyTypes,
    /// More bytes than anything of heketi's has.
    #[error("it has {bytes} bytes, and {MAX_BYTES} are the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Descriptions only.
    #[error("it ends before there is a value")]
    NoValue,
}
