//! Putting a backup in the place of the database: at no moment is there no database, and the one from before is kept.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::OpenError;
use super::backup::{self, BackupError, sync_directory_of};
use super::open::{Lock, beside, lock, refuse_foreign_file, resolve};

/// Why a backup was not restored. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup is none, or a server runs on the database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The backup cannot be copied to where the database is.
    #[error(transparent)]
    Copy(#[from] BackupError),
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The answer.
        #[source]
        source: std::io::Error,
    },
}

/// A verified copy of a backup beside the database, on which no server can start meanwhile.
#[derive(Debug)]
pub struct Restoring {
    database: PathBuf,
    copy: PathBuf,
    _lock: Lock,
}

/// Copies a backup to a place beside the database.
///
/// # Errors
/// When the backup is damaged or none of ours, or a server runs on the database.
pub async fn prepare(from: &Path, database: &Path) -> Result<Restoring, RestoreError> {
    if !from.exists() {
        return Err(OpenError::Missing(from.to_owned()).into());
    }
    refuse_foreign_file(from)?;
    let database = resolve(database)?;
    let lock = lock(&database)?;
    let copy = beside(&database, ".restored");
    let restoring = Restoring { database, copy, _lock: lock };
    // Of an earlier try that was killed.
    restoring.remove_copy();
    backup::backup(from, &restoring.copy).await?;
    Ok(restoring)
}

impl Restoring {
    /// The copy. It may be opened, which brings its schema up to date; it must be closed again.
    pub fn copy(&self) -> &Path {
        &self.copy
    }

    /// The database that it is to take the place of.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Leaves everything as it was.
    pub fn give_up(self) {
        self.remove_copy();
    }

    /// Best effort: what is left is taken away by the next try.
    fn remove_copy(&self) {
        for end in ["", "-wal", "-shm", ".lock"] {
            std::fs::remove_file(beside(&self.copy, end)).ok();
        }
    }

    /// Puts the copy in the place of the database; where the one from before is kept, if there was one.
    ///
    /// # Errors
    /// When the file system refuses. The database is as it was then, in whole or under the name that it is kept by.
    pub async fn publish(self) -> Result<Option<PathBuf>, RestoreError> {
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| RestoreError::Io { action, path, source }
        };
        std::fs::remove_file(beside(&self.copy, ".lock")).ok();
        let kept = self.keep().await?;
        std::fs::rename(&self.copy, &self.database).map_err(io("rename", &self.copy))?;
        sync_directory_of(&self.database).map_err(io("sync the folder of", &self.database))?;
        Ok(kept)
    }

    /// Copies the database to a name of its own. Its log must be gone before another file has its name: SQLite would
    /// play it back into that.
    async fn keep(&self) -> Result<Option<PathBuf>, RestoreError> {
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| RestoreError::Io { action, path, source }
        };
        let names = (0..).map(|n| beside(&self.database, &format!(".before-restore-{n}")));
        let free = names.into_iter().find(|name| !name.exists() && !beside(name, "-wal").exists());
        let kept = free.unwrap_or_else(|| beside(&self.database, ".before-restore"));
        if self.database.exists() {
            // A damaged one cannot be asked: it is kept with its log.
            self.fold_log_in().await.ok();
            std::fs::copy(&self.database, &kept).map_err(io("copy the database to", &kept))?;
            let file = std::fs::File::open(&kept).map_err(io("open", &kept))?;
            file.sync_all().map_err(io("sync", &kept))?;
        }
        let (log, kept_log) = (beside(&self.database, "-wal"), beside(&kept, "-wal"));
        if log.metadata().is_ok_and(|found| found.len() > 0) {
            std::fs::rename(&log, &kept_log).map_err(io("rename", &log))?;
        }
        for end in ["-wal", "-shm"] {
            std::fs::remove_file(beside(&self.database, end)).ok();
        }
        sync_directory_of(&self.database).map_err(io("sync the folder of", &self.database))?;
        Ok((kept.exists() || kept_log.exists()).then_some(kept))
    }

    async fn fold_log_in(&self) -> Result<(), sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(&self.database);
        let mut conn = SqliteConnection::connect_with(&options).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await?;
        conn.close().await
    }
}
