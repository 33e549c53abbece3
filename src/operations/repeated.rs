//! Requests with an Idempotency-Key: a repeated one is answered with the job of the first.
//!
//! A key lives as long as what its request has made: the volume, or for an expansion the volume that has grown. Where
//! the request fails and is undone, its key is free again.

use sqlx::SqliteConnection;

use super::engine::{Decision, Engine};
use super::{Caller, OpError, RequestKey};
use crate::model::ids::JobId;
use crate::model::operation::{Job, JobOutcome};
use crate::model::state::Phase;
use crate::store::idempotency::KnownKey;
use crate::store::{Result as StoreResult, block_volume, idempotency, job, volume};

impl Engine {
    /// The job that answers for a request whose key is known already.
    pub(super) async fn answer_again(
        &self,
        conn: &mut SqliteConnection,
        caller: &Caller,
    ) -> Result<Option<JobId>, OpError> {
        let Some(key) = &caller.key else { return Ok(None) };
        let Some(mut known) = idempotency::find(conn, &key.key).await? else { return Ok(None) };
        if known.request_hash != key.request_hash {
            return Err(OpError::KeyReused);
        }
        // One id is that of one kind of object only.
        let block = match known.target.parse() {
            Ok(id) => block_volume::find(conn, id).await?,
            Err(_) => None,
        };
        let phase = match (&block, known.target.parse()) {
            (Some(block), _) => Some(block.phase),
            (None, Ok(id)) => volume::find(conn, id).await?.map(|volume| volume.phase),
            (None, Err(_)) => None,
        };
        if phase == Some(Phase::Deleting) {
            return Err(OpError::conflict("the volume of this Idempotency-Key is being deleted"));
        }
        if job::find(conn, known.job).await?.is_none() {
            // Its job was forgotten, its object is there: a key lives as long as its object.
            known.job = JobId::from_uuid(self.ids.draw());
            let path =
                format!("/{}/{}", if block.is_some() { "blockvolumes" } else { "volumes" }, known.target);
            let outcome = Some(JobOutcome::Location { path, warning: None });
            let (by_user, created_ms) = (caller.is_user, self.clock.now_ms());
            // Of a create, a clone or an expansion; which of them is forgotten.
            let new = Job { id: known.job, subject: None, by_user, outcome, created_ms, is_read: false };
            job::insert(conn, &new).await?;
            idempotency::put(conn, &known).await?;
        }
        Ok(Some(known.job))
    }
}

/// Records the key of a request, if it has one, with what was decided.
pub(super) async fn remember(
    conn: &mut SqliteConnection,
    key: Option<RequestKey>,
    decision: &Decision,
) -> StoreResult<()> {
    let Some(RequestKey { key, request_hash }) = key else { return Ok(()) };
    let known = KnownKey { key, request_hash, target: decision.target.clone(), job: decision.job };
    idempotency::put(conn, &known).await
}
