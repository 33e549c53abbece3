//! States of nodes and devices: what is no state, and from which one there is no way to which other.

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};
use super::expected::STATES;
use crate::support::operator::{DISKS, HOSTS};

pub const REFUSED: &[Row] = &[
    ("POST", "/nodes/@none/state", r#"{"state": "online"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/abc/state", r#"{"state": "offline", "healcheck": "enable"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/@NODE/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/@none/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/@device/state", r#"{"state": "offline"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/gluster1/state", "{", 404, NO_ROUTE),
    ("POST", "/devices/@none/state", r#"{"state": "online"}"#, 404, NOT_FOUND),
    ("POST", "/devices/abc/state", r#"{"state": "offline", "healcheck": "enable"}"#, 404, NOT_FOUND),
    ("POST", "/devices/@DEVICE/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
    ("POST", "/devices/@none/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
    ("POST", "/devices/@node/state", r#"{"state": "offline"}"#, 404, NOT_FOUND),
    ("POST", "/devices/vdd/state", "{", 404, NO_ROUTE),
];

/// From online; the answer of the job.
pub const FAILING: &[Row] = &[
    (
        "POST",
        "/nodes/@node/state",
        r#"{"state": "failed"}"#,
        500,
        "Node must be offline before remove operation is performed, node:@node",
    ),
    (
        "POST",
        "/nodes/@node/state",
        r#"{"state": "failed", "healcheck": "disable"}"#,
        500,
        "Node must be offline before remove operation is performed, node:@node",
    ),
    (
        "POST",
        "/devices/@device/state",
        r#"{"state": "failed"}"#,
        500,
        "Device must be offline before remove operation is performed, device:@device",
    ),
];

#[test]
fn states_of_what_is_not_there() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn states_that_are_none() {
    let desk = Desk::new();
    let shapes = [r#"{"state": 1}"#, r#"{"state": ["online"]}"#, r#"{"healcheck": true}"#];
    for paths in [
        ["/nodes/@node/state", "/nodes/@none/state", "/nodes/abc/state"],
        ["/devices/@device/state", "/devices/@none/state", "/devices/abc/state"],
    ] {
        desk.cannot_parse("POST", &paths, &shapes);
        for path in paths {
            let rows: Vec<Row> =
                STATES.iter().map(|(body, text)| ("POST", path, *body, 400, *text)).collect();
            desk.refuses(&rows);
        }
    }
}

#[test]
fn nobody_is_taken_out_of_service_who_is_in_it() {
    Desk::new().fails(FAILING);
}

#[test]
fn nothing_comes_back_that_was_taken_out_of_service() {
    let mut desk = Desk::new();
    let node = desk.lab.add_node(desk.id("cluster"), "10.10.10.20").id;
    desk.lab.add_device(&node, DISKS[0], false).unwrap();
    let disk = desk.lab.node_of("10.10.10.20").devices[0].id.clone();
    desk.call("retired", &node);
    desk.call("empty", &disk);
    for state in ["offline", "failed"] {
        desk.put("devices/@empty", state);
    }
    let online = r#"{"state": "online"}"#;
    desk.fails(&[
        ("POST", "/devices/@empty/state", online, 500, "Cannot move a failed/removed device to online state"),
        (
            "POST",
            "/nodes/@retired/state",
            r#"{"state": "failed"}"#,
            500,
            "Node must be offline before remove operation is performed, node:@retired",
        ),
    ]);
    for state in ["offline", "failed"] {
        desk.put("nodes/@retired", state);
    }
    desk.fails(&[
        ("POST", "/nodes/@retired/state", online, 500, "Cannot move a failed/removed node to online state"),
        (
            "POST",
            "/nodes/@retired/state",
            r#"{"state": "offline"}"#,
            500,
            "Cannot move a failed/removed node to offline state",
        ),
    ]);
    // It may be said again; and a device has a way back, by offline.
    desk.put("nodes/@retired", "failed");
    for state in ["failed", "offline", "online"] {
        desk.put("devices/@empty", state);
    }
}

#[test]
fn nothing_is_emptied_where_there_is_no_other_place() {
    let mut desk = Desk::new();
    let other = desk.other_disk();
    desk.call("other", &other);
    let devices = desk.lab.node_of(HOSTS[0]).devices;
    assert!(
        devices.iter().all(|device| !device.bricks.is_empty()),
        "nothing would be emptied before it fails"
    );
    desk.call("lowest", &devices.iter().map(|device| &device.id).min().unwrap().clone());
    for object in ["devices/@device", "devices/@other"] {
        desk.put(object, "offline");
    }
    for healcheck in [r#"{"state": "failed"}"#, r#"{"state": "failed", "healcheck": "disable"}"#] {
        desk.fails(&[(
            "POST",
            "/devices/@device/state",
            healcheck,
            500,
            "Unable to delete device [@device] as no device was found to replace it: No Replacement was found for resource requested to be removed",
        )]);
    }
    for object in ["devices/@device", "devices/@other"] {
        desk.put(object, "online");
    }
    desk.put("nodes/@node", "offline");
    desk.fails(&[(
        "POST",
        "/nodes/@node/state",
        r#"{"state": "failed"}"#,
        500,
        "Unable to remove node [@node] as no device was found to replace device [@lowest]",
    )]);
}
