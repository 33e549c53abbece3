//! What is refused, in heketi's words, and what is in the way of it.

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::{SOON, check, explained, grow, hosting, making_hosting_volumes, room, started};
use crate::support::operator::{HOSTS, assert_says};
use crate::support::{Audit, Lab};

#[test]
fn without_leave_to_make_hosting_volumes_there_has_to_be_one() {
    let lab = Lab::with_three_peers();
    let disabled = "Failed to allocate new block volume: Block Hosting Volume Creation is disabled. Create a Block hosting volume and try again.";
    check(&lab.post("/blockvolumes", &json!({"size": 8})), 500, disabled);
    let id = hosting(&lab, 10);
    assert_eq!(lab.ask("/blockvolumes", &json!({"size": 8})).status, 303);
    check(&lab.post("/blockvolumes", &json!({"size": 2})), 500, disabled);
    assert_eq!(room(&lab, &id), (1, 1));
    // heketi's standard size.
    let text = lab.post("/blockvolumes", &json!({"size": 1004})).text;
    assert_says(&text, &["volumes (1024) is too small", "of size 1004", "minus overhead, is 1003."]);
    let text = lab.post("/blockvolumes", &json!({"size": i64::MAX})).text;
    assert_says(&text, &["volumes (1024) is too small", "minus overhead, is 1003."]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_name_that_is_taken_where_there_is_room_is_told() {
    let lab = Lab::with_three_peers();
    let id = hosting(&lab, 10);
    lab.create_block(&json!({"size": 2, "name": "letters"})).unwrap();
    let (host, taken) = (lab.volume(&id).name, json!({"size": 2, "name": "letters"}));
    let why = |body: &Value| {
        let body = body.to_string();
        let accept = [("Accept", "application/problem+json")];
        lab.send("POST", "/blockvolumes", &accept, Some(body.as_bytes())).text
    };
    assert_says(&why(&taken), &["called letters already", &host, "Choose another name"]);
    assert_says(
        &why(&json!({"size": 9, "name": "letters"})),
        &["no block hosting volume has that much room"],
    );
    lab.create_block(&json!({"size": 2, "name": "words"})).unwrap();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_full_cluster_says_so_and_nothing_is_left_of_the_attempt() {
    let mut lab = making_hosting_volumes();
    lab.setting("block_hosting_volume_size", json!(2000));
    lab.start();
    lab.three_peers();
    let full = lab.ask("/blockvolumes", &json!({"size": 8}));
    check(&full, 500, "Failed to allocate new block volume: No space");
    lab.setting("max_volumes_per_cluster", json!(1));
    lab.setting("block_hosting_volume_size", json!(20));
    lab.restart();
    lab.create_block(&json!({"size": 19})).unwrap();
    let full = lab.ask("/blockvolumes", &json!({"size": 8}));
    check(&full, 500, "Failed to allocate new block volume: Cluster has 1 volumes and limit is 1");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_cannot_grow_stays_as_it_is() {
    let lab = started();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    let refused = |size: u64, why: &str| {
        check(&grow(&lab, &made.id, size), 500, &format!("Failed to allocate block volume expansion: {why}"));
    };
    refused(8, "Requested new-size 8 is same as current block volume size 8, nothing to be done.");
    refused(7, "Requested new-size 7 is less than current block volume size 8, shrinking is not allowed.");
    refused(99, "No space");
    assert_eq!(grow(&lab, &made.id, 98).status, 303);
    assert_eq!(room(&lab, &made.blockhostingvolume), (0, 2));
    check(&grow(&lab, &"0".repeat(32), 9), 404, "Id not found");
    let path = format!("/blockvolumes/{}/expand", made.id);
    check(&lab.post(&path, &json!({})), 400, "validation failed: new_size: cannot be blank.");
    check(&lab.send("POST", &path, &[], Some(b"")), 422, "request unable to be parsed");
    check(
        &lab.post(&path, &json!({"new_size": i64::MAX})),
        500,
        "Failed to allocate block volume expansion: No space",
    );
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_is_being_worked_on_is_let_alone() {
    let mut lab = making_hosting_volumes();
    lab.hold(&["gluster-block modify", "gluster-block delete"]);
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    let path = format!("/blockvolumes/{}", made.id);
    let growing = lab.post(&format!("{path}/expand"), &json!({"new_size": 20})).location;
    // Shown with its old size, while the room is taken.
    assert_eq!(lab.block(&made.id).size, 8);
    assert_eq!(room(&lab, &made.blockhostingvolume), (78, 2));
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    let in_use = "The target exists, contains other items, or is in use.";
    check(&lab.delete(&path), 500, &format!("Failed to set up block volume delete: {in_use}"));
    check(&grow(&lab, &made.id, 30), 500, &format!("Failed to allocate block volume expansion: {in_use}"));
    let operation = lab.get("/db/dump").json()["pendingoperations"].clone();
    let operation = operation.as_object().unwrap().values().next().unwrap().clone();
    let action = json!([{"Change": 14, "Id": made.id, "Delta": 20}]);
    assert_eq!((&operation["Type"], &operation["Actions"]), (&json!(9), &action));
    lab.open_gate();
    assert_eq!(lab.wait_for(&growing).status, 303);
    lab.close_gate();
    let deleting = lab.delete(&path).location;
    assert_eq!(lab.get(&path).status, 404);
    check(&lab.delete(&path), 500, &format!("Failed to set up block volume delete: {in_use}"));
    // What is going still has its room.
    assert_eq!(room(&lab, &made.blockhostingvolume), (78, 2));
    assert_eq!(lab.delete(&format!("/volumes/{}", made.blockhostingvolume)).status, 409);
    lab.open_gate();
    assert_eq!(lab.wait_for(&deleting).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_server_that_is_busy_begins_nothing() {
    let mut lab = making_hosting_volumes();
    lab.setting("max_inflight_operations", json!(1));
    lab.hold(&["gluster-block modify"]);
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    let other = lab.create_block(&json!({"size": 8})).unwrap();
    let path = format!("/blockvolumes/{}", made.id);
    let job = lab.post(&format!("{path}/expand"), &json!({"new_size": 9})).location;
    for reply in [
        lab.post("/blockvolumes", &json!({"size": 1})),
        lab.delete(&format!("/blockvolumes/{}", other.id)),
        lab.post(&format!("/blockvolumes/{}/expand", other.id), &json!({"new_size": 9})),
    ] {
        check(&reply, 429, "Server busy. Retry operation later.");
    }
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 303);
    assert_eq!(room(&lab, &made.blockhostingvolume), (81, 2));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn peers_without_gluster_block_are_named_and_no_room_is_lost() {
    let lab = started();
    for host in HOSTS {
        lab.on(host, Action::Blocks { installed: false });
    }
    let begun = lab.post("/blockvolumes", &json!({"size": 8}));
    let answer = explained(&lab, &begun.location);
    assert_eq!(answer.status, 500);
    assert_says(&answer.text, &["gluster-block is not installed on", "Install it", "gluster-blockd"]);
    assert_says(&answer.text, &HOSTS);
    // Not even its hosting volume was begun.
    assert_eq!(lab.volumes(), Vec::<String>::new());
    assert!(lab.peers().volumes.is_empty());
    Audit::new().clean_within(&lab, SOON);
    let id = hosting(&lab, 50);
    assert_eq!(lab.ask("/blockvolumes", &json!({"size": 8})).status, 500);
    assert_eq!(room(&lab, &id), (49, 1));
    for host in HOSTS {
        lab.on(host, Action::Blocks { installed: true });
    }
    assert_eq!(lab.ask("/blockvolumes", &json!({"size": 8})).status, 303);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_node_that_exports_block_volumes_stays() {
    let lab = started();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let node = lab.add_node(&cluster, "10.10.10.20");
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    assert_eq!(made.hacount, 4);
    let path = format!("/nodes/{}", node.id);
    let exports = format!("Unable to delete node [{}] because it exports block volumes", node.id);
    check(&lab.delete(&path), 409, &exports);
    assert_eq!(lab.remove_block(&made.id).status, 204);
    let gone = lab.delete(&path);
    assert_eq!(lab.wait_for(&gone.location).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_user_token_makes_and_sees_no_block_volumes() {
    let mut lab = making_hosting_volumes();
    lab.keys("admin key", "user key");
    lab.start();
    let user = lab.client_as("user", "user key");
    for refused in [
        user.block_volume_list().map(drop),
        user.block_volume_info(&"0".repeat(32)).map(drop),
        user.block_volume_delete(&"0".repeat(32)),
    ] {
        let (status, text, _) = crate::support::operator::refusal(refused);
        assert_eq!((status, text.as_str()), (401, "Administrator access required"));
    }
    assert!(lab.client_as("admin", "admin key").block_volume_list().is_ok());
}
