//! Tests of the built programs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy sees tests only in functions that are one")]

mod architecture;
mod audit;
mod away;
mod beside;
mod clones;
mod conformance;
mod deletes;
mod disks;
mod dump;
mod elsewhere;
mod examine;
mod faults;
mod foreign;
mod heals;
mod hosting;
mod import;
mod interrupted;
mod kubernetes;
mod life;
mod metrics;
mod moves;
mod repeated;
mod service;
mod service_state;
mod support;
mod sweep;
mod zones;
