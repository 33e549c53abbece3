//! Starts on heketi's database: what is imported, once, and what keeps a server from it.

use std::fs::{self, File};

use serde_json::json;

use super::{SOON, made, recorded, with_database};
use crate::heketi_db::fixtures;
use crate::support::operator::{assert_says, replica_3};
use crate::support::settled;

#[test]
fn the_server_goes_on_with_what_heketi_knew_and_leaves_its_file_alone() {
    let mut lab = with_database("clean");
    lab.start();
    let counts = "1 clusters, 3 nodes, 6 devices, 6 volumes, 19 bricks, 2 block volumes, 0 unfinished operations, 0 findings";
    assert_says(&lab.log(), &["imported ", counts, "The old file was left untouched"]);
    let known = recorded("clean");
    let mut volumes: Vec<&String> = known["volumeentries"].as_object().unwrap().keys().collect();
    volumes.sort();
    assert_eq!(lab.volumes().iter().collect::<Vec<_>>(), volumes);
    for (id, entry) in known["blockvolumeentries"].as_object().unwrap() {
        let block = lab.block(id);
        assert_eq!(block.blockvolume.password.expose(), entry["Info"]["blockvolume"]["password"]);
        assert_eq!(block.blockhostingvolume, entry["Info"]["blockhostingvolume"]);
    }
    // Nothing is imported again: what was done since is still there.
    let new = lab.create(&json!({"size": 1, "name": "since", "durability": {"type": "none"}})).unwrap();
    lab.restart();
    assert!(lab.volumes().contains(&new.id));
    assert_eq!(lab.log().matches("imported ").count(), 1);
    assert_eq!(fs::read(lab.database()).unwrap(), fixtures::database("clean"));
    let beside: Vec<bool> = ["", "-wal", "-shm", ".lock"]
        .iter()
        .map(|end| lab.path().join(format!("heketi.db.mortar.importing{end}")).exists())
        .collect();
    assert_eq!(beside, [false; 4], "nothing is left of the import");
}

#[test]
fn heketi_and_the_server_never_work_on_the_file_at_the_same_time() {
    let mut lab = with_database("clean");
    let heketi = File::options().read(true).write(true).open(lab.database()).unwrap();
    heketi.lock().unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(
        &said,
        &["Unable to open database: ", "heketi.db is held open by a running heketi", "Stop that one first"],
    );
    assert!(!made(&lab).exists());
    let (code, _, err) = lab.mortard(&["migrate", "--plan", "heketi.db"]);
    assert_eq!(code, Some(1));
    assert_says(&err, &["held open by a running heketi"]);
    heketi.unlock().unwrap();
    lab.start();
    assert!(heketi.try_lock().is_err(), "a heketi that is started now waits for us");
    lab.stop();
    heketi.try_lock().unwrap();
}

#[test]
fn a_server_does_not_go_on_when_somebody_went_back_to_heketi() {
    let mut lab = with_database("clean");
    lab.start();
    lab.stop();
    // Only touched, or copied back from a backup: the content counts.
    let content = fs::read(lab.database()).unwrap();
    fs::write(lab.database(), &content).unwrap();
    lab.start();
    lab.stop();
    let mut changed = content.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(lab.database(), &changed).unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    let words = [
        "heketi.db has changed since it was imported into",
        "heketi.db.mortar: somebody went back to heketi",
        "move ",
        " away",
    ];
    assert_says(&said, &words);
    // The cure that the sentence names.
    lab.call_database(&made(&lab));
    lab.start();
    assert_eq!(lab.volumes().len(), 6);
    // No heketi is started on the same peers by accident, and one that runs on the other file already is told of.
    let heketi = File::options().read(true).write(true).open(lab.path().join("heketi.db")).unwrap();
    assert!(heketi.try_lock().is_err(), "a heketi that is started now waits");
    lab.stop();
    heketi.lock().unwrap();
    lab.start();
    assert_says(&lab.log(), &["heketi.db is held open by a running heketi", "served all the same"]);
    assert_eq!(lab.volumes().len(), 6);
}

#[test]
fn what_was_made_of_the_file_is_never_made_a_second_time() {
    let mut lab = with_database("clean");
    lab.start();
    let new = lab.create(&json!({"size": 1, "durability": {"type": "none"}})).unwrap();
    lab.stop();
    let kept = lab.path().join("kept");
    fs::rename(made(&lab), &kept).unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(&said, &["was imported into", "before, and that is gone", "Restore"]);
    assert!(!made(&lab).exists());
    fs::rename(&kept, made(&lab)).unwrap();
    // Somebody tidies up: an empty database is not what he wants.
    fs::write(lab.database(), "").unwrap();
    lab.start();
    assert!(lab.volumes().contains(&new.id));
    lab.stop();
    fs::remove_file(lab.database()).unwrap();
    lab.start();
    assert!(lab.volumes().contains(&new.id));
    assert_says(&lab.log(), &["heketi.db is gone; going on with"]);
}

#[test]
fn a_kill_during_the_import_leaves_nothing_that_could_be_taken_for_one() {
    // Killed at moments that follow each other closely; the last ones may be after the end.
    let mut imported = 0;
    for pause in 0..12 {
        let mut lab = with_database("pending-create");
        lab.start_and_kill_after(std::time::Duration::from_millis(4 * pause * pause));
        imported += usize::from(made(&lab).exists());
        lab.start();
        assert_eq!(lab.volumes().len(), 12, "{}", lab.log_tail());
        assert_eq!(fs::read(lab.database()).unwrap(), fixtures::database("pending-create"));
        assert!(!lab.path().join("heketi.db.mortar.importing").exists());
    }
    assert!(imported < 12, "no kill came before the end of an import");
}

#[test]
fn a_plan_writes_nothing_and_names_what_would_become_of_everything() {
    let lab = with_database("pending-create");
    let files = || fs::read_dir(lab.path()).unwrap().count();
    let before = files();
    let (code, out, err) = lab.mortard(&["migrate", "--plan", "heketi.db"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let words = [
        "13 volumes, 39 bricks",
        "1 unfinished operations",
        "heketi.db.mortar",
        "volume-create ",
        "is undone",
        "Nothing was written.",
    ];
    assert_says(&out, &words);
    let (code, out, _) = lab.mortard(&["migrate", "--plan", "--json", "heketi.db"]);
    assert_eq!(code, Some(0));
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&plan["volumes"], plan["unfinished"].as_array().unwrap().len()), (&json!(13), 1));
    let export = lab.path().join("export.json");
    fs::write(&export, fixtures::file("clean.json")).unwrap();
    let (code, out, _) = lab.mortard(&["migrate", "--plan", "export.json"]);
    assert_eq!(code, Some(0));
    assert_says(&out, &["is an export of heketi's", "6 volumes", "Volumes of which gluster is asked"]);
    fs::remove_file(export).unwrap();
    assert_eq!(files(), before);
    assert_eq!(fs::read(lab.database()).unwrap(), fixtures::database("pending-create"));
}

#[test]
fn heketis_clean_up_takes_an_unfinished_create_back() {
    let mut lab = with_database("pending-create");
    lab.start();
    assert_eq!(lab.get("/operations").json()["stale"], 1);
    let reply = lab.ask("/operations/pending/cleanup", &json!({}));
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(settled(SOON, || lab.get("/operations").json()["total"] == 0), "{}", lab.log_tail());
    assert_eq!(lab.get("/db/dump").json()["volumeentries"].as_object().unwrap().len(), 12);
    lab.create(&replica_3(1)).unwrap();
    crate::support::Audit::new().clean_within(&lab, SOON);
}
