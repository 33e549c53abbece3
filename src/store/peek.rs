//! A look at a database that is not ours to open: a server may be running on it, and nothing is changed.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::log_check::refuse_damaged_log;
use super::open::{newest_schema, refuse_foreign_file, resolve};
use super::{OpenError, everything, finding};
use crate::files::{beside, directory};
use crate::model::everything::Everything;
use crate::model::finding::KeptFinding;

/// How long a server that has the database to itself is waited for: heketi's time.
const BUSY: Duration = Duration::from_secs(3);

/// Whether a server could work on `path` when it starts now. Nothing is changed, and nothing is made.
///
/// # Errors
/// When the file is no SQLite file, when this user may not write it, or when a server runs on it.
pub fn look(path: &Path) -> Result<(), OpenError> {
    let path = &resolve(path)?;
    refuse_locked(path)?;
    refuse_foreign_file(path)?;
    refuse_damaged_log(path)?;
    // SQLite makes files beside it.
    let may_write = |file: &Path| access(file, Access::WRITE_OK).is_ok();
    if may_write(directory(path)) && (!path.exists() || may_write(path)) {
        Ok(())
    } else {
        Err(OpenError::ReadOnly(path.to_owned()))
    }
}

/// The server's lock is tried for a moment, where it has ever been made.
fn refuse_locked(path: &Path) -> Result<(), OpenError> {
    let name = beside(path, ".lock");
    let io = |why| OpenError::Io { action: "look at", path: name.clone(), why };
    let file = match File::open(&name) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Refuses a database whose log is damaged: who opens it first, and closes it, throws away what stands behind the damage.
/// A server that runs on it has looked at the log when it started, and writes to it now.
pub(super) fn refuse_unserved_damage(path: &Path) -> Result<(), OpenError> {
    let path = &resolve(path)?;
    if refuse_locked(path).is_ok() { refuse_damaged_log(path) } else { Ok(()) }
}

/// The whole state at one moment.
///
/// # Errors
/// When there is no database, when it is another one's or of another version, or a server has it to itself.
pub async fn read(path: &Path) -> Result<Everything, OpenError> {
    let sqlite = |error| OpenError::of_sqlite(path, error);
    let mut conn = connect(path).await?;
    let mut snapshot = conn.begin().await.map_err(sqlite)?;
    let all = everything::read(&mut snapshot)
        .await
        .map_err(|error| OpenError::Unreadable { path: path.to_owned(), source: Box::new(error) })?;
    drop(snapshot);
    conn.close().await.map_err(sqlite)?;
    Ok(all)
}

async fn connect(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut conn = connect_to_any(path).await?;
    refuse_other_schemas(path, &mut conn).await?;
    Ok(conn)
}

/// Of whatever version it is.
async fn connect_to_any(path: &Path) -> Result<SqliteConnection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    refuse_foreign_file(path)?;
    refuse_unserved_damage(path)?;
    // Not opened read-only: the last one to close has to take the files beside the database away.
    let options = SqliteConnectOptions::new().filename(path).pragma("query_only", "ON").busy_timeout(BUSY);
    let options = options.disable_statement_logging();
    let opened = SqliteConnection::connect_with(&options).await;
    opened.map_err(|error| OpenError::of_sqlite(path, error))
}

/// What stands under a name in the table of attributes; none where there is no such table, in whatever file that is. A
/// database of an older version is not changed.
///
/// # Errors
/// When there is no database, or a server has it to itself.
pub async fn attribute(path: &Path, key: &str) -> Result<Option<String>, OpenError> {
    if path.metadata().is_ok_and(|found| found.len() == 0) {
        return Ok(None);
    }
    let mut conn = connect_to_any(path).await?;
    let query = sqlx::query_scalar("SELECT value FROM attribute WHERE key = ?").bind(key);
    let found = query.fetch_optional(&mut conn).await.or_else(|error| match error {
        sqlx::Error::Database(refused) if refused.message().contains("no such table") => Ok(None),
        other => Err(OpenError::of_sqlite(path, other)),
    });
    conn.close().await.map_err(|error| OpenError::of_sqlite(path, error))?;
    found
}

/// What an import could not reconcile.
///
/// # Errors
/// As for [`read`].
pub async fn findings(path: &Path) -> Result<Vec<KeptFinding>, OpenError> {
    let mut conn = connect(path).await?;
    let found = finding::all(&mut conn)
        .await
        .map_err(|error| OpenError::Unreadable { path: path.to_owned(), source: Box::new(error) })?;
    conn.close().await.map_err(|error| OpenError::of_sqlite(path, error))?;
    Ok(found)
}

async fn refuse_other_schemas(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
    let found: i64 = sqlx::query_scalar(newest).fetch_one(conn).await.map_err(|error| match error {
        sqlx::Error::Database(refused) if refused.message().contains("no such table") => OpenError::Damaged {
            path: path.to_owned(),
            reason: "there are no tables of ours in it".to_owned(),
        },
        other => OpenError::of_sqlite(path, other),
    })?;
    let (path, known) = (path.to_owned(), newest_schema());
    match found {
        older if older < known => Err(OpenError::Older { path, found, known }),
        newer if newer > known => Err(OpenError::Newer { path, found, known }),
        _ => Ok(()),
    }
}
