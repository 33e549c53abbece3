//! A verified copy of the database while it is in use.

use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::OpenError;
use super::peek::refuse_unserved_damage;
use crate::files::directory;

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is there already.
    #[error("{} exists already; a backup never overwrites a file", .0.display())]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// Its log is damaged, or cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
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
    refuse_unserved_damage(from)?;
    let failed = |source| BackupError::Sqlite { from: from.to_owned(), to: to.to_owned(), source };
    let options = SqliteConnectOptions::new().filename(from);
    let mut conn = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    backup_through(&mut conn, from, to).await?;
    conn.close().await.map_err(failed)
}

/// The same through a connection to the database that is open already: the server's own, which may have the file to
/// itself. `from` is for the error.
///
/// # Errors
/// As [`backup`].
pub async fn backup_through(conn: &mut SqliteConnection, from: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(PARTIAL);
    let partial = PathBuf::from(name);
    let made = match copy_and_verify(conn, from, &partial).await {
        Ok(()) => publish(&partial, to).map_err(|source| BackupError::Io { path: to.to_owned(), source }),
        Err(error) => Err(error),
    };
    if made.is_err() {
        // Best effort: what matters is the error that comes back.
        std::fs::remove_file(&partial).ok();
    }
    made
}

/// What the name of a copy ends with until it is whole.
const PARTIAL: &str = ".partial";

/// Removes copies beside the database that a server was killed over.
pub fn sweep(database: &Path) -> std::io::Result<()> {
    let (Some(directory), Some(name)) =
        (database.parent(), database.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(());
    };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let is_ours = |file: &str| {
            file.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(".backup-") && rest.ends_with(PARTIAL))
        };
        if entry.file_name().to_str().is_some_and(is_ours) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

async fn copy_and_verify(conn: &mut SqliteConnection, from: &Path, to: &Path) -> Result<(), BackupError> {
    // A left-over of an earlier try that was killed.
    std::fs::remove_file(to).ok();
    let target = to.to_string_lossy().into_owned();
    // One read transaction: a consistent state however much is written meanwhile, and a compact file.
    let copied = sqlx::query("VACUUM INTO ?").bind(target).execute(conn).await;
    copied.map_err(|source| BackupError::Sqlite { from: from.to_owned(), to: to.to_owned(), source })?;
    verify(to).await
}

/// Makes the changes of a name last.
pub(super) fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(directory(path))?.sync_all()
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
    // Never over a name that was taken meanwhile; and without hard links, which some file systems have not.
    match renameat_with(CWD, partial, CWD, to, RenameFlags::NOREPLACE) {
        // An old kernel or a plain file system: the name was free a moment ago.
        Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => std::fs::rename(partial, to)?,
        renamed => renamed?,
    }
    sync_directory_of(to)
}
