//! `mortard`: heketi's command line, its texts, its streams and its exit status.

mod arguments;
mod configuration;
mod database;
mod migrate;
mod offline;
mod printing;
mod refused;
mod serve;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use self::arguments::{Arguments, Command, CompletionCommand};
use crate::config::ConfigError;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = program(words.first());
    let tree = Arguments::command().name(name).bin_name(name);
    if let Some(flag) = refused::flag_of_another(&tree, &words) {
        return refused::flag(flag);
    }
    let parsed = tree.clone().try_get_matches_from(&words);
    match parsed.and_then(|found| Arguments::from_arg_matches(&found)) {
        Ok(arguments) => run(arguments),
        Err(error) => refused::answer(&error, tree, &words),
    }
}

fn print_completion(shell: CompletionCommand) -> ExitCode {
    let name = program(std::env::args_os().next().as_ref());
    let mut script = Vec::new();
    clap_complete::generate(shell.shell(), &mut Arguments::command().name(name), name, &mut script);
    printing::print(&script)
}

/// The name it was called by, which tells apart nothing but names in messages.
fn program(path: Option<&OsString>) -> &'static str {
    let stem = path.and_then(|path| Path::new(path).file_stem()).and_then(|stem| stem.to_str());
    if stem == Some("heketi") { "heketi" } else { "mortard" }
}

fn run(arguments: Arguments) -> ExitCode {
    if arguments.version {
        return printing::print(format!("{}\n", version()).as_bytes());
    }
    keep_files_private();
    let outer = given(arguments.config);
    match arguments.command {
        None => serve::run(outer, arguments.disable_auth),
        Some(Command::Db { command }) => database::run(command),
        Some(Command::Offline { command }) => offline::run(command, outer),
        Some(Command::Completion { shell }) => print_completion(shell),
        Some(Command::Config { command }) => configuration::run(command),
        Some(Command::Migrate(arguments)) => migrate::run(&arguments),
        Some(Command::Backup { file, config }) => serve::backup(given(config).or(outer), &file),
        Some(Command::Restore { file, config, go_back }) => {
            serve::restore(given(config).or(outer), &file, go_back)
        }
        Some(Command::Openapi) => serve::print_document(),
    }
}

/// The file that a flag names; an empty name is none, as in heketi.
fn given(file: Option<PathBuf>) -> Option<PathBuf> {
    file.filter(|file| !file.as_os_str().is_empty())
}

/// What it writes is for its own user alone: the database and its copies hold the passwords of block volumes.
fn keep_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// heketi's words, so that scripts that look for them go on.
fn version() -> String {
    format!("Heketi {} (mortar)", env!("CARGO_PKG_VERSION"))
}

/// A failure in plain words on standard error.
fn failed(text: &str) -> ExitCode {
    complain(text);
    ExitCode::FAILURE
}

/// A line on standard error. Where nobody reads it the status has to do.
fn complain(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

fn runtime() -> Result<tokio::runtime::Runtime, ConfigError> {
    let refused = |error| ConfigError::Application(format!("the runtime cannot start: {error}"));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(refused)
}

/// Does something that waits for peers or the database.
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    runtime()?.block_on(work)
}
