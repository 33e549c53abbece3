//! Anything at all where the server or the client reads something from outside: an error or an answer, never a panic, never
//! for long. Starts from what is right, as it was captured from real peers, and damages it.
//!
//! `FUZZ_SECONDS` is how long each target is tried, `FUZZ_SEED` where it begins.

mod bodies;
mod damage;
mod outputs;
mod tokens;
mod topologies;

use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use self::damage::damaged;

/// What takes longer than this hangs; a debug build on a busy machine is slow.
const SLOW: Duration = Duration::from_secs(5);

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Tries a target with damaged seeds for a while. `tried` panics, or says what is wrong.
fn fuzz(target: &str, seeds: &[Vec<u8>], mut tried: impl FnMut(&[u8]) -> Result<(), String>) {
    let seed = number("FUZZ_SEED").unwrap_or(20_261_128);
    let limit = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(1));
    let mut dice = StdRng::seed_from_u64(seed);
    let (begun, mut count) = (Instant::now(), 0_u64);
    while begun.elapsed() < limit {
        let case = damaged(&mut dice, seeds);
        let (before, shown) = (Instant::now(), String::from_utf8_lossy(&case).into_owned());
        let wrong = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tried(&case)));
        let wrong = wrong.unwrap_or_else(|_| Err("it panicked".to_owned()));
        assert!(wrong.is_ok(), "{target}, seed {seed}: {}: {shown:?}\n{case:?}", wrong.unwrap_err());
        assert!(before.elapsed() < SLOW, "{target}, seed {seed}: it took {:?}: {shown:?}", before.elapsed());
        count += 1;
    }
    eprintln!("{target}: {count} cases from seed {seed} on");
}
