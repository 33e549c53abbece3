//! Making block volumes larger: the room is taken before, and what was not used of it is given back.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::block_plan::locks;
use super::block_volume_delete::{being_worked_on, plan_of};
use super::engine::Engine;
use super::finish::{corrupt, id};
use super::repeated::remember;
use super::{Caller, IN_USE, OpError, Operations};
use crate::model::block_volume::BlockVolume;
use crate::model::ids::{BlockVolumeId, JobId};
use crate::model::operation::{Detail, JobOutcome, Operation, OperationKind};
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::step::{ResizePlan, Step, StepOutput};
use crate::store::{Result as StoreResult, StoreError, block_volume, idempotency, operation, volume};

/// What heketi puts before a refusal.
const REFUSED: &str = "Failed to allocate block volume expansion: ";

impl Operations {
    /// Makes a block volume larger. One that is behind its size on some host may be asked for the same size again.
    ///
    /// # Errors
    /// When there is no such block volume, its hosting volume has no room, too much is under way, or the database refuses.
    pub async fn expand_block_volume(
        &self,
        id: BlockVolumeId,
        size: GiB,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.expand_block_volume(id, size, caller).await }).await
    }
}

impl Engine {
    async fn expand_block_volume(
        self: &Arc<Self>,
        id: BlockVolumeId,
        size: GiB,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        if let Some(known) = self.answer_again(&mut tx, &caller).await? {
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(known);
        }
        let block = block_volume::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        let turn = self.limits.try_enter_in(block.cluster)?;
        if let Err(error) = may_grow(&mut tx, &block, size).await {
            return Err(error.prefixed(REFUSED));
        }
        block_volume::take(&mut tx, id, size).await?;
        let step = Step::ResizeBlockVolume(ResizePlan { block: plan_of(&mut tx, &block).await?, size });
        let mut decision =
            self.decision(OperationKind::BlockVolumeExpand, id, vec![vec![step]], locks(block.cluster, id));
        decision.detail = Detail::BlockExpand { size };
        remember(&mut tx, caller.key, &decision).await?;
        self.launch(tx, decision, false, Some(turn)).await
    }
}

/// Whether a block volume may get this size; heketi's texts.
async fn may_grow(conn: &mut SqliteConnection, block: &BlockVolume, size: GiB) -> Result<(), OpError> {
    let (new, old) = (size.get(), block.size.get());
    if block.phase != Phase::Ready || operation::touches(conn, &block.id.to_string()).await? {
        return Err(OpError::refused(IN_USE, Some(being_worked_on(block))));
    }
    if size == block.size && block.usable == block.size {
        let text = format!(
            "Requested new-size {new} is same as current block volume size {old}, nothing to be done."
        );
        return Err(OpError::refused(text, None));
    }
    if size < block.size {
        let text = format!(
            "Requested new-size {new} is less than current block volume size {old}, shrinking is not allowed."
        );
        return Err(OpError::refused(text, None));
    }
    let hosting = volume::find(conn, block.hosting).await?;
    let free =
        hosting.as_ref().and_then(|hosting| hosting.hosting).map(|hosting| hosting.free).unwrap_or_default();
    if free.get() >= new - old {
        return Ok(());
    }
    let name = hosting.map(|hosting| hosting.name).unwrap_or_default();
    let explanation = format!(
        "{free} are free in volume {name}, which hosts it, and {} GiB are needed. Expand that volume first (`volume expand {}`)",
        new - old,
        block.hosting
    );
    Err(OpError::refused("No space", Some(explanation)))
}

/// Writes down what became of it. Where some host is behind, its client is told so.
pub(super) async fn conclude(conn: &mut SqliteConnection, op: &Operation) -> StoreResult<JobOutcome> {
    let resized = op.steps.iter().find_map(|record| match &record.output {
        StepOutput::Resized { size, usable, refusal } => Some((*size, *usable, refusal.clone())),
        _ => None,
    });
    let (size, usable, refusal) = resized.ok_or_else(|| corrupt(op))?;
    block_volume::resize(conn, id(op)?, size, usable).await?;
    if refusal.is_some() {
        // The same request again is to try the hosts that are behind.
        idempotency::free(conn, &op.target, op.job).await?;
    }
    Ok(match refusal {
        Some(refusal) => JobOutcome::Failed { text: refusal.text, explanation: Some(refusal.explanation) },
        None => JobOutcome::Location { path: format!("/blockvolumes/{}", op.target), warning: None },
    })
}
