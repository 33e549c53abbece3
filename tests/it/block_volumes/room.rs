//! Which hosting volume a block volume goes into, and when one is made.

use serde_json::json;

use super::{SOON, check, grow, hosting, making_hosting_volumes, room, started};
use crate::support::{Audit, Lab};

#[test]
fn the_fullest_hosting_volume_with_room_is_taken() {
    let lab = Lab::with_three_peers();
    let (large, small) = (hosting(&lab, 100), hosting(&lab, 50));
    let first = lab.create_block(&json!({"size": 40})).unwrap();
    assert_eq!(first.blockhostingvolume, small);
    assert_eq!(lab.create_block(&json!({"size": 10})).unwrap().blockhostingvolume, large);
    assert_eq!(lab.create_block(&json!({"size": 9})).unwrap().blockhostingvolume, small);
    assert_eq!((room(&lab, &large), room(&lab, &small)), ((88, 2), (0, 1)));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_name_is_taken_in_its_hosting_volume_only() {
    let lab = started();
    let (one, two) = (hosting(&lab, 50), hosting(&lab, 60));
    let body = json!({"size": 1, "name": "disk"});
    let homes: Vec<String> = (0..3).map(|_| lab.create_block(&body).unwrap().blockhostingvolume).collect();
    assert_eq!(homes[..2], [one, two]);
    assert!(!homes[..2].contains(&homes[2]));
    assert_eq!(lab.volumes().len(), 3);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_locked_hosting_volume_takes_no_new_ones_and_keeps_its_own() {
    let lab = started();
    let id = hosting(&lab, 50);
    let path = format!("/volumes/{id}/block-restriction");
    let inside = lab.create_block(&json!({"size": 10})).unwrap();
    assert_eq!(lab.ask(&path, &json!({"restriction": "locked"})).status, 303);
    let elsewhere = lab.create_block(&json!({"size": 10})).unwrap();
    assert_ne!(elsewhere.blockhostingvolume, id);
    assert_eq!(grow(&lab, &inside.id, 11).status, 303);
    assert_eq!(lab.remove_block(&inside.id).status, 204);
    assert_eq!(lab.ask(&path, &json!({"restriction": ""})).status, 303);
    assert_eq!(lab.create_block(&json!({"size": 10})).unwrap().blockhostingvolume, id);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn two_creates_at_once_do_not_share_the_last_room() {
    let mut lab = making_hosting_volumes();
    lab.hold(&["gluster-block create"]);
    lab.start();
    lab.three_peers();
    let id = hosting(&lab, 50);
    let body = json!({"size": 30});
    let jobs = [lab.post("/blockvolumes", &body).location, lab.post("/blockvolumes", &body).location];
    // The room is taken before anything is made, also that of what is not shown yet.
    assert_eq!(room(&lab, &id), (19, 1));
    lab.open_gate();
    let homes = jobs.map(|job| lab.block(&lab.wait_for(&job).located()).blockhostingvolume);
    assert_eq!(homes.iter().filter(|home| **home == id).count(), 1, "{homes:?}");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_second_hosting_volume_is_not_begun_while_one_is_being_made() {
    let mut lab = making_hosting_volumes();
    lab.hold(&["gluster --mode=script --timeout=600 volume create"]);
    lab.start();
    lab.three_peers();
    let body = json!({"size": 30});
    let job = lab.post("/blockvolumes", &body).location;
    let busy = lab.post("/blockvolumes", &body);
    check(&busy, 429, "Server busy. Retry operation later.");
    assert!(!busy.retry_after.is_empty());
    // Neither of the two can be seen.
    assert_eq!((lab.blocks().len(), lab.volumes().len()), (0, 0));
    let dump = lab.get("/db/dump").json();
    assert_eq!(dump["blockvolumeentries"].as_object().unwrap().len(), 1);
    let report = lab.get("/db/check").json();
    let found = (&report["totalinconsistencies"], &report["blockvolumes"]["pending"]);
    assert_eq!(found, (&json!(0), &json!(1)), "{report}");
    let pending = lab.get("/operations/pending").json()["pendingoperations"][0].clone();
    assert_eq!(pending["type_name"], "create-block-volume");
    let details = lab.get(&format!("/operations/pending/{}", pending["id"].as_str().unwrap())).json();
    let words: Vec<&str> =
        details["changes"].as_array().unwrap().iter().filter_map(|one| one["description"].as_str()).collect();
    assert_eq!(words, ["Add brick", "Add brick", "Add brick", "Add volume", "Add block volume"]);
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 303);
    assert_eq!(lab.ask("/blockvolumes", &body).status, 303);
    assert_eq!(lab.volumes().len(), 1);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_hosting_volume_is_made_in_a_cluster_that_takes_them() {
    let lab = started();
    let file_only = lab.new_cluster();
    let flags = json!({"file": true, "block": false});
    assert_eq!(lab.post(&format!("/clusters/{file_only}/flags"), &flags).status, 200);
    let refused = lab.ask("/blockvolumes", &json!({"size": 1, "clusters": [file_only]}));
    let text = "Failed to allocate new block volume: Cluster does not support requested volume type";
    check(&refused, 500, text);
    let made = lab.create_block(&json!({"size": 1})).unwrap();
    assert_ne!(made.cluster, file_only);
    assert_eq!(lab.delete(&format!("/clusters/{file_only}")).status, 200);
    Audit::new().clean_within(&lab, SOON);
}
