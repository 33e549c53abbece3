//! Peers that hang, are away for a while, or answer with a failure: what waits for them, and what does not.

use std::time::Duration;

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{DISKS, HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);
const FOURTH: &str = "10.10.10.20";

fn two_copies() -> Value {
    json!({"size": 5, "durability": {"type": "replicate", "replicate": {"replica": 2}}})
}

/// One more peer with its disks; the id of its node.
fn add_fourth(lab: &Lab) -> String {
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let node = lab.add_node(&cluster, FOURTH).id;
    for disk in DISKS {
        lab.add_device(&node, disk, false).unwrap();
    }
    node
}

fn set_node(lab: &Lab, host: &str, state: &str) {
    let node = lab.node_of(host).id;
    let set = lab.post(&format!("/nodes/{node}/state"), &json!({"state": state}));
    assert_eq!(lab.wait_for(&set.location).status, 204, "{state}");
}

#[test]
fn a_peer_that_hangs_holds_nothing_else_up() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[0], Action::Hang { on: true });
    let job = lab.begin_create(&replica_3(10));
    set_node(&lab, HOSTS[0], "offline");
    let hangs = lab.node_of(HOSTS[0]).id;
    // It keeps the whole cluster to itself, so it has to wait for the first one, and the others do not wait for it.
    let names = json!({"manage": [FOURTH], "storage": [FOURTH]});
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let joins = lab.post("/nodes", &json!({"zone": 1, "cluster": cluster, "hostnames": names}));
    assert_eq!(joins.status, 202, "{joins:?}");
    let done = lab.wait_for(&lab.begin_create(&two_copies()));
    assert_eq!(done.status, 303, "{done:?}");
    let other = lab.client().volume_info(&done.located()).unwrap();
    assert!(other.bricks.iter().all(|brick| brick.node != hangs));
    let grown = lab.post(&format!("/volumes/{}/expand", other.id), &json!({"expand_size": 3}));
    assert_eq!(lab.wait_for(&grown.location).status, 303, "{}", lab.log_tail());
    assert_eq!(lab.get("/volumes").status, 200);
    assert_eq!(lab.get(&job).status, 200, "the first one still waits");
    assert_eq!(lab.get(&joins.location).status, 200, "and so does the node");
    lab.on(HOSTS[0], Action::Hang { on: false });
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    assert_eq!(lab.wait_for(&joins.location).status, 303, "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.volumes().len(), 2);
    for id in lab.volumes() {
        assert_eq!(lab.remove(&id).status, 204);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_clean_up_answers_also_where_a_peer_hangs() {
    let mut lab = Lab::with_three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    let gate = lab.path().join("gate");
    std::fs::write(&gate, "").unwrap();
    // Until the deadline of each command, which is short here.
    lab.inject(Some(json!({"faults": [{"command": ".", "host": HOSTS[1], "fault": "stall", "stall_ms": 200,
        "times": 0, "cond_file": gate}]})));
    lab.restart();
    let told = lab.remove(&id);
    assert_eq!(told.status, 500, "{told:?}");
    for body in [
        json!({}),
        json!({"operations": [lab.get("/operations/pending").json()["pendingoperations"][0]["id"]]}),
    ] {
        let begun = lab.post("/operations/pending/cleanup", &body);
        assert_eq!(begun.status, 202, "{begun:?}");
        let answer = lab.wait_for(&begun.location);
        assert_eq!(answer.status, 204, "{answer:?}\n{}", lab.log_tail());
        assert_eq!(lab.get("/operations").json()["total"], 1, "what cannot be cleaned up stays listed");
    }
    std::fs::remove_file(&gate).unwrap();
    let begun = lab.post("/operations/pending/cleanup", &json!({}));
    assert_eq!(lab.wait_for(&begun.location).status, 204);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.delete(&format!("/volumes/{id}")).status, 404);
}

#[test]
fn a_node_that_answers_with_a_failure_is_not_given_up() {
    let mut lab = Lab::with_three_peers();
    add_fourth(&lab);
    let made = lab.create(&replica_3(2)).unwrap();
    let leaves = made.bricks[0].node.clone();
    let host = lab.client().node_info(&leaves).unwrap().hostnames.manage[0].clone();
    let gate = lab.path().join("gate");
    std::fs::write(&gate, "").unwrap();
    lab.inject(Some(
        json!({"faults": [{"command": "lvremove", "host": host, "fault": "refuse", "code": 5, "times": 0,
        "cond_file": gate, "stderr": "  Logical volume in use.\n"}]}),
    ));
    lab.restart();
    set_node(&lab, &host, "offline");
    let emptied =
        lab.wait_for(&lab.post(&format!("/nodes/{leaves}/state"), &json!({"state": "failed"})).location);
    assert_eq!(emptied.status, 500, "{emptied:?}");
    assert_says(&emptied.text, &["Logical volume in use"]);
    let state = lab.client().node_info(&leaves).unwrap().state;
    assert_eq!(state, "offline", "it is not emptied as long as something is left on it");
    assert!(lab.get("/operations").json()["total"].as_u64() >= Some(1), "what is left is known");
    let again = lab.ask(&format!("/nodes/{leaves}/state"), &json!({"state": "failed"}));
    assert_eq!(again.status, 500, "asking twice takes nothing away: {again:?}");
    let grown = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 1}));
    assert_eq!(
        grown.status, 303,
        "what is left of a brick that has moved keeps its volume from nothing: {grown:?}"
    );
    std::fs::remove_file(&gate).unwrap();
    Audit::new().clean_within(&lab, SOON);
    let emptied =
        lab.wait_for(&lab.post(&format!("/nodes/{leaves}/state"), &json!({"state": "failed"})).location);
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_node_that_cannot_leave_the_pool_is_not_forgotten() {
    let mut lab = Lab::with_three_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let fourth = lab.add_node(&cluster, FOURTH).id;
    lab.inject(Some(json!({"faults": [{"command": "peer detach", "fault": "refuse",
        "stderr": "peer detach: failed: one of the peers is probably down"}]})));
    lab.restart();
    let refused = lab.wait_for(&lab.delete(&format!("/nodes/{fourth}")).location);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &["one of the peers is probably down"]);
    assert_eq!(lab.get(&format!("/nodes/{fourth}")).status, 200);
    Audit::new().clean_within(&lab, SOON);
    let gone = lab.wait_for(&lab.delete(&format!("/nodes/{fourth}")).location);
    assert_eq!(gone.status, 204, "{gone:?}");
    Audit::new().clean_within(&lab, SOON);
}

