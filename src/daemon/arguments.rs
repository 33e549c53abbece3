//! Commands and flags.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, value_parser};

use crate::words::go::parse_bool;

/// A heketi-compatible storage service for GlusterFS.
#[derive(Debug, Parser)]
#[command(
    disable_version_flag = true,
    args_override_self = true,
    after_help = "Without a command the server is run, in the foreground, until SIGINT or SIGTERM. SIGUSR2 takes it back to the \
                  state `normal`."
)]
pub(super) struct Arguments {
    /// The configuration file (heketi.json)
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(super) config: Option<PathBuf>,
    /// Serve without checking tokens
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false",
          value_parser = parse_bool, hide_default_value = true, value_name = "BOOL")]
    pub(super) disable_auth: bool,
    /// Print the version
    #[arg(short = 'v', long)]
    pub(super) version: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Copy the database to a new file and verify the copy; a server may be running on it
    Backup {
        /// The file to make
        file: PathBuf,
        /// The configuration file (heketi.json) that names the database
        #[arg(long, value_name = "FILE", value_parser = file())]
        config: Option<PathBuf>,
    },
    /// Print the script that completes command lines in a shell
    Completion {
        #[command(subcommand)]
        shell: CompletionCommand,
    },
    /// The configuration: what holds, and where it comes from
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Work on database files
    Db {
        #[command(subcommand)]
        command: DbCommand,
    },
    /// Import a database of heketi's into a file beside it, as a server on it does by itself
    #[command(args_override_self = true)]
    Migrate(MigrateArguments),
    /// What is done while no server runs on the database
    Offline {
        #[command(subcommand)]
        command: OfflineCommand,
    },
    /// Print the OpenAPI document of the server
    Openapi,
    /// Put a backup in the place of the database, on which no server may run; refused where peers have changed since
    Restore {
        /// The backup
        file: PathBuf,
        /// The configuration file (heketi.json) that names the database
        #[arg(long, value_name = "FILE", value_parser = file())]
        config: Option<PathBuf>,
        /// Also where the peers, or the database that is there now, have changed since: volumes that were made
        /// after the backup are in nobody's database then
        #[arg(long)]
        go_back: bool,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum CompletionCommand {
    /// For bash
    Bash,
    /// For zsh
    Zsh,
    /// For fish
    Fish,
    /// For PowerShell
    Powershell,
}

impl CompletionCommand {
    /// The shell as the generator knows it.
    pub(super) fn shell(self) -> clap_complete::Shell {
        match self {
            CompletionCommand::Bash => clap_complete::Shell::Bash,
            CompletionCommand::Zsh => clap_complete::Shell::Zsh,
            CompletionCommand::Fish => clap_complete::Shell::Fish,
            CompletionCommand::Powershell => clap_complete::Shell::PowerShell,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print each key, its value and where it came from, and what is wrong; succeeds where the server would start
    #[command(args_override_self = true)]
    Check(CheckArguments),
    /// Print the table of all keys and variables in Markdown
    Keys,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The configuration file (heketi.json)
    pub(super) file: PathBuf,
    /// Print JSON for programs
    #[arg(long)]
    pub(super) json: bool,
    /// As if the server were started with it
    #[arg(long)]
    pub(super) disable_auth: bool,
}

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    /// heketi's database; with --plan also an export of it
    pub(super) file: PathBuf,
    /// Say what would be imported, what would become of it and what contradicts itself, and write nothing
    #[arg(long)]
    pub(super) plan: bool,
    /// Print the plan as JSON for programs
    #[arg(long, requires = "plan")]
    pub(super) json: bool,
    /// Import what can be read of a file that is damaged, or of a version that is not known
    #[arg(long, conflicts_with = "plan")]
    pub(super) despite_damage: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Make a new database of a dump in heketi's JSON format
    #[command(args_override_self = true)]
    Import {
        #[command(flatten)]
        files: Files,
        /// Import what is left where values do not fit
        #[arg(long)]
        despite_damage: bool,
    },
    /// Write a database in heketi's JSON format; a server may be running on it
    #[command(args_override_self = true)]
    Export(Files),
    /// Look for what contradicts itself in a database, and change nothing
    #[command(args_override_self = true)]
    ConsistencyCheck {
        #[command(flatten)]
        database: Database,
    },
    /// List what an import from heketi could not reconcile; a server may be running on the database
    #[command(args_override_self = true)]
    Findings {
        #[command(flatten)]
        database: Database,
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
        /// Take these out of the list, by their numbers; their devices get new bricks again. No server may be running
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',', conflicts_with = "json")]
        clear: Vec<i64>,
    },
    /// Take bricks out of a database that have no path; no peer is asked
    #[command(args_override_self = true)]
    DeleteBricksWithEmptyPath {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        selection: Selection,
    },
}

#[derive(Debug, Args)]
pub(super) struct Files {
    /// The JSON file; for an export, - is standard output
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true, value_parser = value_parser!(OsString))]
    pub(super) jsonfile: OsString,
    #[command(flatten)]
    pub(super) database: Database,
}

#[derive(Debug, Args)]
pub(super) struct Database {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true, value_parser = value_parser!(OsString))]
    pub(super) dbfile: OsString,
    /// Log what is done, on standard output
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false",
          value_parser = parse_bool, hide_default_value = true, value_name = "BOOL")]
    pub(super) debug: bool,
}

#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Bricks on all devices
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false",
          value_parser = parse_bool, hide_default_value = true, value_name = "BOOL")]
    pub(super) all: bool,
    /// Bricks in these clusters
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(super) clusters: Vec<String>,
    /// Bricks on these nodes
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(super) nodes: Vec<String>,
    /// Bricks on these devices
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(super) devices: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum OfflineCommand {
    /// Finish or undo all that an earlier server left unfinished
    #[command(args_override_self = true)]
    CleanupOperations(ConfigFile),
    /// What the peers have
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Set the options of the gluster volume that holds the database
    #[command(args_override_self = true)]
    UpdateDbvol {
        #[command(flatten)]
        config: ConfigFile,
        /// The name of that volume
        #[arg(long, value_name = "NAME", default_value = "heketidbstorage")]
        force_volume_name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ConfigFile {
    /// The configuration file (heketi.json)
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// Compare what there is with the database
    Examine {
        #[command(subcommand)]
        command: ExamineCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ExamineCommand {
    /// Ask all peers for their volumes, disks and mounts, and report what disagrees with the database
    #[command(args_override_self = true)]
    Gluster(ConfigFile),
}

/// The name of a file, which may be empty: that says nothing.
fn file() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}
