//! Peers and disks that are gone for good, with volumes on them that are in use and others that are to go.

mod unwanted;

use std::time::Duration;

use mortar::api::{NodeInfo, VolumeInfo};
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::moves::device_of;
use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Lab, Reply, settled};

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
    assert!(settled(2 * SOON, ended), "{}\n{}", lab.get("/operations/pending").text, lab.log_tail());
    let check = lab.get("/db/check").json();
    assert_eq!(check["totalinconsistencies"], 0, "{check}");
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
fn a_node_that_is_gone_is_not_forgotten_while_volumes_of_others_have_bricks_on_it() {
    let lab = Lab::with_three_peers();
    let first = lab.node_of(HOSTS[0]);
    let bricks = HOSTS.map(|host| format!("{host}:/data/certs")).to_vec();
    lab.on(
        HOSTS[1],
        Action::ForeignVolume { name: "certs".to_owned(), bricks, started: true, options: Vec::new() },
    );
    power(&lab, false);
    assert_eq!(emptied(&lab, &first).status, 204);
    for device in first.devices.iter() {
        let body = json!({"forceforget": true}).to_string();
        let gone = lab.send("DELETE", &format!("/devices/{}", device.id), &[], Some(body.as_bytes()));
        assert_eq!(lab.wait_for(&gone.location).status, 204, "{gone:?}");
    }
    let refused = lab.wait_for(&lab.delete(&format!("/nodes/{}", first.id)).location);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &[HOSTS[0], "is away", "certs"]);
    assert_eq!(lab.node_of(HOSTS[0]).id, first.id);
}

#[test]
fn a_brick_that_was_moved_off_a_peer_before_that_was_given_up_keeps_nothing_there() {
    let lab = Lab::with_four_peers();
    let volume = on_first_host(&lab, &replica_3(3));
    let node = lab.node_of(HOSTS[0]);
    let leaves = volume.bricks.iter().find(|brick| brick.node == node.id).unwrap();
    power(&lab, false);
    let told = lab.ask(&format!("/bricks/to-evict/{}", leaves.id), &json!({}));
    assert_eq!(told.status, 500, "what is left of it lies on a peer that is away: {told:?}");
    let removed = emptied(&lab, &node);
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    let grown = lab.ask(&format!("/volumes/{}/expand", volume.id), &json!({"expand_size": 1}));
    assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
    forgotten(&lab, &node);
    assert_settled(&lab);
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

#[test]
fn a_disk_with_two_bricks_of_one_volume_is_given_up() {
    let lab = Lab::with_four_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    for _ in 0..3 {
        let grown = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 5}));
        assert_eq!(grown.status, 303, "{grown:?}");
    }
    let bricks = lab.volume(&made.id).bricks;
    let twice = |device: &&str| bricks.iter().filter(|brick| brick.device == **device).count() > 1;
    let device =
        bricks.iter().map(|brick| brick.device.as_str()).find(twice).expect("two on a disk").to_owned();
    let topology = lab.client().topology().unwrap();
    let mut nodes = topology.clusters[0].nodes.iter();
    let node = nodes.find(|node| node.devices.iter().any(|found| found.id == device)).unwrap();
    let path = node.devices.iter().find(|found| found.id == device).unwrap().name.clone();
    lab.on(&node.hostnames.manage[0], Action::Pull { path, pulled: true });
    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    let grown = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 5}));
    assert_eq!(grown.status, 303, "what is left on the disk keeps nothing: {grown:?}");
    let body = json!({"forceforget": true}).to_string();
    let gone = lab.send("DELETE", &format!("/devices/{device}"), &[], Some(body.as_bytes()));
    assert_eq!(lab.wait_for(&gone.location).status, 204, "{gone:?}\n{}", lab.log_tail());
    assert_settled(&lab);
    let now = lab.volume(&made.id).bricks;
    assert!(now.len() == 15 && now.iter().all(|brick| brick.device != device), "{now:?}");
}
