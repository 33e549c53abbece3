//! A database that cannot be written for a while.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::operator::replica_3;
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
