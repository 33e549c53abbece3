//! Putting a backup in the place of the database: at no moment is there no database, and the one from before is kept.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::OpenError;
use super::backup::sync_directory_of;
use super::log_check::{damage, refuse_damaged_log};
use super::open::{Lock, lock, newest_schema, resolve, says_sqlite};
use crate::files::{beside, refusal};

/// Why a backup was not restored. The database is as it was then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no such file.
    #[error("open {}: no such file or directory", .0.display())]
    Missing(PathBuf),
    /// It is what a restore that was interrupted has left.
    #[error("{} is what an interrupted restore has left. If it is to be restored, give it another name first", .0.display())]
    Remains(PathBuf),
    /// It is something else.
    #[error("{} is no backup of mortar ({reason}). `mortard backup` and GET /backup/db make them", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What shows that.
        reason: String,
    },
    /// It was made by a version that this one does not know.
    #[error("{} was made by a newer version of mortar (schema {found}, this one knows {known}). Restore it with that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A server runs on the database, or its place cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Another program has the database open, so that its log cannot be taken into it.
    #[error("{} is open in another program (a `sqlite3` shell, a backup tool). End that one and try again", .0.display())]
    Busy(PathBuf),
    /// The file system refused.
    #[error("cannot {action} {}: {}", path.display(), refusal(why))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The answer.
        why: std::io::Error,
    },
}

type Result<T> = std::result::Result<T, RestoreError>;

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RestoreError {
    let path = path.to_owned();
    move |why| RestoreError::Io { action, path, why }
}

/// A verified copy of a backup beside the database, on which no server can start meanwhile. It is taken away again when
/// this is dropped.
#[derive(Debug)]
pub struct Restoring {
    database: PathBuf,
    copy: PathBuf,
    _lock: Lock,
}

