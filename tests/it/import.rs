//! Databases made of dumps.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::replica_3;
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const OPERATION: &str = "f1000000000000000000000000000000";

fn dump_of(lab: &Lab) -> Value {
    let mut dump = lab.get("/db/dump").json();
    // A new database has a new one.
    dump["dbattributeentries"].as_object_mut().unwrap().remove("DB_GENERATION_ID").unwrap();
    dump
}

fn import(lab: &Lab, dump: &Value) -> (Option<i32>, String) {
    let file = lab.path().join("dump.json");
    fs::write(&file, dump.to_string()).unwrap();
    let arguments =
        [format!("--jsonfile={}", file.display()), format!("--dbfile={}", lab.database().display())];
    let (code, _, stderr) = lab.mortard(&["db", "import", &arguments[0], &arguments[1]]);
    (code, stderr)
}

/// Marks the only volume of a dump and its bricks as held by an operation of heketi's number `kind`.
fn leave_unfinished(dump: &mut Value, kind: i64, brick: i64, volume: i64) {
    let mut actions = Vec::new();
    for (entries, change) in [("brickentries", brick), ("volumeentries", volume)] {
        for (id, entry) in dump[entries].as_object_mut().unwrap() {
            entry["Pending"]["Id"] = json!(OPERATION);
            actions.push(json!({"Change": change, "Id": id, "Delta": null}));
        }
    }
    dump["pendingoperations"][OPERATION] = json!({"Id": OPERATION, "Timestamp": 1_735_689_600, "Type": kind,
                                                  "Actions": actions, "Status": ""});
}

#[test]
fn a_dump_comes_back_as_it_was() {
    let first = Lab::with_three_peers();
    first.create(&replica_3(2)).unwrap();
    first
        .create(&json!({"size": 1, "name": "named", "gid": 2005,
        "durability": {"type": "replicate", "replicate": {"replica": 3}},
        "glustervolumeoptions": ["user.heketi.arbiter true"], "snapshot": {"enable": true, "factor": 1.5}}))
        .unwrap();
    first.create(&json!({"size": 3, "durability": {"type": "none"}})).unwrap();
    // A clone shares the space of its source, and keeps it when that is gone.
    for name in ["named", "gone"] {
        let source = first.create(&json!({"size": 1, "name": format!("of_{name}")})).unwrap();
        let cloned =
            first.ask(&format!("/volumes/{}/clone", source.id), &json!({"name": name.to_owned() + "_copy"}));
        assert_eq!(cloned.status, 303);
        if name == "gone" {
            assert_eq!(first.remove(&source.id).status, 204);
        }
    }
    let dump = dump_of(&first);
    let mut second = Lab::new();
    let (code, text) = import(&second, &dump);
    assert_eq!(
        (code, text.trim()),
        (Some(0), format!("DB imported to {}", second.database().display()).trim())
    );
    second.start();
    assert_eq!(dump_of(&second), dump);
    assert_eq!(second.get("/db/check").json()["totalinconsistencies"], 0);
    for volume in second.volumes() {
        assert_eq!(second.remove(&volume).status, 204, "{}", second.log_tail());
    }
    Audit::new().clean_within(&second, SOON);
    let (code, text) = import(&second, &dump);
    let refused = format!("db creation failed: {} file already exists\n", second.database().display());
    assert_eq!((code, text), (Some(1), refused));
}

#[test]
fn what_was_unfinished_stays_stale() {
    let first = Lab::with_three_peers();
    first.create(&replica_3(2)).unwrap();
    for (kind, brick, volume) in [(1, 1, 2), (2, 3, 4)] {
        let mut dump = dump_of(&first);
        leave_unfinished(&mut dump, kind, brick, volume);
        let mut lab = Lab::new();
        assert_eq!(import(&lab, &dump).0, Some(0));
        lab.start();
        lab.restart();
        dump["pendingoperations"][OPERATION]["Status"] = json!("stale");
        let mut found = dump_of(&lab);
        // Bricks are recorded in gluster's order here, and by id there.
        found["pendingoperations"][OPERATION]["Actions"]
            .as_array_mut()
            .unwrap()
            .sort_by_key(Value::to_string);
        dump["pendingoperations"][OPERATION]["Actions"].as_array_mut().unwrap().sort_by_key(Value::to_string);
        assert_eq!(found, dump);
        assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
        assert_eq!(lab.volumes(), Vec::<String>::new());
        assert!(lab.get("/metrics").text.contains("\nheketi_operations_stale_count 1\n"));
    }
}

