//! `mortard db export|consistency-check|delete-bricks-with-empty-path`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::moving_in::{Found, MoveError, find, finding_json, line};
use crate::api::{CheckReport, Dump};
use crate::heketi_db::{self, Reading, bolt};
use crate::json;
use crate::operations::empty_paths::{self, Selected};
use crate::store::{Sharing, Store, finding, peek};

/// Writes the database as heketi 10.4 imports it, with the passwords of block volumes, to a new file that only its
/// owner can read; `-` is standard output. A server may be running on it.
///
/// # Errors
/// When the database cannot be read, or the file is there already.
pub async fn export(database: &Path, file: &Path) -> anyhow::Result<()> {
    // Before the file is made, so that a failure leaves none.
    const REFUSED: &str = "Could not construct dump from DB";
    let text = match state(database).context(REFUSED)? {
        // Byte for byte what heketi exports of it: nothing was changed.
        State::Heketis(reading) => heketi_db::json::write(&reading.database),
        State::Ours(path) => {
            json::encode_indented(&Dump::with_passwords(&peek::read(&path).await.context(REFUSED)?))
        }
    };
    if file.as_os_str() == "-" {
        return Ok(std::io::stdout().write_all(&text)?);
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut made = match made {
        Ok(made) => made,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("Could not create json file: open {}: file exists", file.display())
        }
        Err(error) => {
            return Err(error).context(format!("Could not create json file: open {}", file.display()));
        }
    };
    let written = made.write_all(&text).and_then(|()| made.sync_all());
    written.with_context(|| format!("Could not write {}", file.display()))
}

/// What contradicts itself in a database, as JSON. A server may be running on it.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(database: &Path) -> anyhow::Result<Vec<u8>> {
    const REFUSED: &str = "Unable to open database";
    let dump = match state(database).context(REFUSED)? {
        State::Heketis(reading) => json::decode_first(&heketi_db::json::write(&reading.database))
            .context("Unable to read database")?,
        State::Ours(path) => Dump::new(&peek::read(&path).await.context(REFUSED)?),
    };
    Ok(json::encode_indented(&CheckReport::new(&dump)))
}

/// What there is to be read.
enum State {
    /// heketi's own file, that was not imported yet: afterwards it is not the state any more.
    Heketis(Box<Reading>),
    /// A database of ours.
    Ours(PathBuf),
}

fn state(database: &Path) -> Result<State, MoveError> {
    match find(database)? {
        Found::New { old, .. } => {
            let read = heketi_db::read(&bolt::load(&old)?);
            Ok(State::Heketis(Box::new(read.map_err(|why| MoveError::Unreadable { path: old, why })?)))
        }
        found => Ok(State::Ours(found.into_state())),
    }
}

/// A database of ours that is there: nothing is made.
fn ours(database: &Path) -> anyhow::Result<PathBuf> {
    let found = find(database)?;
    if let Found::New { old, .. } = &found {
        bail!(
            "{} is a database of heketi's that was not imported yet; `mortard migrate --plan {0}` says what would be found",
            old.display()
        );
    }
    let path = found.into_state();
    if !path.is_file() {
        bail!("Unable to open database: open {}: no such file or directory", path.display());
    }
    Ok(path)
}

/// What an import could not reconcile: a line each, or JSON. A server may be running on the database.
///
/// # Errors
/// When the database cannot be read.
pub async fn findings(database: &Path, as_json: bool) -> anyhow::Result<Vec<u8>> {
    let found = peek::findings(&ours(database)?).await.context("Unable to open database")?;
    if as_json {
        let list = found.iter().map(|kept| {
            let mut one = finding_json(&kept.finding);
            one["number"] = kept.number.into();
            one
        });
        return Ok(json::encode_indented(&list.collect::<Vec<_>>()));
    }
    let lines = found.iter().map(|kept| format!("{}: {}\n", kept.number, line(&kept.finding)));
    Ok(lines.collect::<String>().into_bytes())
}

/// Takes findings out that somebody has mended. No server runs on the database: one that does is asked by its own route.
///
/// # Errors
/// When one of them is not there, or the database cannot be opened.
pub async fn clear_findings(database: &Path, numbers: &[i64]) -> anyhow::Result<()> {
    let store = Store::open(&ours(database)?, Sharing::default()).await.context("Unable to open database")?;
    let cleared = clear(&store, numbers).await;
    store.close().await;
    cleared
}

async fn clear(store: &Store, numbers: &[i64]) -> anyhow::Result<()> {
    let mut tx = store.write().await?;
    for number in numbers {
        if !finding::clear(&mut tx, *number).await? {
            bail!("there is no finding {number}; nothing was cleared");
        }
    }
    Ok(tx.commit().await?)
}

/// Takes bricks without a path out of a database on which no server runs.
///
/// # Errors
/// In heketi's words.
pub async fn delete_bricks_with_empty_path(database: &Path, selected: &Selected) -> anyhow::Result<()> {
    let store = Store::open(&ours(database)?, Sharing::default()).await.context("Unable to open database")?;
    let deleted = empty_paths::delete(&store, selected).await;
    store.close().await;
    deleted.map(drop).context("failed to delete bricks with empty path")
}
