//! Peers that carry what others made: a pool joined by hand, a volume for certificates, another server's group.

use std::time::Duration;

use mortar::executor::sim::{Action, NewVolume, SimPeers};

use crate::support::operator::{HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);

/// A peer that the server does not know.
const BY_HAND: &str = "10.10.10.20";

fn run(program: &str, args: &[&str]) -> Action {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

fn other_group() -> String {
    format!("vg_{}", "ab".repeat(16))
}

/// Three peers as somebody has set them up by hand.
fn set_up_by_hand(lab: &Lab) {
    for host in &HOSTS[1..] {
        lab.on(HOSTS[0], run("gluster", &["--mode=script", "peer", "probe", host]));
    }
    lab.on(
        HOSTS[0],
        Action::ForeignVolume {
            name: "certs".to_owned(),
            bricks: HOSTS.iter().map(|host| format!("{host}:/data/certs")).collect(),
            started: true,
            options: vec![("auth.allow".to_owned(), "10.10.10.*".to_owned())],
        },
    );
    for host in HOSTS {
        lab.on(
            host,
            Action::ForeignGroup {
                path: "/dev/vde".to_owned(),
                group: other_group(),
                volumes: vec![NewVolume { name: "brick_of_another".to_owned(), size_kib: 1_048_576 }],
            },
        );
    }
}

/// What is there of others.
fn of_others(peers: &SimPeers) -> String {
    let mut found = format!("{:?}\n", peers.volume("certs"));
    for (name, host) in &peers.hosts {
        let group = host.groups.get(&other_group());
        let bricks: Vec<&String> = host.root.iter().filter(|path| path.starts_with("/data")).collect();
        found += &format!("{name} {group:?} {bricks:?}\n");
    }
    found
}

#[test]
fn what_others_made_is_left_alone() {
    let lab = Lab::started();
    set_up_by_hand(&lab);
    let cluster = lab.new_cluster();
    let nodes: Vec<String> = HOSTS.iter().map(|host| lab.add_node(&cluster, host).id).collect();
    let before = of_others(&lab.peers());
    assert_says(&before, &["certs", "Started", "brick_of_another", "/data/certs"]);
    for node in &nodes {
        lab.add_device(node, "/dev/vdd", false).unwrap();
        let (_, _, explanation) = refusal(lab.add_device(node, "/dev/vde", true));
        assert_says(&explanation, &[&other_group(), "never erased"]);
    }
    let audit = Audit::new().besides("certs").besides_group(&other_group());
    let volume = lab.create(&replica_3(10)).unwrap();
    audit.clean_within(&lab, SOON);
    assert_eq!(of_others(&lab.peers()), before);
    assert_eq!(lab.remove(&volume.id).status, 204);
    audit.clean_within(&lab, SOON);
    assert_eq!(of_others(&lab.peers()), before);
    // The nodes are given back one by one; the pool and its volume go on.
    for node in &nodes {
        let device = lab.client().node_info(node).unwrap().devices[0].id.clone();
        for state in ["offline", "failed"] {
            let path = format!("/devices/{device}/state");
            let done = lab.wait_for(&lab.post(&path, &serde_json::json!({"state": state})).location);
            assert_eq!(done.status, 204, "{done:?}");
        }
        assert_eq!(lab.wait_for(&lab.delete(&format!("/devices/{device}")).location).status, 204);
        let left = lab.wait_for(&lab.delete(&format!("/nodes/{node}")).location);
        assert_eq!(left.status, 204, "its peer stays in the pool with what others have on it: {left:?}");
        assert_eq!(lab.get(&format!("/nodes/{node}")).status, 404);
        assert_eq!(of_others(&lab.peers()), before);
    }
    audit.clean_within(&lab, SOON);
    let peers = lab.peers();
    let pools: std::collections::BTreeSet<_> = peers.hosts.values().map(|host| host.pool).collect();
    assert_eq!(pools.len(), 1, "no peer with bricks of others was detached");
}

#[test]
fn a_name_that_is_taken_by_hand_is_refused() {
    let lab = Lab::started();
    set_up_by_hand(&lab);
    let cluster = lab.new_cluster();
    for host in HOSTS {
        let node = lab.add_node(&cluster, host).id;
        lab.add_device(&node, "/dev/vdd", false).unwrap();
    }
    let before = of_others(&lab.peers());
    let mut body = replica_3(10);
    body["name"] = "certs".into();
    let (_, text, explanation) = refusal(lab.create(&body));
    assert_says(&format!("{text}\n{explanation}"), &["certs", "exists"]);
    assert_eq!(of_others(&lab.peers()), before);
    assert!(lab.volumes().is_empty());
    Audit::new().besides("certs").besides_group(&other_group()).clean_within(&lab, SOON);
}

#[test]
fn a_peer_that_somebody_took_into_the_pool_is_left_there() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[0], run("gluster", &["--mode=script", "peer", "probe", BY_HAND]));
    let volume = lab.create(&replica_3(1)).unwrap();
    let audit = Audit::new().besides_peer(BY_HAND);
    audit.clean_within(&lab, SOON);
    assert_eq!(lab.remove(&volume.id).status, 204);
    audit.clean_within(&lab, SOON);
    let peers = lab.peers();
    assert_eq!(peers.host(BY_HAND).unwrap().pool, peers.host(HOSTS[0]).unwrap().pool);
}
