//! The database under a server that is killed again and again, and under damage.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use crate::support::operator::assert_says;
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const CLIENTS: usize = 4;

/// How often it is killed each time; `make test-all` has `KILLS=500`.
const KILLS: usize = 15;

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() {
    let kills = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut dice = StdRng::seed_from_u64(20_261_128);
    let mut lab = Lab::with_three_peers();
    let (known, gone) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    for kill in 0..kills {
        let limit = Duration::from_millis(dice.random_range(20..800));
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (lab, known, gone) = (&lab, &known, &gone);
                scope.spawn(move || work(lab, known, gone, client));
            }
            std::thread::sleep(limit);
            lab.signal("KILL");
        });
        lab.kill();
        assert_eq!(integrity(&lab.database()), "ok", "after kill {kill}");
        lab.start();
        Audit::new().clean_within(&lab, SOON);
        let there = lab.volumes();
        let known = known.lock().unwrap();
        let lost: Vec<&String> = known.iter().filter(|id| !there.contains(id)).collect();
        assert!(lost.is_empty(), "kill {kill}: {lost:?} were acknowledged, and are lost\n{}", lab.log_tail());
        let back = gone.lock().unwrap().iter().find(|id| there.contains(id)).cloned();
        assert_eq!(
            back,
            None,
            "kill {kill}: its delete was acknowledged, and it is back\n{}",
            lab.log_tail()
        );
        // Each kill leaves some that were done when nobody heard of it any more: else they fill the disks in the end.
        for unheard in there.iter().filter(|id| !known.contains(id)) {
            assert_eq!(lab.remove(unheard).status, 204, "{}", lab.log_tail());
        }
        if kill % 50 == 49 {
            eprintln!("{} kills", kill + 1);
        }
    }
    let acknowledged = known.into_inner().unwrap();
    assert!(!acknowledged.is_empty(), "nothing was acknowledged: nothing could be lost");
    eprintln!(
        "{kills} kills, {} volumes at the end, {} of them acknowledged",
        lab.volumes().len(),
        acknowledged.len()
    );
}

/// Makes volumes and deletes some, until the server is gone.
fn work(lab: &Lab, known: &Mutex<Vec<String>>, gone: &Mutex<Vec<String>>, client: usize) {
    loop {
        let body = json!({"size": 1, "durability": {"type": "replicate", "replicate": {"replica": 3}}});
        let Ok(reply) = lab.try_send("POST", "/volumes", &[], Some(body.to_string().as_bytes())) else {
            return;
        };
        let Some(made) = ended(lab, &reply.location) else { return };
        known.lock().unwrap().push(made);
        // Few stay, so that there is always room.
        let mut volumes = known.lock().unwrap();
        if volumes.len() <= CLIENTS + client {
            continue;
        }
        // Nobody counts on it from the moment when it is to be deleted.
        let leaves = volumes.remove(0);
        drop(volumes);
        let Ok(reply) = lab.try_send("DELETE", &format!("/volumes/{leaves}"), &[], None) else { return };
        if ended(lab, &reply.location).is_none() {
            return;
        }
        gone.lock().unwrap().push(leaves);
    }
}

/// What a job has come to; none where the server is gone.
fn ended(lab: &Lab, job: &str) -> Option<String> {
    loop {
        match lab.try_send("GET", job, &[], None).ok()? {
            reply if reply.status == 200 => std::thread::sleep(Duration::from_millis(2)),
            reply => {
                assert!(matches!(reply.status, 303 | 204), "{reply:?}");
                return Some(reply.located());
            }
        }
    }
}

fn integrity(database: &Path) -> String {
    sqlite(database, &["", "-wal", "-shm"], "PRAGMA integrity_check")
}

