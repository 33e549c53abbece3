//! Clones of a heketi that did not keep in which thin pools their bricks are.

use std::fs;
use std::path::Path;
use std::process::Command;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::{SOON, exported, findings, import};
use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

/// The pool of each brick and what each device has in use.
fn books(database: &Path) -> String {
    let query = "SELECT id, thin_pool, thin_pool_kib, metadata_kib FROM brick ORDER BY id;
                 SELECT id, total_kib, free_kib, used_kib FROM device ORDER BY id";
    let output = Command::new("sqlite3").arg(database).arg(query).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A volume and its clone, on a server that is stopped; their ids.
fn with_a_clone() -> (Lab, String, String) {
    let mut lab = Lab::with_three_peers();
    let source = lab.create(&replica_3(2)).unwrap().id;
    let copied = lab.ask(&format!("/volumes/{source}/clone"), &json!({"name": "copy"}));
    assert_eq!(copied.status, 303, "{copied:?}\n{}", lab.log_tail());
    let copy = copied.located();
    lab.stop();
    (lab, source, copy)
}

/// What an older heketi would have kept of it.
fn without_pools(mut dump: Value) -> Value {
    for brick in dump["brickentries"].as_object_mut().unwrap().values_mut() {
        if brick["LvmLv"] != "" {
            brick["LvmThinPool"] = json!("");
        }
    }
    dump
}

/// An import of that, on its peers; not started yet.
fn imported(first: &Lab) -> Lab {
    let lab = Lab::new();
    let (code, said) = import(&lab, &without_pools(exported(first, &first.database())));
    assert_eq!(code, Some(0), "{said}");
    fs::copy(first.path().join("heketi.db.peers"), lab.path().join("heketi.db.peers")).unwrap();
    lab
}

#[test]
fn peers_are_asked_in_which_pools_the_bricks_of_clones_are() {
    let (first, source, copy) = with_a_clone();
    let mut lab = imported(&first);
    let found = findings(&lab, &lab.database());
    assert_eq!(found.len(), 3, "{found:?}");
    for finding in &found {
        assert_eq!((&finding["subject"], &finding["devices"]), (&json!("brick"), &json!([])));
        assert_says(finding["what"].as_str().unwrap(), &["nothing says which thin pool it is in"]);
    }
    lab.start();
    let learnt = || books(&lab.database()) == books(&first.database());
    assert!(settled(SOON, learnt), "{}\n{}", books(&lab.database()), lab.log_tail());
    assert_eq!(lab.get("/findings").json()["findings"], json!([]));
    Audit::new().clean_within(&lab, SOON);
    for id in [source, copy] {
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_clone_is_deleted_with_its_pool_before_anybody_has_asked_for_that() {
    let (mut first, source, copy) = with_a_clone();
    first.start();
    // The pools stay, for the clone.
    assert_eq!(first.remove(&source).status, 204, "{}", first.log_tail());
    first.stop();
    let mut lab = imported(&first);
    for host in HOSTS {
        lab.on(host, Action::Power { on: false });
    }
    lab.start();
    assert!(settled(SOON, || lab.log().contains("in which thin pool brick ")), "{}", lab.log_tail());
    let report = lab.get("/internal/state/examine/gluster").json()["report"].to_string();
    assert_says(
        &report,
        &["the import left this (finding 1): brick ", "nothing says which thin pool it is in"],
    );
    for host in HOSTS {
        lab.on(host, Action::Power { on: true });
    }
    assert_eq!(lab.remove(&copy).status, 204, "{}", lab.log_tail());
    assert_eq!(lab.get("/findings").json()["findings"], json!([]));
    Audit::new().clean_within(&lab, SOON);
}
