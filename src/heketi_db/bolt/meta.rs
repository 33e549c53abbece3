//! The two first pages: each names a state of the file, and they are written in turn.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::bytes::{fnv1a, u32_at, u64_at};
use super::error::{MetaFault, OpenError};
use super::foreign::Looks;
use super::page::HEADER;

const MAGIC: u32 = 0xed0c_daed;

/// The same as it stands at byte 16 of a file.
const MAGIC_BYTES: [u8; 4] = MAGIC.to_le_bytes();
const VERSION: u32 = 2;

/// How many bytes behind the header the checksum is of; it follows them.
const CHECKED: usize = 56;

/// The sizes that pages can have: one for each size that pages of memory have somewhere, and some more.
const PAGE_SIZES: [usize; 16] = [
    1 << 10,
    1 << 11,
    1 << 12,
    1 << 13,
    1 << 14,
    1 << 15,
    1 << 16,
    1 << 17,
    1 << 18,
    1 << 19,
    1 << 20,
    1 << 21,
    1 << 22,
    1 << 23,
    1 << 24,
    1 << 25,
];

/// Whether a file says of itself that it is a BoltDB file: one of its two first pages may be damaged.
///
/// # Errors
/// When it cannot be read.
pub fn is_marked(file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let pages = PAGE_SIZES.into_iter().filter_map(|size| u64::try_from(size).ok());
    for page in std::iter::once(0).chain(pages).take_while(|page| *page < length) {
        let mut found = [0; MAGIC_BYTES.len()];
        match file.read_exact_at(&mut found, page.saturating_add(HEADER as u64)) {
            Ok(()) if found == MAGIC_BYTES => return Ok(true),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            _ => {}
        }
    }
    Ok(false)
}

/// A state of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// In bytes.
    pub(super) page_size: usize,
    /// Where the tree of the buckets begins.
    pub(super) root: u64,
    /// How many pages are in use, all before the first that never was.
    pub(super) pages: u64,
    /// Counts states.
    pub(super) transaction: u64,
}

/// The newest state, the one before it, and the page that has none.
type Chosen = (Meta, Option<Meta>, Option<(u64, MetaFault)>);

/// Reads both pages.
pub(super) fn choose(bytes: &[u8]) -> Result<Chosen, OpenError> {
    let first = read(bytes);
    let second = match &first {
        Ok(meta) => behind(bytes, meta.page_size),
        Err(_) => search(bytes),
    };
    match (first, second) {
        (Ok(first), Ok(second)) if first.transaction < second.transaction => Ok((second, Some(first), None)),
        (Ok(first), Ok(second)) => Ok((first, Some(second), None)),
        (Ok(first), Err(fault)) => Ok((first, None, Some((1, fault)))),
        (Err(fault), Ok(second)) => Ok((second, None, Some((0, fault)))),
        (Err(MetaFault::Magic | MetaFault::CutOff), Err(MetaFault::NotFound)) => {
            Err(OpenError::NotBolt(Looks::of(bytes)))
        }
        (Err(first), Err(second)) => Err(OpenError::Metas { first, second }),
    }
}

/// Reads page 1 where the size of the pages is known.
fn behind(bytes: &[u8], page_size: usize) -> Result<Meta, MetaFault> {
    let meta = bytes.get(page_size..).ok_or(MetaFault::CutOff).and_then(read)?;
    let said = u32::try_from(meta.page_size).unwrap_or(u32::MAX);
    if meta.page_size == page_size { Ok(meta) } else { Err(MetaFault::PageSize(said)) }
}

/// Reads page 1 where the size of the pages is not known: it must say of itself that it is there.
fn search(bytes: &[u8]) -> Result<Meta, MetaFault> {
    let mut fault = MetaFault::NotFound;
    for size in PAGE_SIZES {
        match behind(bytes, size) {
            Ok(meta) => return Ok(meta),
            Err(MetaFault::Magic | MetaFault::CutOff) => (),
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

/// Reads the page that the bytes begin with.
fn read(bytes: &[u8]) -> Result<Meta, MetaFault> {
    let content = bytes.get(HEADER..).unwrap_or_default();
    let u32 = |place| u32_at(content, place).ok_or(MetaFault::CutOff);
    let u64 = |place| u64_at(content, place).ok_or(MetaFault::CutOff);
    if u32(0)? != MAGIC {
        return Err(MetaFault::Magic);
    }
    if u32(4)? != VERSION {
        return Err(MetaFault::Version(u32(4)?));
    }
    let checked = content.get(..CHECKED).ok_or(MetaFault::CutOff)?;
    if fnv1a(checked) != u64(CHECKED)? {
        return Err(MetaFault::Checksum);
    }
    let said = u32(8)?;
    let page_size = usize::try_from(said).ok().filter(|size| PAGE_SIZES.contains(size));
    let page_size = page_size.ok_or(MetaFault::PageSize(said))?;
    // At 24 is a number that bucket 0 counts with, at 32 the page of the free list.
    Ok(Meta { page_size, root: u64(16)?, pages: u64(40)?, transaction: u64(48)? })
}
