//! Peers and disks that fail in part: volumes go where all is well, and what is only away is not taken for gone.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{DISKS, HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);
const FOURTH: &str = "10.10.10.20";
const OTHERS: [&str; 3] = ["10.10.20.17", "10.10.20.18", "10.10.20.19"];

fn glusterd(lab: &Lab, host: &str, running: bool) {
    lab.on(host, Action::Glusterd { running });
}

#[test]
fn a_node_without_glusterd_gets_no_bricks_where_others_have_room() {
    let lab = Lab::with_three_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let node = lab.add_node(&cluster, FOURTH);
    lab.add_device(&node.id, DISKS[0], false).unwrap();
    glusterd(&lab, HOSTS[0], false);
    let off = lab.node_of(HOSTS[0]).id;
    for _ in 0..4 {
        let made = lab.create(&replica_3(10)).unwrap_or_else(|error| panic!("{error}\n{}", lab.log_tail()));
        assert!(made.bricks.iter().all(|brick| brick.node != off), "{made:?}");
    }
    glusterd(&lab, HOSTS[0], true);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_create_goes_to_the_next_cluster_where_a_peer_of_the_first_is_off() {
    let lab = Lab::with_three_peers();
    let second = lab.new_cluster();
    for host in OTHERS {
        let node = lab.add_node(&second, host);
        lab.add_device(&node.id, DISKS[0], false).unwrap();
    }
    let all = lab.client().cluster_list().unwrap().clusters;
    let first = all.iter().find(|id| **id != second).unwrap().clone();
    lab.on(HOSTS[1], Action::Power { on: false });
    let mut wanted = replica_3(10);
    wanted["clusters"] = json!([first, second]);
    let made = lab.create(&wanted).unwrap();
    assert_eq!(made.cluster, second);
    // One that allows the first one only says why it cannot be.
    wanted["clusters"] = json!([first]);
    let (status, text, explanation) = refusal(lab.create(&wanted));
    assert_eq!(status, 500);
    assert_says(&format!("{text} {explanation}"), &[HOSTS[1]]);
    lab.on(HOSTS[1], Action::Power { on: true });
    Audit::new().clean_within(&lab, SOON * 2);
    assert_eq!(lab.volumes(), [made.id]);
}

#[test]
fn a_disk_that_is_full_against_all_expectation_is_left_out() {
    let lab = Lab::with_three_peers();
    let node = lab.node_of(HOSTS[0]);
    let full = node.devices.iter().find(|device| device.name == DISKS[0]).unwrap();
    // Somebody made a volume of his own in our group: the accounts do not know it.
    lab.on(HOSTS[0], Action::Fill { path: DISKS[0].to_owned(), leave_kib: 0 });
    for _ in 0..4 {
        let made = lab.create(&replica_3(10)).unwrap();
        assert!(made.bricks.iter().all(|brick| brick.device != full.id), "{made:?}");
    }
}

#[test]
fn a_disk_that_has_died_is_left_out_at_once() {
    let lab = Lab::with_three_peers();
    let device =
        lab.node_of(HOSTS[0]).devices.iter().find(|device| device.name == DISKS[0]).unwrap().id.clone();
    lab.on(HOSTS[0], Action::Pull { path: DISKS[0].to_owned(), pulled: true });
    for _ in 0..4 {
        let made = lab.create(&replica_3(10)).unwrap_or_else(|error| panic!("{error}\n{}", lab.log_tail()));
        assert!(made.bricks.iter().all(|brick| brick.device != device), "{made:?}");
    }
    assert!(!lab.log().contains("parked"), "{}", lab.log_tail());
    lab.on(HOSTS[0], Action::Pull { path: DISKS[0].to_owned(), pulled: false });
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_backup_of_the_middle_of_a_create_never_takes_a_volume_away_that_was_used_since() {
    let mut lab = Lab::new();
    lab.hold(&["mkfs"]);
    lab.start();
    lab.three_peers();
    let mut wanted = replica_3(10);
    wanted["name"] = json!("letters");
    let job = lab.begin_create(&wanted);
    let copy = lab.path().join("copy.db");
    crate::support::download(lab.port(), "/backup/db", &copy);
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}");
    lab.on(HOSTS[0], Action::WriteFile { volume: "letters".to_owned(), name: "letter.txt".to_owned() });
    lab.stop();
    lab.inject(None);
    for left in ["heketi.db-wal", "heketi.db-shm"] {
        std::fs::remove_file(lab.path().join(left)).ok();
    }
    std::fs::copy(&copy, lab.database()).unwrap();
    // Meanwhile nobody holds the bricks: an unmount would succeed.
    for host in HOSTS {
        lab.on(host, Action::Glusterd { running: false });
    }
    lab.start();
    assert!(settled(SOON, || lab.log().contains("for a person")), "{}", lab.log_tail());
    for host in HOSTS {
        lab.on(host, Action::Reboot);
        lab.on(host, Action::Glusterd { running: true });
    }
    lab.restart();
    let kept = |host: &str| {
        lab.peers().host(host).unwrap().groups.values().map(|group| group.volumes.len()).sum::<usize>()
    };
    for host in HOSTS {
        assert!(kept(host) > 0, "{host} has lost its brick\n{}", lab.log_tail());
    }
    assert_eq!(lab.peers().volume("letters").unwrap().status, "Started");
    // Whoever deletes it means it.
    assert_eq!(lab.remove(&made.located()).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_delete_waits_for_a_disk_that_was_pulled_out() {
    let lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let node = lab.node_of(HOSTS[0]);
    let device = made.bricks.iter().find(|brick| brick.node == node.id).unwrap().device.clone();
    let path = node.devices.iter().find(|found| found.id == device).unwrap().name.clone();
    lab.on(HOSTS[0], Action::Pull { path: path.clone(), pulled: true });
    let reply = lab.remove(&made.id);
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_says(&reply.text, &["not found"]);
    assert_ne!(lab.delete(&format!("/volumes/{}", made.id)).status, 404, "it is not gone");
    lab.on(HOSTS[0], Action::Pull { path, pulled: false });
    Audit::new().clean_within(&lab, SOON * 2);
    assert_eq!(lab.delete(&format!("/volumes/{}", made.id)).status, 404);
}

#[test]
fn an_undo_never_removes_what_somebody_wrote_and_a_delete_takes_it() {
    let mut lab = Lab::new();
    // Killed right after the volume was started: the next server goes on with it.
    lab.inject(Some(json!({"faults": [{"command": "volume start", "fault": "kill_after"}]})));
    lab.start();
    lab.three_peers();
    let mut wanted = replica_3(10);
    wanted["name"] = json!("letters");
    let job = lab.begin_create(&wanted);
    assert!(settled(SOON, || lab.has_died()));
    // There gluster refuses it, and cannot be asked about the undo at first: time for somebody to write.
    lab.inject(Some(json!({"faults": [
        {"command": "volume start", "fault": "refuse"},
        {"command": "volume info", "fault": "unreachable", "times": 6}
    ]})));
    lab.start();
    lab.on(HOSTS[0], Action::WriteFile { volume: "letters".to_owned(), name: "letter.txt".to_owned() });
    assert_eq!(lab.wait_for(&job).status, 500);
    assert!(settled(SOON, || lab.log().contains("for a person")), "{}", lab.log_tail());
    let holds_it = |lab: &Lab| !lab.peers().host(HOSTS[0]).unwrap().mounts.is_empty();
    assert!(holds_it(&lab), "the brick is there");
    // Also after a restart, which asks nobody.
    lab.inject(None);
    lab.restart();
    assert!(holds_it(&lab) && lab.volumes().is_empty());
    let log = lab.log();
    let at = log.find("volume-create of ").unwrap() + "volume-create of ".len();
    let id = &log[at..at + 32];
    assert_eq!(lab.remove(id).status, 204);
    Audit::new().clean_within(&lab, SOON);
    assert!(lab.create(&wanted).is_ok(), "its name is free again");
}

#[test]
fn a_server_whose_database_is_its_own_alone_does_all_the_same() {
    let mut lab = Lab::new();
    lab.database_alone();
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&replica_3(10));
    let ids: Vec<String> = (0..8).map(|_| lab.create(&replica_3(1)).unwrap().id).collect();
    assert_eq!(lab.wait_for(&job).status, 303);
    let wal_memory = lab.path().join("heketi.db-shm");
    assert!(!wal_memory.exists(), "no memory is shared");
    let copy = lab.path().join("copy.db");
    crate::support::download(lab.port(), "/backup/db", &copy);
    assert!(std::fs::read(&copy).unwrap().starts_with(b"SQLite format 3"));
    lab.restart();
    assert_eq!(lab.volumes().len(), 9);
    for id in ids {
        assert_eq!(lab.remove(&id).status, 204);
    }
    Audit::new().clean_within(&lab, SOON);
}
