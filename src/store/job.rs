//! Table `job`: what clients poll. Rows survive a restart.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{Result, StoreError, json, to_json};
use crate::model::ids::JobId;
use crate::model::operation::{Job, JobOutcome, JobSubject};

/// How long an answer is kept after it was first read, so that a lost reply can be asked for again.
const AFTER_READ_MS: i64 = 10 * 60 * 1000;

/// How long an answer is kept that nobody reads.
pub(super) const UNREAD_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Puts a new job in; one with an outcome is finished from the start.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut SqliteConnection, job: &Job) -> Result<()> {
    let outcome = job.outcome.as_ref().map(to_json).transpose()?;
    let finished = job.outcome.as_ref().map(|_| job.created_ms);
    let forget = finished.map(|ms| ms.saturating_add(UNREAD_MS));
    let (kind, target) = job.subject.as_ref().map(|subject| (&subject.kind, &subject.target)).unzip();
    sqlx::query!(
        "INSERT INTO job (id, kind, target, by_user, outcome, created_ms, finished_ms, forget_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        job.id,
        kind,
        target,
        job.by_user,
        outcome,
        job.created_ms,
        finished,
        forget
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The job of that id.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: JobId) -> Result<Option<Job>> {
    let row = sqlx::query_as!(
        JobRow,
        r#"SELECT id AS "id: JobId", kind, target, by_user AS "by_user: bool", outcome, created_ms,
                  first_read_ms IS NOT NULL AS "is_read: bool"
             FROM job WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Job::try_from).transpose()
}

/// Jobs: those without an outcome, then the others, newest first, and not more than `limit`; whether there are more.
/// `of_users`: only those that tokens of a `user` have started.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut SqliteConnection, of_users: bool, limit: u32) -> Result<(Vec<Job>, bool)> {
    let one_more = i64::from(limit) + 1;
    let rows = sqlx::query_as!(
        JobRow,
        r#"SELECT id AS "id: JobId", kind, target, by_user AS "by_user: bool", outcome, created_ms,
                  first_read_ms IS NOT NULL AS "is_read: bool"
             FROM job WHERE by_user >= ? ORDER BY outcome IS NOT NULL, created_ms DESC, id LIMIT ?"#,
        of_users,
        one_more
    )
    .fetch_all(conn)
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let are_more = rows.len() > limit;
    let jobs = rows.into_iter().take(limit).map(Job::try_from).collect::<Result<_>>()?;
    Ok((jobs, are_more))
}

/// A row as it is read.
struct JobRow {
    id: JobId,
    kind: Option<String>,
    target: Option<String>,
    by_user: bool,
    outcome: Option<String>,
    created_ms: i64,
    is_read: bool,
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Job> {
        let subject = row.kind.zip(row.target).map(|(kind, target)| JobSubject { kind, target });
        let outcome = row.outcome.as_deref().map(|text| json("job", "outcome", row.id, text)).transpose()?;
        Ok(Job {
            id: row.id,
            subject,
            by_user: row.by_user,
            outcome,
            created_ms: row.created_ms,
            is_read: row.is_read,
        })
    }
}

/// Gives a running job its outcome. A job that has one keeps it: what was answered stays true.
///
/// # Errors
/// When the database refuses.
pub async fn finish(conn: &mut SqliteConnection, id: JobId, outcome: &JobOutcome, now_ms: i64) -> Result<()> {
    let outcome = to_json(outcome)?;
    let forget = now_ms.saturating_add(UNREAD_MS);
    sqlx::query!(
        "UPDATE job SET outcome = ?, finished_ms = ?, forget_ms = ? WHERE id = ? AND outcome IS NULL",
        outcome,
        now_ms,
        forget,
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives jobs without an outcome that no operation will ever give one to this outcome; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_abandoned(conn: &mut SqliteConnection, outcome: &JobOutcome, now_ms: i64) -> Result<u64> {
    let outcome = to_json(outcome)?;
    let forget = now_ms.saturating_add(UNREAD_MS);
    let done = sqlx::query!(
        "UPDATE job SET outcome = ?, finished_ms = ?, forget_ms = ?
          WHERE outcome IS NULL AND NOT EXISTS (SELECT 1 FROM operation WHERE job_id = job.id)",
        outcome,
        now_ms,
        forget
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Notes that the outcomes of jobs were read, each with the time of that. The first time counts.
///
/// # Errors
/// When the database refuses.
pub async fn mark_read(conn: &mut SqliteConnection, read: &HashMap<JobId, i64>) -> Result<()> {
    let read = to_json(read)?;
    sqlx::query!(
        "UPDATE job SET first_read_ms = mark.value, forget_ms = mark.value + ?2
           FROM json_each(?1) AS mark
          WHERE job.id = mark.key AND outcome IS NOT NULL AND first_read_ms IS NULL",
        read,
        AFTER_READ_MS
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what was kept long enough; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget_old(conn: &mut SqliteConnection, now_ms: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM job WHERE forget_ms < ? AND NOT EXISTS (SELECT 1 FROM operation WHERE job_id = job.id)",
        now_ms
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
