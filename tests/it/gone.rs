//! Peers and disks that are gone for good, with volumes on them that are in use and others that are to go.

use std::time::Duration;

use mortar::api::{NodeInfo, VolumeInfo};
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::moves::device_of;
use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);

fn power(lab: &Lab, on: bool) {
    lab.on(HOSTS[0], Action::Power { on });
}

/// Takes a node out of service.
fn emptied(lab: &Lab, node: &NodeInfo) -> Reply {
    let state = |state: &str| lab.ask(&format!("/nodes/{}/state", node.id), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    state("failed")
}

/// Forgets the devices of a node, and the node.
fn forgotten(lab: &Lab, node: &NodeInfo) {
    for device in node.devices.iter() {
        let body = json!({"forceforget": true}).to_string();
        let gone = lab.send("DELETE", &format!("/devices/{}", device.id), &[], Some(body.as_bytes()));
        assert_eq!(lab.wait_for(&gone.location).status, 204, "{gone:?}\n{}", lab.log_tail());
    }
    let gone = lab.delete(&format!("/nodes/{}", node.id));
    assert_eq!(lab.wait_for(&gone.location).status, 204, "{gone:?}\n{}", lab.log_tail());
}

/// No operation is left, and the database agrees with itself.
fn assert_settled(lab: &Lab) {
    let ended = || lab.get("/operations").json()["total"] == 0;
    assert!(settled(SOON, ended), "{}\n{}", lab.get("/operations/pending").text, lab.log_tail());
    let check = lab.get("/db/check").json();
    assert_eq!(check["totalinconsistencies"], 0, "{check}");
}

fn disperse(size: u64) -> Value {
    json!({"size": size, "durability": {"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}})
}

fn arbiter(size: u64) -> Value {
    let mut body = replica_3(size);
    body["glustervolumeoptions"] = json!(["user.heketi.arbiter true"]);
    body
}

/// A volume with a brick on the first host.
fn on_first_host(lab: &Lab, body: &Value) -> VolumeInfo {
    let first = lab.node_of(HOSTS[0]).id;
    for _ in 0..12 {
        let made = lab.create(body).unwrap();
        if made.bricks.iter().any(|brick| brick.node == first) {
            return made;
        }
    }
    panic!("no brick came to {}", HOSTS[0]);
}

/// The like, of every layout with copies, and one of several sets; then the host loses its power, and nobody can delete
/// them.
fn wait_for_first_host(lab: &Lab) -> Vec<VolumeInfo> {
    let bodies = [replica_3(3), replica_3(900), disperse(4), arbiter(2)];
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
fn a_node_that_is_gone_for_good_is_emptied_and_forgotten() {
    let lab = Lab::with_four_peers();
    let made: Vec<String> = (0..4).map(|_| lab.create(&replica_3(2)).unwrap().id).collect();
    let node = lab.node_of(HOSTS[0]);
    power(&lab, false);
    let removed = emptied(&lab, &node);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    for id in made {
        assert!(lab.volume(&id).bricks.iter().all(|brick| brick.node != node.id));
    }
    forgotten(&lab, &node);
    assert_settled(&lab);
}

#[test]
fn deletes_that_wait_for_a_node_which_is_gone_for_good_end_when_it_is_forgotten() {
    let lab = Lab::with_four_peers();
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
    let lab = Lab::with_four_peers();
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

#[test]
fn a_node_is_given_up_whatever_happens_to_the_commands_that_take_its_bricks_out() {
    let mut waiting = Lab::with_four_peers();
    let unwanted = on_first_host(&waiting, &replica_3(3));
    let node = waiting.node_of(HOSTS[0]);
    power(&waiting, false);
    assert_eq!(waiting.remove(&unwanted.id).status, 500);
    waiting.stop();
    let check = |command: &str, fault: &str| {
        let mut lab = Lab::copied_from(waiting.path());
        let held = lab.held(".");
        lab.inject(Some(json!({"faults": [held, {"command": command, "fault": fault}]})));
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
        forgotten(&lab, &node);
        assert_settled(&lab);
        Audit::new().without(HOSTS[0]).clean_within(&lab, SOON);
    };
    std::thread::scope(|scope| {
        for command in ["volume start", "replace-brick"] {
            for fault in ["lose_reply", "kill_before", "kill_after", "refuse"] {
                scope.spawn(move || check(command, fault));
            }
        }
    });
}

#[test]
fn a_volume_without_copies_that_is_to_go_says_what_keeps_its_node() {
    let lab = Lab::with_three_peers();
    let first = lab.node_of(HOSTS[0]);
    let volume = on_first_host(&lab, &json!({"size": 2, "durability": {"type": "none"}}));
    power(&lab, false);
    assert_eq!(lab.remove(&volume.id).status, 500);
    let refused = emptied(&lab, &first);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &["Unable to take the bricks on device", &volume.name]);
    assert_says(&lab.log(), &["gluster volume remove-brick", "has no copies"]);
    power(&lab, true);
    let ended = || lab.get("/operations").json()["total"] == 0;
    assert!(settled(SOON, ended), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_disk_that_is_gone_for_good_is_forgotten_with_what_deletes_still_had_on_it() {
    let lab = Lab::with_three_peers();
    let device = device_of(&lab, HOSTS[0], DISKS[0]);
    let made: Vec<VolumeInfo> = (0..6).map(|_| lab.create(&replica_3(2)).unwrap()).collect();
    let is_on = |volume: &&VolumeInfo| volume.bricks.iter().any(|brick| brick.device == device);
    let (gone, kept) = {
        let mut on = made.iter().filter(is_on);
        (on.next().unwrap(), on.next().unwrap())
    };
    lab.on(HOSTS[0], Action::Pull { path: DISKS[0].to_owned(), pulled: true });
    assert_eq!(lab.remove(&gone.id).status, 500, "its disk is away");

    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    let path = format!("/devices/{device}");
    let refused = lab.delete(&path);
    assert_eq!(refused.status, 409);
    assert_says(&refused.text, &["because it contains bricks"]);
    let body = json!({"forceforget": true}).to_string();
    let forgotten = lab.send("DELETE", &path, &[], Some(body.as_bytes()));
    assert_eq!(lab.wait_for(&forgotten.location).status, 204, "{forgotten:?}\n{}", lab.log_tail());
    assert_eq!(lab.get(&path).status, 404);
    let ended = || lab.get("/operations").json()["total"] == 0;
    assert!(settled(SOON, ended), "the delete goes on without the disk\n{}", lab.log_tail());
    assert_eq!(lab.delete(&format!("/volumes/{}", gone.id)).status, 404);
    let moved = lab.volume(&kept.id).bricks;
    assert!(moved.len() == 3 && moved.iter().all(|brick| brick.device != device), "{moved:?}");
    assert_eq!(lab.volumes().len(), made.len() - 1);
    let check = lab.get("/db/check").json();
    assert_eq!(check["totalinconsistencies"], 0, "{check}");
}
