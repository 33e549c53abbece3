//! What changes do that nothing disturbs, and what is done to undo them: the cases are made of that.

use std::collections::BTreeSet;

use super::begin::Begin;
use super::changes::Change;
use super::commands::{Place, Sent, recorded};
use super::faults::{audit, inject, last_answer};
use crate::support::{Lab, Reply};

/// A run that nothing disturbed.
pub struct Clean {
    /// The commands, in the order in which they were sent.
    pub sent: Vec<Sent>,
    /// The kinds of the operations that it took.
    pub kinds: BTreeSet<String>,
}

/// The commands that undo a change.
pub struct Undo {
    /// The last command whose refusal makes it fail. A refusal of what comes behind it does no harm.
    pub provoked_by: Place,
    /// All commands of such a run.
    pub sent: Vec<Sent>,
    /// Which of them is the one that is refused: those behind it are the undo.
    pub refused: usize,
}

impl Clean {
    pub fn run(begin: &Begin, change: Change) -> Clean {
        let (answer, lab, before) = run_with(begin, change, None);
        assert!(change.is_done(&answer), "{change:?} {answer:?}\n{}", lab.log_tail());
        let kinds =
            jobs(&lab).into_iter().filter(|job| !before.contains(job)).map(|(_, kind)| kind).collect();
        Clean { sent: recorded(&lab), kinds }
    }
}

impl Undo {
    pub fn of(begin: &Begin, change: Change) -> Undo {
        let sent = begin.clean(change, |clean| clean.sent.clone());
        for at in (0..sent.len()).rev().filter(|at| change.may_be_undone_after(&sent[*at].command)) {
            let provoked_by = Place::of(&sent, at, None);
            let (answer, lab, _) = run_with(begin, change, Some(&provoked_by));
            if change.is_done(&answer) {
                continue;
            }
            let sent = recorded(&lab);
            let refused = provoked_by.found_in(&sent).unwrap();
            assert!(refused + 1 < sent.len(), "{change:?} is undone without a command");
            return Undo { provoked_by, sent, refused };
        }
        panic!("no refusal makes {change:?} fail");
    }
}

/// Ids and kinds of all jobs that are known.
fn jobs(lab: &Lab) -> BTreeSet<(String, String)> {
    let jobs = lab.get("/jobs").json()["jobs"].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    jobs.as_array().unwrap().iter().map(|job| (text(&job["id"]), text(&job["kind"]))).collect()
}

/// The answer, the server, and the jobs that it knew before.
fn run_with(
    begin: &Begin,
    change: Change,
    refused: Option<&Place>,
) -> (Reply, Lab, BTreeSet<(String, String)>) {
    let mut lab = begin.lab(change);
    inject(&mut lab, refused.map(|place| place.fault("refuse")).into_iter().collect());
    lab.start();
    let before = jobs(&lab);
    let reply = change.request(&begin.subject(change)).send(&lab).unwrap();
    let answer = if reply.status == 202 { last_answer(&lab, &reply.location).unwrap() } else { reply };
    audit(begin, &lab, change).unwrap_or_else(|found| panic!("{change:?} {found}"));
    (answer, lab, before)
}
