//! Backups that are put back: what is lost since is told before, and nothing is overwritten.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(30);

fn backup(lab: &Lab) -> PathBuf {
    let copy = lab.path().join("copy.db");
    crate::support::download(lab.port(), "/backup/db", &copy);
    copy
}

/// Exit status, and all that was said.
fn restore(lab: &Lab, file: &Path, more: &[&str]) -> (Option<i32>, String) {
    let config = format!("--config={}", lab.config_file().display());
    let file = file.display().to_string();
    let (code, out, err) = lab.mortard(&[&["restore", &file, &config], more].concat());
    (code, format!("{out}{err}"))
}

#[track_caller]
fn refused(lab: &Lab, file: &Path, because: &[&str]) {
    let before = std::fs::read(lab.database()).ok();
    let (code, said) = restore(lab, file, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, because);
    assert_eq!(std::fs::read(lab.database()).ok(), before, "the database was changed");
    let left = std::fs::read_dir(lab.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("restore")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn named(name: &str) -> serde_json::Value {
    let mut wanted = replica_3(10);
    wanted["name"] = json!(name);
    wanted
}

#[test]
fn a_damaged_database_is_replaced_and_kept() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&named("letters")).unwrap();
    let copy = backup(&lab);
    lab.stop();
    let mut damaged = std::fs::read(lab.database()).unwrap();
    damaged[100..4096].fill(0xA5);
    std::fs::write(lab.database(), &damaged).unwrap();
    let (_, said) = lab.start_in_vain();
    assert_says(&said, &["is damaged", "Restore it from a backup"]);
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(0), "{said}");
    let kept = lab.path().join("heketi.db.before-restore-0");
    assert_says(&said, &["is the database", &kept.display().to_string(), "Start the server"]);
    assert_eq!(std::fs::read(&kept).unwrap(), damaged);
    lab.start();
    assert_eq!(lab.volumes(), [made.id.as_str()]);
    assert_eq!(lab.remove(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_database_that_was_lost_comes_back() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&named("letters")).unwrap();
    let copy = backup(&lab);
    lab.stop();
    std::fs::remove_file(lab.database()).unwrap();
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(0), "{said}");
    lab.start();
    assert_eq!(lab.volumes(), [made.id]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_backup_that_is_older_than_a_volume_is_refused_and_put_back_only_on_demand() {
    let mut lab = Lab::with_three_peers();
    let copy = backup(&lab);
    let made = lab.create(&named("letters")).unwrap();
    let node = lab.add_node(&lab.node_of(HOSTS[0]).cluster, "10.10.10.20");
    lab.stop();
    let lost = format!("volume letters ({}) is in the present database and not in the backup", made.id);
    let host = format!("node 10.10.10.20 ({}) is in the present", node.id);
    refused(&lab, &copy, &["gluster has a volume letters", &lost, &host, "--go-back"]);
    lab.start();
    assert_eq!(lab.volumes(), [made.id.as_str()], "nothing was lost");
    lab.stop();
    let (code, said) = restore(&lab, &copy, &["--go-back"]);
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["To be mended by hand: gluster has a volume letters", &lost]);
    lab.start();
    assert!(lab.volumes().is_empty());
    lab.stop();
    // The one from before may come back as well: it knows of all that is there.
    let kept = lab.path().join("heketi.db.before-restore-0");
    let (code, said) = restore(&lab, &kept, &["--go-back"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(lab.path().join("heketi.db.before-restore-1").exists());
    lab.start();
    assert_eq!(lab.volumes(), [made.id.as_str()]);
    assert_eq!(lab.remove(&made.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_backup_that_knows_what_was_deleted_since_is_refused() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&named("letters")).unwrap();
    let copy = backup(&lab);
    assert_eq!(lab.remove(&made.id).status, 204);
    lab.stop();
    refused(&lab, &copy, &["letters", "gluster on", "does not have it", "is in the backup and not in"]);
    lab.start();
    assert!(lab.volumes().is_empty());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn peers_that_cannot_be_asked_are_no_proof() {
    let mut lab = Lab::with_three_peers();
    let copy = backup(&lab);
    lab.stop();
    lab.on(HOSTS[1], Action::Power { on: false });
    refused(&lab, &copy, &[HOSTS[1], "could not be asked", "--go-back"]);
    lab.on(HOSTS[1], Action::Power { on: true });
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(0), "{said}");
    lab.start();
    Audit::new().clean_within(&lab, SOON);
}

fn sqlite(file: &Path, statement: &str) {
    let output = Command::new("sqlite3").arg(file).arg(statement).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_backup_of_the_middle_of_something_is_refused() {
    let mut lab = Lab::new();
    lab.hold(&["mkfs"]);
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&named("letters"));
    let copy = backup(&lab);
    lab.open_gate();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}");
    lab.stop();
    lab.inject(None);
    std::fs::remove_file(lab.database()).unwrap();
    let under_way = format!("volume-create of {} was under way when the backup was made", made.located());
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &[&under_way, "--go-back"]);
    assert!(!lab.database().exists(), "nothing was put there");
}

#[test]
fn what_was_set_since_the_backup_is_told() {
    let mut lab = Lab::with_three_peers();
    let copy = backup(&lab);
    let device = lab.node_of(HOSTS[0]).devices[0].id.clone();
    assert_eq!(lab.ask(&format!("/devices/{device}/state"), &json!({"state": "offline"})).status, 204);
    lab.stop();
    refused(&lab, &copy, &[&device, "its state is offline at present, and online in the backup"]);
}

#[test]
fn a_database_that_somebody_reads_is_not_replaced() {
    let mut lab = Lab::with_three_peers();
    let copy = backup(&lab);
    lab.kill();
    let mut reader = Command::new("sqlite3");
    let mut reader = reader.arg(lab.database()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut asks, mut says) = (reader.stdin.take().unwrap(), BufReader::new(reader.stdout.take().unwrap()));
    asks.write_all(b"BEGIN; SELECT count(*) FROM node;\n").unwrap();
    let mut line = String::new();
    says.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "3");
    // Something is in the log that is not in the file, and cannot be taken into it.
    lab.start();
    lab.new_cluster();
    lab.kill();
    let (code, said) = restore(&lab, &copy, &["--go-back"]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["heketi.db is open in another program", "try again"]);
    drop(asks);
    assert!(reader.wait().unwrap().success());
    lab.start();
    assert_eq!(lab.client().cluster_list().unwrap().clusters.len(), 2, "nothing was lost");
}

