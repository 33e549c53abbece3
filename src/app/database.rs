//! `mortard db export|consistency-check|delete-bricks-with-empty-path`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::api::{CheckReport, Dump};
use crate::json;
use crate::operations::empty_paths::{self, Selected};
use crate::store::{Sharing, Store, peek};

/// Writes the database as heketi 10.4 imports it, with the passwords of block volumes, to a new file that only its
/// owner can read; `-` is standard output. A server may be running on it.
///
/// # Errors
/// When the database cannot be read, or the file is there already.
pub async fn export(database: &Path, file: &Path) -> anyhow::Result<()> {
    // Before the file is made, so that a failure leaves none.
    let all = peek::read(database).await.context("Could not construct dump from DB")?;
    let text = json::encode_indented(&Dump::with_passwords(&all));
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
    let all = peek::read(database).await.context("Unable to open database")?;
    Ok(json::encode_indented(&CheckReport::new(&Dump::new(&all))))
}

/// Takes bricks without a path out of a database on which no server runs.
///
/// # Errors
/// In heketi's words.
pub async fn delete_bricks_with_empty_path(database: &Path, selected: &Selected) -> anyhow::Result<()> {
    if !database.is_file() {
        bail!("Unable to open database: open {}: no such file or directory", database.display());
    }
    let store = Store::open(database, Sharing::default()).await.context("Unable to open database")?;
    let deleted = empty_paths::delete(&store, selected).await;
    store.close().await;
    deleted.map(drop).context("failed to delete bricks with empty path")
}
