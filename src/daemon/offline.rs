//! `mortard offline …`: a line that says what it is, the configuration, and the work.

use std::path::PathBuf;
use std::process::ExitCode;

use super::arguments::{ConfigFile, ExamineCommand, OfflineCommand, StateCommand};
use super::{complain, failed, wait_for};
use crate::app::{examine, offline};
use crate::config::{Config, ConfigError, Environment, Purpose};
use crate::telemetry;

/// Runs one of the commands; `outer` is a `--config` that was given before it.
pub(super) fn run(command: OfflineCommand, outer: Option<PathBuf>) -> ExitCode {
    let done = match command {
        OfflineCommand::CleanupOperations(given) => {
            telemetry::say("OFFLINE COMMAND: Clean All Pending Operations");
            read(given, outer).and_then(cleanup_operations)
        }
        OfflineCommand::State {
            command: StateCommand::Examine { command: ExamineCommand::Gluster(given) },
        } => {
            telemetry::say("OFFLINE COMMAND: Examine state of Gluster");
            read(given, outer).and_then(examine_gluster)
        }
        OfflineCommand::UpdateDbvol { config, force_volume_name } => {
            telemetry::say("OFFLINE COMMAND: update dbvol");
            read(config, outer).and_then(|config| update_dbvol(config, &force_volume_name))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => failed(&text),
    }
}

fn read(given: ConfigFile, outer: Option<PathBuf>) -> Result<Config, String> {
    let path = super::given(given.config).or(outer).ok_or("Configuration file is required")?;
    let config = Config::load_for(&path, &Environment::of_process(), Purpose::Peers)
        .map_err(|e| format!("ERROR: {e}"))?;
    telemetry::init(config.log_level);
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(config)
}

fn cleanup_operations(config: Config) -> Result<(), String> {
    complain("Starting clean now...");
    let left = wait_for(offline::clean_up(config)).map_err(told("Error cleaning operations"))?;
    // heketi is silent about them.
    left.iter().for_each(|line| complain(line));
    Ok(())
}

/// heketi's words around the JSON, by which scripts cut it out: the log is on standard output, too.
fn examine_gluster(config: Config) -> Result<(), String> {
    telemetry::say("Starting examiner now...");
    let json = wait_for(examine::examine(config)).map_err(told("Failed to examine Gluster"))?;
    telemetry::say(&format!(
        "EXAMINER_OUTPUT_STARTS\n{}EXAMINER_OUTPUT_ENDS",
        String::from_utf8_lossy(&json)
    ));
    Ok(())
}

fn update_dbvol(config: Config, volume: &str) -> Result<(), String> {
    wait_for(offline::update_dbvol(config, volume)).map_err(told("Error updating db volume"))
}

/// heketi's words: what keeps a server from starting is told as a server tells it.
fn told(failure: &'static str) -> impl Fn(anyhow::Error) -> String {
    move |error| match error.downcast_ref::<ConfigError>() {
        Some(refused) => format!("ERROR: {refused}"),
        None => format!("{failure}: {error:#}"),
    }
}
