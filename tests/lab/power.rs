//! Disks that are others after a reboot.

use mortar::api::DeviceInfo;
use serde_json::json;

use crate::audit;
use crate::peers::{lab, on};
use crate::scenarios::Operator as _;
use crate::server::Server;

/// The devices of the second peer by the paths that they are shown by: of `/dev/vdd` and of `/dev/vde`.
fn devices(server: &Server) -> [DeviceInfo; 2] {
    let devices = server.node_of(2).devices;
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
    server.wait_until("all three bricks to be online", || server.online("v") == 3);
    assert!(on(2, "cat /proc/mounts").contains("/var/lib/heketi/mounts/"));
    assert_eq!([serial(&first.id), serial(&second.id)], serials);

    // One is asked for, and both are shown where they are.
    server.done("GET", &format!("/devices/{}/resync", first.id), &json!({}));
    let [now_vdd, now_vde] = devices(&server);
    assert_eq!((&now_vdd.id, &now_vde.id), (&second.id, &first.id));
    let by_serial = format!("/dev/disk/by-id/virtio-{}", serials[0]);
    assert!(now_vde.paths.contains(&by_serial), "{:?}", now_vde.paths);
    let node = format!("--node={}", server.node_of(2).id);
    let (added, text) = server.mortar(&["device", "add", "--name=/dev/vdd", &node]);
    assert!(!added && text.contains(&second.id), "{text}");
    audit::is_clean(&server);

    let (created, text) = server.mortar(&["volume", "create", "--size=2", "--name=w"]);
    assert!(created, "{text}");
    for id in &server.client().volume_list().expect("the volumes").volumes[..] {
        server.done("DELETE", &format!("/volumes/{id}"), &json!({}));
    }
    audit::is_clean(&server);

    // The right disk is released, and its path can be added again.
    for state in ["offline", "failed"] {
        server.set_state(&format!("/devices/{}", first.id), state);
    }
    server.done("DELETE", &format!("/devices/{}", first.id), &json!({}));
    assert_eq!(serial(&second.id), serials[1]);
    assert_eq!(on(2, "lvm pvs --noheadings -o pv_name").trim(), "/dev/vdd");
    assert_eq!(on(2, "lsblk --nodeps --noheadings --output SERIAL /dev/vde").trim(), serials[0]);
    audit::is_clean(&server);
    let (added, text) = server.mortar(&["device", "add", "--name=/dev/vde", &node]);
    assert!(added, "{text}");
    audit::is_clean(&server);
}
