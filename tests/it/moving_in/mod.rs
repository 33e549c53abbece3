//! A server that is given heketi's database, and what heketi exports of it.

mod damage;
mod fuzz;
mod life;
mod pending;
mod pools;
mod round;
mod sets;
mod start;
mod states;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::heketi_db::fixtures;
use crate::support::Lab;

const SOON: Duration = Duration::from_secs(60);

/// A server whose configuration names this database of heketi's; not started yet.
fn with_database(name: &str) -> Lab {
    let lab = Lab::new();
    fs::write(lab.database(), fixtures::database(name)).unwrap();
    lab
}

/// What is made of heketi's database.
fn made(lab: &Lab) -> PathBuf {
    lab.path().join("heketi.db.mortar")
}

fn flag(name: &str, value: impl AsRef<Path>) -> String {
    format!("--{name}={}", value.as_ref().display())
}

/// What heketi exported of a database.
fn recorded(name: &str) -> Value {
    serde_json::from_slice(&fixtures::file(&format!("{name}.json"))).unwrap()
}

/// What `db export` says of a database.
fn exported(lab: &Lab, database: &Path) -> Value {
    let (code, out, err) = lab.mortard(&["db", "export", "--jsonfile=-", &flag("dbfile", database)]);
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Makes a database of an export; what was said.
fn import(lab: &Lab, dump: &Value) -> (Option<i32>, String) {
    let file = lab.path().join("dump.json");
    fs::write(&file, dump.to_string()).unwrap();
    let (code, _, err) =
        lab.mortard(&["db", "import", &flag("jsonfile", &file), &flag("dbfile", lab.database())]);
    (code, err)
}

/// The findings in a database.
fn findings(lab: &Lab, database: &Path) -> Vec<Value> {
    let (code, out, err) = lab.mortard(&["db", "findings", "--json", &flag("dbfile", database)]);
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Takes out of an export what `docs/differences.md` names: operations are taken over as stale, in another order of
/// their bricks, and the hosts that clients mount are those of now.
fn comparable(mut dump: Value) -> Value {
    for operation in dump["pendingoperations"].as_object_mut().unwrap().values_mut() {
        operation["Status"] = json!("stale");
        operation["Actions"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    }
    for volume in dump["volumeentries"].as_object_mut().unwrap().values_mut() {
        let mount = &mut volume["Info"]["mount"]["glusterfs"];
        let mut hosts: Vec<String> = serde_json::from_value(mount["hosts"].take()).unwrap();
        hosts.sort();
        *mount = json!({ "hosts": hosts });
    }
    dump
}
