//! Serving, and what else is done beside a running server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{failed, version, wait_for};
use crate::app::{Server, moving_in};
use crate::config::{Config, Environment};
use crate::{http, store, telemetry};

const NO_FILE: &str = "Please provide configuration file";

/// Runs the server until it is told to stop.
pub(super) fn run(config: Option<PathBuf>, disable_auth: bool) -> ExitCode {
    println!("{}", version());
    match config {
        None => failed(NO_FILE),
        Some(path) => ended(serve(&path, disable_auth)),
    }
}

fn serve(path: &Path, disable_auth: bool) -> anyhow::Result<()> {
    let config = Config::load(path, &Environment::of_process(), disable_auth)?;
    let log = telemetry::init(config.log_level);
    if disable_auth {
        eprintln!("WARNING: Heketi started with --disable-auth");
    }
    wait_for(async {
        let server = Server::start(config, log).await?;
        let tls = if server.is_encrypted() { " with TLS enabled" } else { "" };
        println!("Listening on port {}{tls}", server.address()?.port());
        server.serve().await
    })
}

/// Copies the database.
pub(super) fn backup(config: Option<PathBuf>, file: &Path) -> ExitCode {
    let Some(path) = config else { return failed(NO_FILE) };
    ended(copy(&path, file))
}

fn copy(config: &Path, file: &Path) -> anyhow::Result<()> {
    // Keys play no part in a backup.
    let config = Config::load(config, &Environment::of_process(), true)?;
    let database = &moving_in::locate(&config.database.path);
    wait_for(async { Ok(store::backup::backup(database, file).await?) })?;
    println!("{} was backed up to {} and verified", database.display(), file.display());
    Ok(())
}

/// Prints the OpenAPI document.
pub(super) fn print_document() -> ExitCode {
    let (_, document) = http::routes();
    ended(http::openapi::published(&document).map(|text| print!("{text}")).map_err(anyhow::Error::from))
}

fn ended(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("ERROR: {error:#}")),
    }
}
