//! The connection that writes, and changes on it.
//!
//! It is no pool's where that can be: a pool asks each connection that comes back whether it still lives, and each
//! question is a round trip to the thread that owns the connection. Here only a change that was given up costs one.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// Where changes go.
#[derive(Debug)]
pub(super) struct Writer {
    source: Source,
    /// Whether a transaction may have been left open.
    left_open: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Source {
    /// A connection of its own; none once it is closed.
    Own(Arc<Mutex<Option<SqliteConnection>>>),
    /// The only connection there is, shared with those who read.
    Shared(SqlitePool),
}

impl Writer {
    pub(super) async fn own(options: &SqliteConnectOptions) -> sqlx::Result<Writer> {
        let conn = SqliteConnection::connect_with(options).await?;
        Ok(Writer { source: Source::Own(Arc::new(Mutex::new(Some(conn)))), left_open: Arc::default() })
    }

    pub(super) fn shared(pool: SqlitePool) -> Writer {
        Writer { source: Source::Shared(pool), left_open: Arc::default() }
    }

    /// The connection, with no transaction on it.
    pub(super) async fn acquire(&self) -> sqlx::Result<WriteConn> {
        let mut conn = match &self.source {
            Source::Own(conn) => {
                let guard = Arc::clone(conn).lock_owned().await;
                let held = OwnedMutexGuard::try_map(guard, Option::as_mut);
                WriteConn(Held::Own(held.map_err(|_| sqlx::Error::PoolClosed)?))
            }
            Source::Shared(pool) => WriteConn(Held::Pooled(pool.acquire().await?)),
        };
        if self.left_open.load(Ordering::Acquire) {
            roll_back(&mut conn).await?;
            self.left_open.store(false, Ordering::Release);
        }
        Ok(conn)
    }

    /// Begins a change. The lock is taken at once: a transaction that reads first and writes later could be refused
    /// half-way, whatever the time limit.
    pub(super) async fn begin(&self) -> sqlx::Result<WriteTx> {
        let mut conn = self.acquire().await?;
        // Before: whoever gives up waiting for the answer leaves it open.
        self.left_open.store(true, Ordering::Release);
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        Ok(WriteTx { conn, left_open: Arc::clone(&self.left_open) })
    }

    pub(super) async fn close(&self) -> sqlx::Result<()> {
        match &self.source {
            Source::Own(conn) => match conn.lock().await.take() {
                Some(conn) => conn.close().await,
                None => Ok(()),
            },
            Source::Shared(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }
}

/// Takes back what was left open. There may be nothing: where the disk is full, SQLite does so by itself.
async fn roll_back(conn: &mut SqliteConnection) -> sqlx::Result<()> {
    match sqlx::query("ROLLBACK").execute(conn).await {
        Err(sqlx::Error::Database(none)) if none.message().contains("no transaction is active") => Ok(()),
        other => other.map(drop),
    }
}

/// The connection that writes, for changes of one statement.
#[derive(Debug)]
pub struct WriteConn(Held);

#[derive(Debug)]
enum Held {
    Own(OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>),
    Pooled(PoolConnection<Sqlite>),
}

impl Deref for WriteConn {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.0 {
            Held::Own(conn) => conn,
            Held::Pooled(conn) => conn,
        }
    }
}

impl DerefMut for WriteConn {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.0 {
            Held::Own(conn) => conn,
            Held::Pooled(conn) => conn,
        }
    }
}

/// A change: all of it happens with [`WriteTx::commit`], and nothing if it is dropped before.
#[derive(Debug)]
pub struct WriteTx {
    conn: WriteConn,
    left_open: Arc<AtomicBool>,
}

impl WriteTx {
    /// Makes the change lasting.
    ///
    /// # Errors
    /// When the database refuses: nothing of it has happened.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        sqlx::query("COMMIT").execute(&mut *self.conn).await?;
        self.left_open.store(false, Ordering::Release);
        Ok(())
    }
}

impl Drop for WriteTx {
    fn drop(&mut self) {
        if self.left_open.load(Ordering::Acquire) {
            // One poll hands it to the connection's thread, which nobody has to wait for. Whoever writes next makes
            // sure of it.
            roll_back(&mut self.conn).now_or_never();
        }
    }
}

impl Deref for WriteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.conn
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}
