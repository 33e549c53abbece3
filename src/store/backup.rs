//! A verified copy of the database while it is in use.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is there already.
    #[error("{} exists already; a backup never overwrites a file", .0.display())]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// SQLite refused.
    #[error("cannot copy {} to {}", from.display(), to.display())]
    Sqlite {
        /// The database.
        from: PathBuf,
        /// The copy.
        to: PathBuf,
        /// What SQLite says.
        #[source]
        source: sqlx::Error,
    },
    /// The copy is not what it should be.
    #[error("the copy {} is damaged ({reason}) and was removed", path.display())]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// What SQLite says of it.
        reason: String,
    },
    /// The file system refused.
    #[error("cannot write {}", path.display())]
    Io {
        /// The copy.
        path: PathBuf,
        /// The answer.
        #[source]
        source: std::io::Error,
    },
}

/// Copies the database at `from`, which may be in use by a server, to the new file `to` and verifies the copy.
///
/// The copy is one consistent state. It appears under its name only when it is whole, verified and on disk.
///
/// # Errors
/// When `to` exists, or the copy cannot be made or verified; nothing is left behind then.
pub async fn backup(from: &Path, to: &Path) -> Result<(), BackupError> {
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let made = copy_and_verify(from, &partial).await;
    if made.is_err() {
        // Best effort: what matters is the error that comes back.
        std::fs::remove_file(&partial).ok();
    }
    made?;
    publish(&partial, to).map_err(|source| BackupError::Io { path: to.to_owned(), source })
}

async fn copy_and_verify(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Sqlite { from: from.to_owned(), to: to.to_owned(), source };
    // A left-over of an earlier try that was killed.
    std::fs::remove_file(to).ok();
    let mut conn =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(from)).await.map_err(failed)?;
    let target = to.to_string_lossy().into_owned();
    // One read transaction: a consistent state however much is written meanwhile, and a compact file.
    sqlx::query("VACUUM INTO ?").bind(target).execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)?;
    verify(to).await
}

async fn verify(copy: &Path) -> Result<(), BackupError> {
    let damaged = |reason: String| BackupError::Damaged { path: copy.to_owned(), reason };
    let options = SqliteConnectOptions::new().filename(copy).read_only(true);
    let mut conn =
        SqliteConnection::connect_with(&options).await.map_err(|error| damaged(error.to_string()))?;
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut conn)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    conn.close().await.map_err(|error| damaged(error.to_string()))?;
    if verdict == "ok" { Ok(()) } else { Err(damaged(verdict)) }
}

fn publish(partial: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::File::open(partial)?.sync_all()?;
    // A hard link refuses an existing name, which a rename would overwrite.
    std::fs::hard_link(partial, to)?;
    std::fs::remove_file(partial)
}
