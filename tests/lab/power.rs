//! Peers that go away and come back.

use mortar::api::{DeviceInfo, NodeInfo};
use serde_json::json;

use crate::audit;
use crate::peers::{ADDRESSES, lab, on};
use crate::server::{PATIENCE, Server, wait_until};

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_that_reboots_brings_its_bricks_back_and_one_that_is_off_delays_a_delete() {
    let server = Server::with_topology();
    let (done, text) = server.mortar(&["volume", "create", "--size=1", "--name=v"]);
    assert!(done, "{text}");

    lab(&["power", "2", "reboot", "--wait"]);
    audit::wait_on(1, "all three bricks to be online", ONLINE, "3");
    assert!(on(2, "cat /proc/mounts").contains("/var/lib/heketi/mounts/"));
    audit::is_clean(&server, &[]);

    lab(&["power", "3", "cut"]);
    let id = server.client().volume_list().expect("the volumes").volumes[0].clone();
    let (status, text) = server.finished(&server.begin("DELETE", &format!("/volumes/{id}"), &json!({})));
    assert_eq!(status, 500, "{text}");
    assert!(server.client().volume_list().expect("the volumes").volumes.is_empty());
    let again = server.client().volume_delete(&id).expect_err("it is being deleted").to_string();
    assert!(again.contains("The target exists, contains other items, or is in use."), "{again}");
    lab(&["power", "3", "on", "--wait"]);
    wait_until(PATIENCE, "the delete to be finished", || {
        server.client().volume_delete(&id).expect_err("it never succeeds twice").to_string() == "Id not found"
    });
    audit::is_clean(&server, &[]);
}

/// Whether a brick of every replica is there for clients.
const ONLINE: &str = "gluster volume status v detail | grep -c '^Online.*: Y' || true";

fn second_node(server: &Server) -> NodeInfo {
    let topology = server.client().topology().expect("the topology");
    let mut nodes = topology.clusters[0].nodes.iter();
    nodes.find(|node| node.hostnames.manage[0] == ADDRESSES[1]).expect("the second peer").clone()
}

/// The devices of the second peer by the paths that they are shown by: of `/dev/vdd` and of `/dev/vde`.
fn devices(server: &Server) -> [DeviceInfo; 2] {
    let devices = second_node(server).devices;
    let named = |name: &str| devices.iter().find(|device| device.name == name).expect(name).clone();
    ["/dev/vdd", "/dev/vde"].map(named)
}

/// The serial number of the disk that holds a device's group: it stays with the disk.
fn serial(device: &str) -> String {
    let disk = on(2, &format!("lvm vgs --noheadings -o pv_name vg_{device}"));
    on(2, &format!("lsblk --nodeps --noheadings --output SERIAL {}", disk.trim())).trim().to_owned()
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn disks_that_change_places_at_a_reboot_are_followed() {
    let server = Server::with_topology();
    let (created, text) = server.mortar(&["volume", "create", "--size=1", "--name=v"]);
    assert!(created, "{text}");
    let [first, second] = devices(&server);
    let serials = [serial(&first.id), serial(&second.id)];

    lab(&["power", "2", "reboot", "--swap", "--wait"]);
    audit::wait_on(1, "all three bricks to be online", ONLINE, "3");
    assert!(on(2, "cat /proc/mounts").contains("/var/lib/heketi/mounts/"));
    assert_eq!([serial(&first.id), serial(&second.id)], serials);

    // One is asked for, and both are shown where they are.
    server.done("GET", &format!("/devices/{}/resync", first.id), &json!({}));
    let [now_vdd, now_vde] = devices(&server);
    assert_eq!((&now_vdd.id, &now_vde.id), (&second.id, &first.id));
    let by_serial = format!("/dev/disk/by-id/virtio-{}", serials[0]);
    assert!(now_vde.paths.contains(&by_serial), "{:?}", now_vde.paths);
    let node = format!("--node={}", second_node(&server).id);
    let (added, text) = server.mortar(&["device", "add", "--name=/dev/vdd", &node]);
    assert!(!added && text.contains(&second.id), "{text}");
    audit::is_clean(&server, &[]);

    let (created, text) = server.mortar(&["volume", "create", "--size=2", "--name=w"]);
    assert!(created, "{text}");
    for id in &server.client().volume_list().expect("the volumes").volumes[..] {
        server.done("DELETE", &format!("/volumes/{id}"), &json!({}));
    }
    audit::is_clean(&server, &[]);

    // The right disk is released, and its path can be added again.
    for state in ["offline", "failed"] {
        server.set_state(&format!("/devices/{}", first.id), state);
    }
    server.done("DELETE", &format!("/devices/{}", first.id), &json!({}));
    assert_eq!(serial(&second.id), serials[1]);
    assert_eq!(on(2, "lvm pvs --noheadings -o pv_name").trim(), "/dev/vdd");
    assert_eq!(on(2, "lsblk --nodeps --noheadings --output SERIAL /dev/vde").trim(), serials[0]);
    audit::is_clean(&server, &[]);
    let (added, text) = server.mortar(&["device", "add", "--name=/dev/vde", &node]);
    assert!(added, "{text}");
    audit::is_clean(&server, &[]);
}
