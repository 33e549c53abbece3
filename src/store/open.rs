//! Opening the database: who may, and what is refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::log_check::{refuse_damaged_log, sync_log};
use super::writer::{Writer, answers};
use super::{OpenError, Sharing, Store};
use crate::files::{beside, real_name};

/// The numbered schemas.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Connections that read at the same time.
const READERS: u32 = 4;

/// How long a statement waits for another process, such as a backup tool, to let go of the file.
const BUSY: Duration = Duration::from_secs(10);

/// The first bytes of every SQLite file. Source: <https://www.sqlite.org/fileformat2.html>, section 1.3.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// BoltDB's magic number stands at byte 16 of its first page, in the byte order of the machine.
const BOLT_MAGIC: [u8; 4] = 0xED0C_DAED_u32.to_le_bytes();

/// The lock that says "a server works on this database"; free again when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl Store {
    /// Opens the database at `path`, making an empty one where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence for each reason not to start, with the cure: see [`OpenError`].
    pub async fn open(path: &Path, sharing: Sharing) -> Result<Store, OpenError> {
        let path = &resolve(path)?;
        let lock = lock(path)?;
        refuse_orphaned_log(path)?;
        refuse_foreign_file(path)?;
        refuse_damaged_log(path)?;
        sync_log(path)?;
        let alone = sharing.is_alone(path)?;
        let options =
            if alone { options(path).locking_mode(SqliteLockingMode::Exclusive) } else { options(path) };
        check_and_migrate(path, &options).await?;
        // A connection to a file does not go stale: asking it before each use would only cost time.
        let pool = || {
            SqlitePoolOptions::new().test_before_acquire(false).after_release(|conn, _| {
                Box::pin(async move {
                    // What was queued before, a rollback perhaps, is carried out now. Where the disk was full SQLite has rolled
                    // back by itself, and sqlx believes in a transaction for ever.
                    Ok(answers(conn).await && !conn.is_in_transaction())
                })
            })
        };
        let sqlite = |source| OpenError::of_sqlite(path, source);
        let (writer, reader) = if alone {
            let one = pool().max_connections(1).min_connections(1);
            let one = one.connect_with(options).await.map_err(sqlite)?;
            (Writer::shared(one.clone()), one)
        } else {
            let writer = Writer::own(&options).await.map_err(sqlite)?;
            (writer, pool().max_connections(READERS).connect_lazy_with(options))
        };
        Ok(Store { writer, reader, _lock: lock })
    }
}

/// The database by its real name: a second server that comes to it through a link must meet the same lock.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    real_name(path).map_err(io("find", path))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was answered survives a power cut: that is the promise a client gets.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
        // A long answer does not wait for its reader to take row after row.
        .row_buffer_size(1024)
        // At debug level the log shows what is done to peers; every statement would bury that.
        .disable_statement_logging()
}

pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OpenError {
    move |why| OpenError::Io { action, path: path.to_owned(), why }
}

pub(super) fn lock(path: &Path) -> Result<Lock, OpenError> {
    let name = beside(path, ".lock");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(io("make", &name))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(io("lock", &name)(source)),
    }
}

/// SQLite would throw a log away that has lost its database, and with it what was acknowledged last.
fn refuse_orphaned_log(path: &Path) -> Result<(), OpenError> {
    let log = beside(path, "-wal");
    let log_has_content = log.metadata().is_ok_and(|found| found.len() > 0);
    if path.exists() || !log_has_content {
        return Ok(());
    }
    let kept = (0..)
        .map(|n| beside(path, &format!("-wal.orphan-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| beside(path, "-wal.orphan"));
    std::fs::rename(&log, &kept).map_err(io("rename", &log))?;
    Err(OpenError::LogWithoutDatabase { database: path.to_owned(), log, kept })
}

pub(super) fn refuse_foreign_file(path: &Path) -> Result<(), OpenError> {
    let mut head = [0_u8; 24];
    let read = match File::open(path) {
        Ok(mut file) => file.read(&mut head).map_err(io("read", path))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("open", path)(error)),
    };
    if read == 0 || head.starts_with(SQLITE_MAGIC) {
        return Ok(());
    }
    if head[16..20] == BOLT_MAGIC {
        return Err(OpenError::Heketi(path.to_owned()));
    }
    Err(OpenError::Damaged { path: path.to_owned(), reason: "its first bytes are not SQLite's".to_owned() })
}

/// Whether a file begins as SQLite's files do; else what it is.
pub(super) fn says_sqlite(path: &Path) -> Result<(), String> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(24).read_to_end(&mut head));
    match read {
        Err(error) => Err(format!("it cannot be read: {error}")),
        Ok(0) => Err("it is empty".to_owned()),
        Ok(_) if head.starts_with(SQLITE_MAGIC) => Ok(()),
        Ok(_) if head.get(16..20) == Some(&BOLT_MAGIC) => {
            Err("it is a database of heketi's: name it as glusterfs.db to import it".to_owned())
        }
        Ok(_) => Err("its first bytes are not SQLite's".to_owned()),
    }
}