#[test]
fn what_is_no_dump_is_refused_and_nothing_is_left() {
    let lab = Lab::new();
    let file = lab.path().join("dump.json");
    let arguments =
        [format!("--jsonfile={}", file.display()), format!("--dbfile={}", lab.database().display())];
    for (text, expected) in
        [("{\"clusterentries\": ", "this is no JSON"), ("[1, 2]", "no export of heketi's")]
    {
        fs::write(&file, text).unwrap();
        let (code, _, said) = lab.mortard(&["db", "import", &arguments[0], &arguments[1]]);
        assert_eq!(code, Some(1));
        let begin = "db creation failed: Could not decode input file as JSON: ";
        assert!(said.starts_with(begin) && said.contains(expected), "{said}");
        assert!(!lab.database().exists());
    }
    let (code, _, text) = lab.mortard(&["db", "import", "--dbfile=x"]);
    assert_eq!((code, text.as_str()), (Some(1), "Please provide file for input\n"));
    assert!(!Path::new("x").exists());
}

#[test]
fn what_cannot_be_kept_is_listed_and_the_rest_is_imported() {
    let first = Lab::with_three_peers();
    first.create(&replica_3(2)).unwrap();
    let dump = dump_of(&first);
    let check = |spoil: fn(&mut Value), expected: &str| {
        let lab = Lab::new();
        let mut spoilt = dump.clone();
        spoil(&mut spoilt);
        let (code, text) = import(&lab, &spoilt);
        assert_eq!(code, Some(0), "{text}");
        let (code, out, _) =
            lab.mortard(&["db", "findings", &format!("--dbfile={}", lab.database().display())]);
        assert_eq!(code, Some(0));
        assert!(out.contains(expected), "{expected:?} is missing in {out}");
    };
    check(|dump| dump["blockvolumeentries"]["x"] = json!({}), "block volume x has an id that is not 32");
    check(
        |dump| {
            let id = "1".repeat(32);
            dump["blockvolumeentries"][&id] = block_in("0".repeat(32));
        },
        "which is not there or hosts no block volumes",
    );
    check(|dump| leave_unfinished(dump, 4, 2, 6), "what it changes does not say what it does");
    check(
        |dump| each(dump, "volumeentries", |volume| volume["Info"]["durability"]["type"] = json!("odd")),
        "has durability `odd`, which is not known",
    );
    check(
        |dump| {
            each(dump, "deviceentries", |device| device["Info"]["storage"] = json!({"total": 9, "free": 9}))
        },
        "0 KiB in use, and its bricks take",
    );
    check(
        |dump| each(dump, "volumeentries", |volume| volume["Bricks"] = json!([])),
        "which does not list it",
    );
    check(|dump| dump["nodeentries"] = json!({}), "is in node `");
    check(|dump| each(dump, "brickentries", of_unknown_clone), "nothing says which thin pool it is in");
}

/// A block volume in some volume.
fn block_in(hosting: String) -> Value {
    let id = "1".repeat(32);
    json!({"Info": {"size": 1, "name": "disk", "id": id, "cluster": id, "blockhostingvolume": hosting}})
}

fn each(dump: &mut Value, kind: &str, change: fn(&mut Value)) {
    dump[kind].as_object_mut().unwrap().values_mut().for_each(change);
}

fn of_unknown_clone(brick: &mut Value) {
    (brick["LvmLv"], brick["LvmThinPool"]) = (json!("5f2b_0"), json!(""));
}
