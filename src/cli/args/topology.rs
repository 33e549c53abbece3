//! The commands that are about everything at once.

use clap::{Args, Subcommand, ValueHint};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TopologyCommand {
    /// Show what a load of a file would add, and what else differs; changes nothing
    Diff(TopologyFileFlag),
    /// Add clusters, nodes and devices of a file
    Load(TopologyLoad),
    /// Show all clusters, nodes, devices and volumes
    Info(TopologyInfo),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TopologyFileFlag {
    /// The topology file: peers and disks in heketi's format
    #[arg(
        short = 'j',
        long = "json",
        id = "file",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        default_value = "",
        hide_default_value = true
    )]
    pub(in crate::cli) file: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TopologyLoad {
    #[command(flatten)]
    pub(in crate::cli) source: TopologyFileFlag,
    /// Only say what would be done
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TopologyInfo {
    /// A Go template; not supported
    #[arg(short = 'T', long, default_value = "", hide = true)]
    pub(in crate::cli) template: String,
}