async fn check_and_migrate(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let sqlite = |error: sqlx::Error| OpenError::of_sqlite(path, error);
    let mut conn = SqliteConnection::connect_with(options).await.map_err(sqlite)?;
    let verdict: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut conn).await.map_err(sqlite)?;
    if verdict != "ok" {
        return Err(OpenError::Damaged { path: path.to_owned(), reason: verdict });
    }
    MIGRATIONS.run(&mut conn).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(found) => {
            OpenError::Newer { path: path.to_owned(), found, known: newest_schema() }
        }
        sqlx::migrate::MigrateError::Execute(refused)
        | sqlx::migrate::MigrateError::ExecuteMigration(refused, _) => sqlite(refused),
        other => OpenError::Sqlite { path: path.to_owned(), why: sqlx::Error::Migrate(Box::new(other)) },
    })?;
    // A file that can be read only would be noticed at the first change.
    conn.begin_with("BEGIN IMMEDIATE").await.map_err(sqlite)?.commit().await.map_err(sqlite)?;
    conn.close().await.map_err(sqlite)
}

pub(super) fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::volume;

    /// A database of the first so many migrations, with a volume that hosts block volumes and one that does not.
    async fn database_of(migrations: usize, path: &Path) {
        let all = MIGRATIONS.iter().cloned();
        let migrator = sqlx::migrate::Migrator::with_migrations(all.take(migrations).collect());
        let mut conn = SqliteConnection::connect_with(&options(path)).await.unwrap();
        migrator.run(&mut conn).await.unwrap();
        let cluster = "c".repeat(32);
        let new = sqlx::query("INSERT INTO cluster (id, file, block) VALUES (?, 1, 1)").bind(&cluster);
        new.execute(&mut conn).await.unwrap();
        for (digit, block) in [("a", 1), ("b", 0)] {
            sqlx::query(
                "INSERT INTO volume VALUES (?, ?, ?, 60, 'none', 0, 0, 0, 0, '[]', ?, 0, 1.0, 'ready', 0)",
            )
            .bind(digit.repeat(32))
            .bind(&cluster)
            .bind(digit)
            .bind(block)
            .execute(&mut conn)
            .await
            .unwrap();
        }
        conn.close().await.unwrap();
    }

    #[tokio::test]
    async fn databases_of_all_earlier_schemas_are_brought_up_to_date() {
        for migrations in 1..6 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.db");
            database_of(migrations, &path).await;
            let store = Store::open(&path, Sharing::default()).await.unwrap();
            let volumes = volume::all(&mut store.read().await.unwrap()).await.unwrap();
            let room = |at: usize| volumes[at].hosting.map(|room| (room.free.get(), room.reserved.get()));
            assert_eq!((room(0), room(1)), (Some((58, 2)), None), "{migrations}");
            store.close().await;
        }
    }

    #[tokio::test]
    async fn a_full_disk_ends_one_change_and_not_those_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("x.db"), Sharing::default()).await.unwrap();
        let mut tx = store.write().await.unwrap();
        sqlx::query("CREATE TABLE filler (x BLOB)").execute(&mut *tx).await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
        let mut full = Ok(());
        for _ in 0..100 {
            let filled = sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(&mut *tx).await;
            full = filled.map(drop);
            if full.is_err() {
                break;
            }
        }
        assert!(full.is_err_and(|error| error.to_string().contains("full")));
        drop(tx);
        // Somebody has made room.
        for _ in 0..3 {
            let mut tx = store.write().await.unwrap();
            sqlx::query("CREATE TABLE IF NOT EXISTS room (x)").execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        store.close().await;
    }
}