/// Copies a backup to a place beside the database, and verifies it there. The backup itself is only read.
///
/// # Errors
/// When it is damaged or none of ours, or a server runs on the database.
pub async fn prepare(from: &Path, database: &Path) -> Result<Restoring> {
    if !from.exists() {
        return Err(RestoreError::Missing(from.to_owned()));
    }
    says_sqlite(from).map_err(|reason| RestoreError::NotOurs { path: from.to_owned(), reason })?;
    let database = resolve(database)?;
    let copy = beside(&database, ".restoring");
    if from.canonicalize().is_ok_and(|real| real == copy) {
        return Err(RestoreError::Remains(from.to_owned()));
    }
    let lock = lock(&database)?;
    let restoring = Restoring { database, copy, _lock: lock };
    // Of an earlier try that was killed.
    restoring.remove_copy();
    copy_whole(from, &restoring.copy)?;
    // A copy of the files of a database in use has a log beside it.
    let log = beside(from, "-wal");
    if log.exists() {
        copy_whole(&log, &beside(&restoring.copy, "-wal"))?;
    }
    if let Some(damage) = damage(&restoring.copy).map_err(io("read", &log))? {
        let reason = format!("its log {} {damage}", log.display());
        return Err(RestoreError::NotOurs { path: from.to_owned(), reason });
    }
    restoring.verify(from).await?;
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

    /// Refuses to read the database that there is now where its log is damaged.
    ///
    /// # Errors
    /// [`OpenError::Damaged`], or when the log cannot be read.
    pub fn refuse_damaged_log(&self) -> std::result::Result<(), OpenError> {
        refuse_damaged_log(&self.database)
    }

    async fn verify(&self, from: &Path) -> Result<()> {
        let not_ours = |reason: String| RestoreError::NotOurs { path: from.to_owned(), reason };
        let said = |error: sqlx::Error| not_ours(error.to_string());
        let options = SqliteConnectOptions::new().filename(&self.copy);
        let mut conn = SqliteConnection::connect_with(&options).await.map_err(said)?;
        let verdict: String =
            sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut conn).await.map_err(said)?;
        if verdict != "ok" {
            return Err(not_ours(format!("it is damaged: {verdict}")));
        }
        let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
        let found: i64 = sqlx::query_scalar(newest)
            .fetch_one(&mut conn)
            .await
            .map_err(|_| not_ours("it has no tables of ours".to_owned()))?;
        conn.close().await.map_err(said)?;
        match (found, newest_schema()) {
            (0, _) => Err(not_ours("it has no tables of ours".to_owned())),
            (found, known) if found > known => {
                Err(RestoreError::Newer { path: from.to_owned(), found, known })
            }
            _ => Ok(()),
        }
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
    /// When the file system refuses, or another program has the database open.
    pub async fn publish(self) -> Result<Option<PathBuf>> {
        self.give_to_owner()?;
        let kept = self.keep().await?;
        let copy = File::open(&self.copy).map_err(io("open", &self.copy))?;
        copy.sync_all().map_err(io("sync", &self.copy))?;
        std::fs::rename(&self.copy, &self.database).map_err(io("rename", &self.copy))?;
        sync_directory_of(&self.database).map_err(io("sync the folder of", &self.database))?;
        Ok(kept)
    }

    /// Who restores may be root; the server is to be able to open it.
    fn give_to_owner(&self) -> Result<()> {
        let folder = self.database.parent().unwrap_or(Path::new("."));
        let of = if self.database.exists() { self.database.as_path() } else { folder };
        let owner = of.metadata().map_err(io("look at", of))?;
        for file in [self.copy.clone(), beside(&self.database, ".lock")] {
            let now = file.metadata().map_err(io("look at", &file))?;
            if (now.uid(), now.gid()) != (owner.uid(), owner.gid()) {
                chown(&file, Some(owner.uid()), Some(owner.gid())).map_err(io("give its owner", &file))?;
            }
        }
        Ok(())
    }

    /// Copies the database to a name of its own. Its log has to be in it before another file has its name: SQLite would
    /// play it back into that.
    async fn keep(&self) -> Result<Option<PathBuf>> {
        let names = (0..1000).map(|n| beside(&self.database, &format!(".before-restore-{n}")));
        let free = names.into_iter().find(|name| !name.exists() && !beside(name, "-wal").exists());
        let kept = free.unwrap_or_else(|| beside(&self.database, ".before-restore"));
        let log = beside(&self.database, "-wal");
        let has_log = || log.metadata().is_ok_and(|found| found.len() > 0);
        let log_is_whole = damage(&self.database).map_err(io("read", &log))?.is_none();
        if self.database.exists() && log_is_whole {
            self.fold_log_in().await?;
        }
        // A damaged database cannot take its log in, and of a damaged log SQLite takes a part: it is kept beside it.
        let mut is_kept = false;
        for (file, to) in [(&log, beside(&kept, "-wal")), (&self.database, kept.clone())] {
            if file.exists() && (file != &log || has_log()) {
                copy_whole(file, &to)?;
                is_kept = true;
            }
        }
        for end in ["-wal", "-shm"] {
            std::fs::remove_file(beside(&self.database, end)).ok();
        }
        sync_directory_of(&self.database).map_err(io("sync the folder of", &self.database))?;
        Ok(is_kept.then_some(kept))
    }

    /// Takes the log into the database, unless that is damaged.
    async fn fold_log_in(&self) -> Result<()> {
        let options = SqliteConnectOptions::new().filename(&self.database);
        let folded = async {
            let mut conn = SqliteConnection::connect_with(&options).await?;
            let checkpoint = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
            let (busy, _, _): (i64, i64, i64) = checkpoint.fetch_one(&mut conn).await?;
            conn.close().await?;
            Ok(busy)
        };
        match folded.await.map_err(|error| OpenError::of_sqlite(&self.database, error)) {
            Ok(0) | Err(OpenError::Damaged { .. }) => Ok(()),
            Ok(_) | Err(OpenError::Locked(_)) => Err(RestoreError::Busy(self.database.clone())),
            Err(other) => Err(other.into()),
        }
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        self.remove_copy();
    }
}

/// Copies a file, which appears under its name only when it is whole and on disk.
fn copy_whole(from: &Path, to: &Path) -> Result<()> {
    let partial = beside(to, ".partial");
    let copied = std::fs::copy(from, &partial)
        .and_then(|_| std::fs::set_permissions(&partial, std::os::unix::fs::PermissionsExt::from_mode(0o600)))
        .and_then(|()| File::open(&partial)?.sync_all())
        .and_then(|()| std::fs::rename(&partial, to));
    if copied.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    copied.map_err(io("copy to", to))
}
