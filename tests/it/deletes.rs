//! Deletes that come early: while a volume is being made, right after it was made, and twice at the same time.

use std::time::Duration;

use serde_json::json;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// The volume of the only unfinished operation.
fn volume_being_made(lab: &Lab) -> String {
    let pending = lab.get("/operations/pending").json();
    let operation = pending["pendingoperations"][0]["id"].as_str().unwrap().to_owned();
    let details = lab.get(&format!("/operations/pending/{operation}")).json();
    let changes = details["changes"].as_array().unwrap();
    let made = changes.iter().find(|change| change["description"] == "Add volume").unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_volume_that_is_being_made_cannot_be_deleted_and_is_made() {
    let mut lab = Lab::with_three_peers();
    let gate = lab.path().join("gate");
    std::fs::write(&gate, "").unwrap();
    // As a peer that is slow: gluster is asked again until the file is gone.
    lab.inject(Some(json!({"faults": [{"command": "volume create", "fault": "refuse", "times": 0, "cond_file": gate,
        "stderr": "volume create: failed: Another transaction is in progress. Please try again after some time."}]})));
    lab.restart();
    let job = lab.begin_create(&replica_3(10));
    let id = volume_being_made(&lab);
    let early = lab.delete(&format!("/volumes/{id}"));
    let in_use = "Failed to set up volume delete: The target exists, contains other items, or is in use.";
    assert_eq!((early.status, early.text.trim()), (500, in_use), "whoever is told 404 forgets it");
    assert_eq!(lab.get(&job).status, 200, "it is still being made");
    std::fs::remove_file(&gate).unwrap();
    let made = lab.wait_for(&job);
    assert_eq!((made.status, made.located()), (303, id.clone()), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.remove(&id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_volume_can_be_deleted_as_soon_as_its_create_has_answered() {
    let mut lab = Lab::new();
    // What a create has taken of a server's capacity is free again when it answers.
    lab.setting("max_inflight_operations", json!(1));
    lab.start();
    lab.three_peers();
    let kept = lab.create(&replica_3(1)).unwrap().id;
    for round in 0..20 {
        let made = lab.wait_for(&lab.begin_create(&replica_3(1)));
        assert_eq!(made.status, 303, "{round} {made:?}");
        let gone = lab.remove(&made.located());
        assert_eq!(gone.status, 204, "{round} {gone:?}\n{}", lab.log_tail());
    }
    assert_eq!(lab.volumes(), [kept]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn of_two_deletes_at_the_same_time_one_is_refused_and_the_other_done() {
    let mut lab = Lab::with_three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    let gate = lab.path().join("gate");
    std::fs::write(&gate, "").unwrap();
    lab.inject(Some(json!({"faults": [{"command": "volume stop", "fault": "refuse", "times": 0, "cond_file": gate,
        "stderr": "volume stop: failed: Another transaction is in progress. Please try again after some time."}]})));
    lab.restart();
    let job = lab.begin_delete(&id);
    let second = lab.delete(&format!("/volumes/{id}"));
    assert_says(&second.text, &["The target exists, contains other items, or is in use."]);
    assert_ne!(second.status, 404, "Kubernetes would forget a volume that is still there");
    std::fs::remove_file(&gate).unwrap();
    assert_eq!(lab.wait_for(&job).status, 204);
    assert!(settled(SOON, || lab.delete(&format!("/volumes/{id}")).status == 404));
    Audit::new().clean_within(&lab, SOON);
}
