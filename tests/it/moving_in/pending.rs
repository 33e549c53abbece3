//! What heketi had not finished: taken over as stale, and resolved by what the peers say.
//!
//! A server of ours dies in the middle; what it exports then has heketi's shape, and a server on an import of that finds
//! the peers as they were left.

use std::fs;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::{SOON, exported, findings, import};
use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Audit, Lab, settled};

/// A server that dies at a command, with four peers; `ask` is called when they are there.
fn died(command: &str, fault: &str, prepare: fn(&Lab) -> String, ask: fn(&Lab, &str)) -> (Lab, String) {
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(100));
    lab.start();
    lab.three_peers_and_a_small_one();
    let object = prepare(&lab);
    // A command that stands still is no fault any more when it goes on: the first one of an operation cannot be both.
    let is_first = command == "gluster-block delete";
    let held = if is_first { vec![] } else { vec![lab.held(".")] };
    let faults = [held, vec![json!({"command": command, "fault": fault})]].concat();
    lab.inject(Some(json!({ "faults": faults })));
    lab.close_gate();
    lab.restart();
    ask(&lab, &object);
    lab.open_gate();
    assert!(settled(SOON, || lab.has_died()), "{command}");
    (lab, object)
}

/// A server on what the dead one exports, on its peers.
fn moved(dead: &Lab) -> (Lab, Value) {
    let mut dump = exported(dead, &dead.database());
    // heketi does not keep a clone that is not finished.
    if let Some(clone) = changed(&dump, 11) {
        dump["volumeentries"].as_object_mut().unwrap().remove(&clone);
    }
    let mut lab = Lab::new();
    let (code, said) = import(&lab, &dump);
    assert_eq!(code, Some(0), "{said}");
    fs::copy(dead.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
    lab.start();
    (lab, dump)
}

/// What the only operation of a dump changes in such a way.
fn changed(dump: &Value, change: i64) -> Option<String> {
    let operation = dump["pendingoperations"].as_object().unwrap().values().next()?;
    let mut actions = operation["Actions"].as_array().unwrap().iter();
    actions.find(|action| action["Change"] == change).map(|action| action["Id"].as_str().unwrap().to_owned())
}

/// It is stale until it is cleaned up, and survives a restart so; then nothing is left over.
fn clean_up(lab: &mut Lab, kind: &str) {
    lab.restart();
    let pending = lab.get("/operations/pending").json()["pendingoperations"].clone();
    let pending = pending.as_array().unwrap();
    assert_eq!(pending.len(), 1, "{pending:?}");
    assert_eq!((&pending[0]["status"], &pending[0]["type_name"]), (&json!("stale"), &json!(kind)));
    assert_eq!(lab.ask("/operations/pending/cleanup", &json!({})).status, 204);
    let over = || lab.get("/operations").json()["total"] == 0;
    assert!(settled(SOON, over), "{}", lab.log_tail());
    Audit::new().clean_within(lab, SOON);
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
}

fn volume(lab: &Lab) -> String {
    let made = lab.create(&replica_3(2)).unwrap();
    lab.on(HOSTS[0], Action::WriteFile { volume: made.name, name: "letter.txt".to_owned() });
    made.id
}

fn block(lab: &Lab) -> String {
    lab.create_block(&json!({"size": 2, "name": "disk"})).unwrap().id
}

fn nothing(_: &Lab) -> String {
    String::new()
}

fn expand(lab: &Lab, id: &str) {
    assert_eq!(lab.post(&format!("/volumes/{id}/expand"), &json!({"expand_size": 3})).status, 202);
}

#[test]
fn a_growth_is_taken_back_unless_gluster_has_the_bricks() {
    for (command, fault, size) in
        [("lvcreate", "kill_after", 2), ("add-brick", "kill_before", 2), ("add-brick", "kill_after", 5)]
    {
        let (dead, id) = died(command, fault, volume, expand);
        let (mut lab, _) = moved(&dead);
        assert_eq!(lab.volume(&id).size, 2, "nobody knows yet");
        clean_up(&mut lab, "expand-volume");
        assert_eq!(lab.volume(&id).size, size, "{command} {fault}");
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn a_move_is_taken_back_unless_gluster_has_the_new_brick() {
    let evict = |lab: &Lab, id: &str| {
        let brick = lab.volume(id).bricks[0].id.clone();
        assert_eq!(lab.post(&format!("/bricks/to-evict/{brick}"), &json!({})).status, 202);
    };
    for (command, fault, moves) in [("lvcreate", "kill_after", false), ("replace-brick", "kill_after", true)]
    {
        let (dead, id) = died(command, fault, volume, evict);
        let (mut lab, dump) = moved(&dead);
        let (old, new) = (changed(&dump, 3).unwrap(), changed(&dump, 1).unwrap());
        clean_up(&mut lab, "evict-brick");
        let bricks: Vec<String> = lab.volume(&id).bricks.iter().map(|brick| brick.id.clone()).collect();
        assert_eq!((bricks.contains(&old), bricks.contains(&new)), (!moves, moves), "{command} {bricks:?}");
        assert!(lab.is_in_all_bricks("letter.txt", &lab.volume(&id)));
    }
}

#[test]
fn a_block_volume_that_was_being_made_goes_with_its_hosting_volume() {
    let create = |lab: &Lab, _: &str| {
        assert_eq!(lab.post("/blockvolumes", &json!({"size": 2, "name": "disk"})).status, 202);
    };
    for (command, fault) in [("lvcreate", "kill_after"), ("gluster-block create", "kill_after")] {
        let (dead, _) = died(command, fault, nothing, create);
        let (mut lab, _) = moved(&dead);
        assert!(lab.blocks().is_empty());
        clean_up(&mut lab, "create-block-volume");
        assert_eq!((lab.blocks().len(), lab.volumes().len()), (0, 0), "{command}");
    }
    let (dead, _) = died("gluster-block create", "kill_after", block, |lab, _| {
        assert_eq!(lab.post("/blockvolumes", &json!({"size": 3, "name": "second"})).status, 202);
    });
    let (mut lab, _) = moved(&dead);
    clean_up(&mut lab, "create-block-volume");
    assert_eq!((lab.blocks().len(), lab.volumes().len()), (1, 1), "only what was being made is taken back");
}

#[test]
fn a_delete_of_a_block_volume_is_gone_on_with() {
    for fault in ["kill_before", "kill_after"] {
        let (dead, id) = died("gluster-block delete", fault, block, |lab, id| {
            // It may die before it has answered.
            lab.try_send("DELETE", &format!("/blockvolumes/{id}"), &[], None).ok();
        });
        let (mut lab, _) = moved(&dead);
        assert!(lab.blocks().iter().all(|block| block.id != id), "{fault}");
        clean_up(&mut lab, "delete-block-volume");
        assert!(lab.blocks().is_empty());
    }
}

#[test]
fn a_growth_of_a_block_volume_is_what_gluster_block_made_of_it() {
    for (fault, size) in [("kill_before", 2), ("kill_after", 4)] {
        let (dead, id) = died("gluster-block modify", fault, block, |lab, id| {
            let reply = lab.post(&format!("/blockvolumes/{id}/expand"), &json!({"new_size": 4}));
            assert_eq!(reply.status, 202);
        });
        let (mut lab, _) = moved(&dead);
        clean_up(&mut lab, "expand-block-volume");
        let block = lab.block(&id);
        let room = lab.volume(&block.blockhostingvolume).blockinfo;
        assert_eq!((block.size, room.freesize + room.reservedsize), (size, 100 - size), "{fault}");
    }
}

#[test]
fn a_removal_of_a_device_is_taken_off_the_list_and_can_be_asked_for_again() {
    let (dead, id) = died("replace-brick", "kill_before", volume, |lab, id| {
        let device = lab.volume(id).bricks[0].device.clone();
        lab.post(&format!("/devices/{device}/state"), &json!({"state": "offline"}));
        assert_eq!(lab.post(&format!("/devices/{device}/state"), &json!({"state": "failed"})).status, 202);
    });
    let (mut lab, dump) = moved(&dead);
    let device = changed_in_any(&dump, 8);
    let before = lab.get("/operations").json();
    assert_eq!((&before["total"], &before["stale"]), (&json!(2), &json!(2)), "the removal and its move");
    assert_eq!(lab.ask("/operations/pending/cleanup", &json!({})).status, 204);
    let over = || lab.get("/operations").json()["total"] == 0;
    assert!(settled(SOON, over), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    let again = lab.ask(&format!("/devices/{device}/state"), &json!({"state": "failed"}));
    assert_eq!(again.status, 204, "{again:?}\n{}", lab.log_tail());
    assert!(lab.volume(&id).bricks.iter().all(|brick| brick.device != device));
    lab.restart();
    Audit::new().clean_within(&lab, SOON);
}

fn changed_in_any(dump: &Value, change: i64) -> String {
    let operations = dump["pendingoperations"].as_object().unwrap().values();
    let mut actions = operations.flat_map(|operation| operation["Actions"].as_array().unwrap());
    actions.find(|action| action["Change"] == change).unwrap()["Id"].as_str().unwrap().to_owned()
}

#[test]
fn a_clone_that_was_being_made_is_told_and_its_source_is_shown() {
    let (dead, id) = died("snapshot create", "kill_after", volume, |lab, id| {
        assert_eq!(lab.post(&format!("/volumes/{id}/clone"), &json!({"name": "copy"})).status, 202);
    });
    let (lab, dump) = moved(&dead);
    let operation = dump["pendingoperations"].as_object().unwrap().keys().next().unwrap().clone();
    let found = findings(&lab, &lab.database());
    let told = found.iter().find(|one| one["id"] == operation.as_str()).unwrap();
    assert!(told["what"].as_str().unwrap().starts_with(&format!("copied volume {id} to volume ")), "{told}");
    assert!(told["cure"].as_str().unwrap().contains("gluster snapshot list"), "{told}");
    assert_eq!(lab.volumes(), [id]);
    assert_eq!(lab.get("/operations").json()["total"], 0);
}

#[test]
fn an_operation_is_known_by_what_it_changes_whatever_its_number_says() {
    let (dead, id) = died("add-brick", "kill_before", volume, expand);
    let mut dump = exported(&dead, &dead.database());
    for operation in dump["pendingoperations"].as_object_mut().unwrap().values_mut() {
        operation["Type"] = json!(8);
    }
    let mut lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    fs::copy(dead.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
    let found = findings(&lab, &lab.database());
    let what = "is of type 8, and by what it changes it is expand-volume";
    assert!(found.iter().any(|one| one["what"] == what), "{found:?}");
    lab.start();
    clean_up(&mut lab, "expand-volume");
    assert_eq!(lab.volume(&id).size, 2);
}

#[test]
fn two_growths_of_one_volume_are_each_resolved_by_what_gluster_has() {
    for (fault, size) in [("kill_before", 2), ("kill_after", 5)] {
        let (dead, id) = died("add-brick", fault, volume, expand);
        let mut dump = exported(&dead, &dead.database());
        second_growth(&mut dump, &id);
        let mut lab = Lab::new();
        let (code, said) = import(&lab, &dump);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(findings(&lab, &lab.database()), Vec::<Value>::new());
        fs::copy(dead.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
        lab.start();
        assert_eq!(lab.get("/operations").json()["stale"], 2);
        assert_eq!(lab.ask("/operations/pending/cleanup", &json!({})).status, 204);
        let over = || lab.get("/operations").json()["total"] == 0;
        assert!(settled(SOON, over), "{}", lab.log_tail());
        assert_eq!(lab.volume(&id).size, size, "{fault}");
        Audit::new().clean_within(&lab, SOON);
        let grown = lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 3}));
        assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
}

/// Lets heketi have begun the only growth a second time, which has not come to any peer yet.
fn second_growth(dump: &mut Value, volume: &str) {
    let (first, entry) = dump["pendingoperations"].as_object().unwrap().iter().next().unwrap();
    let (first, mut entry) = (first.clone(), entry.clone());
    let second = "e".repeat(32);
    entry["Id"] = json!(second);
    for action in entry["Actions"].as_array_mut().unwrap().iter_mut().filter(|action| action["Change"] == 1) {
        let old = action["Id"].as_str().unwrap().to_owned();
        let mut brick = dump["brickentries"][&old].clone();
        let id: String = old.chars().rev().collect();
        assert_eq!(brick["Pending"]["Id"], first);
        brick["Info"]["id"] = json!(id);
        brick["Info"]["path"] = json!(brick["Info"]["path"].as_str().unwrap().replace(&old, &id));
        brick["LvmThinPool"] = json!(format!("tp_{id}"));
        brick["Pending"]["Id"] = json!(second);
        let taken = brick["TpSize"].as_u64().unwrap() + brick["PoolMetadataSize"].as_u64().unwrap();
        let device = &mut dump["deviceentries"][brick["Info"]["device"].as_str().unwrap()];
        device["Bricks"].as_array_mut().unwrap().push(json!(id));
        let storage = &mut device["Info"]["storage"];
        storage["used"] = json!(storage["used"].as_u64().unwrap() + taken);
        storage["free"] = json!(storage["free"].as_u64().unwrap() - taken);
        dump["volumeentries"][volume]["Bricks"].as_array_mut().unwrap().push(json!(id));
        dump["brickentries"][&id] = brick;
        action["Id"] = json!(id);
    }
    dump["pendingoperations"][&second] = entry;
}

#[test]
fn nothing_is_deleted_because_of_a_number_alone() {
    let mut lab = with_a_mark(2);
    let found = findings(&lab, &lab.database());
    assert!(found.iter().any(|one| one["subject"] == "operation"), "{found:?}");
    lab.start();
    assert_eq!(lab.get("/operations").json()["total"], 0);
    assert_eq!(lab.volumes().len(), 6);
}

/// A server on heketi's database with an operation of such a number that says nothing but which volume it holds.
fn with_a_mark(number: i64) -> Lab {
    let mut dump = super::recorded("clean");
    let operation = "f".repeat(32);
    let volume = dump["volumeentries"].as_object_mut().unwrap().values_mut().next().unwrap();
    volume["Pending"] = json!({ "Id": operation });
    dump["pendingoperations"][&operation] =
        json!({"Id": operation, "Timestamp": 1, "Type": number, "Actions": [], "Status": ""});
    let lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    lab
}
