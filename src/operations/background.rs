//! Recovery at start, and the background: what was parked is tried again, what is old is forgotten.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::SqliteConnection;
use tracing::{error, info, warn};

use super::engine::{Engine, Locking, Stopped};
use super::limits::Turn;
use super::locks::{Mode, ObjectKey};
use super::recovery::{self, Next};
use super::run::{LONGEST_PAUSE, is_pool_wide};
use super::{Operations, block_plan, devices, failure, volume_clone, volume_create};
use crate::model::ids::OperationId;
use crate::model::operation::{Detail, Direction, JobOutcome, Operation, OperationKind};
use crate::store::{Result, block_volume, brick, device, idempotency, job, node, operation, volume};

/// How often the background looks at the latest; a parked operation wakes it earlier.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many looks lie between two that forget old jobs.
const FORGET_EVERY: u32 = 60;

/// How long running commands are waited for at shutdown.
const STOP_WITHIN: Duration = Duration::from_secs(25);

impl Operations {
    /// Takes up what an earlier server left unfinished. To be called before any request is let in: the locks of
    /// all unfinished operations are taken, as far as these do not wait for each other; the work goes on behind.
    ///
    /// # Errors
    /// When the database refuses. What cannot be finished is listed and tried again; the server starts. Returns how
    /// many were taken up.
    pub async fn recover(&self) -> Result<usize> {
        let engine = &self.inner;
        engine.put_rooms_right().await?;
        let mut conn = engine.store.read().await?;
        let unfinished = operation::all(&mut conn).await?;
        drop(conn);
        let interrupted = JobOutcome::Failed {
            text: "the server was restarted in the middle; ask again".to_owned(),
            explanation: None,
        };
        let mut writer = engine.store.writer().await?;
        job::end_abandoned(&mut writer, &interrupted, engine.clock.now_ms()).await?;
        drop(writer);
        let mut count = 0;
        for op in unfinished {
            // What waits for a person waits on; its objects stay as they are in the database.
            if let Some(parked) = op.parked.as_ref().filter(|parked| !parked.retry) {
                warn!("{} of {} waits for a person: {}", op.kind.as_str(), op.target, parked.reason);
                continue;
            }
            count += 1;
            engine.take_up_or_say(&op, true).await;
        }
        Ok(count)
    }

    /// Begins the background; it ends when the server stops.
    pub fn start_background(&self) {
        let engine = Arc::clone(&self.inner);
        tokio::spawn(async move { engine.background().await });
    }

    /// How many limited operations are under way or waiting.
    pub fn in_flight(&self) -> usize {
        self.inner.limits.in_flight()
    }

    /// Takes no more work and waits for what runs, up to 25 seconds. The recovery of the next start does the rest.
    pub async fn stop(&self) -> Stopped {
        self.inner.stopping.send_replace(true);
        self.inner.wake.notify_one();
        let mut running = self.inner.running.subscribe();
        let ended = tokio::time::timeout(STOP_WITHIN, running.wait_for(|count| *count == 0)).await;
        match ended {
            Ok(_) => Stopped::Cleanly,
            Err(_) => Stopped::LeftRunning(*self.inner.running.borrow()),
        }
    }
}

impl Engine {
    /// Takes an operation up; what goes wrong with one must not keep the others waiting.
    pub(super) async fn take_up_or_say(self: &Arc<Self>, seen: &Operation, at_start: bool) {
        if let Err(refused) = self.take_up(seen.id, at_start).await {
            self.set_active(seen.id, false);
            error!(
                error = &refused as &dyn std::error::Error,
                "{} of {} could not be taken up; it is tried again",
                seen.kind.as_str(),
                seen.target
            );
        }
    }

    /// Decides what follows for an unfinished operation that nobody works on, and begins.
    async fn take_up(self: &Arc<Self>, id: OperationId, at_start: bool) -> Result<()> {
        // Claimed first and read again then: it may have come to its end since it was listed.
        if !self.claim_one(id) {
            return Ok(());
        }
        let mut tx = self.store.snapshot().await?;
        let Some(mut op) = operation::find(&mut tx, id).await? else {
            self.set_active(id, false);
            return Ok(());
        };
        let keyed = idempotency::guards(&mut tx, &op.target, op.job).await?;
        let locks = locks_of(&mut tx, &op).await?;
        let turn = self.turn_for(&mut tx, &op).await?;
        drop(tx);
        let next = recovery::next(&op, keyed);
        if next == Next::Unwind && op.direction == Direction::Forward {
            let mut tx = self.store.write().await?;
            operation::turn(&mut tx, op.id, Direction::Back, None).await?;
            tx.commit().await?;
            op.direction = Direction::Back;
        }
        let does = if next == Next::Unwind { "undone" } else { "gone on with" };
        info!("{} of {} was left unfinished; it is {does}", op.kind.as_str(), op.target);
        let holder = format!("recovery of {}", op.target);
        let pool_wide = is_pool_wide(op.kind);
        let held =
            if at_start || pool_wide { self.locks.acquire(&locks, &holder).now_or_never() } else { None };
        if held.is_none() && pool_wide && !at_start {
            // Queueing for the whole cluster would hold up every volume behind it, at each try.
            self.set_active(id, false);
            return Ok(());
        }
        let locking = held.map_or(Locking::Wanted(locks), Locking::Held);
        self.spawn(op, locking, turn, false);
        Ok(())
    }

