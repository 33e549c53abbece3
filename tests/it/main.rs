//! Tests of the built programs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy sees tests only in functions that are one")]

mod any_bytes;
mod architecture;
mod audit;
mod away;
mod beside;
mod block_volumes;
mod canaries;
mod clients;
mod clones;
mod command_line;
mod config_check;
mod configured_options;
mod conformance;
mod crowd;
mod database;
mod dead_hosts;
mod deletes;
mod demo;
mod disks;
mod dump;
mod durability;
mod elsewhere;
mod examine;
mod faults;
mod foreign;
mod fuzz;
mod gone;
mod gone_readers;
mod heals;
mod heketi_db;
mod host_keys;
mod hosting;
mod import;
mod interrupted;
mod jobs;
mod kubernetes;
mod large_topology;
mod life;
mod many_connections;
mod metrics;
mod moves;
mod moving_in;
mod offline;
mod openapi;
mod patient;
mod power_cuts;
mod progress;
mod repeated;
mod restore;
mod resync;
#[path = "../scenarios/mod.rs"]
#[expect(clippy::expect_used, reason = "a scenario that cannot go on says so and ends")]
mod scenarios;
mod schedules;
mod secrets;
mod service;
mod service_state;
mod simulated;
#[path = "../ssh/sshd.rs"]
#[expect(dead_code, reason = "most of it is for the tests of the connections")]
mod sshd;
mod sudoers;
mod support;
mod sweep;
mod tags;
mod terminal;
mod tls;
mod tokens;
mod topology_entries;
mod unreachable;
mod wrong_inputs;
mod zones;
