//! A recorded operation in a task of its own: its turn, its locks, and its rounds until it is over.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, info_span};

use super::engine::{Engine, Locking};
use super::failure;
use super::limits::{Place, Turn};
use super::locks::{Held, ObjectKey};
use crate::model::ids::OperationId;
use crate::model::operation::{Direction, JobOutcome, Operation, OperationKind};
use crate::store::{Result, operation};

/// The longest pause between two tries.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long an operation is let alone after the database failed under it.
const AFTER_DATABASE_FAILED: Duration = Duration::from_secs(5);

/// What an operation keeps others from while it runs.
pub(super) struct Claims {
    locks: Held,
    place: Option<Place>,
    /// Whether its place was given up for good.
    gave_up: bool,
}

impl Claims {
    /// Gives all back but the volume: what is left to do may take days, or concerns nobody else.
    pub(super) fn keep_volume(&mut self) {
        self.locks.keep(|key| matches!(key, ObjectKey::Volume(_)));
        self.leave_place();
        self.gave_up = true;
    }

    /// Lets another operation run in its place.
    pub(super) fn leave_place(&mut self) {
        if let Some(place) = &mut self.place {
            place.leave();
        }
    }

    /// The same where not too many do so already.
    pub(super) fn step_aside(&mut self) {
        if let Some(place) = &mut self.place {
            place.step_aside();
        }
    }

    /// Counts among those that run again, unless it has given all back.
    pub(super) fn come_back(&mut self) {
        if let Some(place) = self.place.as_mut().filter(|_| !self.gave_up) {
            place.come_back();
        }
    }
}

/// Whether an operation keeps its whole cluster to itself.
pub(super) fn is_pool_wide(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::NodeAdd | OperationKind::NodeDelete)
}

/// Since when a move fails. How long it took before says nothing about the peer that fails at its end.
#[derive(Clone, Copy)]
struct Failing {
    /// Whether only what is left of the old brick was to be taken away.
    at_end: bool,
    since_ms: i64,
}

impl Failing {
    fn new(op: &Operation, now_ms: i64) -> Failing {
        Failing { at_end: failure::is_destroying(op), since_ms: now_ms }
    }

    /// None where the move has got on since.
    fn since(self, op: &Operation) -> Option<i64> {
        (self.at_end == failure::is_destroying(op)).then_some(self.since_ms)
    }
}

/// When the time began in which a failure of an operation may pass; none where it begins now.
pub(super) type Since<'a> = &'a (dyn Fn(&Operation) -> Option<i64> + Sync);

/// How a round of an operation ended.
pub(super) enum Round {
    /// It has come to its end on disk; its job is still to be told.
    Ended(JobOutcome),
    /// Nothing is left to do, now or for this task.
    Over,
    /// It goes on, perhaps in the other direction.
    Again,
    /// It goes on after a pause.
    After(Duration),
}

