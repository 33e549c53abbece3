//! Clones: their bricks are where gluster wants them, in the pools of the bricks they are copies of.

use mortar::executor::sim::Action;
use serde_json::json;

use super::{IDLE, MATCHES, examine, lab_with_letters, only_line, report};
use crate::support::Lab;
use crate::support::operator::{HOSTS, assert_says, replica_3};

#[test]
fn a_clone_is_as_its_origin_and_its_origin_may_go() {
    let (lab, made) = lab_with_letters();
    let clone = lab.ask(&format!("/volumes/{}/clone", made.id), &json!({"name": "copy"}));
    assert_eq!(clone.status, 303, "{clone:?}");
    assert_eq!(report(&examine(&lab)), [IDLE, MATCHES]);
    assert_eq!(lab.remove(&made.id).status, 204);
    assert_eq!(report(&examine(&lab)), [IDLE, MATCHES]);
    let copy = lab.volume(&clone.located());
    let node = lab.node_of(HOSTS[1]);
    let brick = copy.bricks.iter().find(|brick| brick.node == node.id).unwrap();
    let point = brick.path.strip_suffix("/brick").unwrap();
    lab.on(HOSTS[1], Action::Unmount { at: point.to_owned() });
    assert_says(&only_line(&lab), &[&brick.id, "copy", HOSTS[1], point, "glusterd mounts it"]);
}

#[test]
fn the_snapshots_of_a_clone_that_is_being_made_are_nobodys_rubbish() {
    let mut lab = Lab::new();
    lab.hold(&["snapshot activate"]);
    lab.start();
    lab.three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let reply = lab.post(&format!("/volumes/{}/clone", made.id), &json!({"name": "copy"}));
    let has_snapshot = || !lab.peers().snapshots.is_empty();
    assert!(crate::support::settled(std::time::Duration::from_secs(30), has_snapshot), "{}", lab.log_tail());
    let lines = report(&examine(&lab));
    assert!(lines[1..].iter().all(|line| line.starts_with("heketi volume list does not")), "{lines:#?}");
    lab.open_gate();
    assert_eq!(lab.wait_for(&reply.location).status, 303);
    assert_eq!(report(&examine(&lab)), [IDLE, MATCHES]);
}
