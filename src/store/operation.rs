//! Table `operation`: unfinished changes. Their steps are in [`super::step`].

use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Result, Store, StoreError, any_row, job, json, number, one_row, rows, step, to_json};
use crate::model::ids::{DeviceId, JobId, NodeId, OperationId, VolumeId};
use crate::model::operation::{Direction, Failure, JobOutcome, Operation, OperationKind, Parked, STALE};

/// A row to be, with that of its job.
#[derive(Serialize)]
pub(super) struct NewOperation<'a> {
    id: OperationId,
    kind: &'a str,
    target: &'a str,
    job: JobId,
    direction: Direction,
    attempt: u32,
    created_ms: i64,
    // Text, not objects: what is stored is exactly what is read back.
    clusters: String,
    detail: String,
    by_user: bool,
}

impl<'a> NewOperation<'a> {
    pub(super) fn new(operation: &'a Operation, by_user: bool) -> Result<NewOperation<'a>> {
        Ok(NewOperation {
            id: operation.id,
            kind: operation.kind.as_str(),
            target: &operation.target,
            job: operation.job,
            direction: operation.direction,
            attempt: operation.attempt,
            created_ms: operation.created_ms,
            clusters: to_json(&operation.clusters)?,
            detail: to_json(&operation.detail)?,
            by_user,
        })
    }
}

/// All unfinished operations with their steps, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<Operation>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id: OperationId" FROM operation ORDER BY created_ms, id"#)
        .fetch_all(&mut *conn)
        .await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        // One that is gone meanwhile has come to its end.
        found.extend(find(&mut *conn, id).await?);
    }
    Ok(found)
}

/// The unfinished operation of that id, with its steps.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: OperationId) -> Result<Option<Operation>> {
    let row = sqlx::query!(
        r#"SELECT kind AS "kind: OperationKind", target, job_id AS "job_id: JobId",
                  direction AS "direction: Direction", attempt, failure, parked_reason,
                  parked_retry AS "parked_retry: bool", parked_attempts, next_try_ms, created_ms, clusters,
                  detail
             FROM operation WHERE id = ?"#,
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let parked = row.parked_reason.map(|reason| Parked {
        reason,
        retry: row.parked_retry,
        attempts: u32::try_from(row.parked_attempts).unwrap_or(u32::MAX),
        next_try_ms: row.next_try_ms,
    });
    let failure = row.failure.as_deref().map(|text| json("operation", "failure", id, text)).transpose()?;
    Ok(Some(Operation {
        id,
        kind: row.kind,
        target: row.target,
        job: row.job_id,
        direction: row.direction,
        attempt: number("operation", "attempt", id, row.attempt)?,
        parked,
        failure,
        created_ms: row.created_ms,
        detail: json("operation", "detail", id, &row.detail)?,
        clusters: json("operation", "clusters", id, &row.clusters)?,
        steps: step::of_operation(conn, id).await?,
    }))
}

/// The unfinished operation on an object, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn on_target(conn: &mut SqliteConnection, target: &str) -> Result<Option<Operation>> {
    let id = sqlx::query_scalar!(r#"SELECT id AS "id: OperationId" FROM operation WHERE target = ?"#, target)
        .fetch_optional(&mut *conn)
        .await?;
    match id {
        Some(id) => find(conn, id).await,
        None => Ok(None),
    }
}

/// The unfinished operation that makes this volume to host the block volume that it is about.
///
/// # Errors
/// When the database refuses.
pub async fn making_hosting(conn: &mut SqliteConnection, hosting: VolumeId) -> Result<Option<Operation>> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id: OperationId" FROM operation
            WHERE kind = 'block-volume-create' AND detail ->> 'hosting' = ? AND detail ->> 'makes_hosting' = 1"#,
        hosting
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        Some(id) => find(conn, id).await,
        None => Ok(None),
    }
}

/// Whether an unfinished operation makes, changes or takes away this object.
///
/// # Errors
/// When the database refuses.
pub async fn touches(conn: &mut SqliteConnection, target: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(r#"SELECT count(*) AS "n: i64" FROM operation WHERE target = ?"#, target)
        .fetch_one(conn)
        .await?;
    Ok(found > 0)
}

/// Whether a device is being or has been taken out of service, by itself or with its node.
///
/// # Errors
/// When the database refuses.
pub async fn empties(conn: &mut SqliteConnection, node: NodeId, device: DeviceId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM operation WHERE (kind = 'node-remove' AND target = ?1)
                                                     OR (kind = 'device-remove' AND target = ?2))
               OR EXISTS (SELECT 1 FROM node WHERE id = ?1 AND state = 'failed')
               OR EXISTS (SELECT 1 FROM device WHERE id = ?2 AND state = 'failed') AS "found!: bool""#,
        node,
        device
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// Whether a volume is being cloned. Until that is done, or undone, nothing else may change it.
///
/// # Errors
/// When the database refuses.
pub async fn clones(conn: &mut SqliteConnection, source: VolumeId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM operation WHERE kind = 'volume-clone' AND detail ->> 'source' = ?)
                  AS "found!: bool""#,
        source
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// How many operations are unfinished.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut SqliteConnection) -> Result<u64> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "n: i64" FROM operation"#).fetch_one(conn).await?;
    number("operation", "count", "all", count)
}

