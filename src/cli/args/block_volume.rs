//! The commands that are about block volumes.

use clap::{Args, Subcommand};

use super::Id;
use crate::cli::go;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BlockVolumeCommand {
    /// Make a block volume
    Create(BlockVolumeCreate),
    /// Delete a block volume
    Delete(Id),
    /// Make a block volume larger
    Expand(BlockVolumeExpand),
    /// Show a block volume and the login that it needs
    Info(Id),
    /// List all block volumes
    List,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BlockVolumeCreate {
    /// Size in GiB
    #[arg(long, value_name = "GIB", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) size: i64,
    /// How many hosts are to export it [default: all]
    #[arg(long, value_name = "NUMBER", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) ha: i64,
    /// Let clients log in first; `blockvolume info` shows the password
    #[arg(long)]
    pub(in crate::cli) auth: bool,
    /// Name [default: blockvol_ and the id]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) name: String,
    /// Ids of the clusters to try, separated by commas [default: all]
    #[arg(long, value_name = "IDS", default_value = "", hide_default_value = true)]
    pub(in crate::cli) clusters: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BlockVolumeExpand {
    /// The size that it gets in all, in GiB
    #[arg(long, value_name = "GIB", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(in crate::cli) new_size: i64,
    /// Id of the block volume; wins over the argument
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(in crate::cli) blockvolume: String,
    #[command(flatten)]
    pub(in crate::cli) id: Id,
}
