//! Backups that are put back: what is lost since is told before, and nothing is overwritten.

use std::path::{Path, PathBuf};
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
    refused(&lab, &copy, &["gluster has a volume letters", &made.bricks[0].path, &lost, &host, "--go-back"]);
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
    std::fs::write(&file, "none").unwrap();
    refused(&lab, &file, &["other.db", "its first bytes are not SQLite's"]);
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
