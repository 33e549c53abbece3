//! Mortar: a heketi-compatible storage service for GlusterFS.

pub mod executor;
pub mod model;
pub mod store;
