//! Volumes that unfinished operations are to take away, with bricks on a device that is gone for good. Gluster keeps
//! both them and the peer until those bricks are out of them.

use std::time::Duration;

use super::IN_USE;
use super::engine::Engine;
use super::leftovers::{WHILE_TRIED, leftovers, unwanted};
use super::records::marks;
use super::removal::{Emptied, NotEmptied};
use super::steps::{StepError, TakenOut};
use crate::model::ids::{BrickId, DeviceId, OperationId};
use crate::model::operation::{Direction, Operation};
use crate::model::step::{BrickAt, Step, StepState, VolumePlan};
use crate::store::{Result, operation, step};

/// An operation that nobody else works on as long as this lives.
struct Claimed<'a> {
    engine: &'a Engine,
    id: OperationId,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.engine.set_active(self.id, false);
        self.engine.wake.notify_one();
        // Others may wait for it like for the end of a task.
        self.engine.running.send_modify(|_| {});
    }
}

impl Engine {
    /// Takes the bricks on a device out of the volumes that are to go, or says why it cannot. What the operations have
    /// to take away from the device afterwards is left to them.
    ///
    /// `forget`: the bricks are about to be forgotten. An undo then leaves what goes with its peer to gluster, and what is
    /// tried just now is waited for no longer than [`WHILE_TRIED`].
    pub(super) async fn take_out_of_unwanted(&self, device: DeviceId, forget: bool) -> Result<Emptied> {
        let all = operation::all(&mut *self.store.snapshot().await?).await?;
        for op in all.iter().filter(|op| !lost_bricks(op, device).is_empty()) {
            match self.take_out_of(device, op.id, forget).await? {
                Emptied::Wholly => {}
                other => return Ok(other),
            }
        }
        Ok(Emptied::Wholly)
    }

    async fn take_out_of(&self, device: DeviceId, id: OperationId, forget: bool) -> Result<Emptied> {
        let patience = if forget { WHILE_TRIED } else { Duration::MAX };
        let _claimed = match tokio::time::timeout(patience, self.claim_when_idle(id)).await {
            Ok(Some(claimed)) => claimed,
            Ok(None) => return Ok(Emptied::Interrupted),
            Err(_) => return Ok(is_tried(device, id)),
        };
        // It may have come to its end since it was listed.
        let found = operation::find(&mut *self.store.snapshot().await?, id).await?;
        let Some(op) = found else { return Ok(Emptied::Wholly) };
        let Some(plan) = unwanted(&op) else { return Ok(Emptied::Wholly) };
        // Before: it may be started for that, and the server may die then.
        self.stop_again(&op).await?;
        let undone = op.direction == Direction::Back;
        match self.runner.take_out(plan, &lost_bricks(&op, device), undone).await {
            Ok(TakenOut::Out) if forget => {}
            // It is started, and heals what nobody needs: the next try, which stops it, comes at once.
            Ok(TakenOut::Out) => self.try_now(id).await?,
            // A delete ends when gluster has dropped it with its peer.
            Ok(TakenOut::WithPeer) if !forget || !undone => {}
            // With all its peers gone nobody could tell later.
            Ok(TakenOut::Gone | TakenOut::WithPeer) => self.note_gone(&op).await?,
            Err(error) => return Ok(not_taken_out(device, plan, &error)),
        }
        Ok(Emptied::Wholly)
    }

    /// Writes down that a volume which is being deleted is to be stopped, whether it was before or not.
    async fn stop_again(&self, op: &Operation) -> Result<()> {
        let mut op = op.clone();
        for record in op.steps.iter_mut().filter(|record| matches!(record.step, Step::StopVolume(_))) {
            if record.state == StepState::Done {
                record.state = StepState::Started;
            }
        }
        step::mark(&mut *self.store.writer().await?, op.id, &marks(&op)).await
    }

    /// Writes down that gluster has no volume any more which an operation was to take out of it.
    async fn note_gone(&self, op: &Operation) -> Result<()> {
        let mut op = op.clone();
        let back = op.direction == Direction::Back;
        for record in op.steps.iter_mut().filter(|record| is_of_gluster(&record.step)) {
            match record.state {
                StepState::Planned | StepState::Started if !back => record.state = StepState::Done,
                StepState::Started | StepState::Done if back => record.state = StepState::Undone,
                _ => {}
            }
        }
        step::mark(&mut *self.store.writer().await?, op.id, &marks(&op)).await
    }

    /// Waits until nobody works on an operation; none where the server stops.
    async fn claim_when_idle(&self, id: OperationId) -> Option<Claimed<'_>> {
        let (mut running, mut stopping) = (self.running.subscribe(), self.stopping.subscribe());
        loop {
            running.borrow_and_update();
            if self.is_stopping() {
                return None;
            }
            if self.claim_one(id) {
                return Some(Claimed { engine: self, id });
            }
            // The senders are the engine's own: they are never gone.
            tokio::select! {
                _ = running.changed() => {}
                _ = stopping.changed() => {}
            }
        }
    }
}

/// The bricks on a device that gluster may still have in a volume which is to go.
fn lost_bricks(op: &Operation, device: DeviceId) -> Vec<(BrickId, BrickAt)> {
    let Some(volume) = unwanted(op) else { return Vec::new() };
    leftovers(op, device)
        .filter_map(|(brick, record)| Some((brick, place_of(volume, &record.step)?)))
        .collect()
}

fn is_of_gluster(step: &Step) -> bool {
    let is_create = matches!(step, Step::CreateVolume(_) | Step::StartVolume(_));
    is_create || matches!(step, Step::StopVolume(_) | Step::DeleteVolume(_))
}

fn place_of(volume: &VolumePlan, step: &Step) -> Option<BrickAt> {
    let (Step::CreateBrick(plan) | Step::DestroyBrick(plan)) = step else { return None };
    let is_it = |brick: &&BrickAt| brick.storage == plan.peer.storage && brick.path == plan.path;
    volume.bricks.iter().find(is_it).cloned()
}

fn is_tried(device: DeviceId, id: OperationId) -> Emptied {
    let explanation = Some(format!("operation {id} is tried again just now; ask again"));
    Emptied::Not(NotEmptied { device, text: IN_USE.to_owned(), explanation })
}

fn not_taken_out(device: DeviceId, plan: &VolumePlan, error: &StepError) -> Emptied {
    let cause = error.explanation().unwrap_or_else(|| error.text());
    let text = format!("Unable to take the bricks on device [{device}] out of volume {}", plan.name);
    Emptied::Not(NotEmptied { device, text, explanation: Some(cause) })
}
