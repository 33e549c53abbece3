//! From an export to what it holds.

use std::sync::Arc;

use serde::Deserialize as _;

use super::super::entities::{Database, Source};
use super::super::finding::{Class, Findings, Place};
use super::super::kind::Kind;
use super::super::read::Reading;
use super::super::value::Value;
use crate::json::Raw;

/// Larger exports are refused. One of 10,000 volumes with three bricks each has about 60 MB.
pub const MAX_BYTES: usize = 256 << 20;

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON; the error names the line.
    #[error("this is no JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error(
        "this is JSON, but no export of heketi's: none of `{}`, `{}` and the other sections is in it",
        Kind::Cluster.section(),
        Kind::Volume.section()
    )]
    NoExport,
    /// It is larger than any.
    #[error("the export has {bytes} bytes, and {MAX_BYTES} are the most")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

/// Reads an export. As for heketi, its first JSON value counts, names of fields are in any case, and `null` is zero.
///
/// # Errors
/// When this is no JSON, or none of heketi's. What is in it can be anything: that is a finding.
pub fn read(text: &[u8]) -> Result<Reading, JsonError> {
    if text.len() > MAX_BYTES {
        return Err(JsonError::TooLarge { bytes: text.len() });
    }
    // As for Go, bytes that are no UTF-8 are replaced.
    let text = String::from_utf8_lossy(text);
    let export = Value::from(Raw::deserialize(&mut serde_json::Deserializer::from_str(&text))?);
    let Value::Struct(sections) = export else { return Err(JsonError::NoExport) };
    // An empty object is an empty database to heketi.
    let is_one = |(name, _): &(Arc<str>, Value)| kind_of(name).is_some();
    if !sections.fields.is_empty() && !sections.fields.iter().any(is_one) {
        return Err(JsonError::NoExport);
    }
    let (mut database, mut findings) = (Database::default(), Findings::default());
    for (name, content) in &sections.fields {
        section(&mut database, name, content, &mut findings);
    }
    Ok(Reading { database, findings: findings.into_list() })
}

fn kind_of(section: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.section().eq_ignore_ascii_case(section))
}

fn section(database: &mut Database, name: &str, content: &Value, findings: &mut Findings) {
    let place = || Place::Bucket(name.chars().take(80).collect());
    match (kind_of(name), content) {
        (Some(kind), Value::Struct(objects)) => {
            for (id, value) in &objects.fields {
                database.put(Source::Json, kind, id, value, findings);
            }
        }
        (Some(_), Value::Nil) => (),
        (Some(_), other) => {
            let text = format!("is {} where an object belongs; it was left out", other.kind());
            findings.add(Class::Damage, place(), text);
        }
        (None, _) => findings.add(Class::Unknown, place(), "is not known here and was left out"),
    }
}
