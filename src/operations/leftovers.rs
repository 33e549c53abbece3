//! What unfinished operations still have to take away from a device, and giving it up where its disk is gone for good.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::SqliteConnection;
use tracing::warn;

use super::engine::Engine;
use super::records::marks;
use super::{IN_USE, OpError, failure, finish};
use crate::model::ids::{BrickId, DeviceId, OperationId, VolumeId};
use crate::model::operation::{Direction, Operation, OperationKind, Parked, StepRecord};
use crate::model::step::{Step, StepState, VolumePlan};
use crate::store::{Result, brick, operation, step};

/// How long a try is waited for that is under way when its leftovers are to be given up.
pub(super) const WHILE_TRIED: Duration = Duration::from_secs(10);

/// The bricks on a device that operations which failed still have to take away: nobody needs what is on them.
pub(super) async fn bricks_on(conn: &mut SqliteConnection, device: DeviceId) -> Result<BTreeSet<BrickId>> {
    let all = operation::all(conn).await?;
    let of_device = |op: &Operation| leftovers(op, device).map(|(brick, _)| brick).collect::<Vec<_>>();
    Ok(all.iter().flat_map(of_device).collect())
}

/// The bricks on a device that an operation has yet to take away, each with the step that does so. Operations that
/// are not parked are left out, what they do with a brick may still change; so are those that wait for a person, who
/// has to look first, and those in which something comes before it: a heal may still need a brick that leaves. That
/// gluster still has a volume which nobody wants is nothing of that kind: see [`Engine::take_out_of_unwanted`].
pub(super) fn leftovers(op: &Operation, device: DeviceId) -> impl Iterator<Item = (BrickId, &StepRecord)> {
    let parked = op.parked.as_ref().is_some_and(|parked| parked.retry);
    op.steps.iter().filter(move |_| parked).filter_map(move |record| {
        let plan = match (&record.step, op.direction, record.state) {
            (Step::DestroyBrick(plan), Direction::Forward, state) if state != StepState::Done => plan,
            (Step::CreateBrick(plan), Direction::Back, StepState::Started | StepState::Done) => plan,
            _ => return None,
        };
        if !is_all_else_over(op, record) && unwanted(op).is_none() {
            return None;
        }
        (plan.device == device).then_some((plan.brick, record))
    })
}

/// The volume that an operation has yet to take out of gluster, whatever becomes of it.
pub(super) fn unwanted(op: &Operation) -> Option<&VolumePlan> {
    op.steps.iter().find_map(|record| match (&record.step, op.kind, op.direction, record.state) {
        (
            Step::DeleteVolume(plan),
            OperationKind::VolumeDelete,
            Direction::Forward,
            StepState::Planned | StepState::Started,
        )
        | (
            Step::CreateVolume(plan),
            OperationKind::VolumeCreate | OperationKind::BlockVolumeCreate,
            Direction::Back,
            StepState::Started | StepState::Done,
        ) => Some(plan),
        _ => None,
    })
}

/// Whether nothing is left that an operation does before this step, in the direction that it goes.
fn is_all_else_over(op: &Operation, record: &StepRecord) -> bool {
    op.steps.iter().all(|other| match op.direction {
        Direction::Forward => other.stage >= record.stage || other.state == StepState::Done,
        Direction::Back => {
            other.stage <= record.stage || matches!(other.state, StepState::Planned | StepState::Undone)
        }
    })
}

/// Whether an operation works on bricks of a volume. Bricks that have been moved wholly do not count where all that is left
/// of them cannot be taken away now: that may stay so for long, and concerns the volume no more.
pub(super) async fn is_volume_changing(conn: &mut SqliteConnection, volume: VolumeId) -> Result<bool> {
    for id in brick::pending_of_volume(conn, volume).await? {
        let op = operation::on_target(conn, &id.to_string()).await?;
        let is_left = |op: &Operation| {
            op.kind == OperationKind::BrickEvict
                && op.parked.as_ref().is_some_and(|parked| parked.retry)
                && failure::is_destroying(op)
        };
        if !op.as_ref().is_some_and(is_left) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Engine {
    /// Waits until nobody tries to take anything away from a device, but not for long.
    pub(super) async fn leftovers_let_alone(&self, device: DeviceId) -> Result<()> {
        let all = operation::all(&mut *self.store.snapshot().await?).await?;
        let tried =
            all.iter().filter(|op| leftovers(op, device).next().is_some()).map(|op| self.ended(op.id));
        // Those that are tried for longer are named in the refusal.
        tokio::time::timeout(WHILE_TRIED, join_all(tried)).await.ok();
        Ok(())
    }

    /// Counts everything as taken away that is still to be taken away from a device, and takes the bricks out. The
    /// operations stay claimed until the transaction is over: see [`Engine::go_on_without_leftovers`].
    pub(super) async fn give_leftovers_up(
        &self,
        conn: &mut SqliteConnection,
        device: DeviceId,
    ) -> std::result::Result<Vec<OperationId>, OpError> {
        let all = operation::all(&mut *conn).await?;
        let concerned: Vec<&Operation> =
            all.iter().filter(|op| leftovers(op, device).next().is_some()).collect();
        let ids: Vec<OperationId> = concerned.iter().map(|op| op.id).collect();
        self.claim(&ids)?;
        for op in concerned {
            if let Err(refused) = self.give_up_on(conn, op, device).await {
                self.release(&ids);
                return Err(refused.into());
            }
        }
        Ok(ids)
    }

    async fn give_up_on(&self, conn: &mut SqliteConnection, op: &Operation, device: DeviceId) -> Result<()> {
        let (bricks, seqs): (Vec<BrickId>, Vec<u32>) =
            leftovers(op, device).map(|(brick, record)| (brick, record.seq)).unzip();
        warn!(
            "{} of {} leaves what it has on device {device}, which is gone for good: {bricks:?}",
            op.kind.as_str(),
            op.target
        );
        let mut op = op.clone();
        let state = if op.direction == Direction::Back { StepState::Undone } else { StepState::Done };
        for record in op.steps.iter_mut().filter(|record| seqs.contains(&record.seq)) {
            record.state = state;
        }
        if op.steps.iter().all(|record| record.state == StepState::Done) {
            return finish::conclude(self, conn, &op).await.map(|_| self.note_end(&op, "done"));
        }
        step::mark(conn, op.id, &marks(&op)).await?;
        brick::delete(conn, &bricks).await?;
        let Some(parked) = op.parked else { return Ok(()) };
        let now = Parked { next_try_ms: self.clock.now_ms(), ..parked };
        operation::park(conn, op.id, &now).await
    }

    /// Lets the background go on with operations that were claimed.
    pub(super) fn go_on_without_leftovers(&self, claimed: &[OperationId]) {
        self.release(claimed);
        self.wake.notify_one();
    }

    /// Keeps everybody else from working on operations; none is claimed where somebody works on one.
    fn claim(&self, ids: &[OperationId]) -> std::result::Result<(), OpError> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = ids.iter().find(|id| active.contains(id)) {
            return Err(OpError::conflict(format!(
                "{IN_USE} Operation {id} is tried again just now; ask again"
            )));
        }
        active.extend(ids);
        Ok(())
    }

    fn release(&self, ids: &[OperationId]) {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.retain(|id| !ids.contains(id));
    }
}
