//! Many who ask at the same moment, each on a connection of its own.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use crate::support::operator::{DISKS, HOSTS, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);
const CROWD: usize = 200;
const BUSY: &str = "Server busy. Retry operation later.";

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
        assert_eq!((answer.status, answer.text.trim()), (429, BUSY));
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

/// Asks for volumes in a cluster until one is refused: the jobs, and the refusal.
fn ask_until_refused(lab: &Lab, cluster: &str) -> (Vec<Reply>, Reply) {
    let mut body = replica_3(1);
    body["clusters"] = json!([cluster]);
    let mut taken = Vec::new();
    loop {
        let answer = lab.post("/volumes", &body);
        if answer.status != 202 {
            return (taken, answer);
        }
        taken.push(answer);
    }
}

#[test]
fn a_cluster_whose_peers_all_hang_keeps_nobody_waiting_in_another_one() {
    const WAITING: usize = 256;
    const OTHERS: [&str; 3] = ["10.10.10.21", "10.10.10.22", "10.10.10.23"];
    let mut lab = Lab::new();
    let hung = HOSTS.map(|host| {
        let mut held = lab.held("^gluster ");
        held["host"] = json!(host);
        held
    });
    lab.inject(Some(json!({"faults": hung})));
    lab.start();
    let sick = lab.three_peers();
    let well = lab.new_cluster();
    for host in OTHERS {
        let node = lab.add_node(&well, host).id;
        DISKS.iter().for_each(|disk| lab.add_device(&node, disk, false).unwrap());
    }
    let mut there = replica_3(1);
    there["clusters"] = json!([well]);
    let there = lab.create(&there).unwrap();
    lab.close_gate();
    let (jobs, refused) = ask_until_refused(&lab, &sick);
    assert_eq!((refused.status, refused.text.trim()), (429, BUSY));
    assert!(refused.retry_after.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{refused:?}");
    // Those that run beside them, too.
    assert!((WAITING + 8..=WAITING + 16).contains(&jobs.len()), "{} are taken", jobs.len());
    // Who names no cluster gets the one where nobody waits; what is there is changed and deleted.
    let made = lab.create(&replica_3(1)).unwrap();
    assert_eq!(made.cluster, well);
    assert_eq!(lab.ask(&format!("/volumes/{}/expand", there.id), &json!({"expand_size": 1})).status, 303);
    assert_eq!(lab.ask(&format!("/volumes/{}/clone", there.id), &json!({})).status, 303);
    assert_eq!(lab.remove(&made.id).status, 204);
    lab.open_gate();
    assert_eq!(self::made(&lab, &jobs).len(), jobs.len(), "what was taken is made");
    assert_eq!(lab.volumes().len(), jobs.len() + 2, "nothing came of a refusal");
    Audit::new().clean_within(&lab, SOON);
}
