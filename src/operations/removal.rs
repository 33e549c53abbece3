//! Emptying devices and nodes: their bricks are moved away one by one, each by an operation of its own.

use std::sync::Arc;

use tracing::{info, warn};

use super::brick_evict::{CannotMove, Eviction, only_copy};
use super::engine::Engine;
use super::run::Round;
use super::{IN_USE, OpError, devices, finish, leftovers};
use crate::model::brick::Brick;
use crate::model::device::Device;
use crate::model::ids::{BrickId, DeviceId, JobId, NodeId, VolumeId};
use crate::model::operation::{Detail, Failure, JobOutcome, Operation, OperationKind, Parked};
use crate::model::state::{EntryState, Phase};
use crate::placement::RefusalReason;
use crate::store::{Result, brick, device, job, node, operation, volume};

/// Why a device could not be emptied.
pub(super) struct NotEmptied {
    pub(super) device: DeviceId,
    pub(super) text: String,
    pub(super) explanation: Option<String>,
}

/// What emptying a device came to.
pub(super) enum Emptied {
    Wholly,
    Not(NotEmptied),
    /// The server stops; the next one goes on.
    Interrupted,
}

impl Emptied {
    /// In the words of an operation that is in the way.
    pub(super) fn not(device: DeviceId, parked: Option<Parked>) -> Emptied {
        let explanation = parked.map(|parked| parked.reason);
        Emptied::Not(NotEmptied { device, text: IN_USE.to_owned(), explanation })
    }
}

impl Engine {
    /// Moves what is on a device or a node away, and puts it into the state `failed`.
    pub(super) async fn remove(self: &Arc<Self>, op: &mut Operation) -> Result<Round> {
        match self.empty_all(op).await? {
            Emptied::Wholly => finish::finish(self, op).await.map(Round::Ended),
            Emptied::Interrupted => Ok(Round::Over),
            Emptied::Not(why) => {
                op.failure = Some(failure(op, why));
                finish::abandon(self, op).await.map(Round::Ended)
            }
        }
    }

    async fn empty_all(self: &Arc<Self>, op: &Operation) -> Result<Emptied> {
        let check_heal = !matches!(op.detail, Detail::Remove { check_heal: false });
        let devices = self.devices_to_empty(op).await?;
        // First of all: what leaves one of them may be waited for on its way to another one of a node that is gone.
        for &device in &devices {
            match self.stop_all_waiting_for(device).await? {
                Emptied::Wholly => self.end_moves_from(device).await?,
                other => return Ok(other),
            }
        }
        if let Some(refused) = self.first_only_copy(&devices, check_heal).await? {
            return Ok(refused);
        }
        for device in devices {
            match self.empty(op, device, check_heal).await? {
                Emptied::Wholly => self.fail_device(device).await?,
                other => return Ok(other),
            }
        }
        Ok(Emptied::Wholly)
    }

    /// What would have to be refused in the end, before anything is moved for it: a brick without copies.
    async fn first_only_copy(&self, devices: &[DeviceId], check_heal: bool) -> Result<Option<Emptied>> {
        let mut conn = self.store.snapshot().await?;
        for &device in devices {
            let given_up = leftovers::bricks_on(&mut conn, device).await?;
            for brick in brick::to_move_from(&mut conn, device).await? {
                let found = volume::find(&mut conn, brick.volume).await?;
                // One that is being deleted goes by itself; one that still comes is asked about when it is there.
                let Some(volume) = found.filter(|found| found.phase == Phase::Ready) else { continue };
                let refusal = only_copy(&brick, &volume, check_heal);
                if let Some((text, explanation)) = refusal.filter(|_| !given_up.contains(&brick.id)) {
                    return Ok(Some(Emptied::Not(NotEmptied {
                        device,
                        text,
                        explanation: Some(explanation),
                    })));
                }
            }
        }
        Ok(None)
    }

    async fn devices_to_empty(&self, op: &Operation) -> Result<Vec<DeviceId>> {
        if op.kind == OperationKind::DeviceRemove {
            return Ok(vec![finish::id(op)?]);
        }
        let node: NodeId = finish::id(op)?;
        let devices = device::of_node(&mut *self.store.read().await?, node).await?;
        let ready = |device: &&Device| device.phase == Phase::Ready;
        Ok(devices.iter().filter(ready).map(|device| device.id).collect())
    }

