//! What was found wrong on the way: listed, never fatal.

use std::fmt;

use crate::words::clipped::clipped;

use super::kind::Kind;

/// More are counted, not kept: a file may be nothing but damage.
const MAX_FINDINGS: usize = 10_000;

/// How many characters of a text are kept.
const MAX_TEXT: usize = 500;

/// How many characters of an id or another name are kept; ids have 32.
const MAX_NAME: usize = 100;

/// What a finding means for whoever goes on with what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Something could not be read: objects are missing, or may be.
    Damage,
    /// A value is not of the kind that belongs there, and its zero value was taken.
    Misfit,
    /// Something that this reader does not know was left out.
    Unknown,
    /// Objects contradict each other, or themselves; they were read as they are.
    Contradiction,
    /// A device has more or less in use than its bricks take.
    Charge,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A bucket of the file, or a section of the export.
    Bucket(String),
    /// A page of the file, and the bucket in whose tree it was met; empty in the tree of the buckets.
    Page {
        /// Its number: it begins at that many times the page size.
        page: u64,
        /// The name of the bucket.
        bucket: String,
    },
    /// One object.
    Object {
        /// What it is.
        kind: Kind,
        /// Its key.
        id: String,
    },
}

impl Place {
    fn clipped(self) -> Place {
        match self {
            Place::File => Place::File,
            Place::Bucket(name) => Place::Bucket(clipped(&name, MAX_NAME)),
            Place::Page { page, bucket } => Place::Page { page, bucket: clipped(&bucket, MAX_NAME) },
            Place::Object { kind, id } => Place::Object { kind, id: clipped(&id, MAX_NAME) },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => f.write_str("the file"),
            Place::Bucket(name) => write!(f, "bucket {name}"),
            Place::Page { page, bucket } if bucket.is_empty() => write!(f, "page {page}"),
            Place::Page { page, bucket } => write!(f, "page {page} of bucket {bucket}"),
            Place::Object { kind, id } if id.is_empty() => write!(f, "a {kind} without an id"),
            Place::Object { kind, id } => write!(f, "{kind} {id}"),
        }
    }
}

/// One thing that was found. As text it is a sentence: the place is its subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it means.
    pub class: Class,
    /// What it is about.
    pub place: Place,
    /// The rest of the sentence, such as `lists brick b1, which does not exist`.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.text)
    }
}

/// A list of findings that cannot grow without end.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    dropped: u64,
}

impl Findings {
    /// Adds one. Whatever of it came out of the file may have any length.
    pub(crate) fn add(&mut self, class: Class, place: Place, text: impl Into<String>) {
        if self.list.len() < MAX_FINDINGS {
            let text = clipped(&text.into(), MAX_TEXT);
            self.list.push(Finding { class, place: place.clipped(), text });
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Adds one about an object.
    pub(crate) fn about(&mut self, class: Class, kind: Kind, id: &str, text: impl Into<String>) {
        self.add(class, Place::Object { kind, id: id.to_owned() }, text);
    }

    /// The first that says that something could not be read.
    pub(crate) fn first_damage(&self) -> Option<&Finding> {
        self.list.iter().find(|finding| finding.class == Class::Damage)
    }

    /// All in order, the last one saying how many more there were.
    pub(crate) fn into_list(mut self) -> Vec<Finding> {
        if self.dropped > 0 {
            let text = format!("has {} more findings, which are not listed", self.dropped);
            self.list.push(Finding { class: Class::Damage, place: Place::File, text });
        }
        self.list
    }
}

/// Bytes of a file as they can be shown: printable, and not too many of them.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 80;
    let start = bytes.get(..MOST).unwrap_or(bytes);
    let more = if bytes.len() > MOST { "…" } else { "" };
    format!("{}{more}", start.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_sentences_and_their_number_is_bounded() {
        let mut findings = Findings::default();
        findings.about(Class::Contradiction, Kind::Device, "d1", "lists brick b1, which does not exist");
        for page in 0..10_001 {
            findings.add(Class::Damage, Place::Page { page, bucket: "NODE".to_owned() }, "is damaged");
        }
        let list = findings.into_list();
        assert_eq!(list[0].to_string(), "device d1 lists brick b1, which does not exist");
        assert_eq!(list[1].to_string(), "page 0 of bucket NODE is damaged");
        assert_eq!(list.len(), 10_001);
        assert_eq!(list[10_000].to_string(), "the file has 2 more findings, which are not listed");
    }

    #[test]
    fn bytes_are_shown_printable_and_short() {
        assert_eq!(shown(b"a\xff\n"), r"a\xff\n");
        assert_eq!(shown(&[b'a'; 100]), format!("{}…", "a".repeat(80)));
    }
}
