//! Volumes that were stopped, deleted, changed or made by hand.

use mortar::executor::sim::Action;
use serde_json::json;

use super::{IDLE, examine, gluster, lab_with_letters, nodes, only_line, ours, report};
use crate::support::Lab;
use crate::support::operator::{HOSTS, assert_says, replica_3};

fn made_by_hand(options: &[(&str, &str)]) -> Action {
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Action::ForeignVolume {
        name: "certs".to_owned(),
        bricks: HOSTS.iter().map(|host| format!("{host}:/data/certs")).collect(),
        started: true,
        options: options.collect(),
    }
}

#[test]
fn a_volume_that_somebody_stopped_is_named_with_the_cure() {
    let (lab, _) = lab_with_letters();
    lab.on(HOSTS[0], gluster(&["volume", "stop", "letters", "force"]));
    let line = only_line(&lab);
    assert_says(&line, &["letters", "Stopped", "`gluster volume start letters`"]);
    lab.on(HOSTS[0], gluster(&["volume", "start", "letters"]));
    assert_eq!(ours(&lab), [""; 0]);
}

#[test]
fn a_volume_that_somebody_deleted_is_missed() {
    let (lab, made) = lab_with_letters();
    lab.on(HOSTS[0], gluster(&["volume", "stop", "letters", "force"]));
    lab.on(HOSTS[0], gluster(&["volume", "delete", "letters"]));
    let found = examine(&lab);
    for node in nodes(&found) {
        let id = node["NodeHeketiID"].as_str().unwrap();
        let line = format!("heketi volume list does not match with volume list of node {id}");
        assert!(report(&found).contains(&line), "{found:#}");
    }
    let line = only_line(&lab);
    assert_says(
        &line,
        &["letters", &made.id, "does not have it", "volume delete", HOSTS[0], HOSTS[1], HOSTS[2]],
    );
    assert_eq!(lab.remove(&made.id).status, 204, "the cure works");
    assert_eq!(ours(&lab), [""; 0]);
}

#[test]
fn a_volume_made_by_hand_is_told_of_once() {
    let (lab, _) = lab_with_letters();
    lab.on(HOSTS[0], made_by_hand(&[]));
    let found = examine(&lab);
    let heketis =
        report(&found).into_iter().filter(|line| line.starts_with("heketi volume list does not match"));
    assert_eq!(heketis.count(), 3, "heketi's lines are as ever");
    let line = only_line(&lab);
    assert_says(&line, &["certs", "started", "3 bricks", HOSTS[0], HOSTS[1], HOSTS[2], "left alone"]);
    assert!(!line.contains("heketi or mortar made it"), "{line}");
}

#[test]
fn a_volume_of_another_server_is_told_of_with_its_id() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[0], made_by_hand(&[("user.heketi.id", &"ab".repeat(16))]));
    assert_says(&only_line(&lab), &["certs", "heketi or mortar made it", &"ab".repeat(16)]);
}

#[test]
fn a_peer_that_left_the_pool_is_out_of_step() {
    let lab = Lab::with_three_peers();
    let fourth = lab.add_node(&lab.node_of(HOSTS[0]).cluster, "10.10.10.20");
    let mut wanted = replica_3(10);
    wanted["name"] = json!("letters");
    lab.create(&wanted).unwrap();
    lab.on(HOSTS[0], gluster(&["peer", "detach", "10.10.10.20"]));
    let found = examine(&lab);
    let differs = format!("heketi volume list does not match with volume list of node {}", fourth.id);
    assert_eq!(report(&found)[..2], [IDLE.to_owned(), differs]);
    assert_says(
        &only_line(&lab),
        &["10.10.10.20 does not have volume letters", HOSTS[0], "gluster peer status"],
    );
}

#[test]
fn bricks_that_were_replaced_by_hand_are_named_on_both_sides() {
    let (lab, made) = lab_with_letters();
    let node = lab.node_of(HOSTS[1]);
    let own = made.bricks.iter().find(|brick| brick.node == node.id).unwrap();
    let (old, new) = (format!("{}:{}", HOSTS[1], own.path), format!("{}:/data/by-hand", HOSTS[1]));
    lab.on(HOSTS[1], super::run("mkdir", &["-p", "/data"]));
    lab.on(HOSTS[0], gluster(&["volume", "replace-brick", "letters", &old, &new, "commit", "force"]));
    let lines = ours(&lab);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_says(&lines[0], &["letters", "does not have them", &own.id, &old]);
    assert_says(&lines[1], &["letters", "does not know", &new]);
    let refused = lab.remove(&made.id);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_eq!(lab.peers().volume("letters").unwrap().bricks.len(), 3, "it is left alone");
}

#[test]
fn what_was_made_after_the_backup_that_was_restored_is_not_called_rubbish() {
    let (mut lab, _) = lab_with_letters();
    let copy = lab.path().join("copy.db");
    crate::support::download(lab.port(), "/backup/db", &copy);
    let mut wanted = replica_3(10);
    wanted["name"] = json!("words");
    let made = lab.create(&wanted).unwrap();
    let used = |lab: &Lab, device: &str| lab.client().device_info(device).unwrap().storage.used;
    let taken: Vec<u64> = made.bricks.iter().map(|brick| used(&lab, &brick.device)).collect();
    lab.stop();
    std::fs::copy(&copy, lab.database()).unwrap();
    lab.start();
    let lines = ours(&lab);
    assert_eq!(lines.len(), 4, "the volume, and each of its bricks once: {lines:#?}");
    for brick in &made.bricks {
        let about = lines.iter().find(|line| line.contains(&brick.path)).unwrap();
        let resync = format!("`mortar device resync {}`", brick.device);
        assert_says(about, &["words", "which gluster has", "keep it", "backup", &resync]);
    }
    let volume = lines.iter().find(|line| line.starts_with("gluster has a volume words")).unwrap();
    assert_says(volume, &["backup that is older", "restore a newer one", "mortar device resync"]);
    assert!(lines.iter().all(|line| !line.contains("lvremove") && !line.contains("umount")), "{lines:#?}");
    // The space that it takes is counted by the cure that is told.
    for (brick, taken) in made.bricks.iter().zip(taken) {
        assert!(used(&lab, &brick.device) < taken, "the older state counts less");
        lab.wait_for(&lab.get(&format!("/devices/{}/resync", brick.device)).location);
        assert_eq!(used(&lab, &brick.device), taken, "device {}", brick.device);
    }
}
