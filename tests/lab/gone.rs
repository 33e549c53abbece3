//! A peer that is gone for good.

use mortar::api::{NodeInfo, VolumeInfo};
use serde_json::json;

use crate::audit;
use crate::peers::{ADDRESSES, lab, on};
use crate::scenarios::Operator as _;
use crate::server::{PATIENCE, Server, wait_until};

/// What the first peer says of its pool.
fn pool() -> String {
    on(1, "gluster pool list")
}

/// A volume that is wholly on a peer: the only one that takes bricks meanwhile.
fn without_copies_on(server: &Server, node: &NodeInfo) -> VolumeInfo {
    let topology = server.client().topology().expect("the topology");
    let others: Vec<&NodeInfo> =
        topology.clusters[0].nodes.iter().filter(|other| other.id != node.id).collect();
    let set =
        |state| others.iter().for_each(|other| server.set_state(&format!("/nodes/{}", other.id), state));
    set("offline");
    let made = server.create("alone", &["--size=1", "--durability=none"]);
    set("online");
    assert_eq!(made.bricks[0].node, node.id);
    made
}

/// Forgets a device; again where the server says so, as it is in the middle of one of the deletes.
fn forget(server: &Server, id: &str) {
    let args = ["device", "delete", "--force-forget", id];
    let mut said = String::new();
    wait_until(PATIENCE, &format!("device {id} to be forgotten"), || {
        let (done, text) = server.mortar(&args);
        assert!(done || text.contains("ask again"), "{text}");
        said = text;
        done
    });
    eprintln!("{}", said.trim());
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_that_is_gone_for_good_is_forgotten_with_the_volumes_that_were_to_go() {
    let server = Server::with_topology();
    let topology = server.client().topology().expect("the topology");
    let mut nodes = topology.clusters[0].nodes.iter();
    let third = nodes.find(|node| node.hostnames.manage[0] == ADDRESSES[2]).expect("the third peer").clone();
    let parts = ["--size=2", "--durability=disperse", "--disperse-data=2", "--redundancy=1"];
    let on_all = [server.create("copies", &["--size=1"]), server.create("parts", &parts)];
    let alone = without_copies_on(&server, &third);

    on(3, "systemctl poweroff --no-block");
    wait_until(PATIENCE, "the third peer to be gone", || pool().contains("Disconnected"));
    lab(&["power", "3", "off"]);
    let unwanted = on_all.iter().chain([&alone]);
    let begin = |volume: &VolumeInfo| server.begin("DELETE", &format!("/volumes/{}", volume.id), &json!({}));
    for job in unwanted.map(begin).collect::<Vec<_>>() {
        let (status, text) = server.finished(&job);
        assert_eq!(status, 500, "{text}");
    }

    let node = format!("/nodes/{}", third.id);
    for state in ["offline", "failed"] {
        server.set_state(&node, state);
    }
    for volume in &on_all {
        let bricks = on(1, &format!("gluster volume info {} | grep '^Brick[0-9]'", volume.name));
        assert!(bricks.lines().count() == 3 && !bricks.contains(ADDRESSES[2]), "{bricks}");
    }
    for device in third.devices.iter() {
        forget(&server, &device.id);
    }
    server.done("DELETE", &node, &json!({}));
    assert!(!pool().contains(ADDRESSES[2]), "{}", pool());

    server.rests();
    assert_eq!(on(1, "gluster volume list 2>&1").trim(), "No volumes present in cluster");
    audit::is_clean(&server);
    // Those that stay can be used again.
    let (done, text) = server.mortar(&["volume", "create", "--size=1", "--replica=2"]);
    assert!(done, "{text}");
    audit::is_clean(&server);
}
