//! The bytes of a write-ahead log: a head, and frames behind it, each with a page of the database.
//!
//! Source: <https://www.sqlite.org/fileformat2.html#walformat>.

/// The sizes of the two kinds of heads.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// The first four bytes; the last bit tells the order of bytes in checksums.
const MAGIC: u32 = 0x377f_0682;

/// The only version there is.
const VERSION: u32 = 3_007_000;

/// What disks write wholly or not at all.
const SECTOR: usize = 512;

/// In which order the bytes of a number stand when a checksum is made. Everywhere else the highest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// A checksum: its two halves.
pub(super) type Sum = (u32, u32);

/// Goes on with a checksum. Source: <https://www.sqlite.org/fileformat2.html#walcksm>.
pub(super) fn sum(begin: Sum, bytes: &[u8], order: Order) -> Sum {
    let (pairs, _) = bytes.as_chunks::<8>();
    pairs.iter().fold(begin, |(s0, s1), &[a, b, c, d, e, f, g, h]| {
        let number = match order {
            Order::Little => u32::from_le_bytes,
            Order::Big => u32::from_be_bytes,
        };
        let s0 = s0.wrapping_add(number([a, b, c, d])).wrapping_add(s1);
        (s0, s1.wrapping_add(number([e, f, g, h])).wrapping_add(s0))
    })
}

/// The number at a place that is there.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A size that pages may have.
pub(super) fn page_size(size: u32) -> Option<usize> {
    (size.is_power_of_two() && (512..=65536).contains(&size)).then(|| usize::try_from(size).ok())?
}

/// The head of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) order: Order,
    /// The size of a page.
    pub(super) page: usize,
    /// What the frames have, too, that were written since the log was begun anew.
    pub(super) salts: &'a [u8],
    /// What the checksum of the first frame begins with.
    pub(super) sum: Sum,
}

impl Head<'_> {
    /// None where SQLite would not read it, and so take the whole log for empty.
    pub(super) fn read(log: &[u8]) -> Option<Head<'_>> {
        let head = log.get(..HEAD)?;
        let order = match number(head, 0).checked_sub(MAGIC)? {
            0 => Order::Little,
            1 => Order::Big,
            _ => return None,
        };
        let stored = (number(head, 24), number(head, 28));
        let whole = number(head, 4) == VERSION && sum((0, 0), &head[..24], order) == stored;
        let page = page_size(number(head, 8))?;
        whole.then_some(Head { order, page, salts: &head[16..24], sum: stored })
    }
}

/// A page of the database as a transaction has left it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// Where it begins.
    pub(super) at: usize,
    head: &'a [u8],
    pub(super) page: &'a [u8],
}

/// All that there is room for in a log, whatever stands there.
pub(super) fn frames(log: &[u8], page: usize) -> impl Iterator<Item = Frame<'_>> {
    let size = FRAME_HEAD + page;
    let frames = log.get(HEAD..).unwrap_or_default().chunks_exact(size).enumerate();
    frames.map(move |(index, frame)| {
        let (head, page) = frame.split_at(FRAME_HEAD);
        Frame { at: HEAD + index * size, head, page }
    })
}

impl<'a> Frame<'a> {
    /// Which page of the database; none is 0.
    pub(super) fn number(&self) -> u32 {
        number(self.head, 0)
    }

    /// Whether it is the last one of its transaction.
    pub(super) fn commits(&self) -> bool {
        self.pages_after() != 0
    }

    /// How many pages the database has after its transaction; 0 where others of that follow.
    pub(super) fn pages_after(&self) -> u32 {
        number(self.head, 4)
    }

    pub(super) fn salts(&self) -> &'a [u8] {
        &self.head[8..16]
    }

    /// The checksum that stands in it.
    pub(super) fn sum(&self) -> Sum {
        (number(self.head, 16), number(self.head, 20))
    }

    /// The checksum that it should have behind a frame with this one.
    pub(super) fn sum_after(&self, before: Sum, order: Order) -> Sum {
        sum(sum(before, &self.head[..8], order), self.page, order)
    }

    pub(super) fn head_is_in_one_sector(&self) -> bool {
        self.at / SECTOR == (self.at + FRAME_HEAD - 1) / SECTOR
    }
}
