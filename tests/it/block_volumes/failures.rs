//! Peers that are off, refuse, or do a part of it.

use mortar::executor::sim::Action;
use serde_json::json;

use super::{SOON, check, explained, gluster_block, grow, hosting, making_hosting_volumes, room, started};
use super::{times_sent, with_faults};
use crate::support::operator::{HOSTS, assert_says};
use crate::support::{Audit, settled};

#[test]
fn a_create_that_gluster_block_refuses_takes_its_hosting_volume_with_it() {
    let mut lab = making_hosting_volumes();
    with_faults(
        &mut lab,
        &json!([{"command": "gluster-block create", "fault": "refuse", "code": 28,
                 "stderr": "{ \"RESULT\": \"FAIL\", \"errCode\": 28, \"errMsg\": \"no space\" }"}]),
    );
    lab.start();
    lab.three_peers();
    check(&lab.ask("/blockvolumes", &json!({"size": 8})), 500, "Failed to create block volume: no space");
    assert!(lab.volumes().is_empty() && lab.blocks().is_empty());
    Audit::new().clean_within(&lab, SOON);
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    assert_eq!(room(&lab, &made.blockhostingvolume), (90, 2));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_gluster_block_left_in_a_new_hosting_volume_is_nobodys_data() {
    let mut lab = making_hosting_volumes();
    // It is made, and its reply is no answer of gluster-block; the look that would tell is refused, too.
    with_faults(
        &mut lab,
        &json!([{"command": "gluster-block create", "fault": "garbage"},
                {"command": "gluster-block info", "skip": 1, "times": 3, "fault": "refuse", "code": 5,
                 "stderr": "{ \"RESULT\": \"FAIL\", \"errCode\": 5, \"errMsg\": \"Input/output error\" }"}]),
    );
    lab.start();
    lab.three_peers();
    let answer = lab.ask("/blockvolumes", &json!({"size": 8}));
    assert_eq!(answer.status, 500, "{answer:?}");
    Audit::new().clean_within(&lab, SOON);
    assert!(lab.volumes().is_empty());
}

#[test]
fn a_create_leaves_hosts_aside_whose_gluster_blockd_is_stopped() {
    let lab = started();
    hosting(&lab, 50);
    for stopped in HOSTS {
        lab.on(stopped, Action::Blockd { running: false });
        let made = lab.create_block(&json!({"size": 1, "hacount": 2})).unwrap();
        assert!(!made.blockvolume.hosts.iter().any(|host| host == stopped), "{made:?}");
        let few = lab.post("/blockvolumes", &json!({"size": 1, "hacount": 3}));
        let few = explained(&lab, &few.location);
        assert_says(&few.text, &["insufficient block hosts online", "gluster-blockd", stopped]);
        lab.on(stopped, Action::Blockd { running: true });
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_create_waits_for_no_host_that_is_off() {
    let lab = started();
    hosting(&lab, 50);
    lab.on(HOSTS[0], Action::Glusterd { running: false });
    let made = lab.create_block(&json!({"size": 1, "hacount": 2})).unwrap();
    assert!(!made.blockvolume.hosts.iter().any(|host| host == HOSTS[0]), "{made:?}");
    let few = lab.post("/blockvolumes", &json!({"size": 1, "hacount": 3}));
    let answer = explained(&lab, &few.location);
    assert_says(&answer.text, &["insufficient block hosts online", HOSTS[0]]);
    // All were asked for: gluster-block says why that cannot be.
    let all = lab.ask("/blockvolumes", &json!({"size": 1}));
    assert_eq!(all.status, 500);
    assert_says(&all.text, &["Failed to create block volume: failed to configure on", HOSTS[0]]);
    lab.on(HOSTS[0], Action::Glusterd { running: true });
    assert_eq!(lab.create_block(&json!({"size": 1})).unwrap().hacount, 3);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_name_that_somebody_took_by_hand_is_refused_and_left_alone() {
    let lab = started();
    let id = hosting(&lab, 50);
    let name = lab.volume(&id).name;
    let taken = format!("create {name}/disk ha 1 auth disable prealloc full {} 5GiB", HOSTS[0]);
    lab.on(HOSTS[0], gluster_block(&taken));
    let begun = lab.post("/blockvolumes", &json!({"size": 8, "name": "disk"}));
    let answer = explained(&lab, &begun.location);
    assert_eq!(answer.status, 500);
    assert_says(&answer.text, &["has a block volume disk already", "was left alone", "gluster-block delete"]);
    assert_eq!(room(&lab, &id), (49, 1));
    assert_eq!(lab.peers().blocks.len(), 1);
    let found = lab.get("/internal/state/examine/gluster").json();
    assert_says(&found["report"].to_string(), &["block volume disk in volume", "not in this database"]);
    let names = &found["clusters"][0]["NodesData"][0]["BlockVolumeNames"];
    assert_eq!(names, &json!([format!("{name}/disk")]));
    lab.on(HOSTS[0], gluster_block(&format!("delete {name}/disk")));
    let made = lab.create_block(&json!({"size": 8, "name": "disk"})).unwrap();
    lab.on(HOSTS[0], gluster_block(&format!("delete {name}/disk")));
    let found = lab.get("/internal/state/examine/gluster").json();
    assert_says(&found["report"].to_string(), &["block volume disk (", "does not have it"]);
    // One that is gone already is deleted.
    assert_eq!(lab.remove_block(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_delete_goes_on_until_the_peer_that_is_off_is_back() {
    let lab = started();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    lab.on(HOSTS[2], Action::Power { on: false });
    let job = lab.delete(&format!("/blockvolumes/{}", made.id)).location;
    let answer = explained(&lab, &job);
    assert_eq!(answer.status, 500);
    assert_says(&answer.text, &["failed to delete on", HOSTS[2], "goes on in the background"]);
    // Hidden, and its room is not free yet.
    assert_eq!(lab.get(&format!("/blockvolumes/{}", made.id)).status, 404);
    assert_eq!(room(&lab, &made.blockhostingvolume), (90, 2));
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    let again = lab.delete(&format!("/blockvolumes/{}", made.id));
    assert_says(&again.text, &["Failed to set up block volume delete: The target exists"]);
    lab.on(HOSTS[2], Action::Power { on: true });
    let cleaned = lab.ask("/operations/pending/cleanup", &json!({}));
    assert_eq!(cleaned.status, 204);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(room(&lab, &made.blockhostingvolume), (98, 2));
}

#[test]
fn a_delete_that_gluster_block_refuses_for_good_is_taken_back() {
    let mut lab = making_hosting_volumes();
    with_faults(
        &mut lab,
        &json!([{"command": "gluster-block delete", "fault": "refuse", "code": 16, "times": 1,
                 "stderr": "{ \"RESULT\": \"FAIL\", \"errCode\": 16, \"errMsg\": \"block is busy\" }"}]),
    );
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    check(&lab.remove_block(&made.id), 500, "block is busy");
    assert_eq!(lab.block(&made.id), made);
    assert_eq!(room(&lab, &made.blockhostingvolume), (90, 2));
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.remove_block(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_expansion_that_one_host_misses_is_told_and_can_be_finished() {
    let lab = started();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    lab.on(HOSTS[1], Action::Blockd { running: false });
    let path = format!("/blockvolumes/{}/expand", made.id);
    let ask = || lab.send("POST", &path, &[("Idempotency-Key", "once")], Some(br#"{"new_size": 20}"#));
    let begun = ask();
    let answer = explained(&lab, &begun.location);
    assert_eq!(answer.status, 500);
    let words =
        ["Failed to expand block volume", "retry the operation", "8 GiB on", HOSTS[1], "same size again"];
    assert_says(&answer.text, &words);
    // It has its new size, of which one host shows less.
    let found = lab.block(&made.id);
    assert_eq!((found.size, found.usablesize), (20, 8));
    assert_eq!(room(&lab, &made.blockhostingvolume), (78, 2));
    Audit::new().clean_within(&lab, SOON);
    let again = grow(&lab, &made.id, 20);
    assert_eq!((again.status, lab.block(&made.id).usablesize), (500, 8));
    lab.on(HOSTS[1], Action::Blockd { running: true });
    // The same key again is another try, and not the answer from before.
    let repeated = ask();
    assert_ne!(repeated.location, begun.location);
    assert_eq!(lab.wait_for(&repeated.location).status, 303);
    assert_eq!(lab.block(&made.id).usablesize, 20);
    assert_eq!(ask().location, repeated.location, "and from now on it is answered with that job");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_expansion_that_is_refused_gives_its_room_back() {
    let mut lab = making_hosting_volumes();
    with_faults(
        &mut lab,
        &json!([{"command": "gluster-block modify", "fault": "refuse", "code": 5,
                 "stderr": "{ \"RESULT\": \"FAIL\", \"errCode\": 5, \"errMsg\": \"Input/output error\" }"}]),
    );
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    let text =
        "Failed to expand block volume: Input/output error (see logs for details, and retry the operation)";
    check(&grow(&lab, &made.id, 20), 500, text);
    assert_eq!(lab.block(&made.id), made);
    assert_eq!(room(&lab, &made.blockhostingvolume), (90, 2));
    assert_eq!(grow(&lab, &made.id, 20).status, 303);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_expansion_whose_reply_was_lost_is_looked_for() {
    let mut lab = making_hosting_volumes();
    with_faults(&mut lab, &json!([{"command": "gluster-block modify", "fault": "lose_reply"}]));
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    assert_eq!(grow(&lab, &made.id, 20).status, 303);
    assert_eq!((times_sent(&lab, "gluster-block modify"), lab.block(&made.id).usablesize), (1, 20));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_hosting_volume_that_somebody_wrote_to_while_its_create_failed_waits_for_a_person() {
    let mut lab = making_hosting_volumes();
    lab.hold(&["gluster-block create"]);
    lab.start();
    lab.three_peers();
    let job = lab.post("/blockvolumes", &json!({"size": 8})).location;
    assert!(settled(SOON, || lab.peers().volumes.iter().any(|volume| volume.status == "Started")));
    let name = lab.peers().volumes[0].name.clone();
    lab.on(HOSTS[0], Action::WriteFile { volume: name.clone(), name: "letter.txt".to_owned() });
    for host in HOSTS {
        lab.on(host, Action::Blockd { running: false });
    }
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 500);
    let waits = |lab: &crate::support::Lab| {
        lab.get("/operations/progress").json()["operations"][0]["needs_person"] == true
    };
    for host in HOSTS {
        lab.on(host, Action::Blockd { running: true });
    }
    assert!(settled(SOON, || waits(&lab)), "{}", lab.log_tail());
    // Whoever deletes the volume wants the data gone.
    let hosting = name.strip_prefix("vol_").unwrap();
    assert_eq!(lab.remove(hosting).status, 204, "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}