impl Engine {
    /// Begins to work on a recorded operation that is marked active. `fresh`: nobody has worked on it before.
    pub(super) fn spawn(self: &Arc<Self>, op: Operation, locking: Locking, turn: Option<Turn>, fresh: bool) {
        let engine = Arc::clone(self);
        self.running.send_modify(|count| *count += 1);
        let span =
            info_span!("operation", op.id = %op.id, op.kind = op.kind.as_str(), op.target = %op.target);
        let (id, job) = (op.id, op.job);
        let work = async move {
            let holder = format!("{} of {}", op.kind.as_str(), op.target);
            let place = match turn {
                Some(turn) => Some(engine.limits.place(turn).await),
                None => None,
            };
            let locks = match locking {
                Locking::Held(held) => held,
                Locking::Wanted(locks) if is_pool_wide(op.kind) => {
                    engine.locks.acquire_by_turns(&locks, &holder).await
                }
                Locking::Wanted(locks) => engine.locks.acquire(&locks, &holder).await,
            };
            engine.run_and_tell(op, fresh, Claims { locks, place, gave_up: false }).await
        };
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            // A panic leaves the operation to the background. What the engine shares is behind locks that outlive it.
            let work = AssertUnwindSafe(work.instrument(span)).catch_unwind();
            let ended = match work.await {
                Ok(ended) => ended,
                Err(_) => {
                    engine.after_panic(id).await;
                    false
                }
            };
            engine.progress.clear(job);
            engine.set_active(id, false);
            if !ended {
                engine.wake.notify_one();
            }
            engine.running.send_modify(|count| *count -= 1);
        });
    }

    /// Runs an operation; a client whose delete does not come on for very long is told that it goes on without him. Returns
    /// whether nothing is left to do.
    async fn run_and_tell(self: &Arc<Self>, op: Operation, fresh: bool, claims: Claims) -> bool {
        let deletes = matches!(op.kind, OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete);
        let late = (deletes && fresh).then_some((op.id, op.job));
        let mut run = std::pin::pin!(self.run(op, fresh, claims));
        let Some((id, job)) = late else { return run.await };
        let (patience, mut since) = (self.settings.delete_patience, Instant::now());
        loop {
            if let Ok(ended) = tokio::time::timeout_at(since + patience, &mut run).await {
                return ended;
            }
            // One that only takes long, on slow peers or with many bricks, comes on all the time.
            match self.progress.came_on(job).filter(|came_on| *came_on > since) {
                Some(came_on) => since = came_on,
                // Side by side: what runs may hold the connection that the answer needs.
                None => return tokio::join!(run, self.tell_it_goes_on(id, job)).0,
            }
        }
    }

    /// The operation as the database has it, once that answers again; none where it has ended, or the server stops.
    async fn read_again(&self, id: OperationId) -> Option<Operation> {
        loop {
            // A full disk must not make it run in circles.
            self.pause(AFTER_DATABASE_FAILED).await;
            if self.is_stopping() {
                return None;
            }
            match self.find_operation(id).await {
                Ok(found) => return found,
                Err(refused) => {
                    error!(error = &refused as &dyn std::error::Error, "the database still fails");
                }
            }
        }
    }

    async fn find_operation(&self, id: OperationId) -> Result<Option<Operation>> {
        operation::find(&mut *self.store.snapshot().await?, id).await
    }

    async fn after_panic(&self, id: OperationId) {
        error!("operation {id} ended unexpectedly, see the panic above; it is taken up again later");
        if let Err(refused) = self.park_after_panic(id).await {
            error!(error = &refused as &dyn std::error::Error, "operation {id} could not be parked");
            self.pause(AFTER_DATABASE_FAILED).await;
        }
    }

    /// Waits, but not for longer than the server is to run.
    pub(super) async fn pause(&self, time: Duration) {
        let mut stopping = self.stopping.subscribe();
        // Either way it is over: whoever asked looks whether the server stops.
        tokio::time::timeout(time, stopping.wait_for(|stop| *stop)).await.ok();
    }

    async fn run(self: &Arc<Self>, mut op: Operation, mut fresh: bool, mut claims: Claims) -> bool {
        let began = self.clock.now_ms();
        let mut failing: Option<Failing> = None;
        let mut pause = self.settings.first_retry;
        loop {
            let round = match op.direction {
                Direction::Forward => {
                    let since = |op: &Operation| match op.kind {
                        OperationKind::BrickEvict => failing.and_then(|failing| failing.since(op)),
                        _ => Some(began),
                    };
                    self.forward(&mut op, &since, fresh, &mut claims).await
                }
                Direction::Back => self.backward(&mut op, &mut claims).await,
            };
            match round {
                Ok(Round::Ended(outcome)) => {
                    // First: who hears of it may at once ask for what this one kept from others.
                    drop(claims);
                    self.progress.end(op.job, outcome);
                    return op.parked.is_none() && !self.is_stopping();
                }
                Ok(Round::Over) => return op.parked.is_none() && !self.is_stopping(),
                Ok(Round::Again) => {}
                Ok(Round::After(least)) => {
                    let known = failing.filter(|failing| failing.since(&op).is_some());
                    failing = known.or_else(|| Some(Failing::new(&op, self.clock.now_ms())));
                    self.pause(least.max(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(refused) => {
                    error!(
                        error = &refused as &dyn std::error::Error,
                        "the database failed in the middle of an operation; it is gone on with later"
                    );
                    match self.read_again(op.id).await {
                        // What was done last may not have been written down: it is done again.
                        Some(found) => (op, fresh) = (found, false),
                        None => return !self.is_stopping(),
                    }
                }
            }
            if self.is_stopping() {
                info!("left to the next start of the server");
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::failure::tests::moving;

    #[test]
    fn a_move_that_gets_on_between_two_failures_begins_to_fail_anew() {
        let failing = Failing::new(&moving(0), 7);
        assert_eq!(failing.since(&moving(0)), Some(7), "gluster does not exchange the brick");
        assert_eq!(failing.since(&moving(2)), None, "its old place cannot be cleared");
    }
}
