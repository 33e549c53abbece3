//! The trees of the buckets, gone through from their roots.

use std::collections::BTreeSet;

use super::super::finding::{Class, Findings, Place, shown};
use super::Bucket;
use super::bytes::u64_at;
use super::error::PageFault;
use super::page::{Branch, ELEMENT, Leaf, Page, Role};

/// How deep buckets may be in each other; heketi's are not.
const MAX_NESTING: usize = 8;

/// Where a bucket's value has its page, if it has one of its own: behind the root's number and a counter.
const BUCKET_HEADER: usize = 16;

/// Goes through a file once.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    page_size: usize,
    findings: Findings,
    /// The pages that were named.
    seen: BTreeSet<u64>,
    /// How many more elements there may be.
    elements: usize,
    /// How many more bytes of keys and values there may be.
    room: usize,
}

/// The bucket that is read.
struct Scope {
    name: String,
    nesting: usize,
}

/// The elements of a page that are not as they should be.
#[derive(Default)]
struct Broken {
    count: usize,
    first: Option<usize>,
    unordered: Option<usize>,
}

impl Broken {
    fn add(&mut self, element: usize) {
        self.count = self.count.saturating_add(1);
        self.first = self.first.or(Some(element));
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8], page_size: usize, findings: Findings) -> Walk<'a> {
        // Elements have their places in the file. Keys and values do, too; twice, since a bucket's value holds others.
        let (elements, room) = (bytes.len() / ELEMENT, bytes.len().saturating_mul(2));
        Walk { bytes, page_size, findings, seen: BTreeSet::new(), elements, room }
    }

    /// Reads the tree of the buckets with all buckets in it.
    pub(super) fn whole(mut self, root: u64) -> Result<(Bucket<'a>, Findings), PageFault> {
        // All else that is wrong is a finding; without this one there is nothing.
        Page::in_file(self.bytes, self.page_size, root)?;
        let mut bucket = Bucket::default();
        self.tree(root, &mut bucket, &Scope { name: String::new(), nesting: 0 });
        Ok((bucket, self.findings))
    }

    /// Reads the pages of a bucket into it, from left to right.
    fn tree(&mut self, root: u64, bucket: &mut Bucket<'a>, scope: &Scope) {
        let mut waiting = Vec::new();
        if self.enter(root, scope) {
            waiting.push(root);
        }
        while let Some(number) = waiting.pop() {
            let page = match Page::in_file(self.bytes, self.page_size, number) {
                Ok(page) => page,
                Err(fault) => {
                    self.fault(number, scope, &fault);
                    continue;
                }
            };
            if page.number != number {
                self.fault(number, scope, &PageFault::Number(page.number));
            }
            match page.role {
                Role::Branch => self.branches(number, &page, scope, &mut waiting),
                Role::Leaf => self.leaves(number, &page, bucket, scope),
            }
        }
    }

    /// Whether a page is in the file and was not named before.
    fn enter(&mut self, page: u64, scope: &Scope) -> bool {
        let pages = self.bytes.len().checked_div(self.page_size).unwrap_or_default();
        let inside = usize::try_from(page).is_ok_and(|page| page <= pages);
        if !inside {
            self.fault(page, scope, &PageFault::Outside { pages });
            return false;
        }
        let new = self.seen.insert(page);
        if !new {
            self.fault(page, scope, &PageFault::Again);
        }
        new
    }

    fn fault(&mut self, page: u64, scope: &Scope, fault: &PageFault) {
        let place = Place::Page { page, bucket: scope.name.clone() };
        self.findings.add(Class::Damage, place, fault.to_string());
    }

    /// Puts the pages of a branch on those that wait, the first one uppermost.
    fn branches(&mut self, number: u64, page: &Page<'a>, scope: &Scope, waiting: &mut Vec<u64>) {
        let (mut named, mut broken) = (Vec::new(), Broken::default());
        for element in 0..page.count {
            let found = page.branch(element);
            if !self.spend(found.map_or(0, |found| found.key.len())) {
                self.fault(number, scope, &PageFault::TooMuch);
                break;
            }
            match found {
                Some(Branch { page: below, .. }) if self.enter(below, scope) => named.push(below),
                Some(_) => (),
                None => broken.add(element),
            }
        }
        self.report(number, page, &broken, scope);
        waiting.extend(named.into_iter().rev());
    }

    /// Takes the keys and values of a leaf.
    fn leaves(&mut self, number: u64, page: &Page<'a>, bucket: &mut Bucket<'a>, scope: &Scope) {
        let mut last = bucket.pairs.last().map(|(key, _)| *key);
        let mut broken = Broken::default();
        for element in 0..page.count {
            let found = page.leaf(element);
            if !self.spend(found.map_or(0, |found| found.key.len().saturating_add(found.value.len()))) {
                self.fault(number, scope, &PageFault::TooMuch);
                break;
            }
            let Some(leaf) = found else {
                broken.add(element);
                continue;
            };
            if last.is_some_and(|last| last >= leaf.key) {
                broken.unordered = broken.unordered.or(Some(element));
            }
            last = Some(leaf.key);
            if leaf.is_bucket {
                bucket.buckets.extend(self.nested(number, element, &leaf, scope));
            } else {
                bucket.pairs.push((leaf.key, leaf.value));
            }
        }
        self.report(number, page, &broken, scope);
    }

    fn report(&mut self, number: u64, page: &Page<'a>, broken: &Broken, scope: &Scope) {
        if let Some(first) = broken.first {
            let fault = PageFault::Elements { broken: broken.count, of: page.count, first };
            self.fault(number, scope, &fault);
        }
        if let Some(element) = broken.unordered {
            self.fault(number, scope, &PageFault::Order(element));
        }
    }

    /// Takes an element and its bytes from what may be in the file.
    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.elements.checked_sub(1).zip(self.room.checked_sub(bytes));
        if let Some((elements, room)) = left {
            (self.elements, self.room) = (elements, room);
        }
        left.is_some()
    }

    /// Reads a bucket in a bucket. A bucket that is small has its only page in its value.
    fn nested(&mut self, number: u64, element: usize, leaf: &Leaf<'a>, scope: &Scope) -> Option<Bucket<'a>> {
        if scope.nesting >= MAX_NESTING {
            self.fault(number, scope, &PageFault::TooDeep(element));
            return None;
        }
        let Some(root) = u64_at(leaf.value, 0).filter(|_| leaf.value.len() >= BUCKET_HEADER) else {
            self.fault(number, scope, &PageFault::NoBucket(element));
            return None;
        };
        let mut bucket = Bucket { name: leaf.key, ..Bucket::default() };
        let own = shown(leaf.key);
        let name = if scope.name.is_empty() { own } else { format!("{}/{own}", scope.name) };
        let within = Scope { name, nesting: scope.nesting.saturating_add(1) };
        match (root, leaf.value.get(BUCKET_HEADER..).unwrap_or_default()) {
            (0, page) => self.inline(number, page, &mut bucket, &within),
            (root, _) => self.tree(root, &mut bucket, &within),
        }
        Some(bucket)
    }

    fn inline(&mut self, number: u64, page: &'a [u8], bucket: &mut Bucket<'a>, scope: &Scope) {
        match Page::in_value(page) {
            Ok(page) if page.role == Role::Leaf => self.leaves(number, &page, bucket, scope),
            Ok(_) => self.fault(number, scope, &PageFault::NoLeaf),
            Err(fault) => self.fault(number, scope, &fault),
        }
    }
}
