//! What is refused, and what keeps its hands off a volume that is being cloned.

use mortar::executor::sim::Action;
use serde_json::json;

use super::{SOON, clone, cloned, roomy};
use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply};

#[test]
fn what_cannot_be_cloned_is_refused_in_heketis_words() {
    let mut lab = Lab::new();
    lab.setting("max_volumes_per_cluster", json!(3));
    lab.start();
    lab.three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let check = |reply: Reply, status: u16, text: &str| {
        assert_eq!((reply.status, reply.text.trim()), (status, text));
    };
    let prefix = format!("Failed clone volume {}: ", source.id);
    check(clone(&lab, &source.id, "data"), 500, &format!("{prefix}Volume name 'data' already in use"));
    check(clone(&lab, &"0".repeat(32), "x"), 404, "Id not found");
    check(clone(&lab, &source.id, "-x"), 400, "validation failed: name: must be in a valid format.");
    let hosting = lab.create(&json!({"size": 10, "block": true})).unwrap();
    let why = "Cloning of block hosting volumes is not supported";
    check(clone(&lab, &hosting.id, "x"), 500, &format!("Failed clone volume {}: {why}", hosting.id));
    cloned(&lab, &source.id, "third");
    check(clone(&lab, &source.id, "x"), 500, &format!("{prefix}Cluster has 3 volumes and limit is 3"));
    assert_eq!(lab.volumes().len(), 3);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_name_that_gluster_knows_already_is_left_alone() {
    let lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let made = vec![format!("{}:/data/copy", HOSTS[0])];
    let foreign =
        Action::ForeignVolume { name: "copy".into(), bricks: made, started: true, options: Vec::new() };
    lab.on(HOSTS[0], foreign);
    let refused = clone(&lab, &source.id, "copy");
    assert_eq!((refused.status, refused.text.trim()), (500, "Volume with name:copy already exists"));
    Audit::new().besides("copy").clean_within(&lab, SOON);
    cloned(&lab, &source.id, "other");
    Audit::new().besides("copy").clean_within(&lab, SOON);
}

#[test]
fn a_source_without_a_snapshot_factor_is_cloned_and_its_owner_warned() {
    let lab = Lab::with_three_peers();
    let tight = lab.create(&replica_3(10)).unwrap();
    let reply = clone(&lab, &tight.id, "");
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_says(&reply.warning, &[&tight.name, "no room for snapshots"]);
    let room = lab.create(&roomy("data")).unwrap();
    assert_eq!(clone(&lab, &room.id, "").warning, "");
    Audit::new().clean_within(&lab, SOON);
}

/// A lab whose next change stands still at a command until the gate is opened.
fn holding(command: &str) -> Lab {
    let mut lab = Lab::new();
    lab.hold(&[command]);
    lab.start();
    lab.three_peers();
    lab
}

#[test]
fn nothing_else_changes_a_volume_while_it_is_cloned() {
    let lab = holding("snapshot clone");
    let source = lab.create(&roomy("data")).unwrap();
    let path = format!("/volumes/{}", source.id);
    let job = lab.post(&format!("{path}/clone"), &json!({})).location;
    // It is seen as before, the clone is not, and both are marked in a dump.
    assert_eq!((lab.volume(&source.id), lab.volumes()), (source.clone(), vec![source.id.clone()]));
    let operation = lab.get("/operations/pending").json()["pendingoperations"][0].clone();
    assert_eq!(operation["type_name"], "clone-volume");
    let details =
        lab.get(&format!("/operations/pending/{}", operation["id"].as_str().unwrap())).json()["changes"]
            .clone();
    assert_eq!(details[0], json!({"id": source.id, "description": "Clone volume from"}));
    assert_eq!(details[1]["description"], "Expand volume to");
    let dump = lab.get("/db/dump").json();
    for entry in dump["volumeentries"].as_object().unwrap().values() {
        assert_eq!(entry["Pending"]["Id"], operation["id"]);
    }
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    let conflict = "The target exists, contains other items, or is in use.";
    let check = |reply: Reply, text: &str| {
        assert_eq!((reply.status, reply.text.trim()), (500, text));
    };
    check(lab.delete(&path), &format!("Failed to set up volume delete: {conflict}"));
    let more = lab.post(&format!("{path}/expand"), &json!({"expand_size": 5}));
    check(more, &format!("Failed to allocate volume expansion: {conflict}"));
    let brick = &source.bricks[0].id;
    let moved = lab.post(&format!("/bricks/to-evict/{brick}"), &json!({}));
    assert_says(&moved.text, &["Failed to set up brick eviction: ", "is being cloned"]);
    assert_eq!(lab.delete(&format!("/volumes/{}", details[1]["id"].as_str().unwrap())).status, 404);
    // Another clone of it waits for its turn.
    let second = lab.post(&format!("{path}/clone"), &json!({"name": "second"})).location;
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    lab.open_gate();
    for job in [job, second] {
        let done = lab.wait_for(&job);
        assert_eq!(done.status, 303, "{done:?}\n{}", lab.log_tail());
    }
    assert_eq!(lab.volumes().len(), 3);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.ask(&format!("{path}/expand"), &json!({"expand_size": 5})).status, 303);
    assert_eq!(lab.remove(&source.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_volume_that_grows_is_not_cloned_before_it_has() {
    let lab = holding("add-brick");
    let source = lab.create(&roomy("data")).unwrap();
    let job = lab.post(&format!("/volumes/{}/expand", source.id), &json!({"expand_size": 5})).location;
    let refused = clone(&lab, &source.id, "");
    assert_eq!(refused.status, 500);
    assert_says(&refused.text, &["Failed clone volume ", "or is in use."]);
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 303);
    let copy = cloned(&lab, &source.id, "");
    assert_eq!((copy.size, copy.bricks.len()), (15, 6));
    Audit::new().clean_within(&lab, SOON);
}
