//! Volumes of several sets: heketi does not keep which bricks belong together.

use std::fs;
use std::path::Path;
use std::process::Command;

use mortar::executor::sim::Action;
use serde_json::json;

use super::{SOON, exported, import};
use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

/// The set and the place of each brick, by its id.
fn places(database: &Path) -> String {
    let query = "SELECT id, set_no, position FROM brick ORDER BY id";
    let output = Command::new("sqlite3").arg(database).arg(query).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A volume of three sets, on a server that is stopped; its id.
fn grown() -> (Lab, String) {
    let mut lab = Lab::with_three_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let fourth = lab.add_node(&cluster, "10.10.10.20");
    lab.add_device(&fourth.id, "/dev/vdd", false).unwrap();
    let made = lab.create(&replica_3(2)).unwrap();
    for _ in 0..2 {
        let reply = lab.ask(&format!("/volumes/{}/expand", made.id), &json!({"expand_size": 2}));
        assert_eq!(reply.status, 303, "{reply:?}");
    }
    lab.stop();
    (lab, made.id)
}

/// An import of what it exports, on its peers; not started yet.
fn imported(first: &Lab) -> Lab {
    let lab = Lab::new();
    let (code, said) = import(&lab, &exported(first, &first.database()));
    assert_eq!(code, Some(0), "{said}");
    fs::copy(first.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
    lab
}

#[test]
fn gluster_is_asked_which_bricks_belong_together() {
    let (first, id) = grown();
    let mut lab = imported(&first);
    assert_ne!(places(&lab.database()), places(&first.database()), "the order of ids says nothing");
    lab.start();
    let learnt = || places(&lab.database()) == places(&first.database());
    assert!(settled(SOON, learnt), "{}", lab.log_tail());
    assert_says(&lab.log(), &["gluster has told which bricks of volume "]);
    let leaves = lab.volume(&id).bricks[4].id.clone();
    let moved = lab.ask(&format!("/bricks/to-evict/{leaves}"), &json!({}));
    assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
    let copied = lab.ask(&format!("/volumes/{id}/clone"), &json!({"name": "copy"}));
    assert_eq!(copied.status, 303, "{copied:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    lab.restart();
    assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn nothing_is_decided_by_sets_that_nobody_knows() {
    let (first, id) = grown();
    let mut lab = imported(&first);
    let hosts = [HOSTS[0], HOSTS[1], HOSTS[2], "10.10.10.20"];
    // From the first command on.
    for host in hosts {
        lab.on(host, Action::Power { on: false });
    }
    lab.start();
    let expand = |lab: &Lab| lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 2}));
    let brick = lab.volume(&id).bricks[0].id.clone();
    let evict = |lab: &Lab| lab.ask(&format!("/bricks/to-evict/{brick}"), &json!({}));
    for (reply, begin) in [
        (expand(&lab), "Failed to allocate volume expansion: "),
        (evict(&lab), "Failed to set up brick eviction: "),
    ] {
        assert_eq!(reply.status, 500, "{reply:?}");
        assert_says(&reply.text, &[begin, "in use"]);
    }
    let body = json!({"expand_size": 2});
    let problem = [("Accept", "application/problem+json")];
    let told =
        lab.send("POST", &format!("/volumes/{id}/expand"), &problem, Some(body.to_string().as_bytes()));
    assert_says(&told.text, &["which bricks of volume", "came from heketi", "gluster does not say it"]);
    for host in hosts {
        lab.on(host, Action::Power { on: true });
    }
    assert_eq!(expand(&lab).status, 303, "{}", lab.log_tail());
    assert_eq!(evict(&lab).status, 204, "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_volume_that_gluster_has_otherwise_is_not_guessed_at() {
    let (first, id) = grown();
    let mut dump = exported(&first, &first.database());
    let bricks = dump["volumeentries"][&id]["Bricks"].as_array().unwrap().clone();
    for brick in &bricks[..3] {
        let entry = dump["brickentries"][brick.as_str().unwrap()].as_object_mut().unwrap();
        entry["Info"]["path"] = json!("/somewhere/else");
    }
    let mut lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    fs::copy(first.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
    let before = places(&lab.database());
    lab.start();
    let told = || lab.log().contains("which the database does not have");
    assert!(settled(SOON, told), "{}", lab.log_tail());
    let reply = lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 2}));
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_eq!(places(&lab.database()), before);
}
