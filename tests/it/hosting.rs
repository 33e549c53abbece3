//! Volumes that host block volumes: their room, and the lock that keeps new block volumes away.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

fn hosting(lab: &Lab, size: u64) -> String {
    let mut body = replica_3(size);
    body["block"] = json!(true);
    lab.create(&body).unwrap().id
}

fn room(lab: &Lab, id: &str) -> Value {
    lab.get(&format!("/volumes/{id}")).json()["blockinfo"].clone()
}

fn restrict(lab: &Lab, id: &str, body: &Value) -> Reply {
    lab.ask(&format!("/volumes/{id}/block-restriction"), body)
}

#[track_caller]
fn check(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.text.trim()), (status, text), "{reply:?}");
}

#[test]
fn two_percent_of_a_hosting_volume_are_kept_back_also_of_what_it_grows_by() {
    let mut lab = Lab::with_three_peers();
    let id = hosting(&lab, 100);
    assert_eq!(room(&lab, &id), json!({"freesize": 98, "reservedsize": 2}));
    let file = lab.create(&replica_3(10)).unwrap().id;
    assert_eq!(room(&lab, &file), json!({}));
    for id in [&id, &file] {
        assert_eq!(lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 50})).status, 303);
    }
    lab.restart();
    assert_eq!(room(&lab, &id), json!({"freesize": 147, "reservedsize": 3}));
    assert_eq!(room(&lab, &file), json!({}));
    let dump = lab.get("/db/dump").json();
    assert_eq!(dump["volumeentries"][&id]["Info"]["blockinfo"], room(&lab, &id));
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_expansion_that_fails_leaves_the_room_as_it_was() {
    let mut lab = Lab::new();
    lab.inject(Some(json!({"faults": [{"command": "add-brick", "fault": "refuse"}]})));
    lab.start();
    lab.three_peers();
    let id = hosting(&lab, 100);
    assert_eq!(lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 50})).status, 500);
    assert_eq!(room(&lab, &id), json!({"freesize": 98, "reservedsize": 2}));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_hosting_volume_is_locked_and_unlocked() {
    let mut lab = Lab::with_three_peers();
    let id = hosting(&lab, 100);
    let path = format!("/volumes/{id}");
    let locked = json!({"freesize": 98, "reservedsize": 2, "restriction": "locked"});
    // The lock holds from the first answer on.
    let begun = lab.post(&format!("{path}/block-restriction"), &json!({"restriction": "locked"}));
    assert_eq!((begun.status, room(&lab, &id)), (202, locked.clone()));
    let ended = lab.wait_for(&begun.location);
    assert_eq!((ended.status, ended.location.as_str()), (303, path.as_str()));
    assert_eq!(restrict(&lab, &id, &json!({"restriction": "locked"})).status, 303);
    lab.kill();
    lab.start();
    assert_eq!(room(&lab, &id), locked);
    assert_eq!(lab.get("/db/dump").json()["volumeentries"][&id]["Info"]["blockinfo"], locked);
    // What is locked is block volumes, not the volume.
    assert_eq!(lab.ask(&format!("{path}/expand"), &json!({"expand_size": 50})).status, 303);
    for body in [json!({"restriction": ""}), json!({}), Value::Null] {
        assert_eq!(restrict(&lab, &id, &body).status, 303, "{body}");
        assert_eq!(room(&lab, &id), json!({"freesize": 147, "reservedsize": 3}));
    }
    let (code, out, _) = lab.mortar(&["volume", "set-block-hosting-restriction", "locked", &id]);
    assert_eq!(code, Some(0));
    assert_says(&out, &["Free Size: 147\nReserved Size: 3\nBlock Hosting Restriction: locked\n"]);
    let (_, out, _) = lab.mortar(&["volume", "set-block-hosting-restriction", "unlocked", &id]);
    assert_says(&out, &["\nBlock Hosting Restriction: (none)\n"]);
    assert_eq!(lab.remove(&id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_cannot_be_locked_is_refused_in_heketis_words() {
    let mut lab = Lab::new();
    let stall = json!({"command": "volume create", "fault": "stall", "stall_ms": 3000, "times": 1});
    lab.inject(Some(json!({"faults": [stall]})));
    lab.setting("max_inflight_operations", json!(1));
    lab.start();
    lab.three_peers();
    let mut body = replica_3(10);
    body["block"] = json!(true);
    let job = lab.begin_create(&body);
    let pending = lab.get("/db/dump").json()["volumeentries"].as_object().unwrap().keys().next().cloned();
    let pending = pending.unwrap();
    let lock = json!({"restriction": "locked"});
    check(&restrict(&lab, &pending, &lock), 404, "Id not found");
    assert_eq!(lab.wait_for(&job).status, 303);
    check(&restrict(&lab, &"0".repeat(32), &lock), 404, "Id not found");
    let path = format!("/volumes/{pending}/block-restriction");
    for body in [&b""[..], b"{", b"{\"restriction\":1}"] {
        check(&lab.send("POST", &path, &[], Some(body)), 422, "request unable to be parsed");
    }
    let invalid = "validation failed: restriction: must be a valid value.";
    for word in ["unlocked", "locked-by-update"] {
        check(&restrict(&lab, &pending, &json!({"restriction": word})), 400, invalid);
    }
    let file = lab.create(&replica_3(1)).unwrap().id;
    let refused =
        "Failed to set block restriction: Block restrictions can only be set on block hosting volumes";
    for body in [&lock, &json!({})] {
        check(&restrict(&lab, &file, body), 500, refused);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_server_that_is_busy_locks_nothing() {
    let mut lab = Lab::new();
    let stall = json!({"command": "add-brick", "fault": "stall", "stall_ms": 3000, "times": 1});
    lab.inject(Some(json!({"faults": [stall]})));
    lab.setting("max_inflight_operations", json!(1));
    lab.start();
    lab.three_peers();
    let id = hosting(&lab, 10);
    let job = lab.post(&format!("/volumes/{id}/expand"), &json!({"expand_size": 10})).location;
    let busy = restrict(&lab, &id, &json!({"restriction": "locked"}));
    check(&busy, 429, "Server busy. Retry operation later.");
    assert_eq!(room(&lab, &id), json!({"freesize": 9, "reservedsize": 1}));
    assert_eq!(lab.wait_for(&job).status, 303);
    assert_eq!(restrict(&lab, &id, &json!({"restriction": "locked"})).status, 303);
}

/// A server whose only hosting volume has 100 GiB, of which another server said this, with a block volume of so many GiB
/// in it, if any.
fn imported(blockinfo: &Value, block: u64) -> (Lab, String) {
    let first = Lab::with_three_peers();
    let id = hosting(&first, 100);
    if block > 0 {
        first.create_block(&json!({"size": block, "name": "disk"})).unwrap();
    }
    let mut dump = first.get("/db/dump").json();
    let info = &mut dump["volumeentries"][&id]["Info"]["blockinfo"];
    let inside = info["blockvolume"].take();
    *info = blockinfo.clone();
    if block > 0 {
        info["blockvolume"] = inside;
    }
    let mut lab = Lab::new();
    let file = lab.path().join("dump.json");
    fs::write(&file, dump.to_string()).unwrap();
    let names = [format!("--jsonfile={}", file.display()), format!("--dbfile={}", lab.database().display())];
    let (code, _, text) = lab.mortard(&["db", "import", &names[0], &names[1]]);
    assert_eq!(code, Some(0), "{text}");
    lab.start();
    (lab, id)
}

/// Without the ids of the block volumes.
fn sizes(lab: &Lab, id: &str) -> Value {
    let mut found = room(lab, id);
    found.as_object_mut().unwrap().remove("blockvolume");
    found
}

#[test]
fn an_imported_hosting_volume_is_put_right_as_heketi_does() {
    let check = |block: u64, from: Value, expected: Value| {
        let (lab, id) = imported(&from, block);
        assert_eq!(sizes(&lab, &id), expected, "{from}");
        Audit::new().clean_within(&lab, SOON);
    };
    let locked = json!({"freesize": 98, "reservedsize": 2, "restriction": "locked"});
    check(0, locked.clone(), locked);
    // Of a server of ours that knew nothing of this.
    check(0, json!({}), json!({"freesize": 98, "reservedsize": 2}));
    // Of a heketi that kept nothing back yet.
    check(0, json!({"freesize": 100}), json!({"freesize": 98, "reservedsize": 2}));
    check(40, json!({"freesize": 60}), json!({"freesize": 58, "reservedsize": 2}));
    let put_right = json!({"freesize": 98, "reservedsize": 2, "restriction": "locked-by-update"});
    check(0, json!({"freesize": 50, "reservedsize": 2}), put_right);
    let put_right = json!({"freesize": 58, "reservedsize": 2, "restriction": "locked-by-update"});
    check(40, json!({"freesize": 98, "reservedsize": 2}), put_right);
}

#[test]
fn what_an_update_has_locked_opens_only_where_there_is_room_to_keep_back() {
    // Filled by a heketi that kept nothing back, except for the last GiB.
    let (lab, id) = imported(&json!({"freesize": 100, "restriction": "locked-by-update"}), 0);
    assert_eq!(sizes(&lab, &id), json!({"freesize": 100, "restriction": "locked-by-update"}));
    assert_eq!(restrict(&lab, &id, &json!({"restriction": ""})).status, 303);
    assert_eq!(sizes(&lab, &id), json!({"freesize": 98, "reservedsize": 2}));
    drop(lab);

    let before = json!({"freesize": 2, "restriction": "locked-by-update"});
    let (lab, id) = imported(&before, 98);
    assert_eq!(sizes(&lab, &id), before);
    let block = lab.blocks()[0].id.clone();
    assert_eq!(lab.ask(&format!("/blockvolumes/{block}/expand"), &json!({"new_size": 99})).status, 303);
    let why =
        "Failed to set block restriction: Can not unlock volume. 2GiB free space is required, but found 1GiB";
    for word in ["", "locked"] {
        check(&restrict(&lab, &id, &json!({"restriction": word})), 500, why);
    }
    let (_, _, text) = lab.mortar(&["volume", "set-block-hosting-restriction", "unlocked", &id]);
    assert_says(&text, &[why]);
    assert_eq!(sizes(&lab, &id), json!({"freesize": 1, "restriction": "locked-by-update"}));
    assert_eq!(lab.remove_block(&block).status, 204);
    assert_eq!(restrict(&lab, &id, &json!({"restriction": ""})).status, 303);
    assert_eq!(sizes(&lab, &id), json!({"freesize": 98, "reservedsize": 2}));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_room_that_somebody_has_edited_is_put_right_at_the_start() {
    let mut lab = Lab::with_three_peers();
    let id = hosting(&lab, 100);
    lab.create_block(&json!({"size": 40})).unwrap();
    lab.stop();
    let edit = "UPDATE volume SET block_free_gib = 7";
    assert!(Command::new("sqlite3").arg(lab.database()).arg(edit).status().unwrap().success());
    lab.start();
    let right = json!({"freesize": 58, "reservedsize": 2, "restriction": "locked-by-update"});
    assert_eq!(sizes(&lab, &id), right);
    assert_says(&lab.log(), &["was put right", "set-block-hosting-restriction unlocked"]);
    Audit::new().clean_within(&lab, SOON);
}
