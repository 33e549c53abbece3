//! Damage for as long as one likes: `HEKETI_DB_SECONDS=600 cargo test --test it -- --ignored --nocapture soak`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use mortar::heketi_db::gob;

use super::damage::{Depth, Outcome, exercise, exercise_export, streams};
use super::fixtures::{ALL, database, file, made};
use super::mutation::{Random, damage_bytes, damage_file};

/// No file of these may take longer, even on a machine that has other things to do.
const LONGEST: Duration = Duration::from_secs(60);

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// What is damaged.
struct Originals {
    files: Vec<Vec<u8>>,
    exports: Vec<Vec<u8>>,
    streams: Vec<Vec<u8>>,
}

/// One round: everything of it follows from the seed.
fn round(originals: &Originals, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut pick = |of: &[Vec<u8>]| of[random.below(of.len())].clone();
    let (mut bytes, mut text, mut stream) =
        (pick(&originals.files), pick(&originals.exports), pick(&originals.streams));
    damage_file(&mut bytes, &mut random);
    let outcome = exercise(&bytes, Depth::All);
    if seed.is_multiple_of(4) {
        damage_bytes(&mut text, &mut random);
        exercise_export(&text);
    }
    for _ in 0..20 {
        damage_bytes(&mut stream, &mut random);
        gob::decode(&stream).ok();
    }
    outcome
}

/// Stops the process when a round does not end: nothing else could.
fn watch(current: &Arc<AtomicU64>) {
    let current = Arc::clone(current);
    thread::spawn(move || {
        let mut last = 0;
        loop {
            thread::sleep(LONGEST);
            let now = current.load(Ordering::Relaxed);
            if now == last {
                eprintln!("seed {now} has not ended in {LONGEST:?}");
                std::process::abort();
            }
            last = now;
        }
    });
}

/// The most memory that the process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[ignore = "takes HEKETI_DB_SECONDS, or 600 seconds"]
fn soak() {
    let seconds = from_environment("HEKETI_DB_SECONDS").unwrap_or(600);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let first = from_environment("HEKETI_DB_SEED").unwrap_or(now.as_secs() << 20);
    println!("seeds from {first} on; HEKETI_DB_SEED={first} begins with the same");
    let mut files: Vec<Vec<u8>> = ALL.into_iter().map(database).collect();
    files.extend(["version-4", "odd", "pages-4096", "pages-1024"].into_iter().map(made));
    let exports = ALL.iter().map(|name| file(&format!("{name}.json"))).collect();
    let originals = Originals { files, exports, streams: streams() };
    let current = Arc::new(AtomicU64::new(1));
    watch(&current);
    let (start, mut seed) = (Instant::now(), first);
    let mut outcomes = BTreeMap::new();
    while start.elapsed() < Duration::from_secs(seconds) {
        current.store(seed, Ordering::Relaxed);
        let outcome = std::panic::catch_unwind(|| round(&originals, seed));
        assert!(outcome.is_ok(), "seed {seed} fails: HEKETI_DB_SEED={seed} HEKETI_DB_SECONDS=1");
        *outcomes.entry(outcome.unwrap()).or_insert(0) += 1;
        seed += 1;
    }
    println!("{} rounds without a fault {outcomes:?}; {} KiB of memory at most", seed - first, peak());
    assert!(peak() < 512 * 1024, "{} KiB", peak());
}
