//! A server that is busy: who is told to come again, and what is told before that.

use std::time::Duration;

use serde_json::json;

use super::creates::refused_rung_by_rung;
use super::desk::{Desk, Row};
use super::pending::stands_at;
use super::{blocks, bricks, clusters, creates, devices, nodes, service, states, volumes};
use crate::support::operator::{DISKS, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const BUSY: &str = "Server busy. Retry operation later.";

/// A desk whose only place is taken by a create that stands still, and the job of that.
fn busy() -> (Desk, String) {
    let mut lab = Lab::new();
    lab.setting("max_inflight_operations", json!(1));
    lab.hold(&["volume create slow "]);
    lab.start();
    let desk = Desk::furnished(lab);
    let mut body = replica_3(1);
    body["name"] = json!("slow");
    let job = desk.lab.begin_create(&body);
    stands_at(&desk.lab, &job, "creating gluster volume");
    (desk, job)
}

#[track_caller]
fn ends(desk: &Desk, job: &str) {
    desk.lab.open_gate();
    let made = desk.lab.wait_for(job);
    assert_eq!(made.status, 303, "{made:?}\n{}", desk.lab.log_tail());
    Audit::new().clean_within(&desk.lab, SOON);
}

/// What is possible, but not now.
const POSSIBLE: &[Row] = &[
    ("POST", "/volumes", r#"{"size": 1}"#, 429, BUSY),
    ("POST", "/blockvolumes", r#"{"size": 1}"#, 429, BUSY),
    ("DELETE", "/volumes/@volume", "", 429, BUSY),
    ("POST", "/volumes/@volume/expand", r#"{"expand_size": 1}"#, 429, BUSY),
    ("POST", "/volumes/@volume/clone", "{}", 429, BUSY),
    ("POST", "/volumes/@hosting/block-restriction", r#"{"restriction": "locked"}"#, 429, BUSY),
    ("POST", "/bricks/to-evict/@brick", "", 429, BUSY),
    ("POST", "/nodes/@node/state", r#"{"state": "failed"}"#, 429, BUSY),
    ("POST", "/devices/@device/state", r#"{"state": "failed", "healcheck": "disable"}"#, 429, BUSY),
];

#[test]
fn a_busy_server_takes_nothing_that_would_be_one_more() {
    let (desk, job) = busy();
    desk.refuses(POSSIBLE);
    for (method, path, body, ..) in POSSIBLE {
        let told = desk.send(method, path, body);
        assert!(told.retry_after.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{method} {path} {told:?}");
    }
    ends(&desk, &job);
    // What took the place has given it back.
    assert_eq!(desk.lab.remove(desk.id("volume")).status, 204);
}

#[test]
fn what_is_wrong_with_a_request_is_told_before_that_the_server_is_busy() {
    let (desk, job) = busy();
    // What is found out only by trying is not tried.
    let late = |row: &Row| if row.3 == 500 { (row.0, row.1, row.2, 429, BUSY) } else { *row };
    let all = [
        creates::REFUSED,
        volumes::REFUSED,
        blocks::REFUSED,
        bricks::REFUSED,
        states::REFUSED,
        states::FAILING,
        nodes::REFUSED,
        devices::REFUSED,
        clusters::REFUSED,
        service::REFUSED,
    ];
    desk.refuses(&all.concat().iter().map(late).collect::<Vec<_>>());
    refused_rung_by_rung(&desk, |status, text| if status == 500 { (429, BUSY) } else { (status, text) });
    let shapes =
        [r#"{"size": "x", "expand_size": "x", "name": 1, "restriction": 1, "state": 1, "healcheck": 1}"#];
    desk.cannot_parse(
        "POST",
        &[
            "/volumes",
            "/volumes/@volume/expand",
            "/volumes/@volume/clone",
            "/volumes/@hosting/block-restriction",
            "/nodes/@node/state",
            "/devices/@device/state",
        ],
        &shapes,
    );
    desk.cannot_parse_if_any("POST", &["/bricks/to-evict/@brick"], &shapes);
    ends(&desk, &job);
}

#[test]
fn a_busy_server_takes_what_is_not_counted() {
    let (mut desk, job) = busy();
    for (object, state) in [
        ("devices/@device", "offline"),
        ("devices/@device", "online"),
        ("nodes/@second", "offline"),
        ("nodes/@second", "online"),
    ] {
        desk.put(object, state);
    }
    let tags = desk.send("POST", "/nodes/@node/tags", r#"{"change_type": "set", "tags": {"a": "b"}}"#);
    assert_eq!(tags.json(), json!({"a": "b"}));
    let tags = desk.send("POST", "/devices/@device/tags", r#"{"change_type": "update", "tags": {"c": "d"}}"#);
    assert_eq!(tags.json(), json!({"c": "d"}));
    let second = desk.lab.new_cluster();
    desk.call("empty", &second);
    assert_eq!(desk.send("POST", "/clusters/@empty/flags", r#"{"file": true}"#).status, 200);
    let node = desk.lab.add_node(&second, "10.10.10.20").id;
    desk.call("added", &node);
    desk.lab.add_device(&node, DISKS[0], false).unwrap();
    let disk = desk.lab.node_of("10.10.10.20").devices[0].id.clone();
    desk.call("fresh", &disk);
    let done = |method: &str, path: &str, body: &str| {
        let begun = desk.send(method, path, body);
        assert_eq!(begun.status, 202, "{method} {path} {begun:?}");
        let ended = desk.lab.wait_for(&begun.location);
        assert_eq!(ended.status, 204, "{method} {path} {ended:?}");
    };
    done("GET", "/devices/@fresh/resync", "");
    done("POST", "/devices/@fresh/state", r#"{"state": "offline"}"#);
    // To be failed is counted, also where nothing is to be moved.
    desk.refuses(&[("POST", "/devices/@fresh/state", r#"{"state": "failed"}"#, 429, BUSY)]);
    done("POST", "/operations/pending/cleanup", "{}");
    ends(&desk, &job);
    done("POST", "/devices/@fresh/state", r#"{"state": "failed"}"#);
    done("DELETE", "/devices/@fresh", "");
    done("DELETE", "/nodes/@added", "");
    assert_eq!(desk.send("DELETE", "/clusters/@empty", "").status, 200);
}
