//! Devices whose size is read again, while bricks come and go on them.

use std::time::Duration;

use mortar::api::VolumeInfo;
use serde_json::json;

use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

fn begin(lab: &Lab, device: &str) -> String {
    lab.get(&format!("/devices/{device}/resync")).location
}

fn resync(lab: &Lab, device: &str) -> Reply {
    lab.wait_for(&begin(lab, device))
}

/// The device on the first host that has a brick of a volume.
fn device_of(lab: &Lab, volume: &VolumeInfo) -> String {
    let node = lab.node_of(HOSTS[0]).id;
    volume.bricks.iter().find(|brick| brick.node == node).unwrap().device.clone()
}

/// What the server says that is used, in KiB.
fn used(lab: &Lab, device: &str) -> u64 {
    lab.client().device_info(device).unwrap().storage.used
}

fn assert_in_use(reply: &Reply) {
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_eq!(reply.text.trim(), "The target exists, contains other items, or is in use.");
}

#[test]
fn a_device_is_not_read_again_while_a_brick_on_it_waits_to_be_taken_away() {
    let mut lab = Lab::with_three_peers();
    let volume = lab.create(&replica_3(10)).unwrap();
    let device = device_of(&lab, &volume);
    let stuck = json!({"command": format!("lvremove.*vg_{device}"), "fault": "refuse", "times": 0});
    lab.inject(Some(json!({"faults": [stuck]})));
    lab.restart();
    assert_eq!(lab.remove(&volume.id).status, 500);
    let charged = used(&lab, &device);
    assert_in_use(&resync(&lab, &device));
    assert_eq!(used(&lab, &device), charged);
    lab.inject(None);
    lab.restart();
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(used(&lab, &device), 0, "what its volumes took is given back once");
    assert_eq!(resync(&lab, &device).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_was_read_of_a_device_is_not_believed_where_a_brick_came_meanwhile() {
    let mut lab = Lab::with_three_peers();
    let first = lab.create(&replica_3(10)).unwrap();
    let device = device_of(&lab, &first);
    lab.hold(&[&format!("vgs.*vg_{device}")]);
    lab.restart();
    let job = begin(&lab, &device);
    let another = || device_of(&lab, &lab.create(&replica_3(8)).unwrap()) == device;
    assert!((0..4).any(|_| another()), "none came to {device}");
    let charged = used(&lab, &device);
    lab.open_gate();
    assert_in_use(&lab.wait_for(&job));
    assert_eq!(used(&lab, &device), charged);
    assert_eq!(resync(&lab, &device).status, 204);
    assert_eq!(used(&lab, &device), charged, "the peer says the same");
    Audit::new().clean_within(&lab, SOON);
}
