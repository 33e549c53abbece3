//! The server: arguments and wiring.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mortar::app::{self, Server};
use mortar::config::{Config, ConfigError, Environment};
use mortar::{store, telemetry};

/// A heketi-compatible storage service for GlusterFS.
#[derive(Parser)]
#[command(name = "mortard", disable_version_flag = true)]
struct Arguments {
    /// The configuration file (heketi.json)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve without checking tokens
    #[arg(long)]
    disable_auth: bool,
    /// Print the version
    #[arg(short = 'v', long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Copy the database to a new file and verify the copy; a server may be running on it
    Backup {
        /// The file to make
        file: PathBuf,
        /// The configuration file (heketi.json) that names the database
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Work on database files
    Db {
        #[command(subcommand)]
        command: DbCommand,
    },
    /// What is done while no server runs on the database
    Offline {
        #[command(subcommand)]
        command: OfflineCommand,
    },
    /// Print the OpenAPI document of the server
    Openapi,
}

#[derive(Subcommand)]
enum OfflineCommand {
    /// What the peers have
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
}

#[derive(Subcommand)]
enum StateCommand {
    /// Compare what there is with the database
    Examine {
        #[command(subcommand)]
        command: ExamineCommand,
    },
}

#[derive(Subcommand)]
enum ExamineCommand {
    /// Ask all peers for their volumes, disks and mounts, and report what disagrees with the database
    Gluster {
        /// The configuration file (heketi.json)
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum DbCommand {
    /// Make a new database of a dump in heketi's JSON format
    Import {
        /// The dump
        #[arg(long, value_name = "FILE")]
        jsonfile: Option<PathBuf>,
        /// The database to make
        #[arg(long, value_name = "FILE")]
        dbfile: Option<PathBuf>,
        /// Accepted for heketi's sake; changes nothing
        #[arg(long)]
        debug: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.version {
        println!("{}", version());
        return ExitCode::SUCCESS;
    }
    keep_files_private();
    let done = match arguments.command {
        Some(Command::Openapi) => print_document(),
        Some(Command::Db { command: DbCommand::Import { jsonfile, dbfile, debug: _ } }) => {
            return import(jsonfile, dbfile);
        }
        Some(Command::Offline {
            command:
                OfflineCommand::State {
                    command: StateCommand::Examine { command: ExamineCommand::Gluster { config } },
                },
        }) => return examine(config.or(arguments.config)),
        Some(Command::Backup { file, config }) => backup(config.or(arguments.config), file),
        None => serve(arguments.config, arguments.disable_auth),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// heketi's words, so that scripts that look for them go on.
fn version() -> String {
    format!("Heketi {} (mortar)", env!("CARGO_PKG_VERSION"))
}

fn serve(config: Option<PathBuf>, disable_auth: bool) -> anyhow::Result<()> {
    println!("{}", version());
    let Some(path) = config else { anyhow::bail!("Please provide configuration file") };
    let config = Config::load(&path, &Environment::of_process(), disable_auth)?;
    let log = telemetry::init(config.log_level);
    if disable_auth {
        eprintln!("WARNING: Heketi started with --disable-auth");
    }
    runtime()?.block_on(async {
        let server = Server::start(config, log).await?;
        let tls = if server.is_encrypted() { " with TLS enabled" } else { "" };
        println!("Listening on port {}{tls}", server.address()?.port());
        server.serve().await
    })
}

fn backup(config: Option<PathBuf>, file: PathBuf) -> anyhow::Result<()> {
    let Some(path) = config else { anyhow::bail!("Please provide configuration file") };
    // Keys play no part in a backup.
    let config = Config::load(&path, &Environment::of_process(), true)?;
    runtime()?.block_on(store::backup::backup(&config.database.path, &file))?;
    println!("{} was backed up to {} and verified", config.database.path.display(), file.display());
    Ok(())
}

/// heketi's words, on standard error without a mark.
fn import(file: Option<PathBuf>, database: Option<PathBuf>) -> ExitCode {
    let failed = |text: &str| {
        eprintln!("{text}");
        ExitCode::FAILURE
    };
    let Some(file) = file else { return failed("Please provide file for input") };
    let Some(database) = database else { return failed("Please provide path for db file") };
    let made = runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(app::import::import(&file, &database)));
    match made {
        Ok(()) => {
            eprintln!("DB imported to {}", database.display());
            ExitCode::SUCCESS
        }
        Err(error) => failed(&format!("db creation failed: {error:#}")),
    }
}

/// heketi's words around the JSON, by which scripts cut it out: the log is on standard output, too.
fn examine(config: Option<PathBuf>) -> ExitCode {
    println!("OFFLINE COMMAND: Examine state of Gluster");
    let failed = |text: &str| {
        eprintln!("{text}");
        ExitCode::FAILURE
    };
    let Some(path) = config else { return failed("Configuration file is required") };
    match examined(&path) {
        Ok(json) => {
            println!("EXAMINER_OUTPUT_STARTS\n{}EXAMINER_OUTPUT_ENDS", String::from_utf8_lossy(&json));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&format!("Failed to examine Gluster: {error:#}")),
    }
}

fn examined(path: &Path) -> anyhow::Result<Vec<u8>> {
    // Keys play no part in it.
    let config = Config::load(path, &Environment::of_process(), true)?;
    telemetry::init(config.log_level);
    println!("Starting examiner now...");
    runtime()?.block_on(app::examine::examine(config))
}

fn print_document() -> anyhow::Result<()> {
    let (_, document) = mortar::http::routes();
    print!("{}", mortar::http::openapi::published(&document)?);
    Ok(())
}

/// What it writes is for its own user alone: the database and its copies hold the passwords of block volumes.
fn keep_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

fn runtime() -> Result<tokio::runtime::Runtime, ConfigError> {
    let refused = |error| ConfigError::Application(format!("the runtime cannot start: {error}"));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(refused)
}
