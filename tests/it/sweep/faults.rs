//! One change with one fault, or with two where the second one is to hit the undo; then a restart.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::begin::Begin;
use super::changes::{Change, DOWN};
use super::commands::Place;
use super::requests::Request;
use super::shown::Shown;
use super::tally::Wrong;
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);

/// How long a request for a job is answered later where the job goes on.
const WAIT: &str = "wait=20";

/// How long a command stalls. Its deadline would be too long; what is otherwise while it does is in `Case::lasts`.
const STALL: Duration = Duration::from_millis(100);

#[derive(Debug, Clone)]
pub struct Case {
    pub change: Change,
    /// The command that is refused, so that the change is undone.
    pub provoked_by: Option<Place>,
    /// The command with the fault: of the change, or of its undo.
    pub place: Place,
    pub fault: &'static str,
    /// Whether it stalls for so long that its client is not kept waiting for it and its peer counts as not well.
    pub lasts: bool,
}

/// How long after the next start a command that outlived its server comes to its end: looks that do not wait for its lock are
/// through by then.
const LATE_MS: u64 = 300;

/// How long it stalls then: a command is overdue after 30 s, the monitor looks every 2 s.
const LONG_STALL: Duration = Duration::from_secs(45);

impl Case {
    fn kills(&self) -> bool {
        matches!(self.fault, "kill_before" | "kill_after" | "late")
    }

    fn faults(&self) -> Vec<Value> {
        let mut fault = self.place.fault(self.fault);
        let stall = if self.lasts { LONG_STALL } else { STALL };
        fault["stall_ms"] = json!(u64::try_from(stall.as_millis()).unwrap());
        fault["late_ms"] = json!(LATE_MS);
        self.provoked_by.iter().map(|place| place.fault("refuse")).chain([fault]).collect()
    }

    /// Whether its peer counts as not well meanwhile. gluster and `mkfs.xfs` take as long as there is much to do.
    fn is_noticed(&self) -> bool {
        self.lasts && !["gluster", "mkfs"].contains(&self.place.program())
    }

    /// Whether all faults happened. Where it was not stirred up by a refusal there is one.
    fn happened(&self, lab: &Lab) -> bool {
        let spent = std::fs::read_to_string(lab.path().join("commands.spent")).unwrap_or_default();
        spent.lines().count() == 1 + usize::from(self.provoked_by.is_some())
    }
}

pub fn inject(lab: &mut Lab, faults: Vec<Value>) {
    let record = lab.path().join("commands");
    lab.inject(Some(json!({"record": record, "faults": faults})));
}

/// Runs one case; what is wrong, if anything.
pub fn run(begin: &Begin, case: &Case) -> Result<(), Wrong> {
    let change = case.change;
    let mut lab = begin.lab(change);
    let request = change.request(&begin.subject(change));
    inject(&mut lab, case.faults());
    if case.lasts {
        lab.setting("disable_monitor_gluster_nodes", json!(false));
        lab.setting("start_time_monitor_gluster_nodes", json!(1));
    }
    lab.start();
    let reply = request.send(&lab);
    let mut job = reply.as_ref().ok().filter(|reply| reply.status == 202).map(|reply| reply.location.clone());
    if case.kills() {
        wait_for_the_end(&mut lab, job.as_deref())?;
        lab.kill();
        inject(&mut lab, Vec::new());
        lab.start();
        if change.is_keyed() || change == Change::CleanUp {
            job = Some(asked_once_more(&lab, change, &request, job)?);
        }
    }
    let answer = match (&job, reply) {
        (Some(job), _) => Some(last_answer(&lab, job)?),
        (None, Ok(refused)) => Some(refused),
        (None, Err(_)) if case.kills() => None,
        (None, Err(error)) => return Err(unclear(&lab, &format!("{error:#}"))),
    };
    audit(begin, &lab, change)?;
    if case.is_noticed() && !lab.log().contains("is not well: ") {
        return Err(unclear(&lab, "its peer does not count as not well"));
    }
    if !case.happened(&lab) {
        return Err(unclear(&lab, &format!("not all faults happened: {answer:?}")));
    }
    restart(&mut lab, job.as_deref())?;
    let Some(answer) = answer else { return Ok(()) };
    if !change.is_true(&answer, &lab, &begin.subject(change)) {
        return Err(false_answer(&lab, &answer));
    }
    if change.is_keyed() && case.kills() && !change.is_done(&answer) {
        return Err(Wrong::FalseAnswer(format!("it is not gone on with: {answer:?}\n{}", lab.log_tail())));
    }
    if !change.is_done(&answer) {
        return ask_again(begin, &lab, change);
    }
    if change.is_keyed() {
        asked_once_more(&lab, change, &request, job)?;
        return true_and_clean(begin, &lab, change, &answer);
    }
    Ok(())
}

