//! Every command of every change, and every way in which it can end badly: the answer is true, the change is there
//! wholly or not at all, and nothing is left over. Then the same of the commands that undo a change.
//!
//! The cases are made from a recorded run without faults: a command that is new is swept without being named here.

mod begin;
mod changes;
mod faults;
mod tally;
mod truth;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::begin::Begin;
use self::changes::Change;
use self::faults::Case;
use self::tally::{Tally, Wrong};

const WORKERS: usize = 4;

const FAULTS: [&str; 8] =
    ["kill_before", "kill_after", "late", "refuse", "lose_reply", "garbage", "stall", "unreachable"];

/// A case, and the command that has the fault, to be shown where it fails.
type Named = (Case, String);

/// Runs the cases of a sweep, counts what is wrong with them, and fails where anything is.
fn run_all(sweep: &str, begin: &Begin, cases: &[Named]) {
    let next = AtomicUsize::new(0);
    let (tally, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let work = || {
        while let Some((case, command)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wrong = catch_unwind(AssertUnwindSafe(|| faults::run(begin, *case)))
                .unwrap_or_else(|_| Err(Wrong::Unclear("it panicked".to_owned())))
                .err();
            tally.lock().unwrap().add(case.change, wrong.as_ref());
            if let Some(wrong) = wrong {
                failures.lock().unwrap().push(format!("{case:?} {command}\n{wrong}"));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    let (tally, failures) = (tally.into_inner().unwrap(), failures.into_inner().unwrap());
    tally.print(sweep);
    assert!(failures.is_empty(), "{}\n\n{}", tally.total(), failures.join("\n\n"));
}

/// A fault at every command of these changes.
fn cases(begin: &Begin, fault: &'static str, is_swept: impl Fn(Change) -> bool) -> Vec<Named> {
    let mut cases = Vec::new();
    for change in Change::ALL.into_iter().filter(|change| is_swept(*change)) {
        let commands = faults::commands(begin, change).into_iter().enumerate();
        cases.extend(commands.map(|(at, command)| (Case { change, provoked_by: None, at, fault }, command)));
    }
    cases
}

/// Faults at every command that undoes a change, as far as they are wanted.
fn cases_of_undos(begin: &Begin, is_swept: impl Fn(Change, &str) -> bool) -> Vec<Named> {
    let mut cases = Vec::new();
    for change in Change::UNDONE {
        let faults: Vec<&str> = FAULTS.into_iter().filter(|fault| is_swept(change, fault)).collect();
        if faults.is_empty() {
            continue;
        }
        let (provoked_by, commands) = faults::undo(begin, change);
        assert!(!commands.is_empty(), "{change:?} is undone without a command");
        for (at, command) in commands.iter().enumerate() {
            let case = |fault| (Case { change, provoked_by: Some(provoked_by), at, fault }, command.clone());
            cases.extend(faults.iter().map(|fault| case(*fault)));
        }
    }
    cases
}

fn sweep(fault: &'static str) {
    let begin = Begin::new();
    run_all(fault, &begin, &cases(&begin, fault, |change| change.is_swept_each_time(fault)));
}

fn sweep_undos(faults: &[&'static str]) {
    let begin = Begin::new();
    let is_swept = |change: Change, fault: &str| faults.contains(&fault) && change.is_undone_each_time(fault);
    let sweep = format!("undos: {}", faults.join(", "));
    run_all(&sweep, &begin, &cases_of_undos(&begin, is_swept));
}

#[test]
fn a_server_killed_before_any_command_leaves_nothing_half_done() {
    sweep("kill_before");
}

#[test]
fn a_server_killed_after_any_command_leaves_nothing_half_done() {
    sweep("kill_after");
}

#[test]
fn a_command_that_arrives_after_the_restart_leaves_nothing_behind() {
    sweep("late");
}

#[test]
fn a_refusal_of_any_command_is_all_or_nothing() {
    sweep("refuse");
}

#[test]
fn a_lost_reply_of_any_command_is_all_or_nothing() {
    sweep("lose_reply");
}

#[test]
fn an_unreadable_answer_of_any_command_is_all_or_nothing() {
    sweep("garbage");
}

#[test]
fn a_command_that_hangs_is_all_or_nothing() {
    sweep("stall");
}

#[test]
fn a_peer_that_cannot_be_reached_for_any_command_is_all_or_nothing() {
    sweep("unreachable");
}

#[test]
fn a_server_killed_in_the_middle_of_an_undo_undoes_all_the_same() {
    sweep_undos(&["kill_before", "kill_after", "late"]);
}

#[test]
fn an_undo_that_fails_is_done_again() {
    sweep_undos(&["refuse", "lose_reply", "garbage"]);
}

#[test]
#[ignore = "takes long; `make test-all` has it"]
fn what_is_not_swept_each_time_is_all_or_nothing_too() {
    let begin = Begin::new();
    let rest = |fault| cases(&begin, fault, |change| !change.is_swept_each_time(fault));
    run_all("the rest", &begin, &FAULTS.into_iter().flat_map(rest).collect::<Vec<_>>());
}

#[test]
#[ignore = "takes long; `make test-all` has it"]
fn what_is_not_swept_each_time_is_undone_all_the_same() {
    let begin = Begin::new();
    let is_swept = |change: Change, fault: &str| !change.is_undone_each_time(fault);
    run_all("undos: the rest", &begin, &cases_of_undos(&begin, is_swept));
}
