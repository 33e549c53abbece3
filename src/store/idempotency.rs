//! Table `idempotency_key`: creates that are repeated are answered with the same job.

use sqlx::SqliteConnection;

use super::Result;
use crate::model::ids::JobId;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// The key as the client gave it.
    pub key: String,
    /// A digest of the request that came with it.
    pub request_hash: String,
    /// The id of the object that the request makes.
    pub target: String,
    /// The job that answers for it.
    pub job: JobId,
}

/// What a key stands for, if it is known.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, key: &str) -> Result<Option<KnownKey>> {
    Ok(sqlx::query_as!(
        KnownKey,
        r#"SELECT key, request_hash, target, job_id AS "job: JobId" FROM idempotency_key WHERE key = ?"#,
        key
    )
    .fetch_optional(conn)
    .await?)
}

/// Whether a create carried a key.
///
/// # Errors
/// When the database refuses.
pub async fn guards(conn: &mut SqliteConnection, target: &str) -> Result<bool> {
    let found =
        sqlx::query_scalar!(r#"SELECT count(*) AS "n: i64" FROM idempotency_key WHERE target = ?"#, target)
            .fetch_one(conn)
            .await?;
    Ok(found > 0)
}

/// Puts a key in, or points a known one at another job.
///
/// # Errors
/// When the database refuses.
pub async fn put(conn: &mut SqliteConnection, known: &KnownKey) -> Result<()> {
    sqlx::query!(
        "INSERT INTO idempotency_key (key, request_hash, target, job_id) VALUES (?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id",
        known.key,
        known.request_hash,
        known.target,
        known.job
    )
    .execute(conn)
    .await?;
    Ok(())
}
