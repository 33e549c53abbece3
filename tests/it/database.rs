//! A database that cannot be written for a while.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_create_survives_a_database_that_cannot_be_written_for_a_while() {
    let mut lab = Lab::with_three_peers();
    lab.hold(&["volume start"]);
    lab.restart();
    let job = lab.begin_create(&replica_3(10));
    assert!(settled(SOON, || !lab.peers().volumes.is_empty()), "{}", lab.log_tail());
    let other = WriteLock::taken(&lab);
    lab.open_gate();
    let failed = || lab.log().contains("the database failed in the middle of an operation");
    assert!(settled(SOON, failed), "{}", lab.log_tail());
    other.release();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    assert_eq!(lab.volumes().len(), 1);
    Audit::new().clean_within(&lab, SOON);
}

/// Fills the disk of a database up, with a file that may be removed.
fn filled(lab: &Lab) -> PathBuf {
    let filler = lab.disk().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    filler
}

#[test]
fn a_full_disk_ends_creates_before_a_peer_is_touched_and_the_server_goes_on_when_there_is_room() {
    let mut lab = Lab::new();
    lab.small_disk(4096);
    let record = lab.path().join("commands");
    lab.inject(Some(json!({"record": record})));
    lab.start();
    lab.three_peers();
    let first = lab.create(&replica_3(1)).unwrap();
    let filler = filled(&lab);
    let used = |lab: &Lab| {
        lab.peers()
            .hosts
            .values()
            .flat_map(|host| host.groups.values())
            .map(|g| g.volumes.len())
            .sum::<usize>()
    };
    let begun = || std::fs::read_to_string(&record).unwrap().matches("lvcreate").count();
    // What is in the log of the database already can be written over: some may still be made.
    let mut made = vec![first.id];
    let (refused, before) = loop {
        let before = begun();
        let reply = lab.ask("/volumes", &replica_3(1));
        match reply.status {
            303 => made.push(reply.located()),
            _ => break (reply, before),
        }
        assert!(made.len() < 200, "the disk is not full");
    };
    assert!(before > 0);
    assert_eq!(begun(), before, "a command was sent");
    assert_eq!((refused.status, refused.text.trim()), (500, "Unable to access db"), "{refused:?}");
    assert_says(&lab.log(), &["database or disk is full"]);
    assert_eq!(used(&lab), made.len() * 6, "a peer was touched");
    // It serves what only reads, and still says no to what writes.
    assert_eq!(lab.get("/hello").status, 200);
    assert_eq!(lab.volumes().len(), made.len());
    assert_eq!(lab.ask("/clusters", &json!({"file": true})).status, 500);
    assert_eq!(lab.delete(&format!("/volumes/{}", made[0])).status, 500);
    Audit::new().clean_within(&lab, SOON);
    std::fs::remove_file(&filler).unwrap();
    made.push(lab.create(&replica_3(1)).unwrap().id);
    for id in made {
        assert_eq!(lab.remove(&id).status, 204);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_create_loses_nothing() {
    let mut lab = Lab::new();
    lab.small_disk(4096);
    lab.hold(&["volume start"]);
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&replica_3(10));
    assert!(settled(SOON, || !lab.peers().volumes.is_empty()), "{}", lab.log_tail());
    let filler = filled(&lab);
    lab.open_gate();
    // It may end on what is in the log already; it may have to wait for room.
    let waits = || lab.log().contains("the database failed in the middle of an operation");
    assert!(settled(SOON, || waits() || lab.get(&job).status != 200), "{}", lab.log_tail());
    std::fs::remove_file(&filler).unwrap();
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}

/// Another program that writes into the database, and does not come to an end with it.
struct WriteLock(Child);

impl WriteLock {
    fn taken(lab: &Lab) -> WriteLock {
        let mut shell = Command::new("sqlite3");
        shell.arg(lab.database()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b".timeout 10000\nBEGIN IMMEDIATE;\nSELECT 'locked';\n")
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "locked");
        WriteLock(child)
    }

    fn release(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // Ended already, unless the scenario has failed.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
