//! Volumes that grow, and bricks that move: expansions, evictions, devices and nodes that are emptied.

use std::collections::BTreeSet;
use std::time::Duration;

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

pub fn device_of(lab: &Lab, host: &str, path: &str) -> String {
    lab.node_of(host).devices.iter().find(|device| device.name == path).unwrap().id.clone()
}

#[test]
fn a_volume_grows_by_whole_sets() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let grown = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 5}));
    assert_eq!(grown.status, 303, "{grown:?}");
    let now = lab.volume(&made.id);
    assert_eq!((now.size, now.bricks.len()), (15, 6));
    assert_eq!(lab.peers().volume(&made.name).unwrap().bricks.len(), 6);
    Audit::new().clean_within(&lab, SOON);
    let refused = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 5000}));
    assert_eq!(refused.status, 500);
    assert_says(&refused.text, &["Failed to allocate volume expansion: "]);
    lab.restart();
    assert_eq!(lab.volume(&made.id).size, 15);
    assert_eq!(lab.remove(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_expansion_whose_rebalance_is_refused_is_done_and_says_so() {
    let mut lab = Lab::new();
    lab.inject(Some(
        json!({"faults": [{"command": "rebalance", "fault": "refuse", "stderr": "no fix-layout"}]}),
    ));
    lab.start();
    lab.three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let grown = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 5}));
    assert_eq!(grown.status, 303, "{grown:?}");
    assert_says(&grown.warning, &["rebalance", &made.name]);
    assert_eq!(lab.volume(&made.id).size, 15);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_brick_moves_with_all_that_is_on_it() {
    let lab = Lab::with_four_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    lab.on(HOSTS[0], Action::WriteFile { volume: made.name.clone(), name: "letter.txt".to_owned() });
    let leaves = made.bricks[0].clone();
    let moved = lab.ask(&format!("/bricks/to-evict/{}", leaves.id), &json!({}));
    assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
    let now = lab.volume(&made.id);
    assert_eq!(now.bricks.len(), 3);
    assert!(now.bricks.iter().all(|brick| brick.id != leaves.id && brick.device != leaves.device));
    let nodes: BTreeSet<_> = now.bricks.iter().map(|brick| brick.node.clone()).collect();
    assert_eq!(nodes.len(), 3, "each copy is on a peer of its own");
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.remove(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_copy_that_others_still_have_to_be_healed_from_stays() {
    let lab = Lab::with_four_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let brick = made.bricks[0].clone();
    let place = lab
        .peers()
        .volume(&made.name)
        .unwrap()
        .bricks
        .iter()
        .find(|at| at.ends_with(&brick.path))
        .unwrap()
        .clone();
    lab.on(HOSTS[0], Action::Heal { volume: made.name.clone(), brick: place.to_string(), entries: 4 });
    let refused = lab.ask(&format!("/bricks/to-evict/{}", brick.id), &json!({}));
    assert_eq!(refused.status, 500, "{refused:?}");
    let text = format!("Cannot replace brick {} as it is source brick for data to be healed", brick.id);
    assert_eq!(refused.text.trim(), text);
    assert_eq!(lab.volume(&made.id).bricks, made.bricks, "nothing was changed");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_device_is_emptied_and_can_be_taken_out() {
    let lab = Lab::with_four_peers();
    let ids: Vec<String> = (0..6).map(|_| lab.create(&replica_3(2)).unwrap().id).collect();
    let device = device_of(&lab, HOSTS[0], DISKS[0]);
    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    let refused = state("failed");
    assert_says(&refused.text, &["Device must be offline before remove operation is performed"]);
    assert_eq!(state("offline").status, 204);
    let removed = state("failed");
    assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    for id in &ids {
        let now = lab.volume(id);
        assert!(now.bricks.len() == 3 && now.bricks.iter().all(|brick| brick.device != device), "{now:?}");
    }
    Audit::new().clean_within(&lab, SOON);
    let gone = lab.delete(&format!("/devices/{device}"));
    assert_eq!(lab.wait_for(&gone.location).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn the_only_copy_is_never_given_up() {
    let lab = Lab::with_four_peers();
    let made = lab.create(&json!({"size": 7, "durability": {"type": "none"}})).unwrap();
    let brick = &made.bricks[0];
    for check in ["", "disable"] {
        let refused = lab.ask(&format!("/bricks/to-evict/{}", brick.id), &json!({"healcheck": check}));
        assert_eq!(refused.status, 500);
        assert_says(&refused.text, &["Cannot replace brick"]);
    }
    let path = format!("/devices/{}/state", brick.device);
    assert_eq!(lab.ask(&path, &json!({"state": "offline"})).status, 204);
    let refused = lab.ask(&path, &json!({"state": "failed", "healcheck": "disable"}));
    assert_says(&refused.text, &["it holds the only copy of its data"]);
    assert_eq!(lab.volume(&made.id).bricks, made.bricks);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn nothing_is_moved_off_a_device_or_a_node_that_cannot_be_emptied_in_the_end() {
    let lab = Lab::with_four_peers();
    let with_copies: Vec<VolumeInfo> = (0..8).map(|_| lab.create(&replica_3(2)).unwrap()).collect();
    let alone = lab.create(&json!({"size": 7, "durability": {"type": "none"}})).unwrap();
    let brick = &alone.bricks[0];
    for path in [format!("/devices/{}/state", brick.device), format!("/nodes/{}/state", brick.node)] {
        assert_eq!(lab.ask(&path, &json!({"state": "offline"})).status, 204);
        let refused = lab.ask(&path, &json!({"state": "failed"}));
        let text =
            format!("Cannot replace brick {} as only 0 of 1 required peer bricks are online", brick.id);
        assert_eq!((refused.status, refused.text.trim()), (500, text.as_str()));
    }
    for made in &with_copies {
        assert_eq!(lab.volume(&made.id).bricks, made.bricks, "nothing was moved");
    }
    assert_eq!(lab.remove(&alone.id).status, 204, "the cure");
    let path = format!("/nodes/{}/state", brick.node);
    assert_eq!(lab.ask(&path, &json!({"state": "failed"})).status, 204);
    Audit::new().clean_within(&lab, SOON);
    let refused = lab.post("/devices", &json!({"node": brick.node, "name": "/dev/vdf"}));
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_says(&refused.text, &[&brick.node, "removed from service", "mortar node delete"]);
}

#[test]
fn two_devices_are_emptied_at_the_same_time() {
    let lab = Lab::with_four_peers();
    for _ in 0..6 {
        lab.create(&replica_3(2)).unwrap();
    }
    let devices = [device_of(&lab, HOSTS[0], DISKS[0]), device_of(&lab, HOSTS[1], DISKS[1])];
    let jobs: Vec<String> = devices
        .iter()
        .map(|device| {
            let path = format!("/devices/{device}/state");
            assert_eq!(lab.ask(&path, &json!({"state": "offline"})).status, 204);
            lab.post(&path, &json!({"state": "failed"})).location
        })
        .collect();
    for job in &jobs {
        let removed = lab.wait_for(job);
        assert_eq!(removed.status, 204, "{removed:?}\n{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_server_that_is_killed_while_it_empties_a_device_goes_on_with_it() {
    // Before and after there is a way back for the brick that moves: it may be undone, the emptying is not.
    for command in ["lvcreate", "replace-brick"] {
        killed_while_emptying(command);
    }
}

fn killed_while_emptying(command: &str) {
    let mut lab = Lab::with_four_peers();
    for _ in 0..4 {
        lab.create(&replica_3(2)).unwrap();
    }
    let device = device_of(&lab, HOSTS[0], DISKS[0]);
    let path = format!("/devices/{device}/state");
    assert_eq!(lab.ask(&path, &json!({"state": "offline"})).status, 204);
    let faults = [lab.held("."), json!({"command": command, "fault": "kill_after"})];
    lab.inject(Some(json!({"faults": faults})));
    lab.restart();
    let job = lab.answered_first(|lab| lab.post(&path, &json!({"state": "failed"})).location);
    assert!(settled(SOON, || lab.has_died()));
    lab.inject(None);
    lab.start();
    let removed = lab.wait_for(&job);
    assert_eq!(removed.status, 204, "{command} {removed:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn two_devices_with_bricks_of_one_volume_are_emptied_one_brick_after_the_other() {
    let mut lab = Lab::with_four_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    lab.close_gate();
    let mut held = lab.held("volume heal");
    // The first one looks whether the brick may go at all.
    held["skip"] = json!(1);
    lab.inject(Some(json!({"faults": [held]})));
    lab.restart();
    let devices = [&made.bricks[0].device, &made.bricks[1].device];
    let state = |device: &str, state: &str| {
        lab.post(&format!("/devices/{device}/state"), &json!({"state": state})).location
    };
    for device in devices {
        assert_eq!(lab.wait_for(&state(device, "offline")).status, 204);
    }
    let first = state(devices[0], "failed");
    let step = |job: &str| lab.get(job).step;
    let healing = || step(&first).contains("waiting until gluster has healed");
    assert!(settled(SOON, healing), "{}\n{}", step(&first), lab.log_tail());
    let second = state(devices[1], "failed");
    let waits = format!("waiting for another operation on volume {}", made.id);
    assert!(settled(SOON, || step(&second).contains(&waits)), "{}\n{}", step(&second), lab.log_tail());
    lab.open_gate();
    for job in [first, second] {
        let emptied = lab.wait_for(&job);
        assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    }
    let now = lab.volume(&made.id).bricks;
    assert!(now.len() == 3 && now.iter().all(|brick| !devices.contains(&&brick.device)), "{now:?}");
    Audit::new().clean_within(&lab, SOON);
}
