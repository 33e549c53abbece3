//! The commands that are about the server itself.

use clap::{ArgAction, Args, Subcommand};

use super::{Id, Ids};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ServerCommand {
    /// What an import from heketi could not reconcile
    #[command(subcommand)]
    Findings(FindingsCommand),
    /// Which requests the server takes
    #[command(subcommand)]
    Mode(ModeCommand),
    /// What the server has not finished
    #[command(subcommand)]
    Operations(OperationsCommand),
    /// What the server and its peers have
    #[command(subcommand)]
    State(StateCommand),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum FindingsCommand {
    /// Take findings out of the list that somebody has mended: their devices get new bricks again
    Clear(Ids),
    /// List them, with what follows and what to do
    List,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OperationsCommand {
    /// Clean up operations that failed or were left: those named, or all
    Cleanup(Ids),
    /// Count operations, or show one
    Info(Id),
    /// List all unfinished operations
    List,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StateCommand {
    /// Compare what there is with the database
    #[command(subcommand)]
    Examine(ExamineCommand),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ExamineCommand {
    /// Ask all peers for their volumes, disks and mounts, and report what disagrees with the database
    Gluster,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ModeCommand {
    /// Show the mode
    Get,
    /// Set the mode: normal, read-only or local-client
    Set(Mode),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DbCommand {
    /// Print what contradicts itself in the database
    Check,
    /// Print all that the database holds
    Dump,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LoglevelCommand {
    /// Show the level
    Get,
    /// Set the level: none, critical, error, warning, info or debug
    Set(Level),
}

/// Words of which there should be one.
#[derive(Debug, Args)]
pub(in crate::cli) struct Mode {
    /// normal, read-only or local-client
    #[arg(action = ArgAction::Append, id = "mode", value_name = "MODE")]
    pub(in crate::cli) words: Vec<String>,
}

/// Words of which there should be one.
#[derive(Debug, Args)]
pub(in crate::cli) struct Level {
    /// none, critical, error, warning, info or debug
    #[arg(action = ArgAction::Append, id = "level", value_name = "LEVEL")]
    pub(in crate::cli) words: Vec<String>,
}
