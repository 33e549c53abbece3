//! Deleting volumes: stopped, taken out of gluster, and their bricks removed.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::Engine;
use super::volume_clone::being_cloned;
use super::volume_create::locks;
use super::volume_plan::{brick_steps, destroy_steps, has_arbiter, volume_plan};
use super::{IN_USE, OpError, Operations};
use crate::model::ids::{JobId, VolumeId};
use crate::model::operation::{Operation, OperationKind, Parked};
use crate::model::state::Phase;
use crate::model::step::Step;
use crate::model::volume::DATABASE_VOLUME;
use crate::store::{block_volume, brick, node, operation, volume};

impl Operations {
    /// Deletes a volume with all that is on it.
    ///
    /// # Errors
    /// When there is no such volume, it may not be deleted or is being worked on, or the database refuses.
    pub async fn delete_volume(&self, id: VolumeId, by_user: bool) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.delete_volume(id, by_user).await }).await
    }
}

impl Engine {
    async fn delete_volume(self: &Arc<Self>, id: VolumeId, by_user: bool) -> Result<JobId, OpError> {
        self.find_pools_of(id).await?;
        let mut tx = self.store.write().await?;
        let volume = volume::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        if volume.name == DATABASE_VOLUME {
            return Err(OpError::conflict("Cannot delete volume containing the Heketi database"));
        }
        if volume.phase != Phase::Creating && block_volume::any_in(&mut tx, id).await? {
            return Err(OpError::conflict("Cannot delete a block hosting volume containing block volumes"));
        }
        let turn = self.limits.try_enter_in(volume.cluster)?;
        if volume.phase == Phase::Creating {
            self.end_parked_create(&mut tx, id).await?;
        } else if volume.phase != Phase::Ready || !brick::pending_of_volume(&mut tx, id).await?.is_empty() {
            return Err(in_use(format!("volume {} is being worked on", volume.name)));
        } else if operation::clones(&mut tx, id).await? {
            return Err(in_use(being_cloned(&volume)));
        }
        let nodes = node::of_cluster(&mut tx, volume.cluster).await?;
        let bricks = brick::of_volume(&mut tx, id).await?;
        volume::set_phase(&mut tx, id, volume.phase, Phase::Deleting).await?;
        let plan = volume_plan(&volume, &bricks, &nodes, has_arbiter(&bricks))?;
        let shared = brick::in_shared_pools(&mut tx, id).await?;
        let bricks = destroy_steps(brick_steps(&volume, &bricks, &nodes)?, &shared);
        let stages = vec![vec![Step::StopVolume(plan.clone())], vec![Step::DeleteVolume(plan)], bricks];
        let decision = self.decision(OperationKind::VolumeDelete, id, stages, locks(volume.cluster, id));
        self.launch(tx, decision, by_user, Some(turn)).await
    }

    /// A create that was not undone because somebody wrote into its volume ends here: whoever deletes that volume
    /// wants the data gone. A create that is still being worked on does not.
    async fn end_parked_create(&self, conn: &mut SqliteConnection, id: VolumeId) -> Result<(), OpError> {
        let found = match operation::on_target(conn, &id.to_string()).await? {
            Some(found) => Some(found),
            None => operation::making_hosting(conn, id).await?,
        };
        let parked = found.as_ref().and_then(|op| op.parked.as_ref());
        if parked.is_some_and(Parked::is_stale) {
            let explanation = "it came with an import and is unfinished; clean it up first: `POST /operations/pending/cleanup`";
            return Err(in_use(explanation.to_owned()));
        }
        let waits = |op: &Operation| op.parked.as_ref().is_some_and(|parked| !parked.retry);
        // Nobody has heard of a clone yet: heketi does not know it either.
        if found.as_ref().is_some_and(|op| op.kind == OperationKind::VolumeClone) {
            return Err(OpError::NotFound);
        }
        match found.filter(waits) {
            Some(op) if self.is_active(op.id) => Err(in_use(
                "a clean-up tries its create again just now; ask again when it is over".to_owned(),
            )),
            Some(op) => {
                if let (OperationKind::BlockVolumeCreate, Ok(block)) = (op.kind, op.target.parse()) {
                    // It came after its hosting volume, and was taken away first.
                    block_volume::delete(conn, block).await?;
                }
                Ok(operation::delete(conn, op.id).await?)
            }
            None => Err(in_use(
                "it is being made, or what was made of it is being taken away again; ask again when that is over".to_owned(),
            )),
        }
    }
}

/// heketi's conflict.
fn in_use(explanation: String) -> OpError {
    OpError::refused(format!("Failed to set up volume delete: {IN_USE}"), Some(explanation))
}