/// What SQLite says on a copy of these files: a look at the files themselves would tidy them up, and the server is to begin on
/// what the kill has left.
fn sqlite(database: &Path, suffixes: &[&str], ask: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for suffix in suffixes {
        let name = format!("heketi.db{suffix}");
        if let Err(error) = std::fs::copy(database.with_file_name(&name), folder.path().join(&name)) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{name}");
        }
    }
    let database = folder.path().join("heketi.db");
    let output = Command::new("sqlite3").arg(database).arg(ask).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_damaged_database_is_refused_with_a_sentence_or_serves_what_can_be_read() {
    const CASES: usize = 40;
    let mut dice = StdRng::seed_from_u64(20_261_128);
    let mut first = Lab::with_three_peers();
    for _ in 0..3 {
        first.create(&json!({"size": 1})).unwrap();
    }
    first.stop();
    let whole = std::fs::read(first.database()).unwrap();
    let mut refused = 0;
    for case in 0..CASES {
        let mut lab = Lab::copied_from(first.path());
        let mut damaged = whole.clone();
        let at = dice.random_range(0..damaged.len());
        let what = match case % 4 {
            0 => {
                damaged.truncate(at);
                format!("truncated at {at}")
            }
            1 => {
                let end = (at + 512).min(damaged.len());
                damaged[at..end].fill(0);
                format!("512 zeros from {at} on")
            }
            _ => {
                damaged[at] ^= 1 << dice.random_range(0..8);
                format!("a bit flipped at {at}")
            }
        };
        std::fs::write(lab.database(), &damaged).unwrap();
        match lab.try_start() {
            Ok(()) => {
                // Damage that nobody can notice is in what is unused, or changes a value.
                for path in ["/clusters", "/volumes", "/blockvolumes", "/db/dump", "/jobs"] {
                    let reply = lab.get(path);
                    assert!(matches!(reply.status, 200 | 500), "{what}: {path}: {reply:?}");
                }
            }
            Err(said) => {
                refused += 1;
                let is_a_sentence = said.contains("ERROR: Unable to start application: ");
                assert!(is_a_sentence && said.contains("heketi.db"), "{what}: {said}");
                assert_eq!(std::fs::read(lab.database()).unwrap(), damaged, "{what}: it was changed");
            }
        }
        assert!(!lab.log().contains("panicked at"), "{what}: {}", lab.log_tail());
    }
    assert!(refused > CASES / 4, "only {refused} of {CASES} were refused");
}

/// A server that was killed over a log which has three volumes that the database has not, and their ids. Behind them the log
/// has changes that nobody will miss.
fn killed_over_its_log() -> (Lab, Vec<String>) {
    let mut lab = Lab::with_three_peers();
    let made = (0..3).map(|_| lab.create(&json!({"size": 1})).unwrap().id).collect();
    crate::support::download(lab.port(), "/backup/db", &lab.path().join("copy.db"));
    for _ in 0..3 {
        assert_eq!(lab.ask("/clusters", &json!({"file": true})).status, 201);
    }
    lab.signal("KILL");
    lab.kill();
    let counted = |suffixes: &[&str]| sqlite(&lab.database(), suffixes, "SELECT count(*) FROM volume");
    assert_eq!((counted(&[""]), counted(&["", "-wal"])), ("0".to_owned(), "3".to_owned()));
    (lab, made)
}

fn log_of(lab: &Lab) -> PathBuf {
    lab.path().join("heketi.db-wal")
}

