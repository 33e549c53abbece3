//! The findings of an import.

use std::collections::BTreeSet;

use crate::heketi_db::{Class, Finding as Read, Kind, Place};
use crate::model::device::Device;
use crate::model::finding::{Finding, Subject};
use crate::model::ids::DeviceId;

/// What is to be done about most findings.
const LOOK: &str =
    "`server state examine gluster` shows what the peers have. When it is mended, clear the finding";

/// What is to be done about operations.
pub(super) const COMPARE: &str =
    "compare with what the peers have (`server state examine gluster`), then clear the finding";

/// What becomes of a brick that is not kept.
pub(super) const STAYS: &str = "it was left out; its space stays charged, and its device takes no new bricks";

/// What was left out, and what else somebody has to look at.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: Vec<Finding>,
    /// What has been told already, so that it is not told again in other words.
    told: BTreeSet<(Subject, String)>,
}

impl Notes {
    /// Something about an object, with what follows and what to do.
    pub(super) fn add(&mut self, subject: Subject, id: &str, what: &str, consequence: &str, cure: &str) {
        self.on(subject, id, (what, consequence, cure), &[]);
    }

    /// The same; these devices take no new bricks because of it.
    pub(super) fn on(
        &mut self,
        subject: Subject,
        id: &str,
        (what, consequence, cure): (&str, &str, &str),
        devices: &[DeviceId],
    ) {
        self.told.insert((subject, id.to_owned()));
        self.list.push(Finding {
            subject,
            id: id.to_owned(),
            what: what.to_owned(),
            consequence: consequence.to_owned(),
            cure: cure.to_owned(),
            devices: devices.to_vec(),
        });
    }

    /// An object whose contradiction is that of another one, which has been told.
    pub(super) fn is_of_another(&mut self, subject: Subject, id: &str) {
        self.told.insert((subject, id.to_owned()));
    }

    /// An object that is not kept.
    pub(super) fn left_out(&mut self, subject: Subject, id: &str, why: &str) {
        self.add(subject, id, why, "it was left out: nothing here knows it", LOOK);
    }

    /// An object whose value could not be kept as it is.
    pub(super) fn changed(&mut self, subject: Subject, id: &str, what: &str, taken: &str) {
        self.add(subject, id, what, taken, LOOK);
    }

    /// All of them, with what the reader and the check have found, as far as that is not told already.
    pub(super) fn into_findings(
        mut self,
        read: impl Iterator<Item = Read>,
        devices: &[Device],
    ) -> Vec<Finding> {
        for found in read {
            let (subject, id) = place(&found.place);
            let may_be_told = matches!(found.class, Class::Contradiction | Class::Charge);
            if !(may_be_told && self.told.contains(&(subject, id.clone()))) {
                self.list.push(finding(found, subject, id, devices));
            }
        }
        // A device that was left out holds nothing.
        for finding in &mut self.list {
            finding.devices.retain(|id| devices.iter().any(|device| device.id == *id));
        }
        self.list
    }
}

fn place(place: &Place) -> (Subject, String) {
    match place {
        Place::Object { kind, id } => (subject(*kind), id.clone()),
        _ => (Subject::File, String::new()),
    }
}

fn subject(kind: Kind) -> Subject {
    match kind {
        Kind::Cluster => Subject::Cluster,
        Kind::Node => Subject::Node,
        Kind::Device => Subject::Device,
        Kind::Volume => Subject::Volume,
        Kind::Brick => Subject::Brick,
        Kind::BlockVolume => Subject::BlockVolume,
        Kind::Operation => Subject::Operation,
        Kind::Attribute => Subject::File,
    }
}

fn finding(found: Read, subject: Subject, id: String, devices: &[Device]) -> Finding {
    let (consequence, cure) = match found.class {
        Class::Damage => (
            "what was there is not known here; objects may be missing",
            "compare with a backup or an export of heketi's. `server state examine gluster` shows what the peers have",
        ),
        Class::Misfit => ("what else is known of it was taken over", LOOK),
        Class::Unknown => ("it was left out", "nothing, unless somebody knows what it is for"),
        Class::Contradiction => ("what can be kept of it was taken over", LOOK),
        // Where less was in use than its bricks take, `devices::account` has told it.
        Class::Charge => (
            "more is charged than is known: it harms nothing",
            "resync the device to free it, then clear the finding",
        ),
    };
    let held = devices.iter().filter(|device| subject == Subject::Device && device.id.to_string() == id);
    // More than is known is what a resync of heketi's leaves.
    let held = held.filter(|_| found.class != Class::Charge).map(|device| device.id).collect();
    let what = match &found.place {
        Place::Object { kind: Kind::Attribute, .. } | Place::Bucket(_) | Place::Page { .. } => {
            found.to_string()
        }
        _ => found.text,
    };
    Finding { subject, id, what, consequence: consequence.to_owned(), cure: cure.to_owned(), devices: held }
}
