//! Deleting block volumes. Their hosting volume stays.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::block_plan::{block_plan, locks};
use super::engine::Engine;
use super::{IN_USE, OpError, Operations};
use crate::model::block_volume::BlockVolume;
use crate::model::ids::{BlockVolumeId, JobId};
use crate::model::operation::OperationKind;
use crate::model::state::Phase;
use crate::model::step::{BlockPlan, Step};
use crate::store::{Result as StoreResult, StoreError, block_volume, node, operation, volume};

impl Operations {
    /// Deletes a block volume with all that is on it.
    ///
    /// # Errors
    /// When there is no such block volume, it is being worked on, too much is under way, or the database refuses.
    pub async fn delete_block_volume(&self, id: BlockVolumeId) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.delete_block_volume(id).await }).await
    }
}

impl Engine {
    async fn delete_block_volume(self: &Arc<Self>, id: BlockVolumeId) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let block = block_volume::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        let turn = self.limits.try_enter_in(block.cluster)?;
        if block.phase != Phase::Ready || operation::touches(&mut tx, &id.to_string()).await? {
            let text = format!("Failed to set up block volume delete: {IN_USE}");
            return Err(OpError::refused(text, Some(being_worked_on(&block))));
        }
        block_volume::set_phase(&mut tx, id, Phase::Ready, Phase::Deleting).await?;
        let plan = plan_of(&mut tx, &block).await?;
        let stages = vec![vec![Step::DestroyBlockVolume(plan)]];
        let decision = self.decision(OperationKind::BlockVolumeDelete, id, stages, locks(block.cluster, id));
        self.launch(tx, decision, false, Some(turn)).await
    }
}

/// Why nothing else is done to a block volume now.
pub(super) fn being_worked_on(block: &BlockVolume) -> String {
    format!(
        "block volume {} is being made, made larger or deleted; ask again when that is done (`GET /operations/pending` lists it)",
        block.name
    )
}

/// A block volume that there is, as steps speak of it.
pub(super) async fn plan_of(conn: &mut SqliteConnection, block: &BlockVolume) -> StoreResult<BlockPlan> {
    let hosting = volume::find(conn, block.hosting).await?.ok_or_else(|| StoreError::Corrupt {
        table: "block_volume",
        column: "hosting_id",
        row: block.id.to_string(),
        value: block.hosting.to_string(),
    })?;
    let nodes = node::of_cluster(conn, block.cluster).await?;
    let exported = block_volume::exported(conn).await?;
    block_plan(block, &hosting.name, &nodes, &exported)
}
