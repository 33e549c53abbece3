//! One page: branches name further pages, leaves hold keys and values.

use super::bytes::{u16_at, u32_at, u64_at};
use super::error::PageFault;

/// How many bytes each page has before its elements: number u64, flags u16, count u16, further pages u32.
pub(super) const HEADER: usize = 16;

/// How many bytes each element has in the list behind the header.
pub(super) const ELEMENT: usize = 16;

const BRANCH: u16 = 1;
const LEAF: u16 = 2;

/// In an element's flags: its value is a bucket.
const IS_BUCKET: u32 = 1;

/// What a page is in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Branch,
    Leaf,
}

/// A page with the further ones that belong to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    bytes: &'a [u8],
    /// What it says of itself.
    pub(super) number: u64,
    pub(super) role: Role,
    /// How many elements it says it has.
    pub(super) count: usize,
}

/// An element of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) is_bucket: bool,
}

/// An element of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Branch<'a> {
    pub(super) key: &'a [u8],
    pub(super) page: u64,
}

impl<'a> Page<'a> {
    /// The page with that number. What the file lacks of it is not there.
    pub(super) fn in_file(bytes: &'a [u8], page_size: usize, number: u64) -> Result<Page<'a>, PageFault> {
        let pages = bytes.len().checked_div(page_size).unwrap_or_default();
        let start = usize::try_from(number).ok().and_then(|number| number.checked_mul(page_size));
        let start = start.and_then(|start| bytes.get(start..)).filter(|start| start.len() >= HEADER);
        let start = start.ok_or(PageFault::Outside { pages })?;
        let further = u32_at(start, 12).and_then(|further| usize::try_from(further).ok());
        let all = further.and_then(|further| further.checked_add(1)?.checked_mul(page_size));
        let within = all.and_then(|all| start.get(..all)).unwrap_or(start);
        Page::in_value(within)
    }

    /// The page that a bucket's value brings with it.
    pub(super) fn in_value(bytes: &'a [u8]) -> Result<Page<'a>, PageFault> {
        let header = (u64_at(bytes, 0), u16_at(bytes, 8), u16_at(bytes, 10));
        let (Some(number), Some(flags), Some(count)) = header else { return Err(PageFault::Flags(0)) };
        let role = match flags {
            BRANCH => Role::Branch,
            LEAF => Role::Leaf,
            other => return Err(PageFault::Flags(other)),
        };
        Ok(Page { bytes, number, role, count: usize::from(count) })
    }

    /// The element with that number, from 0, of a leaf: flags u32, place u32, sizes of key and value u32.
    pub(super) fn leaf(&self, element: usize) -> Option<Leaf<'a>> {
        let start = self.element(element)?;
        let is_bucket = u32_at(start, 0)? & IS_BUCKET != 0;
        let key = part(start, size(start, 4)?, size(start, 8)?)?;
        let value = part(start, size(start, 4)?.checked_add(key.len())?, size(start, 12)?)?;
        Some(Leaf { key, value, is_bucket })
    }

    /// The element with that number, from 0, of a branch: place u32, size of the key u32, page u64.
    pub(super) fn branch(&self, element: usize) -> Option<Branch<'a>> {
        let start = self.element(element)?;
        let key = part(start, size(start, 0)?, size(start, 4)?)?;
        Some(Branch { key, page: u64_at(start, 8)? })
    }

    /// From an element on: places are counted from there.
    fn element(&self, element: usize) -> Option<&'a [u8]> {
        self.bytes.get(element.checked_mul(ELEMENT)?.checked_add(HEADER)?..)
    }
}

fn size(bytes: &[u8], place: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, place)?).ok()
}

fn part(bytes: &[u8], place: usize, size: usize) -> Option<&[u8]> {
    bytes.get(place..place.checked_add(size)?)
}
