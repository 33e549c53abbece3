//! `mortard db import`: a new database of a dump in heketi's JSON format.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::moving_in::{Damage, fill, read_export, refuse_export};
use crate::files::beside;
use crate::model::everything::Imported;
use crate::moving_in::take_over;

/// Makes the new database `database` of the dump in `file`. Where that fails, there is no database. Gives how many findings
/// there are in it.
///
/// # Errors
/// In heketi's words where it has some: the file cannot be read, or the database exists.
pub async fn import(file: &Path, database: &Path, damage: Damage) -> anyhow::Result<usize> {
    let text = std::fs::read(file).context("Could not open input file")?;
    let reading = read_export(file, &text).context("Could not decode input file as JSON")?;
    if damage == Damage::Refused {
        refuse_export(file, &reading).context("Could not decode input file as JSON")?;
    }
    let mut imported = take_over(reading);
    // As heketi: a database that is made of a dump is another one.
    imported.objects.generation.clear();
    reserve(database)?;
    let filled = fill_or_remove(database, &imported).await;
    // The lock's file stays: a server that starts just now may hold it.
    filled.map(|()| imported.findings.len())
}

async fn fill_or_remove(database: &Path, imported: &Imported) -> anyhow::Result<()> {
    let filled = fill(database, imported, "").await;
    if filled.is_err() {
        // Best effort: what matters is the error that comes back.
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(beside(database, suffix)).ok();
        }
    }
    Ok(filled?)
}

/// Takes the name with an empty file that only its owner may read: an empty file is a new database.
fn reserve(database: &Path) -> anyhow::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(database) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} file already exists", database.display())
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {}", database.display())),
    }
}
