//! `mortard db …`: messages on standard error without a mark, as heketi's; reports on standard output.

use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Database, DbCommand, Files, Selection};
use super::printing::{ended_by, print};
use super::{complain, failed, wait_for};
use crate::app::moving_in::Damage;
use crate::app::{database, import};
use crate::operations::empty_paths::Selected;
use crate::telemetry::{self, LogLevel};

const NO_JSON: &str = "Please provide file for input";
const NO_DATABASE: &str = "Please provide path for db file";

/// Runs one of the commands.
pub(super) fn run(command: DbCommand) -> ExitCode {
    match command {
        DbCommand::Import { files, despite_damage } => {
            let damage = if despite_damage { Damage::Accepted } else { Damage::Refused };
            with_files(&files, |json, database| import_of(json, database, damage))
        }
        DbCommand::Export(files) => with_files(&files, export_to),
        DbCommand::ConsistencyCheck { database } => {
            log(database.debug);
            if database.dbfile.is_empty() { failed(NO_DATABASE) } else { check(Path::new(&database.dbfile)) }
        }
        DbCommand::Findings { database, json, clear } => {
            log(database.debug);
            if database.dbfile.is_empty() {
                return failed(NO_DATABASE);
            }
            let path = Path::new(&database.dbfile);
            if clear.is_empty() { findings(path, json) } else { clear_findings(path, &clear) }
        }
        DbCommand::DeleteBricksWithEmptyPath { database, selection } => delete_bricks(&database, selection),
    }
}

fn with_files(files: &Files, work: impl FnOnce(&Path, &Path) -> ExitCode) -> ExitCode {
    log(files.database.debug);
    match (files.jsonfile.is_empty(), files.database.dbfile.is_empty()) {
        (true, _) => failed(NO_JSON),
        (_, true) => failed(NO_DATABASE),
        _ => work(Path::new(&files.jsonfile), Path::new(&files.database.dbfile)),
    }
}

/// Less than errors only where somebody asks for it: it is on standard output, where the JSON may go as well.
fn log(debug: bool) {
    telemetry::init(if debug { LogLevel::Debug } else { LogLevel::Error });
}

fn import_of(json: &Path, database: &Path, damage: Damage) -> ExitCode {
    match wait_for(import::import(json, database, damage)) {
        Ok(findings) => {
            if findings > 0 {
                let database = database.display();
                complain(&format!(
                    "{findings} findings: `mortard db findings --dbfile={database}` lists them"
                ));
            }
            said(&format!("DB imported to {}", database.display()))
        }
        Err(error) => failed(&format!("db creation failed: {error:#}")),
    }
}

fn export_to(json: &Path, database: &Path) -> ExitCode {
    match wait_for(database::export(database, json)) {
        Ok(()) => said(&format!("DB exported to {}", json.display())),
        Err(error) => ended_by(&error, &format!("failed to dump db: {error:#}")),
    }
}

fn check(database: &Path) -> ExitCode {
    match wait_for(database::check(database)) {
        Ok(report) => print(&report),
        Err(error) => failed(&format!("failed to check db: {error:#}")),
    }
}

fn findings(database: &Path, json: bool) -> ExitCode {
    match wait_for(database::findings(database, json)) {
        Ok(list) => print(&list),
        Err(error) => failed(&format!("failed to list findings: {error:#}")),
    }
}

fn clear_findings(database: &Path, numbers: &[i64]) -> ExitCode {
    match wait_for(database::clear_findings(database, numbers)) {
        Ok(()) => said("findings cleared"),
        Err(error) => failed(&format!("failed to clear findings: {error:#}")),
    }
}

fn delete_bricks(database: &Database, selection: Selection) -> ExitCode {
    log(database.debug);
    let Selection { all, clusters, nodes, devices } = selection;
    if !all && clusters.is_empty() && nodes.is_empty() && devices.is_empty() {
        return failed("neither --all flag nor list of clusters/nodes/devices is given");
    }
    let selected = if all { Selected::All } else { Selected::Of { clusters, nodes, devices } };
    match wait_for(database::delete_bricks_with_empty_path(Path::new(&database.dbfile), &selected)) {
        // heketi's blank at the end.
        Ok(()) => said("bricks with empty path removed "),
        Err(error) => failed(&format!("{error:#}")),
    }
}

fn said(text: &str) -> ExitCode {
    complain(text);
    ExitCode::SUCCESS
}