#[test]
fn a_log_in_which_a_bit_has_flipped_is_refused_by_all_who_would_open_it_until_a_backup_is_restored() {
    let (mut lab, made) = killed_over_its_log();
    let mut damaged = std::fs::read(log_of(&lab)).unwrap();
    damaged[200] ^= 4;
    std::fs::write(log_of(&lab), &damaged).unwrap();
    let database = std::fs::read(lab.database()).unwrap();
    let log = log_of(&lab).display().to_string();
    let sentence = [&log, "is damaged at byte 32,", "was left untouched. Restore it from a backup"];
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1), "{said}");
    assert_says(&said, &sentence);
    assert_eq!(said.matches("ERROR").count(), 1, "one sentence: {said}");
    let file = lab.config_file().display().to_string();
    let config = format!("--config={file}");
    let dbfile = format!("--dbfile={}", lab.database().display());
    let out = lab.path().join("out").display().to_string();
    for line in [
        vec!["config", "check", &file],
        vec!["backup", &out, &config],
        vec!["db", "export", &dbfile, "--jsonfile", &out],
        vec!["db", "consistency-check", &dbfile],
        vec!["offline", "state", "examine", "gluster", &config],
    ] {
        let (status, out, err) = lab.mortard(&line);
        assert_ne!(status, Some(0), "{line:?}: {out}{err}");
        assert_says(&format!("{out}{err}"), &sentence);
        assert_eq!(std::fs::read(log_of(&lab)).unwrap(), damaged, "{line:?}: the log was changed");
        assert_eq!(std::fs::read(lab.database()).unwrap(), database, "{line:?}: the database was changed");
    }
    let copy = lab.path().join("copy.db").display().to_string();
    let (status, out, err) = lab.mortard(&["restore", &copy, &config]);
    assert_eq!(status, Some(0), "{out}{err}");
    assert_says(&format!("{out}{err}"), &["nothing could be compared", "is damaged at byte 32"]);
    let kept =
        |suffix| std::fs::read(lab.path().join(format!("heketi.db.before-restore-0{suffix}"))).unwrap();
    assert!(kept("") == database && kept("-wal") == damaged, "both are kept as they were");
    // A backup with such a log beside it is none.
    let (status, out, err) = lab.mortard(&["restore", &out_of(&lab, &database, &damaged), &config]);
    assert_eq!(status, Some(1), "{out}{err}");
    assert_says(&format!("{out}{err}"), &["is no backup of mortar", "-wal is damaged at byte 32,"]);
    lab.start();
    let there = lab.volumes();
    assert!(made.iter().all(|id| there.contains(id)) && there.len() == 3, "{there:?}");
    Audit::new().clean_within(&lab, SOON);
}

/// A copy of the files of a database.
fn out_of(lab: &Lab, database: &[u8], log: &[u8]) -> String {
    let copied = lab.path().join("copied.db");
    std::fs::write(&copied, database).unwrap();
    std::fs::write(lab.path().join("copied.db-wal"), log).unwrap();
    copied.display().to_string()
}

#[test]
fn a_damaged_log_is_refused_or_has_every_volume_that_was_acknowledged() {
    const CASES: usize = 24;
    let mut dice = StdRng::seed_from_u64(20_261_129);
    let (killed, made) = killed_over_its_log();
    let whole = std::fs::read(log_of(&killed)).unwrap();
    let mut refused = 0;
    for case in 0..CASES {
        let mut lab = Lab::copied_from(killed.path());
        let mut damaged = whole.clone();
        // The first bytes, which are the head, are hit as often as all others.
        let at = dice.random_range(0..if case % 4 == 0 { 32 } else { damaged.len() });
        let what = if case % 3 == 0 {
            let end = (at + 512).min(damaged.len());
            damaged[at..end].fill(0);
            format!("512 zeros from {at} on")
        } else {
            damaged[at] ^= 1 << dice.random_range(0..8);
            format!("a bit flipped at {at}")
        };
        std::fs::write(log_of(&lab), &damaged).unwrap();
        match lab.try_start() {
            Ok(()) => {
                let there = lab.volumes();
                let lost: Vec<&String> = made.iter().filter(|id| !there.contains(id)).collect();
                assert!(lost.is_empty(), "{what}: {lost:?} are lost without a word\n{}", lab.log_tail());
            }
            Err(said) => {
                refused += 1;
                assert_says(&said, &["ERROR: Unable to start application: ", "heketi.db-wal is damaged"]);
                assert_eq!(std::fs::read(log_of(&lab)).unwrap(), damaged, "{what}: it was changed");
            }
        }
    }
    assert!(refused > CASES / 2, "only {refused} of {CASES} were refused");
}
