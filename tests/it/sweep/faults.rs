//! One change with one fault, or with two where the second one is to hit the undo.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::begin::{Begin, copied};
use super::changes::Change;
use super::tally::Wrong;
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);

/// How long a command stalls: its deadline would be too long, and the server cannot tell the difference.
const STALL_MS: u64 = 100;

#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub change: Change,
    /// The command that is refused, so that the change is undone.
    pub provoked_by: Option<usize>,
    /// The command with the fault: of the change, or of its undo.
    pub at: usize,
    pub fault: &'static str,
}

impl Case {
    fn kills(self) -> bool {
        matches!(self.fault, "kill_before" | "kill_after" | "late")
    }

    fn faults(self) -> Vec<Value> {
        // A command that meets a fault is not counted by those behind it.
        let skip = self.provoked_by.unwrap_or(0) + self.at;
        let fault = json!({"command": ".", "skip": skip, "fault": self.fault, "stall_ms": STALL_MS});
        self.provoked_by.map(refusal).into_iter().chain([fault]).collect()
    }
}

fn refusal(at: usize) -> Value {
    json!({"command": ".", "skip": at, "fault": "refuse"})
}

fn inject(lab: &mut Lab, faults: Vec<Value>) {
    let record = lab.path().join("commands");
    lab.inject(Some(json!({"record": record, "faults": faults})));
}

/// The commands that a server has sent, each a line.
fn recorded(lab: &Lab) -> Vec<String> {
    let text = std::fs::read_to_string(lab.path().join("commands")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The commands of a clean run.
pub fn commands(begin: &Begin, change: Change) -> Vec<String> {
    let (answer, commands) = run_with(begin, change, Vec::new());
    assert!(change.is_done(&answer), "{change:?} {answer:?}");
    commands
}

/// The last command whose refusal makes a change fail, and the commands that undo it then. A refusal of what comes
/// behind it does no harm.
pub fn undo(begin: &Begin, change: Change) -> (usize, Vec<String>) {
    let commands = commands(begin, change).into_iter().enumerate().rev();
    for (at, _) in commands.filter(|(_, command)| change.may_be_undone_after(command)) {
        let (answer, mut commands) = run_with(begin, change, vec![refusal(at)]);
        if !change.is_done(&answer) {
            return (at, commands.split_off(at + 1));
        }
    }
    panic!("no refusal makes {change:?} fail");
}

fn run_with(begin: &Begin, change: Change, faults: Vec<Value>) -> (Reply, Vec<String>) {
    let mut lab = copied(begin.folder(change));
    inject(&mut lab, faults);
    lab.start();
    let reply = begin.request(&lab, change).unwrap();
    let answer = if reply.status == 202 { last_answer(&lab, &reply.location).unwrap() } else { reply };
    audit(begin, &lab, change).unwrap_or_else(|found| panic!("{change:?} {found}"));
    (answer, recorded(&lab))
}

/// Runs one case; what is wrong, if anything.
pub fn run(begin: &Begin, case: Case) -> Result<(), Wrong> {
    let change = case.change;
    let mut lab = copied(begin.folder(change));
    inject(&mut lab, case.faults());
    lab.start();
    let reply = begin.request(&lab, change);
    let job = reply.as_ref().ok().filter(|reply| reply.status == 202).map(|reply| reply.location.clone());
    if case.kills() {
        wait_for_the_end(&mut lab, job.as_deref())?;
        lab.kill();
        inject(&mut lab, Vec::new());
        lab.start();
    }
    let answer = match (job, reply) {
        (Some(job), _) => Some(last_answer(&lab, &job)?),
        (None, Ok(refused)) => Some(refused),
        (None, Err(_)) if case.kills() => None,
        (None, Err(error)) => return Err(unclear(&lab, &format!("{error:#}"))),
    };
    let failed = answer.as_ref().is_some_and(|answer| !change.is_done(answer));
    audit(begin, &lab, change)?;
    let spent = std::fs::read_to_string(lab.path().join("commands.spent")).unwrap_or_default();
    if spent.lines().count() != case.faults().len() {
        return Err(unclear(&lab, &format!("not all faults happened: {spent:?}, {answer:?}")));
    }
    let Some(answer) = answer else { return Ok(()) };
    if !change.is_true(&answer, &lab, begin.subject(change)) {
        return Err(false_answer(&lab, &answer));
    }
    if failed { ask_again(begin, &lab, change) } else { Ok(()) }
}

/// What has failed and left nothing succeeds now, unless the background has done it meanwhile.
fn ask_again(begin: &Begin, lab: &Lab, change: Change) -> Result<(), Wrong> {
    let reply = match begin.request(lab, change) {
        Ok(reply) if reply.status == 202 => reply,
        // Done by the background meanwhile: the object is deleted, the brick has moved.
        Ok(gone) if change.ends_its_subject() && gone.status == 404 => return Ok(()),
        other => return Err(unclear(lab, &format!("asked again: {other:?}"))),
    };
    let answer = last_answer(lab, &reply.location)?;
    if !change.is_done(&answer) {
        return Err(unclear(lab, &format!("asked again: {answer:?}")));
    }
    if !change.is_true(&answer, lab, begin.subject(change)) {
        return Err(false_answer(lab, &answer));
    }
    audit(begin, lab, change)
}

fn audit(begin: &Begin, lab: &Lab, change: Change) -> Result<(), Wrong> {
    let mut audit = Audit::new();
    let is_over = || lab.get("/operations").json()["total"] == 0;
    if change == Change::DeviceForget && settled(SOON, is_over) && !change.is_there(lab) {
        // Its disk is pulled out, with all that is on it.
        audit = audit.besides_group(&format!("vg_{}", begin.subject(change)));
    }
    audit.try_clean_within(lab, SOON).map_err(|found| Wrong::Leak(format!("{found}\n{}", lab.log_tail())))
}

/// Waits until the server has died. A command may be missing in a run, where the order of things made a look
/// unnecessary: then the job ends.
fn wait_for_the_end(lab: &mut Lab, job: Option<&str>) -> Result<(), Wrong> {
    let ended = |lab: &Lab, job: &str| lab.try_send("GET", job, &[], None).is_ok_and(|r| r.status != 200);
    if settled(SOON, || lab.has_died() || job.is_some_and(|job| ended(lab, job))) {
        return Ok(());
    }
    Err(unclear(lab, "neither died nor ended"))
}

fn last_answer(lab: &Lab, job: &str) -> Result<Reply, Wrong> {
    let begun = Instant::now();
    loop {
        // With the explanation: a failed delete says there what becomes of its volume.
        match lab.try_send("GET", job, &[("Accept", "application/problem+json")], None) {
            Ok(reply) if reply.status != 200 => return Ok(reply),
            Ok(_) if begun.elapsed() > SOON * 2 => return Err(unclear(lab, "no answer")),
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(unclear(lab, &format!("{error:#}"))),
        }
    }
}

fn false_answer(lab: &Lab, answer: &Reply) -> Wrong {
    Wrong::FalseAnswer(format!("{answer:?}\n{}", lab.log_tail()))
}

fn unclear(lab: &Lab, what: &str) -> Wrong {
    Wrong::Unclear(format!("{what}\n{}", lab.log_tail()))
}
