//! What is checked of objects of any kind.

use std::collections::BTreeSet;

use crate::words::clipped::clipped;

use super::super::entities::{Database, PendingMark};
use super::super::finding::{Class, Findings};
use super::super::kind::Kind;
use super::links::{Links, exists, parent_of};

/// The object that is checked.
pub(super) struct Subject<'c, 'a> {
    pub(super) database: &'a Database,
    pub(super) links: &'c Links<'a>,
    pub(super) findings: &'c mut Findings,
    pub(super) kind: Kind,
    pub(super) id: &'a str,
}

impl Subject<'_, '_> {
    /// Reports something, such as `has no name`.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.findings.about(Class::Contradiction, self.kind, self.id, text);
    }

    /// Reports something if it is the case.
    pub(super) fn say_if(&mut self, case: bool, text: &str) {
        if case {
            self.say(text);
        }
    }

    /// The id it is kept by must be one, and its own.
    pub(super) fn identity(&mut self, own: &str) {
        if own != self.id {
            self.say(format!("says of itself that it is {}", quoted(own)));
        }
        let is_id =
            self.id.len() == 32 && self.id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.say_if(self.kind != Kind::Attribute && !is_id, "has an id that is not 32 lower-case hex digits");
    }

    /// What it lists must exist and belong to it.
    pub(super) fn lists(&mut self, kind: Kind, ids: &[String]) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                self.say(format!("lists {kind} {id} more than once"));
            } else if !exists(self.database, kind, id) {
                self.say(format!("lists {kind} {}, which does not exist", quoted(id)));
            } else {
                self.owns(kind, id);
            }
        }
    }

    fn owns(&mut self, kind: Kind, id: &str) {
        let parent = parent_of(self.database, (kind, id), self.kind).unwrap_or_default();
        if parent != self.id {
            let says = match parent {
                "" => format!("names no {}", self.kind),
                other => format!("names {} {other}", self.kind),
            };
            self.say(format!("lists {kind} {id}, which {says}"));
        }
    }

    /// What it names must exist; whether it does.
    pub(super) fn names(&mut self, kind: Kind, id: &str) -> bool {
        let there = exists(self.database, kind, id);
        if id.is_empty() {
            self.say(format!("names no {kind}"));
        } else if !there {
            self.say(format!("names {kind} {id}, which does not exist"));
        }
        there
    }

    /// What it belongs to must exist and list it.
    pub(super) fn belongs_to(&mut self, kind: Kind, id: &str) {
        if self.names(kind, id) && !self.links.has((kind, id), (self.kind, self.id)) {
            self.say(format!("names {kind} {id}, which does not list it"));
        }
    }

    /// The operation that holds it must be there.
    pub(super) fn mark(&mut self, mark: &PendingMark) {
        if mark.is_set() && !exists(self.database, Kind::Operation, &mark.id) {
            self.say(format!("is held by pending operation {}, which does not exist", mark.id));
        }
    }

    /// The state of nodes and devices is one of three. Version 4.0 did not write it from the beginning.
    pub(super) fn state(&mut self, state: &str) {
        if !matches!(state, "online" | "offline" | "failed" | "") {
            self.say(format!("has state {}, which is none of online, offline and failed", quoted(state)));
        }
    }
}

/// A text that may be anything.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    format!("`{}`", clipped(text, MOST))
}
