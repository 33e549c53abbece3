//! The sweep of the simulated peers, thinned for real ones: each kind of command of a create, an expansion and a delete
//! meets one fault, another one than its neighbours. The answer is true, and nothing is left over.

use std::time::Instant;

use serde_json::{Value, json};

use crate::audit;
use crate::faults::kinds;
use crate::orphans::Orphans;
use crate::requests::{Answer, end_of, send};
use crate::scenarios::{Operator as _, Others};
use crate::server::Server;

/// All that the sweep of the simulated peers has.
const FAULTS: [&str; 8] =
    ["kill_before", "lose_reply", "late", "garbage", "kill_after", "refuse", "stall", "unreachable"];

/// How long a command stalls: too short for its peer to count as not well. What hangs longer is in `tests/it/dead_hosts`.
const STALL_MS: u64 = 100;

/// What is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Create,
    Expand,
    Delete,
}

/// A kind of command that meets a fault.
#[derive(Debug, Clone)]
struct Case {
    change: Change,
    kind: String,
    fault: &'static str,
}

impl Case {
    fn kills(&self) -> bool {
        matches!(self.fault, "kill_before" | "kill_after" | "late")
    }
}

/// The only volume: its id, its size in GiB, and how many bricks it has.
type Shown = Option<(String, i64, usize)>;

fn shown(server: &Server) -> Shown {
    let mut volumes = server.volumes();
    assert!(volumes.len() < 2, "{volumes:?}");
    volumes.pop().map(|volume| (volume.id, volume.size, volume.bricks.len()))
}

/// The kinds of each change that no change before it has, read off a run that nothing disturbs.
fn swept(server: &mut Server) -> [Vec<String>; 3] {
    server.start_with(&[]);
    let volume = server.create("v", &["--size=1"]);
    let created = server.sent().len();
    let (grown, text) = server.mortar(&["volume", "expand", "--expand-size=1", &volume.id]);
    assert!(grown, "{text}");
    let expanded = server.sent().len();
    server.delete(&volume);
    let sent = server.sent();
    let (all, before_delete) = (kinds(&sent), kinds(&sent[..expanded]).len());
    let before_expand = kinds(&sent[..created]).len();
    assert!(0 < before_expand && before_expand < before_delete && before_delete < all.len(), "{all:?}");
    [all[..before_expand].to_vec(), all[before_expand..before_delete].to_vec(), all[before_delete..].to_vec()]
}

/// All cases; creates and deletes take turns, so that the one makes what the other needs.
fn cases([creates, expands, deletes]: &[Vec<String>; 3]) -> Vec<Case> {
    let rounds = creates.len().max(expands.len()).max(deletes.len());
    let turns = (0..rounds).flat_map(|round| {
        let turn = |change, kinds: &Vec<String>| {
            // The changes begin at different faults, so that the few kinds of each do not all meet the first ones.
            let fault = FAULTS[(round + 3 * change as usize) % FAULTS.len()];
            kinds.get(round).map(|kind| Case { change, kind: kind.clone(), fault })
        };
        [turn(Change::Create, creates), turn(Change::Expand, expands), turn(Change::Delete, deletes)]
    });
    turns.flatten().collect()
}

fn request(change: Change, before: &Shown) -> (&'static str, String, Value) {
    let id = before.as_ref().map(|(id, ..)| id.as_str()).unwrap_or_default();
    let durability = json!({"type": "replicate", "replicate": {"replica": 3}});
    match change {
        Change::Create => {
            ("POST", "/volumes".to_owned(), json!({"size": 1, "name": "v", "durability": durability}))
        }
        Change::Expand => ("POST", format!("/volumes/{id}/expand"), json!({"expand_size": 1})),
        Change::Delete => ("DELETE", format!("/volumes/{id}"), json!({})),
    }
}

