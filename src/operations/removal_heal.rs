//! Bricks that were to be healed onto a device which is being emptied: where its disk is gone for good, that heal will
//! never end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tokio::sync::watch;

use super::engine::Engine;
use super::failure;
use super::removal::Emptied;
use crate::model::ids::{BrickId, DeviceId, OperationId};
use crate::model::operation::{Detail, Operation, Parked};
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
        let _given_up = GivenUp::new(&self.heals_given_up, brick);
        self.eviction_without_heal(device, &op).await.map(Some)
    }

    /// The operation that moves a brick, and waits until it is healed or the old one can be taken away.
    async fn heal_onto(&self, brick: BrickId) -> Result<Option<Operation>> {
        let waits = |op: &Operation| {
            matches!(op.detail, Detail::Evict { new, .. } if new == brick) && failure::is_exchanged(op)
        };
        Ok(operation::all(&mut *self.store.snapshot().await?).await?.into_iter().find(waits))
    }

    /// Waits until a move ends in which nothing is waited for any more, or says why it has to.
    async fn eviction_without_heal(&self, device: DeviceId, op: &Operation) -> Result<Emptied> {
        let tries = attempts(op);
        self.try_now(op.id).await?;
        let (mut running, mut stopping) = (self.running.subscribe(), self.stopping.subscribe());
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
            // The senders are the engine's own: they are never gone.
            tokio::select! {
                _ = running.changed() => {}
                _ = stopping.changed() => {}
            }
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

/// A brick is not waited for as long as this lives. Two may want that at the same time: of its node and of its device.
struct GivenUp<'a> {
    all: &'a watch::Sender<BTreeMap<BrickId, usize>>,
    brick: BrickId,
}

impl<'a> GivenUp<'a> {
    fn new(all: &'a watch::Sender<BTreeMap<BrickId, usize>>, brick: BrickId) -> GivenUp<'a> {
        all.send_modify(|bricks| *bricks.entry(brick).or_default() += 1);
        GivenUp { all, brick }
    }
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.all.send_modify(|bricks| match bricks.entry(self.brick) {
            Entry::Occupied(last) if *last.get() <= 1 => drop(last.remove()),
            Entry::Occupied(mut others) => *others.get_mut() -= 1,
            Entry::Vacant(_) => {}
        });
    }
}

fn attempts(op: &Operation) -> u32 {
    op.parked.as_ref().map_or(0, |parked| parked.attempts)
}
