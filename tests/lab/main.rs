//! Scenarios on three real peers. Run inside the lab's network namespace, with the lab up:
//! `make test-lab`, or `tests/lab/vm/lab exec cargo test --test lab -- --ignored --test-threads=1`.

#![expect(clippy::expect_used, reason = "a test that cannot go on says so and ends")]

mod administrator;
mod alone;
mod audit;
mod broken;
mod canaries;
mod clones;
mod examined;
mod faults;
mod gone;
mod grown;
mod lost_volume;
mod mounts;
mod moved;
mod moved_in;
#[path = "../it/openapi/document.rs"]
#[expect(dead_code, reason = "what the document says of answers is looked at elsewhere")]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on says so and ends")]
mod openapi;
mod orphans;
mod partitions;
mod peers;
mod power;
mod real;
mod requests;
#[path = "../scenarios/mod.rs"]
mod scenarios;
mod server;
mod soak;
mod stages;
mod thinned;
mod volumes;
