//! `mortard db import`: a new database of a dump in heketi's JSON format.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::api::Dump;
use crate::json;
use crate::model::everything::Imported;
use crate::model::ids::RandomIds;
use crate::operations;
use crate::store::{Sharing, Store};

/// Makes the new database `database` of the dump in `file`. Where that fails, there is no database.
///
/// # Errors
/// In heketi's words where it has some: the file cannot be read, the database exists, or the dump contradicts itself.
pub async fn import(file: &Path, database: &Path) -> anyhow::Result<()> {
    let text = std::fs::read(file).context("Could not open input file")?;
    let dump: Dump = json::decode_first(&text).context("Could not decode input file as JSON")?;
    let imported = dump.read()?;
    reserve(database)?;
    let filled = fill(database, &imported).await;
    if filled.is_err() {
        // Best effort: what matters is the error that comes back.
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(beside(database, suffix)).ok();
        }
    }
    // The lock's file stays: a server that starts just now may hold it.
    filled
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

async fn fill(database: &Path, imported: &Imported) -> anyhow::Result<()> {
    let store = Store::open(database, Sharing::default()).await?;
    let done = operations::import::import(&store, imported, &RandomIds).await;
    store.close().await;
    Ok(done?)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