/// Turns an operation, with the reason. One whose client was told that it goes on is not turned back.
///
/// # Errors
/// When the operation is gone, or the database refuses.
pub async fn turn(
    conn: &mut SqliteConnection,
    id: OperationId,
    direction: Direction,
    failure: Option<&Failure>,
) -> Result<()> {
    let failure = failure.map(to_json).transpose()?;
    let done = sqlx::query!(
        "UPDATE operation SET direction = ?1, failure = coalesce(?2, failure)
          WHERE id = ?3 AND (?1 = 'forward' OR direction = 'back' OR parked_reason IS NULL)",
        direction,
        failure,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "operation", id)
}

/// Records that an operation waits, for the background or for a person.
///
/// # Errors
/// When the operation is gone, or the database refuses.
pub async fn park(conn: &mut SqliteConnection, id: OperationId, parked: &Parked) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE operation SET parked_reason = ?, parked_retry = ?, parked_attempts = ?, next_try_ms = ? WHERE id = ?",
        parked.reason,
        parked.retry,
        parked.attempts,
        parked.next_try_ms,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "operation", id)
}

/// Begins another try of an operation, with other steps.
///
/// # Errors
/// When the operation is gone, or the database refuses.
pub async fn begin_again(conn: &mut SqliteConnection, operation: &Operation) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE operation SET direction = 'forward', attempt = ?, failure = NULL, parked_reason = NULL,
                              parked_attempts = 0 WHERE id = ?",
        operation.attempt,
        operation.id
    )
    .execute(&mut *conn)
    .await?;
    one_row(&done, "operation", operation.id)?;
    step::delete_of_operation(&mut *conn, operation.id).await?;
    rows::insert_steps(conn, operation.id, &operation.steps).await
}

/// Takes an operation out that has come to its end, with its steps, and gives its job an outcome. A job that has one
/// keeps it: what was answered stays true.
///
/// # Errors
/// When the operation is gone, or the database refuses.
pub async fn end(
    conn: &mut SqliteConnection,
    operation: &Operation,
    outcome: &JobOutcome,
    now_ms: i64,
) -> Result<()> {
    let outcome = to_json(outcome)?;
    let forget = now_ms.saturating_add(job::UNREAD_MS);
    let done = sqlx::query!(
        "DELETE FROM operation WHERE id = ?;
         UPDATE job SET outcome = ?, finished_ms = ?, forget_ms = ?
          WHERE id = ? AND outcome IS NULL AND changes() = 1",
        operation.id,
        outcome,
        now_ms,
        forget,
        operation.job
    )
    .execute(conn)
    .await?;
    any_row(&done, "operation", operation.id)
}

/// Ends a volume create as [`end`] and [`super::volume::set_phase`] do, all in one round trip.
///
/// # Errors
/// When the volume is not being created or the operation is gone, or the database refuses.
pub async fn end_create(
    store: &Store,
    operation: &Operation,
    volume: VolumeId,
    outcome: &JobOutcome,
    now_ms: i64,
) -> Result<()> {
    let outcome = to_json(outcome)?;
    let forget = now_ms.saturating_add(job::UNREAD_MS);
    // Each follows where the one before has changed something: a volume has bricks.
    let statements = sqlx::query!(
        "BEGIN IMMEDIATE;
         UPDATE volume SET phase = 'ready' WHERE id = ? AND phase = 'creating';
         UPDATE brick SET phase = 'ready' WHERE volume_id = ? AND changes() = 1;
         DELETE FROM operation WHERE id = ? AND changes() > 0;
         UPDATE job SET outcome = ?, finished_ms = ?, forget_ms = ?
          WHERE id = ? AND outcome IS NULL AND changes() = 1;
         COMMIT",
        volume,
        volume,
        operation.id,
        outcome,
        now_ms,
        forget,
        operation.job
    );
    let changed = store.unbegun().await?.commit_with(6, statements).await?;
    match changed.get(1..4) {
        Some([1, _, 1]) => Ok(()),
        _ => Err(StoreError::Changed { table: "volume", row: volume.to_string() }),
    }
}

/// Takes a finished operation out, with its steps.
///
/// # Errors
/// When the operation is gone, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: OperationId) -> Result<()> {
    let done = sqlx::query!("DELETE FROM operation WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "operation", id)
}

/// Numbers of unfinished operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationCounts {
    /// All.
    pub total: u64,
    /// Those that wait for the background or for a person.
    pub parked: u64,
    /// Those of them that came with an import and have not been looked at.
    pub stale: u64,
}

/// Counts the unfinished operations.
///
/// # Errors
/// When the database refuses.
pub async fn counts(conn: &mut SqliteConnection) -> Result<OperationCounts> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "total: i64", count(parked_reason) AS "parked: i64",
                  count(*) FILTER (WHERE parked_reason = ?) AS "stale: i64" FROM operation"#,
        STALE
    )
    .fetch_one(conn)
    .await?;
    Ok(OperationCounts {
        total: number("operation", "count", "all", row.total)?,
        parked: number("operation", "count", "parked", row.parked)?,
        stale: number("operation", "count", "stale", row.stale)?,
    })
}
