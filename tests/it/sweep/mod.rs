//! Every command of every change, and every way in which it can end badly: the answer is true, the change is there
//! wholly or not at all, and nothing is left over, also after a further restart. Then the same of the commands that undo a
//! change.
//!
//! The cases are made from a recorded run without faults: a command that is new is swept without being named here. Each
//! time every command meets a kill and a refusal, and every command of an undo one of both; `make sweep` has all.

mod begin;
mod changes;
mod clean;
mod commands;
mod complete;
mod faults;
mod layouts;
mod requests;
mod shown;
mod tally;
mod truth;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use self::begin::Begin;
use self::changes::Change;
use self::clean::Undo;
use self::commands::Place;
use self::faults::Case;
use self::layouts::Layout;
use self::tally::{Tally, Wrong};

/// Cases at the same time, of all sweeps that run. Most of their time they wait: for pauses between looks and between tries.
const WORKERS: usize = 16;

const KILLS: [&str; 3] = ["kill_before", "kill_after", "late"];

const FAULTS: [&str; 8] =
    ["kill_before", "kill_after", "late", "refuse", "lose_reply", "garbage", "stall", "unreachable"];

/// How many cases end until it is said how many have.
const TOLD_EVERY: usize = 200;

/// A case, and the command that has the fault, to be shown where it fails.
type Named = (Case, String);

/// How many more may run now.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(WORKERS), Condvar::new());

/// One of those that run, for as long as it lives.
struct Turn;

impl Turn {
    fn wait() -> Turn {
        let (free, told) = &FREE;
        let mut free = told.wait_while(free.lock().unwrap(), |free| *free == 0).unwrap();
        *free -= 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (free, told) = &FREE;
        *free.lock().unwrap() += 1;
        told.notify_one();
    }
}

/// Does something with each of these, several at a time.
fn side_by_side<'a, T: Sync, R: Send>(all: &'a [T], work: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let turn = Turn::wait();
                    let result = work(one);
                    drop(turn);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Runs the cases of a sweep, counts what is wrong with them, and fails where anything is.
fn run_all(sweep: &str, begin: &Begin, cases: &[Named]) {
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let ended = AtomicUsize::new(0);
    let ends = side_by_side(cases, |named| {
        let ran = catch_unwind(AssertUnwindSafe(|| faults::run(begin, &named.0)));
        let wrong = ran.unwrap_or_else(|_| Err(Wrong::Unclear("it panicked".to_owned()))).err();
        let count = ended.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(TOLD_EVERY) || count == cases.len() {
            eprintln!("{sweep}: {count} of {} cases", cases.len());
        }
        if let Some(wrong) = &wrong {
            eprintln!("{sweep}: {:?} {}\n{wrong}", named.0, named.1);
        }
        (named, wrong)
    });
    for ((case, command), wrong) in ends {
        tally.add(case.change, wrong.as_ref());
        failures.extend(wrong.map(|wrong| format!("{case:?} {command}\n{wrong}")));
    }
    tally.print(sweep);
    assert!(failures.is_empty(), "{}\n\n{}", tally.total(), failures.join("\n\n"));
}

/// Whether a fault is met at the command of that number.
type Wanted = fn(usize, &str) -> bool;

/// A fault at every command of every change, as far as they are wanted.
fn cases(begin: &Begin, wanted: Wanted) -> Vec<Named> {
    let of_change = |change: &Change| {
        let sent = begin.clean(*change, |clean| clean.sent.clone());
        let numbers = 0..sent.len();
        let of_command = |at: usize| {
            let place = Place::of(&sent, at, None);
            let case = |fault| Case {
                change: *change,
                provoked_by: None,
                place: place.clone(),
                fault,
                lasts: false,
            };
            faults_at(at, wanted).map(|fault| (case(fault), sent[at].command.clone())).collect::<Vec<_>>()
        };
        numbers.flat_map(of_command).collect::<Vec<_>>()
    };
    side_by_side(Change::ALL, of_change).concat()
}

fn faults_at(at: usize, wanted: Wanted) -> impl Iterator<Item = &'static str> {
    FAULTS.into_iter().filter(move |fault| wanted(at, fault))
}

