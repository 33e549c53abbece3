//! Table `idempotency_key`: requests that are repeated are answered with the same job.

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
    /// The id of the object that the request makes or changes.
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

/// Whether the request of a job carried a key. `target` is the object it makes or changes, whose keys are few.
///
/// # Errors
/// When the database refuses.
pub async fn guards(conn: &mut SqliteConnection, target: &str, job: JobId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n: i64" FROM idempotency_key WHERE target = ? AND job_id = ?"#,
        target,
        job
    )
    .fetch_one(conn)
    .await?;
    Ok(found > 0)
}

/// Frees the key of a request that came to nothing, if it carried one.
///
/// # Errors
/// When the database refuses.
pub async fn free(conn: &mut SqliteConnection, target: &str, job: JobId) -> Result<()> {
    sqlx::query!("DELETE FROM idempotency_key WHERE target = ? AND job_id = ?", target, job)
        .execute(conn)
        .await?;
    Ok(())
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
