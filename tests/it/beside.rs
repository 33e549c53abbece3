//! Work on a cluster while devices of it are emptied.

use std::time::Duration;

use serde_json::json;

use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);
const IN_USE: &str = "The target exists, contains other items, or is in use.";

fn device_of(lab: &Lab, host: &str, path: &str) -> String {
    lab.node_of(host).devices.iter().find(|device| device.name == path).unwrap().id.clone()
}

fn put(lab: &Lab, device: &str, state: &str) -> Reply {
    lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}))
}

#[test]
fn a_device_is_not_taken_for_empty_while_a_volume_is_made_on_it() {
    let mut lab = Lab::new();
    lab.hold(&["volume create"]);
    lab.start();
    lab.three_peers();
    let [device, other] = DISKS.map(|disk| device_of(&lab, HOSTS[0], disk));
    // So that it has a brick of the volume.
    assert_eq!(put(&lab, &other, "offline").status, 204);
    let job = lab.begin_create(&replica_3(10));
    assert_eq!(put(&lab, &other, "online").status, 204);
    assert_eq!(put(&lab, &device, "offline").status, 204);
    let refused = put(&lab, &device, "failed");
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &[IN_USE]);
    assert_eq!(lab.get(&format!("/devices/{device}")).json()["state"], "offline");
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    let is_on = |device: &str| lab.volume(&made.located()).bricks.iter().any(|brick| brick.device == device);
    assert!(is_on(&device));
    let emptied = put(&lab, &device, "failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    assert!(is_on(&other) && !is_on(&device));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_device_is_empty_when_the_volume_on_it_was_deleted_meanwhile() {
    let mut lab = Lab::new();
    lab.hold(&["volume delete"]);
    lab.start();
    lab.three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let device = &made.bricks[0].device;
    assert_eq!(put(&lab, device, "offline").status, 204);
    let delete = lab.begin_delete(&made.id);
    let emptied = lab.post(&format!("/devices/{device}/state"), &json!({"state": "failed"})).location;
    let waits =
        || lab.get(&emptied).step.contains(&format!("waiting for another operation on volume {}", made.id));
    assert!(settled(SOON, waits), "{}", lab.log_tail());
    lab.open_gate();
    let deleted = lab.wait_for(&delete);
    assert_eq!(deleted.status, 204, "{deleted:?}");
    let emptied = lab.wait_for(&emptied);
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    assert_eq!(lab.get(&format!("/devices/{device}")).json()["state"], "failed");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn volumes_are_made_and_grow_while_two_devices_are_emptied() {
    let lab = Lab::with_four_peers();
    let old: Vec<String> = (0..6).map(|_| lab.create(&replica_3(2)).unwrap().id).collect();
    let devices = [device_of(&lab, HOSTS[0], DISKS[0]), device_of(&lab, HOSTS[1], DISKS[1])];
    let empty = |device: &String| {
        assert_eq!(put(&lab, device, "offline").status, 204);
        lab.post(&format!("/devices/{device}/state"), &json!({"state": "failed"})).location
    };
    let removals: Vec<String> = devices.iter().map(empty).collect();
    let creates: Vec<String> = (0..20).map(|_| lab.begin_create(&replica_3(1))).collect();
    for id in &old {
        check_growth(&lab, id, &lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 1})));
    }
    for job in &creates {
        let made = lab.wait_for(job);
        assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
        assert_eq!(lab.volume(&made.located()).bricks.len(), 3);
    }
    for job in &removals {
        let emptied = lab.wait_for(job);
        assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    }
    let volumes: Vec<_> = lab.volumes().iter().map(|id| lab.volume(id)).collect();
    assert_eq!(volumes.len(), old.len() + creates.len());
    let mut bricks = volumes.iter().flat_map(|volume| volume.bricks.iter());
    assert!(bricks.all(|brick| !devices.contains(&brick.device)));
    Audit::new().clean_within(&lab, SOON);
}

/// A volume has grown, or a brick of it was on its way just then.
fn check_growth(lab: &Lab, id: &str, answer: &Reply) {
    let now = lab.volume(id);
    let expected = match answer.status {
        303 => (3, 6),
        _ => {
            assert_eq!(answer.status, 500, "{answer:?}");
            assert_says(&answer.text, &[IN_USE]);
            (2, 3)
        }
    };
    assert_eq!((now.size, now.bricks.len()), expected, "{answer:?}");
}
