//! Whether the write-ahead log has lost something that was acknowledged, which SQLite does not tell: from the first frame on
//! that does not fit to the one before, it takes everything for what a power cut has left of the last transaction.
//!
//! That is what a power cut leaves, and no more. `synchronous=FULL` syncs the log with each commit, before anything follows it;
//! so only frames of the last transaction can be missing or torn, any of them, in any order. The checksum of a frame begins
//! with that of the frame before it. So a frame that follows a commit was written after that commit was on the disk, with all
//! in front of it: where such a frame stands behind one that is not whole, the log is damaged, and not torn.
//!
//! The head is synced before the first frame behind it is written, and written anew only when the database has everything. So
//! a head that cannot be read is one that a power cut has torn where the database has what the log says, and damaged elsewhere.
//!
//! What cannot be told: damage in the last transaction, which looks like a torn one, or in the mark that ends the one before
//! it, which makes the two look like one; and a log that was cut off or taken away.
//!
//! Sources: <https://www.sqlite.org/fileformat2.html#walformat>, and `walFrames`, `walRestartHdr` and `walIndexRecover` in
//! <https://sqlite.org/src/file/src/wal.c>.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use self::frames::{Frame, Head, Order, frames};
use super::OpenError;
use super::open::io;
use crate::files::beside;

mod frames;
#[cfg(test)]
mod tests;

/// Where the size of a page stands in a database. Source: <https://www.sqlite.org/fileformat2.html>, section 1.3.2.
const PAGE_SIZE_AT: u64 = 16;

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// Its first bytes, without which SQLite reads none of it.
    Head,
    /// A frame, at this byte.
    Frame(usize),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Head => write!(f, "is damaged in its first bytes, and the changes in it"),
            Damage::Frame(at) => write!(f, "is damaged at byte {at}, and the changes behind that place"),
        }?;
        f.write_str(" would be lost without a word")
    }
}

/// Refuses a database whose log is damaged: to open it would be to throw away what the log has behind the damage. Nobody
/// may write to it meanwhile.
pub(super) fn refuse_damaged_log(database: &Path) -> Result<(), OpenError> {
    let log = beside(database, "-wal");
    match damage(database).map_err(io("read", &log))? {
        None => Ok(()),
        Some(damage) => {
            let reason = format!("its log {} {damage}", log.display());
            Err(OpenError::Damaged { path: database.to_owned(), reason })
        }
    }
}

/// Puts on the disk what SQLite is going to take from the log. A server that was killed may have written a commit and not
/// synced it: what follows it now would look like proof that it had.
pub(super) fn sync_log(database: &Path) -> Result<(), OpenError> {
    let log = beside(database, "-wal");
    match File::open(&log).and_then(|file| file.sync_all()) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io("sync", &log)(error)),
        _ => Ok(()),
    }
}

/// What is wrong with the log of a database, as far as it can be told.
pub(super) fn damage(database: &Path) -> io::Result<Option<Damage>> {
    let log = match std::fs::read(beside(database, "-wal")) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    damage_in(&log, database)
}

fn damage_in(log: &[u8], database: &Path) -> io::Result<Option<Damage>> {
    match Head::read(log) {
        Some(head) => Ok(damaged_frame(&head, log).map(Damage::Frame)),
        None => Ok(has_more(log, database)?.then_some(Damage::Head)),
    }
}

/// The first frame that is not whole, if what stands behind it proves that it once was.
fn damaged_frame(head: &Head, log: &[u8]) -> Option<usize> {
    let (mut broken, mut after_commit) = (None, false);
    // What the next frame may begin with: what stands in this one, and what should stand in it.
    let mut seeds = [head.sum; 2];
    for frame in frames(log, head.page) {
        let sum = frame.sum_after(seeds[0], head.order);
        let follows = |seed| frame.sum_after(seed, head.order) == frame.sum();
        let current = frame.number() != 0 && frame.salts() == head.salts;
        let whole = current && (sum == frame.sum() || (broken.is_some() && follows(seeds[1])));
        match broken {
            None if !whole => broken = Some(frame.at),
            Some(at) if whole && after_commit => return Some(at),
            _ => {}
        }
        // A head that a power cut has left half written may have the mark of one frame and the checksum of another.
        after_commit = frame.commits() && (whole || frame.head_is_in_one_sector());
        seeds = [frame.sum(), sum];
    }
    None
}

/// Whether a log whose head cannot be read has anything that the database has not.
fn has_more(log: &[u8], database: &Path) -> io::Result<bool> {
    let database = match File::open(database) {
        Ok(database) => database,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let Some(size) = page_size(&database)? else { return Ok(false) };
    let committed = [Order::Little, Order::Big].map(|order| committed(log, size, order));
    for frame in committed.iter().flat_map(HashMap::values) {
        let mut page = vec![0; size];
        let at = u64::from(frame.number() - 1) * size as u64;
        match database.read_exact_at(&mut page, at) {
            Ok(()) if page == frame.page => {}
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error),
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// The newest frame of each page that the log has, up to its last commit, of as many frames as follow each other.
fn committed(log: &[u8], size: usize, order: Order) -> HashMap<u32, Frame<'_>> {
    // A log that was begun anew has a whole frame at its beginning, and behind it those that it had before.
    let mut all = frames(log, size).enumerate().skip_while(|(at, frame)| *at == 0 && frame.number() == 0);
    let (mut pages, mut newer) = (HashMap::new(), HashMap::new());
    let Some((_, mut last)) = all.next() else { return pages };
    let first = last;
    let rest = all.map_while(|(_, frame)| {
        let follows = frame.salts() == first.salts() && frame.sum_after(last.sum(), order) == frame.sum();
        last = frame;
        follows.then_some(frame)
    });
    let chain: Vec<Frame<'_>> = std::iter::once(first).chain(rest).collect();
    // One frame alone proves nothing.
    for frame in chain.iter().filter(|frame| chain.len() > 1 && frame.number() != 0) {
        newer.insert(frame.number(), *frame);
        if frame.commits() {
            pages.extend(newer.drain());
            pages.retain(|number, _| *number <= frame.pages_after());
        }
    }
    pages
}

fn page_size(database: &File) -> io::Result<Option<usize>> {
    let mut size = [0; 2];
    match database.read_exact_at(&mut size, PAGE_SIZE_AT) {
        Ok(()) => Ok(frames::page_size(match u16::from_be_bytes(size) {
            // The one size that has no room in two bytes.
            1 => 65536,
            size => u32::from(size),
        })),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
