//! BoltDB (bbolt) files, read from memory. Knows nothing of what the values are.
//!
//! Sources: the documentation of bbolt's file format and heketi's files. All numbers have their little end
//! first, as on x86 and ARM; page *n* begins at *n* times the page size.
//!
//! Nothing in the file is trusted. Two things bound the work that a damaged file can cause: no page is gone into twice,
//! and there cannot be more elements than fit into the file.

mod bytes;
mod error;
mod foreign;
mod load;
mod meta;
mod page;
mod walk;

pub use error::{LoadError, MetaFault, OpenError, PageFault};
pub use foreign::Looks;
pub use load::{MAX_BYTES, load, load_open};
pub use meta::is_marked;

use super::finding::{Class, Finding, Findings, Place, shown};
use meta::Meta;
use walk::Walk;

/// An open file: one of its states, of which it has up to two.
#[derive(Debug, Clone)]
pub struct Bolt<'a> {
    bytes: &'a [u8],
    /// The state that is read.
    meta: Meta,
    /// The state before it.
    older: Option<Meta>,
    /// Why there is only one.
    fault: Option<(u64, MetaFault)>,
}

/// What a bucket holds. Keys and values are those of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Keys and values in the order of the file, which is that of the keys unless a finding says otherwise.
    pub pairs: Vec<(&'a [u8], &'a [u8])>,
    /// The buckets in it.
    pub buckets: Vec<Bucket<'a>>,
}

impl<'a> Bolt<'a> {
    /// Opens the newest state of a file.
    ///
    /// # Errors
    /// When this is no such file, or neither of its two first pages can be used.
    pub fn open(bytes: &'a [u8]) -> Result<Bolt<'a>, OpenError> {
        let (meta, older, fault) = meta::choose(bytes)?;
        Ok(Bolt { bytes, meta, older, fault })
    }

    /// The state before the last change, where the file still has it. Pages that the last change has replaced are not
    /// used anew before the next one: all of it is there unless a further change was cut short.
    pub fn older(&self) -> Option<Bolt<'a>> {
        self.older.map(|meta| Bolt { bytes: self.bytes, meta, older: None, fault: None })
    }

    /// The number of the change that made this state.
    pub fn transaction(&self) -> u64 {
        self.meta.transaction
    }

    /// The size of a page in bytes.
    pub fn page_size(&self) -> usize {
        self.meta.page_size
    }

    /// Reads all buckets with all that is in them, and what could not be read.
    ///
    /// # Errors
    /// When the page that all begins with cannot be read.
    pub fn buckets(&self) -> Result<(Vec<Bucket<'a>>, Vec<Finding>), OpenError> {
        self.walk().map(|(buckets, findings)| (buckets, findings.into_list()))
    }

    /// The same, for a caller who has more to find.
    pub(crate) fn walk(&self) -> Result<(Vec<Bucket<'a>>, Findings), OpenError> {
        let mut findings = Findings::default();
        self.judge(&mut findings);
        let walk = Walk::new(self.bytes, self.meta.page_size, findings);
        let Meta { root: page, transaction, .. } = self.meta;
        let whole = walk.whole(page).map_err(|fault| OpenError::Root { page, transaction, fault });
        let (root, mut findings) = whole?;
        for (key, _) in &root.pairs {
            let place = Place::Bucket(shown(key));
            findings.add(Class::Unknown, place, "is none, but a value beside the buckets; it was left out");
        }
        Ok((root.buckets, findings))
    }

    /// What the first pages say of the file as a whole.
    fn judge(&self, findings: &mut Findings) {
        if let Some((page, fault)) = &self.fault {
            let place = Place::Page { page: *page, bucket: String::new() };
            let used = self.meta.transaction;
            findings.add(
                Class::Damage,
                place,
                format!("cannot be used ({fault}); the state of transaction {used} is read, and a newer one may be lost"),
            );
        }
        let pages = self.bytes.len().checked_div(self.meta.page_size).unwrap_or_default();
        if u64::try_from(pages).is_ok_and(|pages| pages < self.meta.pages) {
            let text = format!("is cut off: it has {pages} whole pages, and {} are in use", self.meta.pages);
            findings.add(Class::Damage, Place::File, text);
        }
    }
}
