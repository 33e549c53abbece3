//! A volume's life: made, looked at, kept over restarts, deleted.

use std::time::Duration;

use serde_json::json;

use crate::support::operator::{HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);

fn topology_file() -> String {
    format!("{}/topology/lab.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_owner_of_a_lab_loads_a_topology_and_gets_a_volume() {
    let mut lab = Lab::started();
    let (code, out, err) = lab.mortar(&["topology", "load", &format!("--json={}", topology_file())]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_says(&out, &HOSTS);
    Audit::new().clean_within(&lab, SOON);
    let (code, out, err) = lab.mortar(&["volume", "create", "--size=10", "--replica=3", "--name=data"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let made = lab.create(&replica_3(10)).unwrap();
    assert_eq!((made.size, made.bricks.len()), (10, 3));
    assert_eq!(made.name, format!("vol_{}", made.id));
    let nodes: std::collections::BTreeSet<_> = made.bricks.iter().map(|brick| brick.node.clone()).collect();
    assert_eq!(nodes.len(), 3, "each copy is on a peer of its own");
    Audit::new().clean_within(&lab, SOON);
    let before = lab.client().topology().unwrap();
    lab.restart();
    assert_eq!(lab.client().topology().unwrap(), before, "a restart keeps everything");
    lab.kill();
    lab.start();
    assert_eq!(lab.client().topology().unwrap(), before, "a kill keeps everything");
    let (code, out, _) = lab.mortar(&["volume", "list"]);
    assert_eq!(code, Some(0));
    assert_says(&out, &[&made.id, "data"]);
    for volume in lab.volumes() {
        let (code, out, err) = lab.mortar(&["volume", "delete", &volume]);
        assert_eq!(code, Some(0), "{out}{err}");
    }
    assert!(lab.volumes().is_empty());
    Audit::new().clean_within(&lab, SOON);
    // Loading once more says that all is there, and changes nothing.
    let before = lab.client().topology().unwrap();
    let (code, out, err) = lab.mortar(&["topology", "load", &format!("--json={}", topology_file())]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(lab.client().topology().unwrap(), before);
}

#[test]
fn every_durability_is_built() {
    let lab = Lab::with_three_peers();
    let none = lab.create(&json!({"size": 7, "durability": {"type": "none"}})).unwrap();
    assert_eq!(none.bricks.len(), 1);
    let two = json!({"size": 7, "durability": {"type": "replicate", "replicate": {"replica": 2}}});
    assert_eq!(lab.create(&two).unwrap().bricks.len() % 2, 0);
    let disperse =
        json!({"size": 12, "durability": {"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}});
    let disperse = lab.create(&disperse).unwrap();
    assert_eq!(disperse.bricks.len() % 3, 0);
    let arbiter = json!({"size": 10, "glustervolumeoptions": ["user.heketi.arbiter true"],
        "durability": {"type": "replicate", "replicate": {"replica": 3}}});
    let arbiter = lab.create(&arbiter).unwrap();
    let sizes: std::collections::BTreeSet<u64> = arbiter.bricks.iter().map(|brick| brick.size).collect();
    assert_eq!(sizes.len(), 2, "the arbiter is smaller");
    Audit::new().clean_within(&lab, SOON);
    for volume in lab.volumes() {
        assert_eq!(lab.remove(&volume).status, 204);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_group_and_options_reach_the_peers() {
    let lab = Lab::with_three_peers();
    let body = json!({"size": 3, "gid": 2345, "glustervolumeoptions": ["performance.cache-size 64MB"],
        "durability": {"type": "replicate", "replicate": {"replica": 3}}});
    let made = lab.create(&body).unwrap();
    assert_eq!(made.gid, 2345);
    let peers = lab.peers();
    let volume = peers.volume(&made.name).unwrap();
    assert_eq!(volume.options.get("performance.cache-size").map(String::as_str), Some("64MB"));
    let brick = &made.bricks[0];
    let host = peers.hosts.values().find(|host| host.groups.contains_key(&format!("vg_{}", brick.device)));
    let on_disk =
        &host.unwrap().groups[&format!("vg_{}", brick.device)].volumes[&format!("brick_{}", brick.id)];
    assert!(on_disk.entries.values().any(|entry| entry.starts_with("2345:")), "{:?}", on_disk.entries);
    assert_eq!(lab.remove(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_volume_that_is_too_large_is_refused_with_the_reason_for_each_device() {
    let lab = Lab::with_three_peers();
    let before = lab.client().topology().unwrap();
    let (status, text, explanation) = refusal(lab.create(&replica_3(5000)));
    assert!(status >= 400);
    assert_says(&text, &["No space"]);
    for host in HOSTS {
        assert_says(&explanation, &[host]);
    }
    assert_says(&explanation, &["/dev/vdd", "/dev/vde"]);
    // A client of heketi gets heketi's text alone.
    let reply = lab.post("/volumes", &replica_3(5000));
    let reply = if reply.status == 202 { lab.wait_for(&reply.location) } else { reply };
    assert_says(&reply.text, &["No space"]);
    assert!(!reply.text.contains("/dev/vdd"));
    assert_eq!(lab.client().topology().unwrap(), before);
    Audit::new().clean_within(&lab, SOON);
}
