//! Scenarios on three real peers. Run inside the lab's network namespace, with the lab up:
//! `make test-lab`, or `tests/lab/vm/lab exec cargo test --test lab -- --ignored --test-threads=1`.

#![expect(clippy::expect_used, reason = "a test that cannot go on says so and ends")]

mod alone;
mod audit;
mod broken;
mod clones;
mod examined;
mod gone;
mod grown;
mod mounts;
mod moved;
mod moved_in;
mod orphans;
mod peers;
mod power;
mod real;
#[path = "../scenarios/mod.rs"]
mod scenarios;
mod server;
mod volumes;
