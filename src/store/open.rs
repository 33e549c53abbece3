//! Opening the database: who may, and what is refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::{OpenError, Store};

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
    pub async fn open(path: &Path) -> Result<Store, OpenError> {
        let lock = lock(path)?;
        refuse_orphaned_log(path)?;
        refuse_foreign_file(path)?;
        let options = options(path);
        check_and_migrate(path, &options).await?;
        let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
        let writer = SqlitePoolOptions::new().max_connections(1).min_connections(1);
        let reader = SqlitePoolOptions::new().max_connections(READERS);
        Ok(Store {
            writer: writer.connect_with(options.clone()).await.map_err(sqlite)?,
            reader: reader.connect_lazy_with(options),
            _lock: lock,
        })
    }
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
        // At debug level the log shows what is done to peers; every statement would bury that.
        .disable_statement_logging()
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OpenError {
    move |source| OpenError::Io { action, path: path.to_owned(), source }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
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

fn refuse_foreign_file(path: &Path) -> Result<(), OpenError> {
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

async fn check_and_migrate(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let damaged =
        |error: sqlx::Error| OpenError::Damaged { path: path.to_owned(), reason: error.to_string() };
    let mut conn = SqliteConnection::connect_with(options).await.map_err(damaged)?;
    let verdict: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut conn).await.map_err(damaged)?;
    if verdict != "ok" {
        return Err(OpenError::Damaged { path: path.to_owned(), reason: verdict });
    }
    MIGRATIONS.run(&mut conn).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(found) => {
            OpenError::Newer { path: path.to_owned(), found, known: newest_schema() }
        }
        other => OpenError::Sqlite { path: path.to_owned(), source: sqlx::Error::Migrate(Box::new(other)) },
    })?;
    conn.close().await.map_err(damaged)
}

fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}
