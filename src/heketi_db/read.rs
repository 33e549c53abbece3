//! From a database file to what it holds.

use super::bolt::{Bolt, Bucket, OpenError};
use super::entities::{Database, Source};
use super::finding::{Class, Finding, Findings, Place, shown};
use super::gob;
use super::kind::Kind;
use super::value::Value;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// All that could be read.
    pub database: Database,
    /// What could not, or is not as it should be.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// Whether something may be missing in it.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.class == Class::Damage)
    }
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No bucket can be reached.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file is whole, and somebody else's.
    #[error("this is a BoltDB file, but not heketi's: it has no bucket {}, and {} buckets of other names{}", Kind::Cluster.bucket(), .others.len(), listed(.others))]
    NotHeketi {
        /// The names of its buckets.
        others: Vec<String>,
    },
    /// heketi's buckets may have been there.
    #[error(
        "the BoltDB file is damaged: none of heketi's buckets can be found; {first}. Take a backup of the file, or an export"
    )]
    NoBuckets {
        /// The first damage.
        first: Box<Finding>,
    },
    /// There is no state before.
    #[error("the file has no state but the newest one")]
    NoStateBefore,
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > MOST { ", …" } else { "" };
    let names: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    format!(" ({}{more})", names.join(", "))
}

/// Reads the newest state of a database file; [`super::bolt::load`] gets its bytes.
///
/// # Errors
/// When this is no database of heketi's, or so damaged that nothing in it can be reached.
pub fn read(bytes: &[u8]) -> Result<Reading, ReadError> {
    state(&Bolt::open(bytes)?)
}

/// Reads the state before the last change, for the case that [`read`] finds the newest one damaged.
///
/// # Errors
/// As [`read`], and when the file does not have that state.
pub fn read_before(bytes: &[u8]) -> Result<Reading, ReadError> {
    Bolt::open(bytes)?.older().ok_or(ReadError::NoStateBefore).and_then(|older| state(&older))
}

fn state(bolt: &Bolt<'_>) -> Result<Reading, ReadError> {
    let (buckets, mut findings) = bolt.walk()?;
    if !buckets.iter().any(|bucket| kind_of(bucket).is_some()) {
        let others = buckets.iter().map(|bucket| shown(bucket.name)).collect();
        return Err(match findings.first_damage() {
            Some(first) => ReadError::NoBuckets { first: Box::new(first.clone()) },
            None => ReadError::NotHeketi { others },
        });
    }
    let mut database = Database::default();
    for bucket in &buckets {
        match kind_of(bucket) {
            Some(kind) => fill(&mut database, kind, bucket, &mut findings),
            None => {
                let text = format!("is not known here; its {} values were left out", bucket.pairs.len());
                findings.add(Class::Unknown, Place::Bucket(shown(bucket.name)), text);
            }
        }
    }
    missing(&database, &buckets, &mut findings);
    Ok(Reading { database, findings: findings.into_list() })
}

fn kind_of(bucket: &Bucket<'_>) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.bucket().as_bytes() == bucket.name)
}

/// Reports buckets that are not there. Version 4.0 made the first five of them.
fn missing(database: &Database, buckets: &[Bucket<'_>], findings: &mut Findings) {
    let first = [Kind::Cluster, Kind::Node, Kind::Device, Kind::Volume, Kind::Brick];
    let later = [Kind::BlockVolume, Kind::Operation].into_iter().filter(|_| database.records_operations());
    for kind in first.into_iter().chain(later) {
        if !buckets.iter().any(|bucket| kind_of(bucket) == Some(kind)) {
            let place = Place::Bucket(kind.bucket().to_owned());
            findings.add(Class::Damage, place, "is missing, which this version of heketi has made");
        }
    }
}

/// Takes in what a bucket holds.
fn fill(database: &mut Database, kind: Kind, bucket: &Bucket<'_>, findings: &mut Findings) {
    for nested in &bucket.buckets {
        let place = Place::Bucket(format!("{}/{}", kind.bucket(), shown(nested.name)));
        findings.add(Class::Unknown, place, "is not known here and was left out");
    }
    for (key, value) in &bucket.pairs {
        if is_name(kind, key) {
            names(database, kind, key, value, findings);
        } else {
            object(database, kind, key, value, findings);
        }
    }
}

/// Keys that are no ids, whose values are ids in plain text.
fn is_name(kind: Kind, key: &[u8]) -> bool {
    let prefixes: &[&str] = match kind {
        Kind::Node => &["MANAGE", "STORAGE"],
        Kind::Device => &["DEVICE"],
        _ => &[],
    };
    prefixes.iter().any(|prefix| key.starts_with(prefix.as_bytes()))
}

fn names(database: &mut Database, kind: Kind, key: &[u8], value: &[u8], findings: &mut Findings) {
    let names = if kind == Kind::Node { &mut database.node_names } else { &mut database.device_names };
    match (std::str::from_utf8(key), std::str::from_utf8(value)) {
        (Ok(name), Ok(id)) => {
            names.insert(name.to_owned(), id.to_owned());
        }
        _ => {
            let text = format!("has a name {} whose id is no text; it was left out", shown(key));
            findings.add(Class::Misfit, Place::Bucket(kind.bucket().to_owned()), text);
        }
    }
}

fn object(database: &mut Database, kind: Kind, key: &[u8], value: &[u8], findings: &mut Findings) {
    // Keys are ids or names of attributes; what is none is shown as it can be, so that it stays one of its own.
    let id = std::str::from_utf8(key).map_or_else(|_| shown(key), str::to_owned);
    let decoded = match gob::decode(value) {
        Ok(decoded) => decoded,
        Err(error) => {
            let text = format!("cannot be read ({error}); it was left out");
            return findings.about(Class::Damage, kind, &id, text);
        }
    };
    if let Some(other) = other_kind(kind, &decoded.value) {
        let text = format!("has the value of a {other} in its place; it was left out");
        return findings.about(Class::Damage, kind, &id, text);
    }
    if decoded.rest > 0 {
        let text = format!("has {} bytes behind its value, which mean nothing", decoded.rest);
        findings.about(Class::Misfit, kind, &id, text);
    }
    database.put(Source::Gob, kind, &id, &decoded.value, findings);
}

/// The kind that a value is of, where that is another one.
fn other_kind(kind: Kind, value: &Value) -> Option<Kind> {
    let Value::Struct(object) = value else { return None };
    Kind::ALL.into_iter().find(|other| *other != kind && *object.type_name == *other.go_type())
}
