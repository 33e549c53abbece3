//! What is done with a database beside the server: exports, checks, clean-ups.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);

fn flag(name: &str, value: impl AsRef<Path>) -> String {
    format!("--{name}={}", value.as_ref().display())
}

fn export(lab: &Lab, database: &Path, file: &Path) -> (Option<i32>, String, String) {
    lab.mortard(&["db", "export", &flag("jsonfile", file), &flag("dbfile", database)])
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases").join(name)
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_heketi_exported_comes_back_as_it_was() {
    let lab = Lab::new();
    for name in ["six-nodes", "pending-create", "pending-delete"] {
        let (database, file) =
            (lab.path().join(format!("{name}.db")), lab.path().join(format!("{name}.json")));
        let source = recorded(&format!("{name}.json"));
        let (code, out, err) =
            lab.mortard(&["db", "import", &flag("jsonfile", &source), &flag("dbfile", &database)]);
        assert_eq!(
            (code, out.as_str(), err),
            (Some(0), "", format!("DB imported to {}\n", database.display()))
        );
        let (code, out, err) = export(&lab, &database, &file);
        assert_eq!((code, out.as_str(), err), (Some(0), "", format!("DB exported to {}\n", file.display())));
        let (mut before, mut after) = (json_of(&source), json_of(&file));
        for dump in [&mut before, &mut after] {
            // heketi draws a new one at each import as well.
            dump["dbattributeentries"]["DB_GENERATION_ID"]["Value"].take();
            for operation in dump["pendingoperations"].as_object_mut().unwrap().values_mut() {
                // Taken over as stale; bricks are recorded in gluster's order here.
                operation["Status"] = json!("stale");
                operation["Actions"].as_array_mut().unwrap().sort_by_key(Value::to_string);
            }
        }
        assert_eq!(after, before, "{name}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let left: Vec<bool> =
            ["-wal", "-shm"].iter().map(|end| lab.path().join(format!("{name}.db{end}")).exists()).collect();
        assert_eq!(left, [false, false], "nothing is left beside the database");
    }
}

#[test]
fn a_running_server_is_exported_and_checked_and_a_file_is_never_overwritten() {
    let lab = Lab::with_three_peers();
    lab.create(&replica_3(2)).unwrap();
    let (code, out, err) = export(&lab, &lab.database(), Path::new("-"));
    assert_eq!((code, err.as_str()), (Some(0), "DB exported to -\n"));
    assert_eq!(out, lab.get("/db/dump").text);
    let (code, out, err) = lab.mortard(&["db", "consistency-check", &flag("dbfile", lab.database())]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, lab.get("/db/check").text);
    let file = lab.path().join("there.json");
    fs::write(&file, "kept").unwrap();
    let (code, _, err) = export(&lab, &lab.database(), &file);
    let refused =
        format!("failed to dump db: Could not create json file: open {}: file exists\n", file.display());
    assert_eq!((code, err), (Some(1), refused));
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
}

#[test]
fn a_database_that_is_none_is_refused_and_nothing_is_made() {
    let lab = Lab::new();
    let (database, file) = (lab.path().join("no.db"), lab.path().join("no.json"));
    let (code, _, err) = export(&lab, &database, &file);
    assert_eq!(code, Some(1));
    assert_says(
        &err,
        &["failed to dump db: Could not construct dump from DB: ", "no such file or directory"],
    );
    assert!(!database.exists() && !file.exists());
    fs::write(&database, "something else").unwrap();
    let (code, _, err) = lab.mortard(&["db", "consistency-check", &flag("dbfile", &database)]);
    assert_eq!(code, Some(1));
    assert_says(&err, &["failed to check db: Unable to open database: ", "no SQLite database"]);
    assert_eq!(fs::read_to_string(&database).unwrap(), "something else");
}

#[test]
fn a_server_that_has_its_database_to_itself_is_asked_by_another_way() {
    let mut lab = Lab::new();
    lab.database_alone();
    lab.start();
    let (code, _, err) = export(&lab, &lab.database(), Path::new("-"));
    assert_eq!(code, Some(1));
    assert_says(&err, &["failed to dump db", "locked by another process"]);
}

#[test]
fn bricks_without_a_path_are_taken_out_where_somebody_says_so() {
    let first = Lab::with_three_peers();
    first.create(&replica_3(2)).unwrap();
    let mut dump = first.get("/db/dump").json();
    let mut devices = Vec::new();
    for brick in dump["brickentries"].as_object_mut().unwrap().values_mut() {
        brick["Info"]["path"] = json!("");
        devices.push(brick["Info"]["device"].as_str().unwrap().to_owned());
    }
    let (lab, file) = (Lab::new(), first.path().join("spoilt.json"));
    fs::write(&file, dump.to_string()).unwrap();
    let database = flag("dbfile", lab.database());
    assert_eq!(lab.mortard(&["db", "import", &flag("jsonfile", &file), &database]).0, Some(0));
    let delete = |what: &str| {
        let (code, out, err) = lab.mortard(&["db", "delete-bricks-with-empty-path", &database, what]);
        assert_eq!(out, "");
        (code, err)
    };
    let failure = "failed to delete bricks with empty path: ";
    assert_eq!(delete("--nodes=abc"), (Some(1), format!("{failure}abc is not a valid UUID\n")));
    let unknown = format!("--clusters={}", "0".repeat(32));
    assert_eq!(delete(&unknown), (Some(1), format!("{failure}Id not found\n")));
    let done = (Some(0), "bricks with empty path removed \n".to_owned());
    let left = |lab: &Lab| {
        let (_, out, _) = export(lab, &lab.database(), Path::new("-"));
        let dump: Value = serde_json::from_str(&out).unwrap();
        let used: u64 = dump["deviceentries"]
            .as_object()
            .unwrap()
            .values()
            .map(|device| device["Info"]["storage"]["used"].as_u64().unwrap())
            .sum();
        (dump["brickentries"].as_object().unwrap().len(), used == 0)
    };
    assert_eq!(delete(&format!("--devices={},{}", devices[0], devices[1])), done);
    assert_eq!(left(&lab), (1, false));
    assert_eq!(delete("--all=true"), done);
    assert_eq!(left(&lab), (0, true));
}

#[test]
fn what_was_left_unfinished_is_cleaned_up_without_a_server() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(2)).unwrap();
    lab.on(HOSTS[0], Action::Power { on: false });
    assert_eq!(lab.remove(&made.id).status, 500);
    lab.kill();
    let config = flag("config", lab.config_file());
    let clean = ["offline", "cleanup-operations", &config];
    let (code, out, err) = lab.mortard(&clean);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("OFFLINE COMMAND: Clean All Pending Operations\n"), "{out}");
    assert_says(&err, &["Starting clean now...\n", &format!("volume-delete of {} is left: ", made.id)]);
    lab.on(HOSTS[0], Action::Power { on: true });
    let (code, _, err) = lab.mortard(&clean);
    assert_eq!((code, err.as_str()), (Some(0), "Starting clean now...\n"));
    lab.start();
    assert_eq!(lab.get("/operations").json()["total"], 0);
    Audit::new().clean_within(&lab, SOON);
    let (code, _, err) = lab.mortard(&clean);
    assert_eq!(code, Some(1));
    assert_says(&err, &["ERROR: Unable to start application: Unable to open database: ", "in use"]);
}

