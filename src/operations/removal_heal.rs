//! Bricks that were to be healed onto a device which is being emptied: where its disk is gone for good, that heal will
//! never end.

use super::engine::Engine;
use super::removal::Emptied;
use crate::model::ids::{BrickId, DeviceId, OperationId};
use crate::model::operation::{Detail, Operation, OperationKind, Parked};
use crate::model::step::{Step, StepState};
use crate::store::{Result, brick, operation};

impl Engine {
    /// Ends all waits for bricks that are to be healed onto a device, where its disk is lost; or says what is in the way.
    pub(super) async fn stop_all_waiting_for(&self, device: DeviceId) -> Result<Emptied> {
        let coming = brick::coming_to(&mut *self.store.read().await?, device).await?;
        for brick in coming {
            match self.stop_waiting_for(device, brick).await? {
                None | Some(Emptied::Wholly) => {}
                Some(other) => return Ok(other),
            }
        }
        Ok(Emptied::Wholly)
    }

    /// Ends the wait for a brick that is to be healed onto a lost disk; from then on it is like all others there. None
    /// where nothing waits for it, or its disk can be reached.
    pub(super) async fn stop_waiting_for(&self, device: DeviceId, brick: BrickId) -> Result<Option<Emptied>> {
        let Some(op) = self.heal_onto(brick).await? else { return Ok(None) };
        if !self.is_disk_lost(device).await? {
            return Ok(None);
        }
        self.heals_given_up.send_modify(|bricks| {
            bricks.insert(brick);
        });
        let ended = self.eviction_without_heal(device, &op).await;
        self.heals_given_up.send_modify(|bricks| {
            bricks.remove(&brick);
        });
        ended.map(Some)
    }

    /// The operation that moves a brick and waits until it is healed.
    async fn heal_onto(&self, brick: BrickId) -> Result<Option<Operation>> {
        let waits = |op: &Operation| {
            let moves = op.kind == OperationKind::BrickEvict
                && matches!(op.detail, Detail::Evict { new, .. } if new == brick);
            moves
                && op.steps.iter().any(|record| {
                    matches!(record.step, Step::AwaitHeal(_)) && record.state == StepState::Started
                })
        };
        Ok(operation::all(&mut *self.store.snapshot().await?).await?.into_iter().find(waits))
    }

    /// Waits until a move ends in which nothing is waited for any more, or says why it has to.
    async fn eviction_without_heal(&self, device: DeviceId, op: &Operation) -> Result<Emptied> {
        let tries = attempts(op);
        self.try_now(op.id).await?;
        let mut running = self.running.subscribe();
        loop {
            running.borrow_and_update();
            if self.is_stopping() {
                return Ok(Emptied::Interrupted);
            }
            let found = operation::find(&mut *self.store.snapshot().await?, op.id).await?;
            let Some(found) = found else { return Ok(Emptied::Wholly) };
            if attempts(&found) > tries && !self.is_active(op.id) {
                return Ok(Emptied::not(device, found.parked));
            }
            // The sender is the engine's own: it is never gone.
            running.changed().await.ok();
        }
    }

    /// Lets the background take a parked operation up at once.
    async fn try_now(&self, id: OperationId) -> Result<()> {
        let mut tx = self.store.write().await?;
        if let Some(parked) = operation::find(&mut tx, id).await?.and_then(|op| op.parked) {
            operation::park(&mut tx, id, &Parked { next_try_ms: self.clock.now_ms(), ..parked }).await?;
        }
        tx.commit().await?;
        self.wake.notify_one();
        Ok(())
    }
}

fn attempts(op: &Operation) -> u32 {
    op.parked.as_ref().map_or(0, |parked| parked.attempts)
}
