//! The whole state at one moment, for dumps and checks.

use super::block_volume::BlockVolume;
use super::brick::Brick;
use super::cluster::Cluster;
use super::device::Device;
use super::finding::Finding;
use super::ids::{BrickId, OperationId, VolumeId};
use super::node::Node;
use super::operation::{Detail, Operation, OperationKind};
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
    /// All block volumes, in whatever phase.
    pub block_volumes: Vec<BlockVolume>,
    /// All unfinished operations with their steps.
    pub operations: Vec<Operation>,
}

/// What the state of another server comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The objects; those of unfinished operations are not ready. There are no operations in it. `generation` is empty
    /// where a new one is to be drawn.
    pub objects: Everything,
    /// What that server had not finished.
    pub unfinished: Vec<Unfinished>,
    /// What could not be reconciled.
    pub findings: Vec<Finding>,
    /// Volumes of which nobody knows which bricks belong to one set; the places of these are a guess.
    pub unknown_sets: Vec<VolumeId>,
}

/// An operation that another server has not finished. How far it got, only the peers know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id there.
    pub id: OperationId,
    /// What it is for.
    pub kind: OperationKind,
    /// The object that it makes, changes or takes away.
    pub target: String,
    /// What it has to know beside that.
    pub detail: Detail,
    /// The bricks that it adds to a volume.
    pub added: Vec<BrickId>,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
}
