//! Serving, and what else is done beside a running server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{complain, failed, printing, version, wait_for};
use crate::app::{self, Server, moving_in};
use crate::config::{Config, Environment, Purpose};
use crate::{http, store, telemetry};

const NO_FILE: &str = "Please provide configuration file";

/// Runs the server until it is told to stop.
pub(super) fn run(config: Option<PathBuf>, disable_auth: bool) -> ExitCode {
    telemetry::say(&version());
    match config {
        None => failed(NO_FILE),
        Some(path) => ended(serve(&path, disable_auth)),
    }
}

fn serve(path: &Path, disable_auth: bool) -> anyhow::Result<()> {
    let config = Config::load(path, &Environment::of_process(), disable_auth)?;
    let log = telemetry::init(config.log_level);
    if disable_auth {
        complain("WARNING: Heketi started with --disable-auth");
    }
    wait_for(async {
        let server = Server::start(config, log).await?;
        let tls = if server.is_encrypted() { " with TLS enabled" } else { "" };
        telemetry::say(&format!("Listening on port {}{tls}", server.address()?.port()));
        server.serve().await
    })
}

/// Copies the database.
pub(super) fn backup(config: Option<PathBuf>, file: &Path) -> ExitCode {
    let Some(path) = config else { return failed(NO_FILE) };
    ended(copy(&path, file))
}

fn copy(config: &Path, file: &Path) -> anyhow::Result<()> {
    let config = Config::load_for(config, &Environment::of_process(), Purpose::Database)?;
    let database = &moving_in::locate(&config.database.path);
    wait_for(async { Ok(store::backup::backup(database, file).await?) })?;
    telemetry::say(&format!("{} was backed up to {} and verified", database.display(), file.display()));
    Ok(())
}

/// Puts a backup in the place of the database.
pub(super) fn restore(config: Option<PathBuf>, file: &Path, go_back: bool) -> ExitCode {
    let Some(path) = config else { return failed(NO_FILE) };
    ended(put_back(&path, file, go_back))
}

fn put_back(config: &Path, file: &Path, go_back: bool) -> anyhow::Result<()> {
    let config = Config::load_for(config, &Environment::of_process(), Purpose::Peers)?;
    let restored = wait_for(app::restore::restore(&config, file, go_back))?;
    let database = restored.database.display();
    restored.notes.iter().for_each(|line| telemetry::say(&format!("Note: {line}")));
    telemetry::say(&format!("{} is the database {database} now", file.display()));
    if let Some(kept) = restored.kept {
        telemetry::say(&format!("The one from before was kept as {}", kept.display()));
    }
    restored.differences.iter().for_each(|line| telemetry::say(&format!("To be mended by hand: {line}")));
    telemetry::say("Start the server on it");
    Ok(())
}

/// Prints the OpenAPI document.
pub(super) fn print_document() -> ExitCode {
    let (_, document) = http::routes();
    match http::openapi::published(&document) {
        Ok(text) => printing::print(text.as_bytes()),
        Err(error) => failed(&format!("ERROR: {error:#}")),
    }
}

fn ended(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("ERROR: {error:#}")),
    }
}
