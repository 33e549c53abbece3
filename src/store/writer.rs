//! The connection that writes, and changes on it.
//!
//! It is no pool's where that can be: a pool asks each connection that comes back whether it still lives, and each
//! question is a round trip to the thread that owns the connection. Here only a change that was given up costs one.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Either, Execute, Executor as _, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// After how long a thread is asked again whether it is there.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Where changes go.
#[derive(Debug)]
pub(super) struct Writer {
    source: Source,
    /// Whether a transaction may have been left open.
    left_open: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Source {
    /// A connection of its own, and how it is opened.
    Own(Arc<Mutex<Own>>, Box<SqliteConnectOptions>),
    /// The only connection there is, shared with those who read.
    Shared(SqlitePool),
}

#[derive(Debug)]
enum Own {
    Open(SqliteConnection),
    /// Its thread has ended, and it could not be opened again so far.
    Lost,
    Closed,
}

impl Own {
    /// Opens the connection again if its thread has ended. Where there is a `doubt` this waits until it is sure.
    async fn revive(&mut self, options: &SqliteConnectOptions, doubt: bool) -> sqlx::Result<()> {
        let in_order = match self {
            Own::Open(conn) if doubt => answers(conn).await,
            // One poll tells, unless it ends right now; nobody waits for the answer.
            Own::Open(conn) => !matches!(conn.ping().now_or_never(), Some(Err(_))),
            Own::Lost => false,
            Own::Closed => true,
        };
        if in_order {
            return Ok(());
        }
        tracing::error!("the thread that writes the database has ended; the database is opened again");
        // First: a transaction that the old one has open would lock the new one out.
        *self = Own::Lost;
        *self = Own::Open(SqliteConnection::connect_with(options).await?);
        Ok(())
    }

    fn open(&mut self) -> Option<&mut SqliteConnection> {
        if let Own::Open(conn) = self { Some(conn) } else { None }
    }
}

impl Writer {
    pub(super) async fn own(options: &SqliteConnectOptions) -> sqlx::Result<Writer> {
        let own = Own::Open(SqliteConnection::connect_with(options).await?);
        let source = Source::Own(Arc::new(Mutex::new(own)), Box::new(options.clone()));
        Ok(Writer { source, left_open: Arc::default() })
    }

    pub(super) fn shared(pool: SqlitePool) -> Writer {
        Writer { source: Source::Shared(pool), left_open: Arc::default() }
    }

    /// The connection, with no transaction on it. One that is dead is opened again; a pool does so by itself.
    pub(super) async fn acquire(&self) -> sqlx::Result<WriteConn> {
        let mut conn = match &self.source {
            Source::Own(own, options) => {
                let mut guard = Arc::clone(own).lock_owned().await;
                guard.revive(options, self.left_open.load(Ordering::Acquire)).await?;
                let held = OwnedMutexGuard::try_map(guard, Own::open);
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
        let mut tx = self.unbegun().await?;
        run(&mut tx, "BEGIN IMMEDIATE").await?;
        Ok(tx)
    }

    /// A change whose first query is to begin with `BEGIN IMMEDIATE;`, which saves a round trip.
    pub(super) async fn unbegun(&self) -> sqlx::Result<WriteTx> {
        let conn = self.acquire().await?;
        // Before: whoever gives up waiting for the answer leaves it open, and takes it back as one who drops it later.
        self.left_open.store(true, Ordering::Release);
        Ok(WriteTx { conn, left_open: Arc::clone(&self.left_open) })
    }

    pub(super) async fn close(&self) -> sqlx::Result<()> {
        match &self.source {
            Source::Own(own, _) => match std::mem::replace(&mut *own.lock().await, Own::Closed) {
                Own::Open(conn) => conn.close().await,
                Own::Lost | Own::Closed => Ok(()),
            },
            Source::Shared(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }
}

/// Whether the thread that owns a connection answers, once it is through with all that it was asked before. It is asked
/// again and again: a question that comes while it ends is never answered, and never refused either.
pub(super) async fn answers(conn: &mut SqliteConnection) -> bool {
    loop {
        if let Ok(answer) = tokio::time::timeout(ASK_AGAIN, conn.ping()).await {
            return answer.is_ok();
        }
    }
}

/// Runs one statement. Where the thread ends in the middle of it there is no answer at all, which sqlx takes for success.
async fn run(conn: &mut SqliteConnection, statement: &'static str) -> sqlx::Result<()> {
    let answer = conn.fetch_many(sqlx::query(statement)).next().await;
    answer.unwrap_or(Err(sqlx::Error::WorkerCrashed)).map(drop)
}

/// Takes back what was left open. There may be nothing: where the disk is full, SQLite does so by itself.
async fn roll_back(conn: &mut SqliteConnection) -> sqlx::Result<()> {
    match run(conn, "ROLLBACK").await {
        Err(sqlx::Error::Database(none)) if none.message().contains("no transaction is active") => Ok(()),
        other => other,
    }
}

/// The connection that writes, for changes of one statement.
#[derive(Debug)]
pub struct WriteConn(Held);

#[derive(Debug)]
enum Held {
    Own(OwnedMappedMutexGuard<Own, SqliteConnection>),
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
    /// When the database refuses: nothing of it has happened. Where no answer comes it may have.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        run(&mut self.conn, "COMMIT").await?;
        self.left_open.store(false, Ordering::Release);
        Ok(())
    }

    /// Runs so many statements, the last of which is `COMMIT`, in one round trip. Returns how many rows each has changed;
    /// of `BEGIN` and `COMMIT` that says nothing.
    ///
    /// # Errors
    /// As [`WriteTx::commit`], and when one of the statements is refused.
    pub(super) async fn commit_with<'q>(
        mut self,
        statements: usize,
        query: impl Execute<'q, Sqlite> + 'q,
    ) -> sqlx::Result<Vec<u64>> {
        let mut changed = Vec::with_capacity(statements);
        let mut answers = self.conn.fetch_many(query);
        while let Some(answer) = answers.next().await {
            if let Either::Left(done) = answer? {
                changed.push(done.rows_affected());
            }
        }
        drop(answers);
        // Fewer answers than statements: the thread has ended in the middle of them.
        if changed.len() < statements {
            return Err(sqlx::Error::WorkerCrashed);
        }
        self.left_open.store(false, Ordering::Release);
        Ok(changed)
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
