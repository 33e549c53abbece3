//! Requests about what is being worked on.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::{Desk, IN_USE, NOT_FOUND};
use crate::support::operator::replica_3;
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);
const FOURTH: &str = "10.10.10.20";

const NOT_DELETED: &str =
    "Failed to set up volume delete: The target exists, contains other items, or is in use.";
const NOT_GROWN: &str =
    "Failed to allocate volume expansion: The target exists, contains other items, or is in use.";
const NOT_CLONED: &str =
    "Failed clone volume @volume: The target exists, contains other items, or is in use.";

/// The id of the volume of that name, seen or not.
pub fn id_of(lab: &Lab, name: &str) -> String {
    let dump = lab.get("/db/dump").json();
    let volumes = dump["volumeentries"].as_object().unwrap();
    let found = volumes.iter().find(|(_, entry)| entry["Info"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no volume {name}")).0.clone()
}

fn named(name: &str) -> Value {
    let mut body = replica_3(1);
    body["name"] = json!(name);
    body
}

/// Waits until a job stands still at a command that belongs to a step.
#[track_caller]
pub fn stands_at(lab: &Lab, job: &str, words: &str) {
    let step = || lab.get(job).step;
    assert!(settled(SOON, || step().contains(words)), "{}\n{}", step(), lab.log_tail());
}

#[test]
fn a_volume_that_is_being_made_is_there_for_nobody_but_is_not_to_be_deleted() {
    let mut desk = holding("volume create new ", None);
    let job = desk.lab.begin_create(&named("new"));
    stands_at(&desk.lab, &job, "creating gluster volume");
    desk.call("pending", &id_of(&desk.lab, "new"));
    desk.refuses(&[
        ("GET", "/volumes/@pending", "", 404, NOT_FOUND),
        // A client that is told 404 forgets it, and nobody deletes it when it is there.
        ("DELETE", "/volumes/@pending", "", 500, NOT_DELETED),
        ("POST", "/volumes/@pending/expand", r#"{"expand_size": 1}"#, 500, NOT_GROWN),
        ("POST", "/volumes/@pending/clone", "{}", 404, NOT_FOUND),
        ("POST", "/volumes/@pending/block-restriction", r#"{"restriction": "locked"}"#, 404, NOT_FOUND),
        (
            "POST",
            "/volumes",
            r#"{"size": 1, "name": "new"}"#,
            500,
            "Failed to allocate new volume: Volume name 'new' already in use",
        ),
        (
            "DELETE",
            "/clusters/@cluster",
            "",
            409,
            "Unable to delete cluster [@cluster] because it contains volumes and/or nodes",
        ),
    ]);
    desk.lab.open_gate();
    let made = desk.lab.wait_for(&job);
    assert_eq!((made.status, made.located().as_str()), (303, desk.id("pending")), "{}", desk.lab.log_tail());
    Audit::new().clean_within(&desk.lab, SOON);
}

#[test]
fn a_create_that_failed_and_is_not_undone_yet_is_not_to_be_deleted() {
    let mut lab = Lab::with_three_peers();
    let gate = lab.path().join("gate");
    std::fs::write(&gate, "").unwrap();
    // It fails, in every place, and what was made for it cannot be taken away before the file is gone.
    let refused =
        |command: &str| json!({"command": command, "fault": "refuse", "times": 0, "cond_file": gate});
    lab.inject(Some(json!({"faults": [refused("volume create"), refused("lvremove")]})));
    lab.restart();
    let failed = lab.wait_for(&lab.begin_create(&named("failed")));
    assert_eq!(failed.status, 500, "{failed:?}");
    let id = id_of(&lab, "failed");
    let path = format!("/volumes/{id}");
    let before = lab.get("/db/dump").text;
    let deleted = lab.delete(&path);
    assert_eq!((deleted.status, deleted.text.trim()), (500, NOT_DELETED));
    assert_eq!(lab.get(&path).status, 404);
    assert_eq!(lab.get("/db/dump").text, before);
    std::fs::remove_file(&gate).unwrap();
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.delete(&path).status, 404, "nothing is left of it");
}

#[test]
fn a_volume_that_grows_keeps_its_bricks_until_it_has() {
    let mut desk = holding("add-brick", None);
    let path = desk.filled("/volumes/@volume");
    let job = desk.lab.post(&format!("{path}/expand"), &json!({"expand_size": 1})).location;
    stands_at(&desk.lab, &job, "bricks to gluster volume");
    let bricks = desk.lab.volume(desk.id("volume")).bricks;
    let dump = desk.lab.get("/db/dump").json();
    let is_new = |id: &str| dump["brickentries"][id]["Pending"]["Id"] != "";
    let new = bricks.iter().find(|brick| is_new(&brick.id)).unwrap();
    desk.call("coming", &new.id);
    desk.refuses(&[
        (
            "POST",
            "/bricks/to-evict/@coming",
            "",
            500,
            "Failed to set up brick eviction: Can not evict brick @coming: brick is pending",
        ),
        (
            "POST",
            "/bricks/to-evict/@brick",
            r#"{"healcheck": "disable"}"#,
            500,
            "Failed to set up brick eviction: Can not evict brick @brick from volume @volume: volume has pending bricks",
        ),
        ("DELETE", "/volumes/@volume", "", 500, NOT_DELETED),
        (
            "POST",
            "/volumes/@volume/expand",
            r#"{"expand_size": 1}"#,
            500,
            NOT_GROWN,
        ),
        ("POST", "/volumes/@volume/clone", "{}", 500, NOT_CLONED),
    ]);
    // Devices on which bricks are made are not read anew, and not taken out of service.
    desk.call("disk", &new.device);
    desk.fails(&[("GET", "/devices/@disk/resync", "", 500, IN_USE)]);
    desk.lab.open_gate();
    assert_eq!(desk.lab.wait_for(&job).status, 303);
    Audit::new().clean_within(&desk.lab, SOON);
}

/// What the only unfinished operation is about.
fn being_worked_on(lab: &Lab) -> String {
    let all = lab.get("/operations/progress").json();
    assert_eq!(all["operations"].as_array().map(Vec::len), Some(1), "{all}");
    all["operations"][0]["target"].as_str().unwrap().to_owned()
}

/// A desk where commands of one kind stand still, on that peer where one is given.
fn holding(command: &str, host: Option<&str>) -> Desk {
    let mut lab = Lab::new();
    lab.close_gate();
    let mut held = lab.held(command);
    held["host"] = json!(host);
    lab.inject(Some(json!({"faults": [held]})));
    lab.start();
    Desk::furnished(lab)
}

#[test]
fn a_node_that_is_being_added_is_there_for_nobody_and_its_host_is_taken() {
    const ADD: &str = r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.20"], "storage": ["10.10.10.20"]}}"#;
    let mut desk = holding(&format!("peer probe {FOURTH}"), None);
    let job = desk.send("POST", "/nodes", ADD);
    assert_eq!(job.status, 202, "{job:?}");
    let coming = being_worked_on(&desk.lab);
    desk.call("coming", &coming);
    desk.refuses(&[
        ("GET", "/nodes/@coming", "", 404, NOT_FOUND),
        ("DELETE", "/nodes/@coming", "", 404, NOT_FOUND),
        ("POST", "/nodes/@coming/state", r#"{"state": "offline"}"#, 404, NOT_FOUND),
        ("POST", "/nodes/@coming/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
        ("POST", "/nodes/@coming/tags", r#"{"change_type": "set"}"#, 404, NOT_FOUND),
        ("POST", "/devices", r#"{"name": "/dev/vdd", "node": "@coming"}"#, 404, "Node id does not exist"),
        ("POST", "/nodes", ADD, 409, "Hostname 10.10.10.20 already used by node with id @coming\n"),
    ]);
    desk.lab.open_gate();
    let added = desk.lab.wait_for(&job.location);
    assert_eq!((added.status, added.located()), (303, coming), "{}", desk.lab.log_tail());
    Audit::new().clean_within(&desk.lab, SOON);
}

#[test]
fn a_device_that_is_being_added_is_there_for_nobody_and_its_node_stays() {
    let mut desk = holding("pvcreate", Some(FOURTH));
    let bare = desk.lab.add_node(desk.id("cluster"), FOURTH).id;
    desk.call("bare", &bare);
    let job = desk.send("POST", "/devices", r#"{"name": "/dev/vdd", "node": "@bare"}"#);
    assert_eq!(job.status, 202, "{job:?}");
    let coming = being_worked_on(&desk.lab);
    desk.call("coming", &coming);
    assert_eq!(desk.lab.node_of(FOURTH).devices.len(), 0, "nobody sees it");
    desk.refuses(&[
        ("GET", "/devices/@coming", "", 404, NOT_FOUND),
        ("GET", "/devices/@coming/resync", "", 404, NOT_FOUND),
        ("DELETE", "/devices/@coming", r#"{"forceforget": true}"#, 404, NOT_FOUND),
        ("POST", "/devices/@coming/state", r#"{"state": "offline"}"#, 404, NOT_FOUND),
        ("POST", "/devices/@coming/state", r#"{"state": "failed"}"#, 404, NOT_FOUND),
        ("POST", "/devices/@coming/tags", r#"{"change_type": "set"}"#, 404, NOT_FOUND),
        ("DELETE", "/nodes/@bare", "", 409, "Unable to delete node [@bare] because it contains devices"),
    ]);
    desk.lab.open_gate();
    assert_eq!(desk.lab.wait_for(&job.location).status, 204);
    assert_eq!(desk.lab.node_of(FOURTH).devices[0].id, coming);
    Audit::new().clean_within(&desk.lab, SOON);
}
