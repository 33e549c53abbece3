//! The state in SQLite: one file a table, all SQL here. Knows no host.
//!
//! One connection writes, several read. A decision is one transaction; none is open while a host works.

pub mod attribute;
pub mod backup;
pub mod block_volume;
pub mod brick;
pub mod cluster;
pub mod device;
mod error;
pub mod everything;
pub mod finding;
pub mod hosting;
pub mod idempotency;
pub mod job;
mod log_check;
pub mod node;
mod open;
pub mod operation;
pub mod peek;
pub mod restore;
pub mod rows;
mod sharing;
pub mod step;
#[cfg(test)]
mod tests;
pub mod topology;
pub mod unknown_pools;
pub mod unknown_sets;
pub mod volume;
mod writer;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool, Transaction};

pub use error::{OpenError, StoreError};
pub use sharing::Sharing;
pub use writer::{WriteConn, WriteTx};

use self::writer::Writer;

use crate::model::sizes::KiB;

/// What reading or changing the state gives.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The open database.
#[derive(Debug)]
pub struct Store {
    reader: SqlitePool,
    writer: Writer,
    // Held for as long as the store lives: one server a database.
    _lock: open::Lock,
}

impl Store {
    /// A connection that sees the last committed state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.reader.acquire().await?)
    }

    /// One consistent state over several statements.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.reader.begin().await?)
    }

    /// Begins a change, once the one before it is over.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn write(&self) -> Result<WriteTx> {
        Ok(self.writer.begin().await?)
    }

    /// A change whose first query begins it: see [`writer::Writer::unbegun`].
    async fn unbegun(&self) -> Result<WriteTx> {
        Ok(self.writer.unbegun().await?)
    }

    /// The connection that writes, for a change of one statement.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn writer(&self) -> Result<WriteConn> {
        Ok(self.writer.acquire().await?)
    }

    /// Closes the database; the log is merged into the main file.
    pub async fn close(&self) {
        self.reader.close().await;
        if let Err(refused) = self.writer.close().await {
            tracing::warn!("the database was not closed in order, which the next start mends: {refused}");
        }
    }
}

fn corrupt(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    value: impl ToString,
) -> StoreError {
    StoreError::Corrupt { table, column, row: row.to_string(), value: value.to_string() }
}

fn kib(table: &'static str, column: &'static str, row: impl ToString, value: i64) -> Result<KiB> {
    KiB::from_sql(value).ok_or_else(|| corrupt(table, column, row, value))
}

fn number<N: TryFrom<i64>>(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    value: i64,
) -> Result<N> {
    N::try_from(value).map_err(|_| corrupt(table, column, row, value))
}

fn json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    text: &str,
) -> Result<T> {
    serde_json::from_str(text).map_err(|error| corrupt(table, column, row, format!("{text} ({error})")))
}

/// The model's types always become JSON: their maps have text keys and their numbers are finite.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Database(sqlx::Error::Encode(Box::new(error))))
}

/// For several statements of which the later ones depend on the first one.
fn any_row(result: &sqlx::sqlite::SqliteQueryResult, table: &'static str, row: impl ToString) -> Result<()> {
    match result.rows_affected() {
        0 => Err(StoreError::Changed { table, row: row.to_string() }),
        _ => Ok(()),
    }
}

fn one_row(result: &sqlx::sqlite::SqliteQueryResult, table: &'static str, row: impl ToString) -> Result<()> {
    match result.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Changed { table, row: row.to_string() }),
    }
}
