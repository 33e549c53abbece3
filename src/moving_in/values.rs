//! Values of heketi's as ours.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::notes::Notes;
use crate::model::finding::Subject;
use crate::model::ids::ClusterId;
use crate::model::sizes::{GiB, KiB};
use crate::model::state::EntryState;

/// The id that an object is kept by. One that is none cannot be kept.
pub(super) fn id<Id: FromStr>(subject: Subject, key: &str, notes: &mut Notes) -> Option<Id> {
    let parsed = key.parse().ok();
    if parsed.is_none() {
        notes.left_out(subject, key, "has an id that is not 32 lower-case hex digits");
    }
    parsed
}

/// A text without the one character that SQLite's functions do not pass on.
pub(super) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(super) fn texts(list: &[String]) -> Vec<String> {
    list.iter().map(|one| text(one)).collect()
}

pub(super) fn tags(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// A quarter of an exbibyte: no disk is larger, and the sum of all that are smaller is a number that SQLite keeps.
const LARGEST_KIB: u64 = 1 << 48;

/// The same in GiB.
const LARGEST_GIB: i64 = 1 << 28;

/// The largest size, where it is larger than any.
pub(super) fn kib(size: u64) -> KiB {
    KiB::new(size.min(LARGEST_KIB)).unwrap_or(KiB::MAX)
}

/// Whether it is larger than any.
pub(super) fn is_absurd(size: u64) -> bool {
    size > LARGEST_KIB
}

/// None where it is no size.
pub(super) fn gib(size: i64) -> Option<GiB> {
    GiB::from_sql(size).filter(|_| size <= LARGEST_GIB)
}

/// One that is none of heketi's words takes no bricks until somebody says so.
pub(super) fn state((subject, id): (Subject, &str), word: &str, notes: &mut Notes) -> EntryState {
    match word {
        // Version 4.0 did not write it from the beginning.
        "online" | "" => EntryState::Online,
        "offline" => EntryState::Offline,
        "failed" => EntryState::Failed,
        other => {
            let what = format!("has state `{}`, which is none of online, offline and failed", text(other));
            notes.changed(subject, id, &what, "it was taken for offline: it gets no new bricks");
            EntryState::Offline
        }
    }
}

/// The clusters that a request named: only dumps show them.
pub(super) fn asked(clusters: &[String]) -> Vec<ClusterId> {
    clusters.iter().filter_map(|id| id.parse().ok()).collect()
}