/// Stops the server as an operator does and starts it on what is there: it does nothing, and shows what it did before. All
/// that the audit compares is looked at, and was found in order: what is the same is so still.
fn restart(lab: &mut Lab, job: Option<&str>) -> Result<(), Wrong> {
    let before = Shown::of(lab, job);
    lab.stop();
    inject(lab, Vec::new());
    lab.start();
    let differences = before.differences(&Shown::of(lab, job));
    if differences.is_empty() {
        return Ok(());
    }
    Err(Wrong::Leak(format!("a restart has changed\n{}\n{}", differences.join("\n"), lab.log_tail())))
}

/// The job of a request that is repeated. With a key that is the first one, whose answer may have been lost.
fn asked_once_more(
    lab: &Lab,
    change: Change,
    request: &Request,
    job: Option<String>,
) -> Result<String, Wrong> {
    match request.send(lab) {
        Ok(reply) if reply.status == 202 => match job {
            Some(job) if change.is_keyed() && job != reply.location => {
                Err(Wrong::FalseAnswer(format!("another job than {job} for the same key: {reply:?}")))
            }
            _ => Ok(reply.location),
        },
        other => Err(unclear(lab, &format!("asked once more: {other:?}"))),
    }
}

/// What has failed and left nothing succeeds now, unless the background has done it meanwhile.
fn ask_again(begin: &Begin, lab: &Lab, change: Change) -> Result<(), Wrong> {
    let reply = match change.request(&begin.subject(change)).send(lab) {
        Ok(reply) if reply.status == 202 => reply,
        // Done by the background meanwhile: the object is deleted, the brick has moved.
        Ok(gone) if change.ends_its_subject() && gone.status == 404 => return Ok(()),
        other => return Err(unclear(lab, &format!("asked again: {other:?}"))),
    };
    let answer = last_answer(lab, &reply.location)?;
    if !change.is_done(&answer) {
        return Err(unclear(lab, &format!("asked again: {answer:?}")));
    }
    true_and_clean(begin, lab, change, &answer)
}

fn true_and_clean(begin: &Begin, lab: &Lab, change: Change, answer: &Reply) -> Result<(), Wrong> {
    if !change.is_true(answer, lab, &begin.subject(change)) {
        return Err(false_answer(lab, answer));
    }
    audit(begin, lab, change)
}

pub fn audit(begin: &Begin, lab: &Lab, change: Change) -> Result<(), Wrong> {
    let is_over = || lab.get("/operations").json()["total"] == 0;
    if !settled(SOON, is_over) {
        let left = lab.get("/operations/pending").text;
        return Err(Wrong::Leak(format!("it does not come to an end: {left}\n{}", lab.log_tail())));
    }
    let mut audit = Audit::new();
    if change == Change::DeviceForget && !change.is_there(lab) {
        // Its disk is pulled out, with all that is on it.
        audit = audit.besides_group(&format!("vg_{}", begin.subject(change)));
    }
    if change == Change::NodeDeleteBesideDown {
        audit = audit.without(DOWN);
    }
    audit.try_clean_within(lab, SOON).map_err(|found| Wrong::Leak(format!("{found}\n{}", lab.log_tail())))
}

/// Waits until the server has died. A command may be missing in a run, where the order of things made a look
/// unnecessary: then the job ends.
fn wait_for_the_end(lab: &mut Lab, job: Option<&str>) -> Result<(), Wrong> {
    let begun = Instant::now();
    let ended = |lab: &Lab, job: &str| lab.try_send("GET", job, &[], None).is_ok_and(|r| r.status != 200);
    // Whether it has died costs nothing, a request does.
    let mut asked = begun;
    let died_or_ended = settled(SOON, || {
        if lab.has_died() {
            return true;
        }
        let is_time = asked.elapsed() > Duration::from_millis(500);
        if is_time {
            asked = Instant::now();
        }
        is_time && job.is_some_and(|job| ended(lab, job))
    });
    if died_or_ended { Ok(()) } else { Err(unclear(lab, "neither died nor ended")) }
}

pub fn last_answer(lab: &Lab, job: &str) -> Result<Reply, Wrong> {
    let begun = Instant::now();
    loop {
        // With the explanation: a failed delete says there what becomes of its volume.
        let headers = [("Accept", "application/problem+json"), ("Prefer", WAIT)];
        match lab.try_send("GET", job, &headers, None) {
            Ok(reply) if reply.status != 200 => return Ok(reply),
            Ok(_) if begun.elapsed() > SOON * 2 => return Err(unclear(lab, "no answer")),
            // It waits for its turn after a restart: then it is said so at once.
            Ok(_) => std::thread::sleep(Duration::from_millis(50)),
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