    async fn fail_device(&self, id: DeviceId) -> Result<()> {
        device::set_state(&mut *self.store.writer().await?, id, EntryState::Failed).await
    }

    async fn empty(self: &Arc<Self>, op: &Operation, id: DeviceId, check_heal: bool) -> Result<Emptied> {
        let mut moved = 0;
        loop {
            let mut conn = self.store.read().await?;
            let mut given_up = leftovers::bricks_on(&mut conn, id).await?;
            let coming = brick::coming_to(&mut conn, id).await?;
            let mut left = brick::to_move_from(&mut conn, id).await?;
            drop(conn);
            // They are in nobody's way where there is nothing to take them away from. A device that is there waits for it.
            if !given_up.is_empty() && !self.is_disk_lost(id).await? {
                given_up.clear();
            }
            left.retain(|brick| !given_up.contains(&brick.id));
            if let Some(&comes) = coming.iter().find(|&brick| !given_up.contains(brick)) {
                match self.stop_waiting_for(id, comes).await? {
                    Some(Emptied::Wholly) => continue,
                    Some(other) => return Ok(other),
                    None => return Ok(bricks_are_coming(id)),
                }
            }
            let Some(next) = left.first() else {
                return if given_up.is_empty() {
                    Ok(Emptied::Wholly)
                } else {
                    self.take_out_of_unwanted(id, false).await
                };
            };
            let (at, all) = (moved + 1, moved + left.len());
            let text = format!("moving brick {at} of {all} off device {id}");
            self.progress.set(op.job, text.into());
            match self.move_away(op, next, check_heal).await? {
                // Its volume does without it already, and there is nothing here to take it away from.
                Some(JobOutcome::Failed { .. }) if self.is_left_on_lost_disk(id, next.id).await? => {
                    moved += 1
                }
                Some(JobOutcome::Failed { text, explanation }) => {
                    return Ok(Emptied::Not(NotEmptied { device: id, text, explanation }));
                }
                Some(_) => moved += 1,
                None => return Ok(Emptied::Interrupted),
            }
        }
    }

    /// Whether all that is left of a brick is on a disk that cannot be reached.
    async fn is_left_on_lost_disk(&self, id: DeviceId, brick: BrickId) -> Result<bool> {
        let left = leftovers::bricks_on(&mut *self.store.snapshot().await?, id).await?.contains(&brick);
        Ok(left && self.is_disk_lost(id).await?)
    }

    /// Whether the disk of a device is not there, or its peer is not.
    pub(super) async fn is_disk_lost(&self, id: DeviceId) -> Result<bool> {
        let mut conn = self.store.snapshot().await?;
        let Some(device) = device::find(&mut conn, id).await? else { return Ok(false) };
        let Some(node) = node::find(&mut conn, device.node).await? else { return Ok(false) };
        drop(conn);
        let plan = devices::plan(&node, &device, false, false)?;
        Ok(match self.runner.has_own_group(&plan).await {
            Ok(there) => !there,
            Err(error) => error.is_unreachable(),
        })
    }