/// Makes what a change needs, or takes it away. This is also how what has failed is asked for again.
fn prepare(server: &Server, change: Change) -> Shown {
    match (change, shown(server)) {
        (Change::Create, Some(_)) => server.delete(&server.by_name("v")),
        (Change::Expand | Change::Delete, None) => drop(server.create("v", &["--size=1"])),
        _ => {}
    }
    shown(server)
}

/// How a case ended.
struct Ended {
    answer: String,
    is_true: bool,
    /// What is left over.
    leaks: Vec<String>,
}

fn run(server: &mut Server, case: &Case) -> Ended {
    let before = prepare(server, case.change);
    server.start_with(&[json!({"command": case.kind, "fault": case.fault, "stall_ms": STALL_MS})]);
    let (method, path, body) = request(case.change, &before);
    let job = send(server, method, &path, body.to_string().as_bytes()).map(|answer| answer.location);
    if case.kills() {
        server.wait_until_dead();
        let orphans = Orphans::watch();
        assert_eq!(server.met(), 1, "{case:?} did not happen");
        server.start_with(&[]);
        orphans.ended();
    }
    // An answer that was cut off says nothing.
    let answer = job.ok().map(|job| end_of(server, &job).expect("the server is there"));
    assert!(case.kills() || server.met() == 1, "{case:?} did not happen: {answer:?}");
    server.rests();
    let leaks = audit::left_over(server, &Others::default(), Instant::now());
    let is_true = answer.as_ref().is_none_or(|answer| is_true(case.change, &before, answer, &shown(server)));
    Ended { answer: format!("{answer:?}"), is_true, leaks }
}

/// Whether an answer agrees with what the API shows when all work is over.
fn is_true(change: Change, before: &Shown, answer: &Answer, after: &Shown) -> bool {
    let is_done = match change {
        Change::Create | Change::Expand => answer.status == 303,
        Change::Delete => answer.status == 204,
    };
    let is_failure = answer.status >= 400;
    match (change, before, after) {
        (Change::Create, None, Some((id, 1, 3))) => is_done && answer.location.ends_with(id),
        (Change::Create, None, None) => is_failure,
        (Change::Expand, Some((id, size, bricks)), Some((same, now, made))) => {
            let is_larger = (*now, *made) == (size + 1, bricks + 3);
            // Where it failed it may have been gone on with, unless it was told that all is as before.
            let is_undone = answer.text.contains("was undone");
            let may_be_larger = is_done || is_failure && !is_undone;
            id == same && (is_larger && may_be_larger || is_failure && (now, made) == (size, bricks))
        }
        (Change::Delete, Some(_), None) => is_done || is_failure && !says_kept(answer),
        (Change::Delete, Some(was), Some(is)) => is_failure && was == is && says_kept(answer),
        _ => false,
    }
}

fn says_kept(answer: &Answer) -> bool {
    ["The volume is kept", "the volume was kept"].iter().any(|words| answer.text.contains(words))
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn each_kind_of_command_meets_a_fault_and_nothing_is_left_over() {
    let mut server = Server::with_topology();
    let cases = cases(&swept(&mut server));
    let (mut false_answers, mut leaks) = (Vec::new(), Vec::new());
    for case in &cases {
        let begun = Instant::now();
        let ended = run(&mut server, case);
        eprintln!("{case:?}: {} s, {}", begun.elapsed().as_secs(), ended.answer);
        if !ended.is_true {
            false_answers.push(format!("{case:?}: {}", ended.answer));
        }
        if !ended.leaks.is_empty() {
            leaks.push(format!("{case:?}: {:#?}", ended.leaks));
        }
    }
    eprintln!("{} cases, {} leaks, {} false answers", cases.len(), leaks.len(), false_answers.len());
    assert!(leaks.is_empty(), "{leaks:#?}");
    prepare(&server, Change::Create);
    audit::is_clean(&server);
    let met = |fault: &&str| cases.iter().any(|case| case.fault == *fault);
    assert!(FAULTS.iter().all(met), "a fault happens nowhere: {cases:?}");
    assert!(false_answers.is_empty(), "{false_answers:#?}");
}
