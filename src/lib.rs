//! Mortar: a heketi-compatible storage service for GlusterFS.

pub mod api;
pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod daemon;
pub mod executor;
pub mod files;
pub mod heketi_db;
pub mod http;
pub mod json;
pub mod metrics;
pub mod model;
pub mod moving_in;
pub mod operations;
pub mod placement;
pub mod store;
pub mod telemetry;
pub mod words;
