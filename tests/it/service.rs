//! The server itself: how it stops, what it refuses when it is busy, and which database it works on.

use std::time::Duration;

use serde_json::json;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

fn slow(command: &str, milliseconds: u64) -> Option<serde_json::Value> {
    Some(json!({"faults": [{"command": command, "fault": "stall", "stall_ms": milliseconds, "times": 1}]}))
}

#[test]
fn a_stop_waits_for_what_runs_and_the_client_hears_the_truth_after_it() {
    let mut lab = Lab::new();
    lab.start();
    lab.three_peers();
    lab.stop();
    for command in ["lvcreate", "volume create", "volume start"] {
        lab.inject(slow(command, 800));
        lab.start();
        let before = lab.volumes();
        let job = lab.begin_create(&replica_3(10));
        lab.stop();
        lab.inject(None);
        lab.start();
        let answer = lab.wait_for(&job);
        let after = lab.volumes();
        match answer.status {
            303 => assert!(after.contains(&answer.located()), "{command}: {answer:?}"),
            500 => assert_eq!(after, before, "{command}: {answer:?}"),
            _ => panic!("{command}: {answer:?}"),
        }
        Audit::new().clean_within(&lab, SOON);
        lab.stop();
    }
}

#[test]
fn a_busy_server_says_when_to_come_again_and_the_client_does() {
    let mut lab = Lab::new();
    lab.setting("max_inflight_operations", json!(1));
    lab.hold(&["volume create"]);
    lab.start();
    lab.three_peers();
    let first = lab.begin_create(&replica_3(1));
    let refused = lab.post("/volumes", &replica_3(1));
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.retry_after.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{refused:?}");
    let refusals = || lab.log().matches("answered with 429").count();
    let made = std::thread::scope(|scope| {
        let patient = scope.spawn(|| lab.create(&replica_3(1)).unwrap());
        assert!(settled(SOON, || refusals() > 1), "the client asks and is refused\n{}", lab.log_tail());
        lab.open_gate();
        patient.join().unwrap()
    });
    assert_eq!(lab.wait_for(&first).status, 303);
    assert!(lab.volumes().contains(&made.id));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn one_database_has_one_server_by_whatever_name_it_is_called() {
    let mut lab = Lab::with_three_peers();
    let linked = tempfile::tempdir().unwrap();
    let by_link = linked.path().join("other.db");
    std::os::unix::fs::symlink(lab.database(), &by_link).unwrap();
    let mut second = Lab::new();
    second.call_database(&by_link);
    let (code, said) = second.start_in_vain();
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["heketi.db", "another mortard"]);
    let made = lab.create(&replica_3(1)).unwrap();
    lab.stop();
    second.start();
    assert_eq!(second.volumes(), [made.id]);
}

#[test]
fn a_client_that_waits_for_a_dead_peer_is_told_that_its_delete_goes_on() {
    let mut lab = Lab::new();
    lab.setting("delete_patience", json!(1));
    lab.start();
    lab.three_peers();
    let kept = lab.create(&replica_3(1)).unwrap();
    let made = lab.create(&replica_3(1)).unwrap();
    lab.hold(&["volume stop"]);
    lab.restart();
    let told = lab.wait_for(&lab.begin_delete(&made.id));
    assert_eq!(told.status, 500, "{told:?}");
    assert_says(&told.text, &["still being deleted", "stopping gluster volume"]);
    assert_eq!(lab.volumes(), std::slice::from_ref(&kept.id), "it is hidden");
    lab.open_gate();
    let gone = || lab.delete(&format!("/volumes/{}", made.id)).status == 404;
    assert!(settled(SOON, gone), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    // Told so, and failed after that: the background goes on with it all the same.
    lab.close_gate();
    lab.inject(Some(json!({"faults": [
        lab.held("volume stop"),
        {"command": "volume delete", "fault": "refuse", "stderr": "volume delete: failed: Some of the peers are down", "times": 3}
    ]})));
    lab.restart();
    let told = lab.wait_for(&lab.begin_delete(&kept.id));
    assert_says(&told.text, &["still being deleted"]);
    lab.open_gate();
    assert!(
        settled(SOON, || lab.delete(&format!("/volumes/{}", kept.id)).status == 404),
        "{}",
        lab.log_tail()
    );
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_poll_that_waits_is_answered_when_the_job_is_done_and_not_before() {
    let mut lab = Lab::new();
    lab.hold(&["volume create"]);
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&replica_3(10));
    let poll = |wait: &str| lab.send("GET", &job, &[("Prefer", wait)], None);
    let done = std::thread::scope(|scope| {
        let patient = scope.spawn(|| poll("wait=20"));
        let early = poll("wait=1");
        assert_eq!(
            (early.status, early.pending.as_str(), early.preference_applied.as_str()),
            (200, "true", "wait")
        );
        assert_says(&early.step, &["creating gluster volume "]);
        assert_eq!(lab.get(&job).preference_applied, "", "nobody asked for it");
        assert!(!patient.is_finished(), "the job is not done");
        lab.open_gate();
        patient.join().unwrap()
    });
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(lab.volumes(), [done.located()]);
    assert_eq!(poll("wait=20"), done);
}
