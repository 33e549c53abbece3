//! The whole state at one moment, for dumps and checks.

use super::brick::Brick;
use super::cluster::Cluster;
use super::device::Device;
use super::node::Node;
use super::operation::Operation;
use super::volume::Volume;

/// All that the database holds but jobs, each list by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Everything {
    /// What the database is known by: 32 hex digits, drawn when it was made.
    pub generation: String,
    /// All clusters.
    pub clusters: Vec<Cluster>,
    /// All nodes, in whatever phase.
    pub nodes: Vec<Node>,
    /// All devices, in whatever phase.
    pub devices: Vec<Device>,
    /// All volumes, in whatever phase.
    pub volumes: Vec<Volume>,
    /// All bricks, in whatever phase.
    pub bricks: Vec<Brick>,
    /// All unfinished operations with their steps.
    pub operations: Vec<Operation>,
}
