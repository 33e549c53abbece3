//! The database under a server that is killed again and again, and under damage.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

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

/// SQLite's own verdict on a copy: a look at the files themselves would tidy them up, and the server is to begin on what the
/// kill has left.
fn integrity(database: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("heketi.db{suffix}");
        if let Err(error) = std::fs::copy(database.with_file_name(&name), folder.path().join(&name)) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{name}");
        }
    }
    let database = folder.path().join("heketi.db");
    let output = Command::new("sqlite3").arg(database).arg("PRAGMA integrity_check").output().unwrap();
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
