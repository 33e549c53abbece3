//! A peer loses its power right after gluster has taken a brick of its: what gluster marks its bricks with has not been
//! written by then, unless somebody asked for it, and a brick without its mark never starts again.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// A server on three peers whose commands of one kind stand still, with a create that has come to them.
fn held_at(mut held: Value) -> (Lab, String) {
    let mut lab = Lab::with_three_peers();
    let record = lab.path().join("commands");
    held["times"] = json!(1);
    held["cond_file"] = json!(lab.path().join("gate"));
    lab.close_gate();
    lab.inject(Some(json!({"record": record, "faults": [held]})));
    lab.restart();
    let job = lab.begin_create(&replica_3(10));
    assert!(settled(SOON, || lab.path().join("commands.spent").exists()), "{}", lab.log_tail());
    (lab, job)
}

fn cut_power(lab: &Lab, host: &str) {
    lab.on(host, Action::Power { on: false });
    lab.on(host, Action::Power { on: true });
}

#[test]
fn a_peer_that_loses_its_power_before_a_volume_is_started_still_has_its_brick() {
    let (lab, job) = held_at(json!({"command": "volume start", "fault": "hold"}));
    cut_power(&lab, HOSTS[1]);
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_brick_that_has_lost_its_mark_is_made_again() {
    let (lab, job) = held_at(json!({"command": "^sync .*glusterfs", "host": HOSTS[1], "fault": "hold"}));
    cut_power(&lab, HOSTS[1]);
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    assert_says(&lab.log(), &["has lost what gluster marked it with"]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_became_of_a_new_brick_of_a_volume_in_use_is_told() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let faults = json!([{"command": "^sync .*glusterfs", "host": HOSTS[1], "fault": "refuse", "stderr": "sync: it broke"}]);
    lab.inject(Some(json!({"faults": faults})));
    lab.restart();
    let grown = lab.post(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 10}));
    assert_eq!(lab.wait_for(&grown.location).status, 303, "{}", lab.log_tail());
    assert_says(&lab.log(), &["a step is done, but for this", "sync: it broke", "setfattr", HOSTS[1]]);
    Audit::new().clean_within(&lab, SOON);
}