    /// Volume operations of an earlier server take their turn like new ones.
    async fn turn_for(&self, conn: &mut SqliteConnection, op: &Operation) -> Result<Option<Turn>> {
        let cluster = match op.kind {
            OperationKind::VolumeCreate
            | OperationKind::VolumeDelete
            | OperationKind::VolumeExpand
            | OperationKind::VolumeClone => {
                let Ok(id) = op.target.parse() else { return Ok(None) };
                volume::find(conn, id).await?.map(|volume| volume.cluster)
            }
            OperationKind::BlockVolumeCreate
            | OperationKind::BlockVolumeDelete
            | OperationKind::BlockVolumeExpand => {
                let Ok(id) = op.target.parse() else { return Ok(None) };
                block_volume::find(conn, id).await?.map(|block| block.cluster)
            }
            _ => None,
        };
        Ok(cluster.map(|cluster| self.limits.enter(cluster)))
    }

    async fn background(self: Arc<Self>) {
        let mut looks: u32 = 0;
        while !self.is_stopping() {
            if let Err(refused) = self.look(looks.is_multiple_of(FORGET_EVERY)).await {
                error!(
                    error = &refused as &dyn std::error::Error,
                    "the background could not look at the database"
                );
            }
            if let Err(refused) = self.write_down_what_was_read().await {
                warn!(error = &refused as &dyn std::error::Error, "could not note which jobs were read");
            }
            looks = looks.wrapping_add(1);
            // Whichever comes first; that a wake was missed only costs the pause.
            tokio::time::timeout(LOOK_EVERY, self.wake.notified()).await.ok();
        }
    }

    async fn look(self: &Arc<Self>, forget: bool) -> Result<()> {
        let mut conn = self.store.read().await?;
        let unfinished = if operation::count(&mut conn).await? > self.active_count() {
            operation::all(&mut conn).await?
        } else {
            Vec::new()
        };
        drop(conn);
        for op in unfinished {
            if self.is_due(&op) {
                self.take_up_or_say(&op, false).await;
            }
        }
        if forget {
            let mut tx = self.store.write().await?;
            job::forget_old(&mut tx, self.clock.now_ms()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    fn active_count(&self) -> u64 {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Whether a time has come. One that is further away than any pause was set by a clock that was wrong.
    fn has_come(&self, time_ms: i64) -> bool {
        let longest = i64::try_from(LONGEST_PAUSE.as_millis()).unwrap_or(i64::MAX);
        let left = time_ms.saturating_sub(self.clock.now_ms());
        left <= 0 || left > longest
    }

    fn is_due(&self, op: &Operation) -> bool {
        if self.active.lock().unwrap_or_else(PoisonError::into_inner).contains(&op.id) {
            return false;
        }
        match &op.parked {
            Some(parked) => parked.retry && self.has_come(parked.next_try_ms),
            // Its task ended without finishing or parking it: it panicked, or could not be taken up.
            None => true,
        }
    }
}

/// Whether it makes something new.
pub(super) fn creates(kind: OperationKind) -> bool {
    matches!(
        kind,
        OperationKind::NodeAdd
            | OperationKind::DeviceAdd
            | OperationKind::VolumeCreate
            | OperationKind::VolumeClone
            | OperationKind::BlockVolumeCreate
    )
}

/// The locks an operation holds; what they need is read again, as only the target is recorded.
async fn locks_of(conn: &mut SqliteConnection, op: &Operation) -> Result<Vec<(ObjectKey, Mode)>> {
    match op.kind {
        OperationKind::NodeAdd | OperationKind::NodeDelete => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let node = node::find(conn, id).await?;
            Ok(node.map_or_else(Vec::new, |node| super::nodes::locks(&node)))
        }
        OperationKind::DeviceAdd | OperationKind::DeviceDelete | OperationKind::DeviceResync => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let Some(device) = device::find(conn, id).await? else { return Ok(Vec::new()) };
            let node = node::find(conn, device.node).await?;
            Ok(node.map_or_else(Vec::new, |node| devices::locks(&node, id)))
        }
        // Each of its parts takes its own.
        OperationKind::DeviceRemove | OperationKind::NodeRemove => Ok(Vec::new()),
        OperationKind::BrickEvict => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let Some(brick) = brick::find(conn, id).await? else { return Ok(Vec::new()) };
            if failure::is_exchanged(op) {
                return Ok(vec![(ObjectKey::Volume(brick.volume), Mode::Exclusive)]);
            }
            let volume = volume::find(conn, brick.volume).await?;
            Ok(volume.map_or_else(Vec::new, |volume| volume_create::locks(volume.cluster, volume.id)))
        }
        OperationKind::BlockVolumeCreate
        | OperationKind::BlockVolumeDelete
        | OperationKind::BlockVolumeExpand => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let Some(block) = block_volume::find(conn, id).await? else { return Ok(Vec::new()) };
            let hosting = op.detail.own_hosting().map(|id| (ObjectKey::Volume(id), Mode::Exclusive));
            Ok(block_plan::locks(block.cluster, id).into_iter().chain(hosting).collect())
        }
        OperationKind::VolumeClone => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let Detail::Clone { source } = op.detail else { return Ok(Vec::new()) };
            let volume = volume::find(conn, id).await?;
            Ok(volume.map_or_else(Vec::new, |volume| volume_clone::locks(volume.cluster, source, id)))
        }
        OperationKind::VolumeCreate | OperationKind::VolumeDelete | OperationKind::VolumeExpand => {
            let Ok(id) = op.target.parse() else { return Ok(Vec::new()) };
            let volume = volume::find(conn, id).await?;
            Ok(volume.map_or_else(Vec::new, |volume| volume_create::locks(volume.cluster, id)))
        }
    }
}