#[test]
fn block_volumes_that_could_not_be_asked_for_are_told() {
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(50));
    lab.start();
    lab.three_peers();
    lab.create_block(&json!({"size": 1, "name": "first"})).unwrap();
    let copy = backup(&lab);
    lab.create_block(&json!({"size": 1, "name": "second"})).unwrap();
    lab.stop();
    for host in HOSTS {
        lab.on(host, Action::Blockd { running: false });
    }
    std::fs::remove_file(lab.database()).unwrap();
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["could not be asked for block volumes in", "nobody knows whether"]);
    for host in HOSTS {
        lab.on(host, Action::Blockd { running: true });
    }
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["second", "older than what is there now"]);
}

#[test]
fn what_is_no_backup_changes_nothing() {
    let mut lab = Lab::with_three_peers();
    let copy = backup(&lab);
    let (code, said) = restore(&lab, &copy, &[]);
    assert_eq!(code, Some(1));
    assert_says(&said, &["is in use: another mortard holds its lock", "Stop that server"]);
    lab.stop();
    let file = lab.path().join("other.db");
    refused(&lab, &file, &["other.db", "no such file"]);
    for (text, why) in [("", "it is empty"), ("none", "its first bytes are not SQLite's")] {
        std::fs::write(&file, text).unwrap();
        refused(&lab, &file, &["other.db is no backup of mortar", why]);
    }
    std::fs::remove_file(&file).unwrap();
    sqlite(&file, "CREATE TABLE people (name)");
    refused(&lab, &file, &["other.db is no backup of mortar", "no tables of ours"]);
    std::fs::write(&file, 0xED0C_DAED_u32.to_le_bytes().repeat(2048)).unwrap();
    refused(&lab, &file, &["other.db is no backup", "a database of heketi's"]);
    std::fs::copy(&copy, &file).unwrap();
    sqlite(&file, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', datetime(), 1, x'00', 1)");
    refused(&lab, &file, &["other.db was made by a newer version", "9999"]);
    let left = lab.path().join("heketi.db.restoring");
    std::fs::copy(&copy, &left).unwrap();
    let (code, said) = restore(&lab, &left, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["interrupted restore has left", "another name"]);
    assert!(left.exists(), "it was taken away");
    std::fs::remove_file(&left).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused(&lab, &file, &["other.db"]);
    let mut flipped = whole.clone();
    flipped[4096..40_000].fill(0x5A);
    std::fs::write(&file, &flipped).unwrap();
    refused(&lab, &file, &["other.db"]);
    lab.start();
    Audit::new().clean_within(&lab, SOON);
}
