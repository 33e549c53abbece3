//! Volumes that are to go, with bricks on what is gone for good.

use mortar::api::{NodeInfo, VolumeInfo};
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::{SOON, assert_settled, emptied, forgotten, on_first_host, power};
use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Audit, Lab, settled};

fn disperse(size: u64) -> Value {
    json!({"size": size, "durability": {"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}})
}

fn arbiter(size: u64) -> Value {
    let mut body = replica_3(size);
    body["glustervolumeoptions"] = json!(["user.heketi.arbiter true"]);
    body
}

/// The like on three peers, of every layout with copies, and one of several sets; then the host loses its power, and
/// nobody can delete them.
fn wait_for_first_host(lab: &Lab) -> Vec<VolumeInfo> {
    // On three peers each has a brick on the first one.
    let bodies = [replica_3(3), replica_3(600), disperse(4), arbiter(2)];
    let unwanted = bodies.map(|body| on_first_host(lab, &body)).to_vec();
    power(lab, false);
    let jobs: Vec<String> = unwanted.iter().map(|volume| lab.begin_delete(&volume.id)).collect();
    for job in jobs {
        let refused = lab.wait_for(&job);
        assert_eq!(refused.status, 500, "gluster deletes nothing while a peer is down: {refused:?}");
    }
    unwanted
}

#[test]
fn deletes_that_wait_for_a_node_which_is_gone_for_good_end_when_it_is_forgotten() {
    let lab = Lab::with_three_peers();
    let unwanted = wait_for_first_host(&lab);
    let node = lab.node_of(HOSTS[0]);
    let removed = emptied(&lab, &node);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    for volume in &unwanted {
        let left = lab.peers().volume(&volume.name).map(|found| found.bricks.clone()).unwrap_or_default();
        assert!(!left.iter().any(|brick| brick.starts_with(HOSTS[0])), "{left:?}");
    }
    forgotten(&lab, &node);
    assert_settled(&lab);
    assert!(unwanted.iter().all(|volume| !lab.volumes().contains(&volume.id)));
    assert!(unwanted.iter().all(|volume| lab.peers().volume(&volume.name).is_none()));
    // What is left lies on the peer that nobody will see again.
    Audit::new().without(HOSTS[0]).clean_within(&lab, SOON);
}

#[test]
fn deletes_end_on_a_node_that_comes_back_after_it_was_given_up() {
    let lab = Lab::with_three_peers();
    let unwanted = wait_for_first_host(&lab);
    let node = lab.node_of(HOSTS[0]);
    let removed = emptied(&lab, &node);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    power(&lab, true);
    assert_settled(&lab);
    assert!(unwanted.iter().all(|volume| !lab.volumes().contains(&volume.id)));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_create_that_lost_a_peer_half_way_does_not_keep_it() {
    let mut lab = Lab::with_four_peers();
    lab.close_gate();
    let made = lab.held("volume set");
    let refused = json!({"command": "volume start", "fault": "refuse"});
    lab.inject(Some(json!({"faults": [made, refused]})));
    lab.restart();
    let job = lab.begin_create(&replica_3(3));
    let made = || !lab.peers().volumes.is_empty();
    assert!(settled(SOON, made), "{}", lab.log_tail());
    power(&lab, false);
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 500);
    let node = lab.node_of(HOSTS[0]);
    let removed = emptied(&lab, &node);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    forgotten(&lab, &node);
    assert_settled(&lab);
    Audit::new().without(HOSTS[0]).clean_within(&lab, SOON);
}

/// A stopped server with a volume on four peers that is to go, whose first host is gone; its node.
fn waiting(body: &Value) -> (Lab, NodeInfo) {
    let mut lab = Lab::with_four_peers();
    let unwanted = on_first_host(&lab, body);
    let node = lab.node_of(HOSTS[0]);
    assert!(unwanted.bricks.iter().any(|brick| brick.node != node.id), "others stay: {unwanted:?}");
    power(&lab, false);
    assert_eq!(lab.remove(&unwanted.id).status, 500);
    lab.stop();
    (lab, node)
}

/// The node is given up, in spite of a fault of one of the commands that take its bricks out.
fn is_given_up_after(waiting: &Lab, node: &NodeInfo, command: &str, fault: &str) {
    let mut lab = Lab::copied_from(waiting.path());
    let held = lab.held(".");
    let record = lab.path().join("commands");
    lab.inject(Some(json!({"record": record, "faults": [held, {"command": command, "fault": fault}]})));
    lab.close_gate();
    lab.start();
    let state = format!("/nodes/{}/state", node.id);
    let offline = lab.post(&state, &json!({"state": "offline"})).location;
    assert_eq!(lab.wait_for(&offline).status, 204);
    let job = lab.answered_first(|lab| lab.post(&state, &json!({"state": "failed"})).location);
    if fault.starts_with("kill") {
        assert!(settled(SOON, || lab.has_died()), "{command} {fault}");
        lab.inject(None);
        lab.start();
    }
    let removed = lab.wait_for(&job);
    if removed.status != 204 {
        assert_eq!(fault, "refuse", "{command}: {removed:?}\n{}", lab.log_tail());
        let again = lab.ask(&state, &json!({"state": "failed"}));
        assert_eq!(again.status, 204, "{command}: {again:?}\n{}", lab.log_tail());
    }
    let sent = std::fs::read_to_string(&record).unwrap();
    assert!(sent.contains(command), "{command} was not sent");
    forgotten(&lab, node);
    assert_settled(&lab);
    Audit::new().without(HOSTS[0]).clean_within(&lab, SOON);
}

#[test]
fn a_node_is_given_up_whatever_happens_to_the_commands_that_take_its_bricks_out() {
    let (copied, node) = waiting(&replica_3(3));
    // More than a disk has room for.
    let (single, its_node) = waiting(&json!({"size": 600, "durability": {"type": "none"}}));
    std::thread::scope(|scope| {
        for fault in ["lose_reply", "kill_before", "kill_after", "refuse"] {
            for command in ["volume start", "replace-brick"] {
                let (copied, node) = (&copied, &node);
                scope.spawn(move || is_given_up_after(copied, node, command, fault));
            }
            let (single, its_node) = (&single, &its_node);
            scope.spawn(move || is_given_up_after(single, its_node, "remove-brick", fault));
        }
    });
}

#[test]
fn a_volume_without_copies_goes_with_its_node() {
    let lab = Lab::with_three_peers();
    let first = lab.node_of(HOSTS[0]);
    let unwanted = on_first_host(&lab, &json!({"size": 2, "durability": {"type": "none"}}));
    let others: Vec<String> = lab.volumes().into_iter().filter(|id| *id != unwanted.id).collect();
    power(&lab, false);
    assert_eq!(lab.remove(&unwanted.id).status, 500);
    let removed = emptied(&lab, &first);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    forgotten(&lab, &first);
    assert_settled(&lab);
    assert_eq!(lab.volumes().len(), others.len());
    assert!(lab.peers().volume(&unwanted.name).is_none());
    Audit::new().without(HOSTS[0]).clean_within(&lab, SOON);
}

#[test]
fn a_volume_on_a_node_that_comes_back_after_its_disks_were_forgotten_is_deleted() {
    let lab = Lab::with_three_peers();
    let first = lab.node_of(HOSTS[0]);
    let unwanted = on_first_host(&lab, &json!({"size": 2, "durability": {"type": "none"}}));
    power(&lab, false);
    assert_eq!(lab.remove(&unwanted.id).status, 500);
    assert_eq!(emptied(&lab, &first).status, 204);
    for device in first.devices.iter() {
        let body = json!({"forceforget": true}).to_string();
        let gone = lab.send("DELETE", &format!("/devices/{}", device.id), &[], Some(body.as_bytes()));
        assert_eq!(lab.wait_for(&gone.location).status, 204, "{gone:?}");
    }
    power(&lab, true);
    assert_settled(&lab);
    assert!(lab.peers().volume(&unwanted.name).is_none());
    let gone = lab.delete(&format!("/nodes/{}", first.id));
    assert_eq!(lab.wait_for(&gone.location).status, 204, "{}", lab.log_tail());
}

#[test]
fn two_nodes_that_are_gone_for_good_one_after_the_other_are_forgotten() {
    let lab = Lab::with_four_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    lab.add_node(&cluster, "10.10.10.21");
    let unwanted = lab.create(&replica_3(3)).unwrap();
    let gone = lab.peers().volume(&unwanted.name).unwrap().bricks[0].split(':').next().unwrap().to_owned();
    let first = lab.node_of(&gone);
    lab.on(&gone, Action::Power { on: false });
    assert_eq!(lab.remove(&unwanted.id).status, 500);
    let removed = emptied(&lab, &first);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    // What stands in for its brick lies beside a brick of another peer: now that is lost, too.
    let stands_in = |at: &&String| at.contains("/standin_");
    let bricks = lab.peers().volume(&unwanted.name).unwrap().bricks.clone();
    let host = bricks.iter().find(stands_in).unwrap().split(':').next().unwrap().to_owned();
    lab.on(&host, Action::Power { on: false });
    let second = lab.node_of(&host);
    let removed = emptied(&lab, &second);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    forgotten(&lab, &second);
    forgotten(&lab, &first);
    assert_settled(&lab);
    assert!(lab.peers().volume(&unwanted.name).is_none());
    Audit::new().without(&gone).without(&host).clean_within(&lab, SOON);
}
