//! Tags that an operator gives to disks and peers, and volumes that ask for them.

use std::collections::BTreeSet;
use std::time::Duration;

use mortar::api::VolumeInfo;
use serde_json::{Value, json};

use crate::moves::device_of;
use crate::support::operator::{DISKS, HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const NO_SPACE: &str = "Failed to allocate new volume: No space";

/// Changes the tags of a node or a device, `devices/ID` say; the tags that it has then.
#[track_caller]
fn tag(lab: &Lab, object: &str, change: &str, tags: &Value) -> Value {
    let reply = lab.post(&format!("/{object}/tags"), &json!({"change_type": change, "tags": tags}));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// The body of a create of a volume whose disks have to satisfy a rule.
fn on_disks(rule: &str) -> Value {
    let mut body = replica_3(1);
    body["glustervolumeoptions"] = json!([format!("user.heketi.device-tag-match {rule}")]);
    body
}

fn devices(volume: &VolumeInfo) -> BTreeSet<String> {
    volume.bricks.iter().map(|brick| brick.device.clone()).collect()
}

#[track_caller]
fn no_space(lab: &Lab, rule: &str) {
    let (status, text, explanation) = refusal(lab.create(&on_disks(rule)));
    assert_eq!((status, text.trim()), (500, NO_SPACE), "{rule}");
    assert_says(&explanation, &[rule, HOSTS[0], DISKS[0]]);
}

#[test]
fn volumes_go_to_the_disks_whose_tags_they_ask_for() {
    let mut lab = Lab::with_three_peers();
    let fast: Vec<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[0])).collect();
    let slow: Vec<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[1])).collect();
    no_space(&lab, "disk=ssd");
    for device in &fast {
        let tags = json!({"disk": "ssd"});
        assert_eq!(tag(&lab, &format!("devices/{device}"), "set", &tags), tags);
    }
    let (fast, slow) = (fast.into_iter().collect::<BTreeSet<_>>(), slow.into_iter().collect::<BTreeSet<_>>());
    // Otherwise the emptier disks were taken, by turns.
    for _ in 0..3 {
        assert_eq!(devices(&lab.create(&on_disks("disk=ssd")).unwrap()), fast);
        assert_eq!(
            devices(&lab.create(&on_disks("disk!=ssd")).unwrap()),
            slow,
            "a tag that is missing is another one"
        );
    }
    no_space(&lab, "disk=SSD");
    no_space(&lab, "rack=1");
    // The rule belongs to the volume, and is kept.
    let kept = lab.create(&on_disks("disk=ssd")).unwrap();
    lab.restart();
    let grown = lab.ask(&format!("/volumes/{}/expand", kept.id), &json!({"expand_size": 3}));
    assert_eq!(grown.status, 303, "{grown:?}");
    let now = lab.volume(&kept.id);
    assert_eq!((now.bricks.len(), devices(&now)), (6, fast));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn tags_that_change_move_nothing_and_hold_from_then_on() {
    let lab = Lab::with_three_peers();
    let first: Vec<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[0])).collect();
    let second: Vec<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[1])).collect();
    for device in &first {
        tag(&lab, &format!("devices/{device}"), "update", &json!({"disk": "ssd", "rack": "7"}));
    }
    let made = lab.create(&on_disks("disk=ssd")).unwrap();
    assert_eq!(devices(&made), first.iter().cloned().collect());
    // The disks are exchanged: of one peer after the other, and the volume finds no room while they differ.
    for (old, new) in first.iter().zip(&second) {
        let left = tag(&lab, &format!("devices/{old}"), "delete", &json!({"disk": "whatever", "none": ""}));
        assert_eq!(left, json!({"rack": "7"}));
        no_space(&lab, "disk=ssd");
        tag(&lab, &format!("devices/{new}"), "set", &json!({"disk": "ssd"}));
    }
    assert_eq!(lab.volume(&made.id), made, "what is there stays where it is");
    let later = lab.create(&on_disks("disk=ssd")).unwrap();
    assert_eq!(devices(&later), second.iter().cloned().collect());
    // A brick that moves goes where the rule holds now: here that is the other disk of its peer.
    let leaves = made.bricks.iter().find(|brick| brick.device == first[0]).unwrap();
    let moved = lab.ask(&format!("/bricks/to-evict/{}", leaves.id), &json!({}));
    assert_eq!(moved.status, 204, "{moved:?}");
    let now = devices(&lab.volume(&made.id));
    assert!(now.contains(&second[0]) && !now.contains(&first[0]), "{now:?}");
    // From there it has no other place.
    let leaves =
        lab.volume(&made.id).bricks.iter().find(|brick| brick.device == second[0]).unwrap().id.clone();
    let refused = lab.ask(&format!("/bricks/to-evict/{leaves}"), &json!({}));
    let text = "No Replacement was found for resource requested to be removed";
    assert_eq!((refused.status, refused.text.trim()), (500, text));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn the_tags_of_a_disk_cover_those_of_its_peer() {
    let lab = Lab::with_three_peers();
    for host in HOSTS {
        tag(&lab, &format!("nodes/{}", lab.node_of(host).id), "set", &json!({"disk": "ssd"}));
        tag(&lab, &format!("devices/{}", device_of(&lab, host, DISKS[1])), "set", &json!({"disk": ""}));
    }
    let first: BTreeSet<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[0])).collect();
    for _ in 0..2 {
        assert_eq!(devices(&lab.create(&on_disks("disk=ssd")).unwrap()), first);
    }
    let second: BTreeSet<String> = HOSTS.iter().map(|host| device_of(&lab, host, DISKS[1])).collect();
    assert_eq!(devices(&lab.create(&on_disks("disk!=ssd")).unwrap()), second);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_tag_with_a_hyphen_may_be_given_and_cannot_be_asked_for() {
    let lab = Lab::with_three_peers();
    for host in HOSTS {
        tag(
            &lab,
            &format!("nodes/{}", lab.node_of(host).id),
            "set",
            &json!({"rack-row": "7", "rack_row": "7"}),
        );
    }
    let (status, text, _) = refusal(lab.create(&on_disks("rack-row=7")));
    let expected =
        "Failed to allocate new volume: Invalid tag matching rule: Invalid tag match rule: rack-row=7";
    assert_eq!((status, text.trim()), (500, expected));
    assert!(lab.volumes().is_empty());
    assert_eq!(lab.create(&on_disks("rack_row=7")).unwrap().bricks.len(), 3);
    Audit::new().clean_within(&lab, SOON);
}