#[test]
fn the_volume_of_the_database_gets_its_options_once() {
    let mut lab = Lab::with_three_peers();
    let mut wanted = replica_3(2);
    wanted["name"] = json!("heketidbstorage");
    lab.create(&wanted).unwrap();
    wanted["name"] = json!("other");
    wanted["glustervolumeoptions"] = json!(["user.heketi.dbstoragelevel custom"]);
    lab.create(&wanted).unwrap();
    lab.stop();
    let config = flag("config", lab.config_file());
    let update = |name: &[&str]| {
        let (code, out, err) = lab.mortard(&[&["offline", "update-dbvol", &config], name].concat());
        assert!(out.starts_with("OFFLINE COMMAND: update dbvol\n"), "{out}");
        (code, err)
    };
    let option = |volume: &str, key: &str| lab.peers().volume(volume).unwrap().options.get(key).cloned();
    assert_eq!(update(&[]), (Some(0), String::new()));
    assert_eq!(option("heketidbstorage", "performance.quick-read").as_deref(), Some("off"));
    assert_eq!(option("heketidbstorage", "user.heketi.dbstoragelevel").as_deref(), Some("1"));
    assert_eq!(update(&["--force-volume-name=other"]), (Some(0), String::new()));
    assert_eq!(option("other", "performance.quick-read"), None);
    let missing = (Some(1), "Error updating db volume: Volume nosuch not found\n".to_owned());
    assert_eq!(update(&["--force-volume-name=nosuch"]), missing);
}
