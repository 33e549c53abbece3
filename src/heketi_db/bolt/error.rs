//! Why a file, or a page of it, cannot be read.

use std::io;
use std::path::PathBuf;

use super::foreign::Looks;
use super::load::MAX_BYTES;

/// Why a file is not in memory.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file system refused.
    #[error("cannot read {}: {why}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        why: io::Error,
    },
    /// Someone writes to it.
    #[error("{} is in use: stop heketi, or whatever else has it open for writing", .0.display())]
    InUse(PathBuf),
    /// No heketi has that much to say.
    #[error("{} has {bytes} bytes, and {MAX_BYTES} are the most; is it a database of heketi's?", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
}

/// Why a file cannot be opened as a BoltDB file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is something else.
    #[error("this is no BoltDB file, as heketi's databases are: {0}")]
    NotBolt(Looks),
    /// Neither of the first two pages can be used.
    #[error(
        "the BoltDB file is damaged: page 0 {first}, and page 1 {second}; each would do. Take a backup of the file, or an export"
    )]
    Metas {
        /// What page 0 has.
        first: MetaFault,
        /// What page 1 has.
        second: MetaFault,
    },
    /// The page that the tree of the buckets begins with cannot be used.
    #[error(
        "the BoltDB file is damaged: page {page}, where the state of transaction {transaction} begins, {fault}. Take a backup of the file, or an export"
    )]
    Root {
        /// The page.
        page: u64,
        /// The state.
        transaction: u64,
        /// What it has.
        fault: PageFault,
    },
}

/// Why one of the two first pages cannot be used; the page is the subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaFault {
    /// The file ends before its end.
    #[error("is cut off")]
    CutOff,
    /// It has not the number that all such pages have.
    #[error("is not marked as one of BoltDB")]
    Magic,
    /// It is in a format that is not known.
    #[error("is of format version {0}, and 2 is the one that is known")]
    Version(u32),
    /// It is not as it was written.
    #[error("has a wrong checksum")]
    Checksum,
    /// Its size of pages cannot be one.
    #[error("says that pages have {0} bytes, which cannot be")]
    PageSize(u32),
    /// It was not found, since it begins behind the first page, whose size is not known.
    #[error("is not found at any size of pages")]
    NotFound,
}

/// What is wrong with a page; the page is the subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// Its number is too large.
    #[error("is not in the file, which has {pages} pages")]
    Outside {
        /// How many pages the file has.
        pages: usize,
    },
    /// It holds something else.
    #[error("is neither a branch nor a leaf of a tree (its flags are {0:#x})")]
    Flags(u16),
    /// The tree would be none.
    #[error("is named a second time, and was left out there")]
    Again,
    /// It is not the page that belongs there.
    #[error("says of itself that it is page {0}")]
    Number(u64),
    /// Some of its elements point elsewhere.
    #[error("has {broken} elements of {of} that do not lie in it, first element {first}; they were left out")]
    Elements {
        /// How many there are of those.
        broken: usize,
        /// How many elements the page says it has.
        of: usize,
        /// The first one, from 0.
        first: usize,
    },
    /// The value is no bucket.
    #[error("has a bucket as element {0} whose value is none")]
    NoBucket(usize),
    /// What is in a value cannot have branches.
    #[error("has a bucket in a value that is no leaf")]
    NoLeaf,
    /// Buckets in buckets in buckets.
    #[error("has a bucket as element {0}, too deep in other buckets, which was left out")]
    TooDeep(usize),
    /// The keys have an order, and they are not in it.
    #[error("has keys that are not in order, first as element {0}")]
    Order(usize),
    /// Elements overlap, or pages do.
    #[error("was left out: more is said to be in the file than fits into it")]
    TooMuch,
}