/// A server that looks at its nodes once after its start, and the next time in an hour, with a peer that is off.
fn with_a_node_known_as_down(lab: &mut Lab, host: &str) {
    lab.stop();
    lab.setting("start_time_monitor_gluster_nodes", json!(1));
    lab.setting("refresh_time_monitor_gluster_nodes", json!(3600));
    lab.on(host, Action::Power { on: false });
    lab.start();
    assert!(settled(SOON, || lab.log().contains(") is not well: ")), "{}", lab.log_tail());
}

#[test]
fn a_node_that_was_down_is_used_again_as_soon_as_it_answers() {
    let mut lab = Lab::with_three_peers();
    let fourth = add_fourth(&lab);
    let is_on = |volume: &VolumeInfo| volume.bricks.iter().any(|brick| brick.node == fourth);
    let mut made = (0..4).map(|_| lab.create(&replica_3(10)).unwrap());
    let old = made.find(is_on).unwrap();
    drop(made);
    with_a_node_known_as_down(&mut lab, FOURTH);
    assert!(!is_on(&lab.create(&replica_3(10)).unwrap()), "it is down");
    lab.on(FOURTH, Action::Power { on: true });
    assert!(!is_on(&lab.create(&replica_3(10)).unwrap()), "nobody has heard of it yet");
    // A brick of this one is on it: what is done there tells that it is up.
    assert_eq!(lab.remove(&old.id).status, 204);
    assert!(is_on(&lab.create(&replica_3(10)).unwrap()), "it is the emptiest");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_node_known_as_down_is_tried_where_there_is_no_other() {
    let mut lab = Lab::with_three_peers();
    with_a_node_known_as_down(&mut lab, HOSTS[2]);
    let (status, text, explanation) = refusal(lab.create(&replica_3(10)));
    assert_eq!(status, 500);
    assert_says(&format!("{text} {explanation}"), &["cannot reach", HOSTS[2], "is up"]);
    lab.on(HOSTS[2], Action::Power { on: true });
    lab.create(&replica_3(10)).unwrap();
    Audit::new().clean_within(&lab, SOON);
}