    /// Moves a brick and waits for the end of it; none where the server stops meanwhile.
    async fn move_away(
        self: &Arc<Self>,
        op: &Operation,
        brick: &Brick,
        check_heal: bool,
    ) -> Result<Option<JobOutcome>> {
        // An earlier server may have begun with it. What the start of this one has undone is begun again.
        if let Some(begun) = self.eviction_of(brick.id).await? {
            let outcome = self.outcome_of(op, begun).await?;
            let failed = matches!(outcome, Some(JobOutcome::Failed { .. }));
            if !failed || self.eviction_of(brick.id).await?.is_some() {
                return Ok(outcome);
            }
        }
        let eviction = Eviction { brick: brick.id, check_heal, parent: Some(op.id) };
        let mut running = self.running.subscribe();
        let mut was_free = false;
        let begun = loop {
            running.borrow_and_update();
            match self.begin_eviction(eviction).await {
                // Another brick of the volume moves, or it grows: this one's turn comes after that.
                Err(CannotMove::Pending(_)) if self.is_volume_worked_on(brick.volume).await? => {
                    was_free = false;
                    let text = format!("waiting for another operation on volume {}", brick.volume);
                    self.progress.set(op.job, text.into());
                    if self.is_stopping() || running.changed().await.is_err() {
                        return Ok(None);
                    }
                }
                // What was in the way may have ended between the two looks.
                Err(CannotMove::Pending(_)) if !was_free => was_free = true,
                other => break other,
            }
        };
        match begun {
            Ok(job) => self.outcome_of(op, job).await,
            Err(CannotMove::Not(outcome)) => Ok(Some(outcome)),
            Err(CannotMove::Pending(text)) => {
                let explanation =
                    Some("another operation works on that volume; ask again when it is done".to_owned());
                Ok(Some(JobOutcome::Failed { text, explanation }))
            }
            Err(CannotMove::Refused(OpError::Store(error))) => Err(error),
            Err(CannotMove::Refused(OpError::ShuttingDown)) => Ok(None),
            // It has gone with its volume, which was deleted meanwhile.
            Err(CannotMove::Refused(OpError::NotFound)) => Ok(Some(JobOutcome::Done)),
            Err(CannotMove::Refused(error)) => {
                warn!("brick {} cannot be moved: {error}", brick.id);
                Ok(Some(JobOutcome::Failed { text: error.to_string(), explanation: None }))
            }
        }
    }

    /// Whether a task works on a volume or on one of its bricks.
    async fn is_volume_worked_on(&self, volume: VolumeId) -> Result<bool> {
        let mut conn = self.store.snapshot().await?;
        let all = operation::all(&mut conn).await?;
        let bricks = brick::ids_of_volume(&mut conn, volume).await?;
        let concerns = |op: &Operation| {
            op.target == volume.to_string()
                || op.detail == Detail::Clone { source: volume }
                || bricks.iter().any(|brick| op.target == brick.to_string())
        };
        Ok(all.iter().any(|op| self.is_active(op.id) && concerns(op)))
    }

    async fn eviction_of(&self, brick: BrickId) -> Result<Option<JobId>> {
        let mut conn = self.store.read().await?;
        let found = operation::on_target(&mut conn, &brick.to_string()).await?;
        Ok(found.map(|op| op.job))
    }

    /// Waits for a job, whose step shows as that of the operation `op` meanwhile.
    async fn outcome_of(&self, op: &Operation, id: JobId) -> Result<Option<JobOutcome>> {
        self.progress.follow(op.job, id);
        let mut running = self.running.subscribe();
        loop {
            running.borrow_and_update();
            if self.progress.job(id).is_none() {
                let mut conn = self.store.read().await?;
                let found = job::find(&mut conn, id).await?;
                if let Some(outcome) = found.and_then(|found| found.outcome) {
                    return Ok(Some(outcome));
                }
            }
            // The sender is the engine's own: it is never gone.
            if self.is_stopping() || running.changed().await.is_err() {
                info!("{} of {} is left to the next start", op.kind.as_str(), op.target);
                return Ok(None);
            }
        }
    }
}

fn bricks_are_coming(device: DeviceId) -> Emptied {
    let explanation = Some(format!("bricks are being made on device {device}; ask again when they are"));
    Emptied::Not(NotEmptied { device, text: IN_USE.to_owned(), explanation })
}

/// heketi's texts: that no device takes the bricks is told of the object that was asked for.
fn failure(op: &Operation, why: NotEmptied) -> Failure {
    let none = RefusalReason::NoReplacement.to_string();
    let (target, device) = (&op.target, why.device);
    let text = match op.kind {
        OperationKind::NodeRemove if why.text == none => {
            format!("Unable to remove node [{target}] as no device was found to replace device [{device}]")
        }
        _ if why.text == none => {
            format!("Unable to delete device [{device}] as no device was found to replace it: {none}")
        }
        _ => why.text,
    };
    Failure::everywhere(text, why.explanation)
}