/// Faults at every command that undoes a change, as far as they are wanted.
fn cases_of_undos(begin: &Begin, wanted: Wanted) -> Vec<Named> {
    let of_change = |change: &Change| {
        let Undo { provoked_by, sent, refused } = Undo::of(begin, *change);
        let of_command = |at: usize| {
            let place = Place::of(&sent, at, Some(refused));
            let provoked_by = Some(provoked_by.clone());
            let case = |fault| Case {
                change: *change,
                provoked_by: provoked_by.clone(),
                place: place.clone(),
                fault,
                lasts: false,
            };
            faults_at(at, wanted).map(|fault| (case(fault), sent[at].command.clone())).collect::<Vec<_>>()
        };
        (refused + 1..sent.len()).flat_map(of_command).collect::<Vec<_>>()
    };
    let undone: Vec<Change> = Change::ALL.iter().copied().filter(|change| change.is_undone()).collect();
    side_by_side(&undone, of_change).concat()
}

/// Every kill each time would be three where one tells the most: they take turns.
fn kills_each_time(at: usize, fault: &str) -> bool {
    KILLS[at % KILLS.len()] == fault
}

fn refuses_each_time(_: usize, fault: &str) -> bool {
    fault == "refuse"
}

fn is_swept_each_time(at: usize, fault: &str) -> bool {
    kills_each_time(at, fault) || refuses_each_time(at, fault)
}

/// A kill or a refusal.
fn is_undone_each_time(at: usize, fault: &str) -> bool {
    if at.is_multiple_of(2) { kills_each_time(at / 2, fault) } else { refuses_each_time(at, fault) }
}

#[test]
fn a_server_killed_at_any_command_leaves_nothing_half_done() {
    let begin = Begin::shared();
    run_all("kills", &begin, &cases(&begin, kills_each_time));
}

#[test]
fn a_refusal_of_any_command_is_all_or_nothing() {
    let begin = Begin::shared();
    run_all("refusals", &begin, &cases(&begin, refuses_each_time));
}

#[test]
fn an_undo_that_fails_or_is_interrupted_is_done_again() {
    let begin = Begin::shared();
    run_all("undos", &begin, &cases_of_undos(&begin, is_undone_each_time));
}

#[test]
#[ignore = "takes long; `make test-all` has it"]
fn whatever_else_happens_to_any_command_is_all_or_nothing_too() {
    let begin = Begin::shared();
    run_all("the rest", &begin, &cases(&begin, |at, fault| !is_swept_each_time(at, fault)));
}

#[test]
#[ignore = "takes long; `make test-all` has it"]
fn whatever_else_happens_to_an_undo_it_is_done_all_the_same() {
    let begin = Begin::shared();
    run_all("undos: the rest", &begin, &cases_of_undos(&begin, |at, fault| !is_undone_each_time(at, fault)));
}

/// What waits for such a command is told so (a delete), its peer counts as not well, it has no place any more among those
/// that run in its cluster. That others go on meanwhile is in `dead_hosts`.
#[test]
#[ignore = "takes long; `make test-all` has it"]
fn a_command_that_hangs_until_its_peer_counts_as_not_well_is_all_or_nothing() {
    let begin = Begin::shared();
    let changes = [
        Change::Create(Layout::Copied),
        Change::Delete(Layout::Copied),
        Change::Expand(Layout::Copied),
        Change::DeviceAdd,
        Change::BlockDelete,
    ];
    let of_change = |change: &Change| {
        let sent = begin.clean(*change, |clean| clean.sent.clone());
        let mut kinds = BTreeSet::new();
        let firsts =
            sent.iter().enumerate().filter(|(_, one)| one.kind().is_some_and(|kind| kinds.insert(kind)));
        let case = |at| Case {
            change: *change,
            provoked_by: None,
            place: Place::of(&sent, at, None),
            fault: "stall",
            lasts: true,
        };
        firsts.map(|(at, one)| (case(at), one.command.clone())).collect::<Vec<_>>()
    };
    run_all("long stalls", &begin, &side_by_side(&changes, of_change).concat());
}
