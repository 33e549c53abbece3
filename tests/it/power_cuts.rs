//! A peer loses its power right after gluster has taken a brick of its: what gluster marks its bricks with has not been
//! written by then, unless somebody asked for it, and gluster does not start a brick that has lost its mark.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// What has the marks of bricks written. That of a new brick by itself has more files.
const MARKS: &str = "^sync /var/lib/heketi/mounts/[^ ]*/brick$";

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

/// All peers lose their power, and nothing is lost.
#[track_caller]
fn nothing_is_lost_with_the_power(lab: &Lab) {
    lab.peers().hosts.keys().for_each(|host| cut_power(lab, host));
    // It is done before the next command.
    assert_eq!(lab.remove(&lab.create(&replica_3(1)).unwrap().id).status, 204);
    Audit::new().clean_within(lab, SOON);
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
    let (lab, job) = held_at(json!({"command": MARKS, "host": HOSTS[1], "fault": "hold"}));
    cut_power(&lab, HOSTS[1]);
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    assert_says(&lab.log(), &["Failed to get extended attribute trusted.glusterfs.volume-id", "trying"]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_was_answered_survives_a_power_cut() {
    let lab = Lab::with_four_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    nothing_is_lost_with_the_power(&lab);
    let path = format!("/volumes/{}", made.id);
    assert_eq!(lab.ask(&format!("{path}/expand"), &json!({"expand_size": 10})).status, 303);
    nothing_is_lost_with_the_power(&lab);
    assert_eq!(lab.ask(&format!("{path}/clone"), &json!({"name": "copy"})).status, 303);
    nothing_is_lost_with_the_power(&lab);
    assert_eq!(lab.ask(&format!("/bricks/to-evict/{}", made.bricks[0].id), &json!({})).status, 204);
    nothing_is_lost_with_the_power(&lab);
    // What was taken away does not come back either.
    assert_eq!(lab.remove(&made.id).status, 204);
    nothing_is_lost_with_the_power(&lab);
}

#[test]
fn what_gluster_took_before_the_server_died_survives_a_power_cut() {
    for (command, request) in [("volume add-brick", "expand"), ("volume replace-brick", "evict")] {
        let mut lab = Lab::with_four_peers();
        let made = lab.create(&replica_3(10)).unwrap();
        lab.inject(Some(json!({"faults": [lab.held("."), {"command": command, "fault": "kill_after"}]})));
        lab.restart();
        let (path, body) = match request {
            "expand" => (format!("/volumes/{}/expand", made.id), json!({"expand_size": 10})),
            _ => (format!("/bricks/to-evict/{}", made.bricks[0].id), json!({})),
        };
        let job = lab.answered_first(|lab| lab.post(&path, &body)).location;
        assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
        lab.inject(None);
        lab.start();
        lab.wait_for(&job);
        assert!(settled(SOON, || lab.get("/operations").json()["total"] == 0), "{}", lab.log_tail());
        nothing_is_lost_with_the_power(&lab);
    }
}

#[test]
fn what_became_of_a_new_brick_of_a_volume_in_use_is_told() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let refused =
        |command: &str, stderr: &str| json!({"command": command, "fault": "refuse", "stderr": stderr});
    let mut faults = [refused(MARKS, "sync: it broke"), refused("volume rebalance", "no rebalance today")];
    faults[0]["host"] = json!(HOSTS[1]);
    lab.inject(Some(json!({"faults": faults})));
    lab.restart();
    let grown = lab.post(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 10}));
    let grown = lab.wait_for(&grown.location);
    assert_eq!(grown.status, 303, "{}", lab.log_tail());
    assert_says(&grown.warning, &["sync: it broke", HOSTS[1], ".glusterfs", "no rebalance today"]);
    assert_says(&lab.log(), &["a step is done, but for this", "sync: it broke"]);
    Audit::new().clean_within(&lab, SOON);
}
