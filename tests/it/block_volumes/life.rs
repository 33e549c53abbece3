//! The life of block volumes whose peers are well.

use serde_json::json;

use super::{HOSTING, SOON, grow, room, started, times_sent, with_faults};
use crate::support::operator::{HOSTS, assert_says};
use crate::support::{Audit, Lab};

#[test]
fn the_first_block_volume_brings_its_hosting_volume_which_stays() {
    let lab = started();
    let made = lab.create_block(&json!({"size": 8, "name": "disk"})).unwrap();
    assert_eq!((made.size, made.usablesize, made.hacount), (8, 8, 3));
    assert_eq!(made.blockvolume.hosts.len(), 3);
    assert!(made.blockvolume.iqn.starts_with("iqn.2016-12.org.gluster-block:"), "{made:?}");
    assert_eq!((made.blockvolume.username.as_str(), made.blockvolume.password.expose()), ("", ""));
    let hosting = lab.volume(&made.blockhostingvolume);
    assert_eq!((hosting.size, hosting.block, hosting.bricks.len()), (100, true, 3));
    assert_eq!(hosting.name, format!("vol_{}", hosting.id));
    assert_eq!(hosting.glustervolumeoptions.to_vec(), ["", "group gluster-block", ""]);
    assert_eq!(hosting.blockinfo.blockvolume.to_vec(), std::slice::from_ref(&made.id));
    assert_eq!(room(&lab, &hosting.id), (90, 2));
    let cluster = lab.client().cluster_info(&made.cluster).unwrap();
    assert_eq!(cluster.blockvolumes.to_vec(), std::slice::from_ref(&made.id));
    let gauge = format!("heketi_block_volumes_count{{cluster=\"{}\"}} 1", made.cluster);
    assert_says(&lab.get("/metrics").text, &[&gauge]);
    Audit::new().clean_within(&lab, SOON);

    let refused = lab.delete(&format!("/volumes/{}", hosting.id));
    assert_eq!(refused.status, 409);
    assert_eq!(refused.text.trim(), "Cannot delete a block hosting volume containing block volumes");
    assert_eq!(lab.remove_block(&made.id).status, 204);
    assert_eq!(lab.delete(&format!("/blockvolumes/{}", made.id)).status, 404);
    assert_eq!(room(&lab, &hosting.id), (98, 2));
    assert_eq!(lab.remove(&hosting.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn as_many_hosts_export_it_as_were_asked_for_and_those_with_the_least_to_do() {
    let lab = started();
    let mut exported = [0; 3];
    for _ in 0..3 {
        let made = lab.create_block(&json!({"size": 1, "hacount": 2})).unwrap();
        assert_eq!((made.hacount, made.blockvolume.hosts.len()), (2, 2));
        for host in made.blockvolume.hosts.iter() {
            exported[HOSTS.iter().position(|known| known == host).unwrap()] += 1;
        }
    }
    assert_eq!(exported, [2, 2, 2]);
    for all in [3, 4, 100] {
        assert_eq!(lab.create_block(&json!({"size": 1, "hacount": all})).unwrap().hacount, 3, "{all}");
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn it_gets_larger_and_takes_the_room_for_that() {
    let mut lab = started();
    let made = lab.create_block(&json!({"size": 8})).unwrap();
    let larger = grow(&lab, &made.id, 20);
    assert_eq!((larger.status, larger.location), (303, format!("/blockvolumes/{}", made.id)));
    let found = lab.block(&made.id);
    assert_eq!((found.size, found.usablesize), (20, 20));
    assert_eq!(room(&lab, &made.blockhostingvolume), (78, 2));
    lab.restart();
    assert_eq!(lab.block(&made.id), found);
    assert_eq!(lab.remove_block(&made.id).status, 204);
    assert_eq!(room(&lab, &made.blockhostingvolume), (98, 2));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn the_client_program_makes_shows_and_deletes_block_volumes() {
    let lab = started();
    let (code, out, err) = lab.mortar(&["blockvolume", "create", "--size=4", "--name=disk", "--ha=1"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let id = lab.blocks()[0].id.clone();
    assert_says(&out, &["Name: disk\nSize: 4\nUsableSize: 4\n", &id, "Hacount: 1\n", "Password: \n"]);
    let (code, out, _) = lab.mortar(&["blockvolume", "expand", &id, "--new-size=6"]);
    assert_says(&out, &["Size: 6\nUsableSize: 6\n"]);
    assert_eq!(code, Some(0));
    let (_, out, _) = lab.mortar(&["volume", "info", &lab.blocks()[0].blockhostingvolume]);
    assert_says(
        &out,
        &["Block: true\nFree Size: 92\nReserved Size: 2\n", &format!("Block Volumes: [{id}]\n")],
    );
    let (_, out, _) = lab.mortar(&["blockvolume", "list"]);
    assert_says(&out, &[&format!("Id:{id}"), "Name:disk\n"]);
    let (code, out, _) = lab.mortar(&["blockvolume", "delete", &id]);
    assert_eq!((code, out), (Some(0), format!("Volume {id} deleted\n")));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_repeated_create_is_answered_with_the_same_block_volume() {
    let mut lab = started();
    let body = json!({"size": 8, "name": "disk"}).to_string();
    let ask = |lab: &Lab, key: &str| {
        lab.send("POST", "/blockvolumes", &[("Idempotency-Key", key)], Some(body.as_bytes()))
    };
    let first = ask(&lab, "once").location;
    assert_eq!(ask(&lab, "once").location, first);
    let made = lab.wait_for(&first).located();
    lab.restart();
    assert_eq!(lab.wait_for(&ask(&lab, "once").location).located(), made);
    let grow = |lab: &Lab, size: u64| {
        let path = format!("/blockvolumes/{made}/expand");
        let body = json!({"new_size": size}).to_string();
        lab.send("POST", &path, &[("Idempotency-Key", "larger")], Some(body.as_bytes()))
    };
    let job = grow(&lab, 9).location;
    assert_eq!(lab.wait_for(&job).status, 303);
    // Without the key it would be refused: there is nothing to be done.
    assert_eq!(grow(&lab, 9).location, job);
    assert_eq!(grow(&lab, 10).status, 409);
    assert_eq!(lab.remove_block(&made).status, 204);
    assert_ne!(lab.wait_for(&ask(&lab, "once").location).located(), made);
    assert_eq!(lab.blocks().len(), 1);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_server_without_peers_of_its_own_finds_block_volumes_in_its_database() {
    let mut lab = started();
    let made = lab.create_block(&json!({"size": 8, "auth": true})).unwrap();
    lab.stop();
    // The simulated peers are made anew of what the database says.
    std::fs::remove_file(lab.path().join("heketi.db.peers")).unwrap();
    lab.start();
    assert_eq!(lab.block(&made.id), made);
    assert_eq!(grow(&lab, &made.id, 9).status, 303);
    assert_eq!(lab.remove_block(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_hosting_volume_that_grows_takes_more_block_volumes() {
    let mut lab = started();
    with_faults(&mut lab, &json!([]));
    lab.restart();
    let made = lab.create_block(&json!({"size": HOSTING * 98 / 100})).unwrap();
    let id = &made.blockhostingvolume;
    assert_eq!(room(&lab, id), (0, 2));
    assert_eq!(lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 50})).status, 303);
    assert_eq!(room(&lab, id), (49, 3));
    assert_eq!(&lab.create_block(&json!({"size": 49})).unwrap().blockhostingvolume, id);
    // Nothing is asked of peers that was not asked before: one look, one create.
    assert_eq!(times_sent(&lab, "gluster-block create"), 2);
    Audit::new().clean_within(&lab, SOON);
}
