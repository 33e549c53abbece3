//! Many clients, all kinds of requests, faults, kills and restarts, drawn by chance from a number that is printed: what the
//! server shows is what its answers said, whatever happened, and the audit is clean.
//!
//! A schedule that fails is made smaller as far as it still fails, and printed; put into `kept/`, it is a test.

mod act;
mod clients;
mod draw;
mod keys;
mod looks;
mod model;
mod places;
mod reasons;
mod register;
mod room;
mod routes;
mod run;
mod schedule;
mod seen;
mod service;
mod site;
mod volumes;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use self::run::{Ended, run};
use self::schedule::Schedule;
use self::world::Tally;

/// How long a failing schedule is made smaller.
const SHRINKING: Duration = Duration::from_secs(600);

/// The seeds that are run each time: together they ask every route that changes something.
const SEEDS: [u64; 3] = [133, 2138, 2830];

/// What panics has failed: a server that does not start, or answers nothing.
fn tried(schedule: &Schedule) -> Result<Ended, String> {
    let ran = catch_unwind(AssertUnwindSafe(|| run(schedule)));
    ran.unwrap_or_else(|panicked| {
        let said = panicked.downcast_ref::<String>().map(String::as_str);
        Err(said.or(panicked.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned())
    })
}

fn holds(seed: u64, schedule: &Schedule) -> Tally {
    eprintln!("seed {seed}");
    match tried(schedule) {
        Ok(Ended { tally, done }) => {
            let done: Vec<String> =
                done.iter().map(|((method, path), count)| format!("{method} {path} {count}")).collect();
            eprintln!("seed {seed}: {tally:?}, done: {}", done.join(", "));
            tally
        }
        Err(wrong) => {
            // Before the long search for a smaller one, which may be cut off.
            eprintln!("seed {seed}: {wrong}");
            let small = shrunk(schedule.clone());
            let text = serde_json::to_string(&small).unwrap();
            panic!("seed {seed}: {wrong}\nThe smallest schedule that failed as well:\n{text}");
        }
    }
}

/// The smallest schedule that is found to fail. What happens at the same time is not always the same, so that each is
/// tried twice.
fn shrunk(mut schedule: Schedule) -> Schedule {
    let begun = Instant::now();
    loop {
        let smaller = smaller(&schedule).into_iter();
        let fails =
            |candidate: &Schedule| begun.elapsed() < SHRINKING && (0..2).any(|_| tried(candidate).is_err());
        match smaller.into_iter().find(fails) {
            Some(found) => schedule = found,
            None => return schedule,
        }
    }
}

/// All that leave one thing out, the large ones first.
fn smaller(schedule: &Schedule) -> Vec<Schedule> {
    let mut found = Vec::new();
    let mut without = |change: &dyn Fn(&mut Schedule)| {
        let mut smaller = schedule.clone();
        change(&mut smaller);
        found.push(smaller);
    };
    let lives = schedule.lives.len();
    for at in (0..lives).filter(|_| lives > 1) {
        without(&|smaller| drop(smaller.lives.remove(at)));
    }
    for (at, life) in schedule.lives.iter().enumerate() {
        for client in 0..life.clients.len() {
            without(&|smaller| drop(smaller.lives[at].clients.remove(client)));
        }
        for fault in 0..life.faults.len() {
            without(&|smaller| drop(smaller.lives[at].faults.remove(fault)));
        }
        for (client, acts) in life.clients.iter().enumerate().filter(|(_, acts)| acts.len() > 1) {
            let half = acts.len() / 2;
            without(&|smaller| drop(smaller.lives[at].clients[client].drain(half..)));
            without(&|smaller| drop(smaller.lives[at].clients[client].drain(..half)));
        }
    }
    found
}

#[test]
fn whatever_happens_the_answers_are_true_and_nothing_is_left_over() {
    // Beside each other: they wait most of their time.
    std::thread::scope(|scope| {
        let all: Vec<_> =
            SEEDS.into_iter().map(|seed| scope.spawn(move || holds(seed, &Schedule::of(seed)))).collect();
        for one in all {
            one.join().unwrap();
        }
    });
}

#[test]
fn schedules_that_failed_once_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schedules/kept");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(schedule) = serde_json::from_slice(&std::fs::read(&path).unwrap()) else {
            panic!("{} is no schedule", path.display());
        };
        // Several times: what happens at the same time is not always the same.
        for _ in 0..3 {
            run(&schedule).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
        }
    }
}

/// `RANDOM_SEED` is the first seed, `RANDOM_SECONDS` how long new ones are taken.
#[test]
#[ignore = "takes minutes; `make random` and `make test-all` have it"]
fn whatever_else_happens_the_answers_are_true_and_nothing_is_left_over() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (first, limit) = (number("RANDOM_SEED").unwrap_or(now), number("RANDOM_SECONDS").unwrap_or(300));
    let begun = Instant::now();
    let mut count = 0;
    for seed in first.. {
        if begun.elapsed() >= Duration::from_secs(limit) {
            break;
        }
        holds(seed, &Schedule::of(seed));
        count += 1;
    }
    eprintln!("{count} schedules from seed {first} on");
}

/// `SOAK_SEED` says which.
#[test]
#[ignore = "takes minutes; `make soak` and `make test-all` have it"]
fn two_thousand_changes_by_sixteen_clients() {
    let seed = std::env::var("SOAK_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_128);
    let tally = holds(seed, &Schedule::soak(seed, 16, 5600));
    assert!(tally.creates + tally.expands + tally.deletes >= 2000, "{tally:?}");
    // Most of them are done, whatever happens beside them.
    assert!(tally.done >= 1600, "{tally:?}");
}
