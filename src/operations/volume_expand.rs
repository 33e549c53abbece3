//! Expanding volumes: further sets, placed like those of a new volume.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::Engine;
use super::leftovers::is_volume_changing;
use super::repeated::remember;
use super::volume_clone::being_cloned;
use super::volume_create::{load, locks};
use super::volume_plan::{brick_steps, has_arbiter, volume_plan};
use super::{Caller, IN_USE, OpError, Operations};
use crate::model::brick::Brick;
use crate::model::ids::{JobId, VolumeId};
use crate::model::operation::{Detail, OperationKind};
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::step::{ExtendPlan, Step};
use crate::model::volume::Volume;
use crate::placement::{Avoid, Placement};
use crate::store::{Result as StoreResult, StoreError, brick, operation, volume};

impl Operations {
    /// Makes a volume larger by whole sets.
    ///
    /// # Errors
    /// When there is no such volume, its cluster has no room, too much is under way, or the database refuses.
    pub async fn expand_volume(&self, id: VolumeId, grow: GiB, caller: Caller) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.expand_volume(id, grow, caller).await }).await
    }
}

impl Engine {
    async fn expand_volume(
        self: &Arc<Self>,
        id: VolumeId,
        grow: GiB,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        self.know_sets(id).await.map_err(|why| why.refusal("Failed to allocate volume expansion: "))?;
        let mut tx = self.store.write().await?;
        if let Some(known) = self.answer_again(&mut tx, &caller).await? {
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(known);
        }
        let volume = volume::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        let turn = self.limits.try_enter_in(volume.cluster)?;
        if let Some(why) = is_in_use(&mut tx, &volume).await? {
            let text = format!("Failed to allocate volume expansion: {IN_USE}");
            return Err(OpError::refused(text, Some(why)));
        }
        let candidate = load(&mut tx, volume.cluster).await?;
        let there = brick::of_volume(&mut tx, id).await?;
        let more = Volume { size: grow, ..volume.clone() };
        let placed = self.place(&more, &candidate, &Avoid::default(), there.len()).map_err(|refusal| {
            let text = format!("Failed to allocate volume expansion: {}", refusal.reason);
            OpError::refused(text, Some(refusal.explanation()))
        })?;
        let added = self.further_bricks(&volume, &placed, &there);
        let nodes = &candidate.nodes;
        let before = volume_plan(&volume, &there, nodes, has_arbiter(&there))?;
        let after = volume_plan(&volume, &added, nodes, placed.arbiter)?;
        let create = brick_steps(&volume, &added, nodes)?.into_iter().map(Step::CreateBrick).collect();
        let extend = Step::AddBricks(ExtendPlan { volume: before, added: after.bricks });
        let mut stages = vec![create, vec![extend]];
        if self.settings.rebalance {
            let grown = [there, added.clone()].concat();
            stages.push(vec![Step::Rebalance(volume_plan(&volume, &grown, nodes, placed.arbiter)?)]);
        }
        let mut decision = self.decision(OperationKind::VolumeExpand, id, stages, locks(volume.cluster, id));
        decision.detail = Detail::Expand { grow };
        decision.bricks = added;
        remember(&mut tx, caller.key, &decision).await?;
        self.launch(tx, decision, false, Some(turn)).await
    }

    /// The bricks of the new sets, numbered after those that are there.
    fn further_bricks(&self, volume: &Volume, placed: &Placement, there: &[Brick]) -> Vec<Brick> {
        let first = there.iter().map(|brick| brick.set + 1).max().unwrap_or(0);
        let mut added = self.bricks(volume, placed);
        added.iter_mut().for_each(|brick| brick.set += first);
        added
    }
}

/// What works on the volume, in words.
async fn is_in_use(conn: &mut SqliteConnection, volume: &Volume) -> StoreResult<Option<String>> {
    let name = &volume.name;
    if volume.phase != Phase::Ready {
        return Ok(Some(format!("volume {name} is being made or deleted; ask again when that is over")));
    }
    if operation::clones(conn, volume.id).await? {
        return Ok(Some(being_cloned(volume)));
    }
    let changes = is_volume_changing(conn, volume.id).await?;
    Ok(changes.then(|| format!("bricks of volume {name} are being made or moved; ask again when they are")))
}
