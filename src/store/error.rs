//! What can go wrong with the database.

use std::path::{Path, PathBuf};

use crate::files::refusal;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the database refused a statement")]
    Database(#[from] sqlx::Error),
    /// A row cannot be read back.
    #[error("{table} {row} of the database holds `{value}` as {column}, which cannot be read back")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The id of the row.
        row: String,
        /// What is there.
        value: String,
    },
    /// A row was not in the state that the change expects.
    #[error("{table} {row} of the database was changed or is gone")]
    Changed {
        /// The table.
        table: &'static str,
        /// The id of the row.
        row: String,
    },
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server works on the file.
    #[error("{} is in use: another mortard holds its lock {}.lock. Stop that server first, or give this one another file", .0.display(), .0.display())]
    InUse(PathBuf),
    /// There is none, and none is to be made.
    #[error("open {}: no such file or directory", .0.display())]
    Missing(PathBuf),
    /// It has not been brought up to date.
    #[error("{} was written by an older mortard (schema {found}, this one has {known}); start this server on it once", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The schema this program has.
        known: i64,
    },
    /// A row of it cannot be read, or its server changed it all the time.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<StoreError>,
    },
    /// A write-ahead log without its database.
    #[error(
        "{} is missing, but {} is there: the database was moved or removed without its log. The log was kept as {}. Restore the database from a backup, or move that file away to begin with an empty one",
        database.display(), log.display(), kept.display()
    )]
    LogWithoutDatabase {
        /// The database.
        database: PathBuf,
        /// The log beside it.
        log: PathBuf,
        /// What the log was renamed to.
        kept: PathBuf,
    },
    /// A heketi database.
    #[error(
        "{} is a database of heketi (BoltDB), and was left untouched. A server on it imports it by itself; `mortard migrate {}` does so now",
        .0.display(), .0.display()
    )]
    Heketi(PathBuf),
    /// Not a database at all, or a damaged one.
    #[error("{} is damaged or no SQLite database ({reason}). It was left untouched. Restore it from a backup (`mortard backup` makes them)", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Written by a newer version.
    #[error("{} was written by a newer version of mortar (schema {found}, this one knows {known}). Start that version again", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The server may read the file and not write it.
    #[error("{} cannot be written by this user; every change would fail. Look at the owner and the permissions of the file and of its directory", .0.display())]
    ReadOnly(PathBuf),
    /// Another process has the file.
    #[error("{} is locked by another process. End that one (a `sqlite3` shell, a backup tool) and start again", .0.display())]
    Locked(PathBuf),
    /// There is no room for it.
    #[error("{} cannot be written: the file system is full. Make room there and start again", .0.display())]
    Full(PathBuf),
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
    /// Anything else.
    #[error("cannot open {}: {why}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: sqlx::Error,
    },
}

/// SQLite's primary result codes. Source: <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const BUSY: i64 = 5;
    pub(super) const READONLY: i64 = 8;
    pub(super) const CORRUPT: i64 = 11;
    pub(super) const FULL: i64 = 13;
    pub(super) const NOTADB: i64 = 26;
}

impl OpenError {
    /// What an error of SQLite means for somebody who starts a server.
    pub(super) fn of_sqlite(path: &Path, why: sqlx::Error) -> OpenError {
        let extended = why.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
        let path = path.to_owned();
        match extended.map(|code| code & 0xff) {
            Some(code::BUSY) => OpenError::Locked(path),
            Some(code::READONLY) => OpenError::ReadOnly(path),
            Some(code::CORRUPT | code::NOTADB) => OpenError::Damaged { path, reason: why.to_string() },
            Some(code::FULL) => OpenError::Full(path),
            _ => OpenError::Sqlite { path, why },
        }
    }
}
