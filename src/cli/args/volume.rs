//! The commands that are about volumes.

use clap::{Args, Subcommand, ValueHint};

use super::Id;
use crate::cli::go;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum VolumeCommand {
    /// Make a copy of a volume
    Clone(VolumeClone),
    /// Make a volume
    Create(Box<VolumeCreate>),
    /// Delete a volume
    Delete(Id),
    /// Endpoints of Kubernetes for a volume
    #[command(subcommand)]
    Endpoint(EndpointCommand),
    /// Make a volume larger
    Expand(VolumeExpand),
    /// Show a volume
    Info(Id),
    /// List all volumes
    List(VolumeList),
    /// Keep new block volumes away from a hosting volume, or let them in again
    #[command(subcommand)]
    SetBlockHostingRestriction(RestrictionCommand),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EndpointCommand {
    /// Print what makes Endpoints name the nodes of the volume
    Patch(Id),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RestrictionCommand {
    /// Keep new block volumes away
    Locked(Id),
    /// Let new block volumes in
    Unlocked(Id),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VolumeCreate {
    /// Size in GiB
    #[arg(long, value_name = "GIB", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) size: i64,
    /// Name: letters, digits, - and _ [default: vol_ and the id]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) name: String,
    /// How data is kept: none (one copy, spread over bricks), replicate or disperse
    #[arg(long, default_value = "replicate", value_name = "KIND")]
    pub(in crate::cli) durability: String,
    /// Copies, with replicate: 1, 2 or 3
    #[arg(long, value_name = "NUMBER", default_value = "3", value_parser = go::parse_int)]
    pub(in crate::cli) replica: i64,
    /// Data bricks of a set, with disperse: 2, 4 or 8
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = go::parse_int)]
    pub(in crate::cli) disperse_data: i64,
    /// Redundancy bricks of a set, with disperse: 1 with 2, 2 with 4, 3 or 4 with 8
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = go::parse_int)]
    pub(in crate::cli) redundancy: i64,
    /// Ids of the clusters to try, separated by commas [default: all]
    #[arg(long, value_name = "IDS", default_value = "", hide_default_value = true)]
    pub(in crate::cli) clusters: String,
    /// Number of the group that owns the volume
    #[arg(long, value_name = "NUMBER", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) gid: i64,
    /// Gluster options "key value", separated by commas
    #[arg(long, value_name = "OPTIONS", default_value = "", hide_default_value = true)]
    pub(in crate::cli) gluster_volume_options: String,
    /// Let the volume host block volumes
    #[arg(long)]
    pub(in crate::cli) block: bool,
    /// Room for snapshots and clones: size of the thin pool over that of the brick, 1 to 100
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = go::parse_float)]
    pub(in crate::cli) snapshot_factor: f64,
    /// Print a Kubernetes PersistentVolume
    #[arg(long)]
    pub(in crate::cli) persistent_volume: bool,
    /// Write a Kubernetes PersistentVolume to this file, and print nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value = "", hide_default_value = true)]
    pub(in crate::cli) persistent_volume_file: String,
    /// Endpoints object that the PersistentVolume names
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(in crate::cli) persistent_volume_endpoint: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VolumeClone {
    /// Name of the copy [default: vol_ and its id]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) id: Id,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VolumeList {
    /// As a table with sizes and durability, asked for in one request
    #[arg(long)]
    pub(in crate::cli) wide: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VolumeExpand {
    /// GiB to add
    #[arg(long, value_name = "GIB", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) expand_size: i64,
    /// Id of the volume; wins over the argument
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(in crate::cli) volume: String,
    #[command(flatten)]
    pub(in crate::cli) id: Id,
}
