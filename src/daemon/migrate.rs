//! `mortard migrate`: from heketi's database to ours, without a server.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::arguments::MigrateArguments;
use super::{failed, wait_for};
use crate::app::moving_in::{self, Damage};
use crate::telemetry::{self, LogLevel};

/// Shows what would be done, or does it.
pub(super) fn run(arguments: &MigrateArguments) -> ExitCode {
    telemetry::init(LogLevel::Info);
    let done = if arguments.plan { plan(arguments) } else { import(arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("ERROR: {error:#}")),
    }
}

fn plan(arguments: &MigrateArguments) -> anyhow::Result<()> {
    let plan = wait_for(async { Ok(moving_in::plan(&arguments.file).await?) })?;
    let text = if arguments.json { format!("{:#}\n", plan.to_json()) } else { plan.to_string() };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn import(arguments: &MigrateArguments) -> anyhow::Result<()> {
    let file = Path::new(&arguments.file);
    anyhow::ensure!(
        moving_in::is_heketis(file),
        "{} is no database file of heketi's. `mortard db import` makes a database of an export",
        file.display()
    );
    let made = moving_in::locate(file);
    anyhow::ensure!(
        !made.exists(),
        "{} has been imported into {} already; name either as glusterfs.db and start the server",
        file.display(),
        made.display()
    );
    let damage = if arguments.despite_damage { Damage::Accepted } else { Damage::Refused };
    wait_for(async { Ok(moving_in::settle(file, damage).await?) })?;
    telemetry::say(&format!("{} was imported into {}", file.display(), made.display()));
    Ok(())
}
