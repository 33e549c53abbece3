//! Many who ask at the same moment, each on a connection of its own.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use crate::support::operator::replica_3;
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);
const CROWD: usize = 200;

/// What each of so many is answered who all ask for a volume at the same moment.
fn ask_at_once(lab: &Lab, count: usize) -> Vec<Reply> {
    let ready = Barrier::new(count);
    std::thread::scope(|scope| {
        let ask = || {
            ready.wait();
            lab.post("/volumes", &replica_3(1))
        };
        let crowd: Vec<_> = (0..count).map(|_| scope.spawn(ask)).collect();
        crowd.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// The ids of the volumes that came of these jobs; none has failed.
fn made(lab: &Lab, jobs: &[Reply]) -> BTreeSet<String> {
    let made = jobs.iter().map(|begun| {
        let ended = lab.wait_for(&begun.location);
        assert_eq!(ended.status, 303, "{ended:?}\n{}", lab.log_tail());
        ended.located()
    });
    made.collect()
}

#[test]
fn two_hundred_creates_at_once_are_all_done() {
    let lab = Lab::with_three_peers();
    let answers = ask_at_once(&lab, CROWD);
    for answer in &answers {
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    let made = made(&lab, &answers);
    assert_eq!(made.len(), CROWD, "each has one of its own");
    assert_eq!(lab.volumes().into_iter().collect::<BTreeSet<_>>(), made);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn of_two_hundred_creates_at_once_as_many_are_taken_as_may_run_and_the_others_told_to_come_again() {
    const PLACES: usize = 8;
    let mut lab = Lab::new();
    lab.setting("max_inflight_operations", json!(PLACES));
    lab.hold(&["volume create"]);
    lab.start();
    lab.three_peers();
    let (taken, refused): (Vec<Reply>, Vec<Reply>) =
        ask_at_once(&lab, CROWD).into_iter().partition(|answer| answer.status == 202);
    assert_eq!((taken.len(), refused.len()), (PLACES, CROWD - PLACES));
    for answer in &refused {
        assert_eq!((answer.status, answer.text.trim()), (429, "Server busy. Retry operation later."));
        assert!(answer.retry_after.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{answer:?}");
    }
    assert_eq!(lab.get("/operations").json()["in_flight"], PLACES);
    lab.open_gate();
    let made = made(&lab, &taken);
    assert_eq!(made.len(), PLACES);
    assert_eq!(lab.volumes().into_iter().collect::<BTreeSet<_>>(), made, "nothing came of a refusal");
    Audit::new().clean_within(&lab, SOON);
    // Whoever comes again is let in.
    assert!(settled(SOON, || lab.ask("/volumes", &replica_3(1)).status == 303), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}
