//! The engine: records a decision, runs its steps, turns back where it must, and finishes.
//!
//! **Invariant:** a step is marked *started* on disk before its first byte goes out. **Invariant:** no
//! transaction is open while a host works.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Sqlite, Transaction};
use tokio::sync::{Notify, watch};
use tracing::{Instrument as _, error, info, info_span, warn};

use super::background::creates;
use super::error::OpError;
use super::failure::{self, OnFailure};
use super::limits::{Limits, Ticket};
use super::locks::{Held, Locks, Mode, ObjectKey};
use super::progress::{Progress, describe};
use super::steps::{StepError, StepRunner};
use super::{OperationSettings, Parts, finish};
use crate::executor::Executor;
use crate::model::clock::Clock;
use crate::model::ids::{ClusterId, Ids, JobId, OperationId};
use crate::model::operation::{Direction, Failure, Job, Operation, OperationKind, Parked, StepRecord};
use crate::model::step::{Step, StepOutput, StepState};
use crate::store::step::StepMark;
use crate::store::{Result, Store, job, operation, step};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the facade, the engine and the background share.
pub(super) struct Engine {
    pub(super) store: Arc<Store>,
    pub(super) executor: Arc<dyn Executor>,
    pub(super) runner: StepRunner,
    pub(super) settings: OperationSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) locks: Arc<Locks>,
    pub(super) limits: Limits,
    pub(super) progress: Progress,
    /// Operations that a task works on.
    pub(super) active: Mutex<BTreeSet<OperationId>>,
    /// Told when an operation was parked or given up, so that the background looks again.
    pub(super) wake: Notify,
    /// How many tasks run; the last one to end is waited for at shutdown.
    pub(super) running: watch::Sender<usize>,
    /// Set once, when the server is to stop.
    pub(super) stopping: watch::Sender<bool>,
}

/// A decision that is ready to be recorded and run.
pub(super) struct Decision {
    pub(super) id: OperationId,
    pub(super) job: JobId,
    pub(super) kind: OperationKind,
    pub(super) target: String,
    /// Steps by stage.
    pub(super) stages: Vec<Vec<Step>>,
    pub(super) locks: Vec<(ObjectKey, Mode)>,
}

/// The locks of an operation.
pub(super) enum Locking {
    /// To be waited for.
    Wanted(Vec<(ObjectKey, Mode)>),
    /// Taken already.
    Held(Held),
}

/// Leave to run, for operations that are limited.
pub(super) struct Turn {
    pub(super) cluster: ClusterId,
    pub(super) ticket: Ticket,
}

/// How a stop of the engine went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing was left running.
    Cleanly,
    /// So many operations were left to the recovery of the next start.
    LeftRunning(usize),
}

/// How a round of an operation ended.
enum Round {
    /// Nothing is left to do, now or for this task.
    Over,
    /// It goes on, perhaps in the other direction.
    Again,
    /// It goes on after a pause.
    After(Duration),
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Engine {
        Engine {
            runner: StepRunner::new(Arc::clone(&parts.executor), Arc::new(parts.peer_settings)),
            limits: Limits::new(parts.settings.max_inflight),
            store: parts.store,
            executor: parts.executor,
            settings: parts.settings,
            clock: parts.clock,
            ids: parts.ids,
            locks: Arc::default(),
            progress: Progress::default(),
            active: Mutex::default(),
            wake: Notify::new(),
            running: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
        }
    }

    /// A decision with fresh ids.
    pub(super) fn decision(
        &self,
        kind: OperationKind,
        target: impl ToString,
        stages: Vec<Vec<Step>>,
        locks: Vec<(ObjectKey, Mode)>,
    ) -> Decision {
        let id = OperationId::from_uuid(self.ids.draw());
        let job = JobId::from_uuid(self.ids.draw());
        Decision { id, job, kind, target: target.to_string(), stages, locks }
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Records a decision with its job, commits, and begins to run it. From the commit on the peers may change.
    pub(super) async fn launch(
        self: &Arc<Self>,
        mut tx: Transaction<'static, Sqlite>,
        decision: Decision,
        by_user: bool,
        turn: Option<Turn>,
    ) -> std::result::Result<JobId, OpError> {
        if self.is_stopping() {
            return Err(OpError::ShuttingDown);
        }
        let (id, now) = (decision.job, self.clock.now_ms());
        job::insert(&mut tx, &Job { id, by_user, outcome: None, created_ms: now }).await?;
        let recorded = record(&decision, now);
        operation::insert(&mut tx, &recorded).await?;
        // Marked before the commit: the task must not be taken for an abandoned operation in between.
        self.set_active(recorded.id, true);
        if let Err(refused) = tx.commit().await {
            self.set_active(recorded.id, false);
            return Err(OpError::Store(refused.into()));
        }
        self.spawn(recorded, Locking::Wanted(decision.locks), turn, true);
        Ok(id)
    }

    pub(super) fn set_active(&self, id: OperationId, active: bool) {
        let mut set = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if active {
            set.insert(id)
        } else {
            set.remove(&id)
        };
    }

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
                Some(turn) => Some(engine.limits.place(turn.cluster, turn.ticket).await),
                None => None,
            };
            let held = match locking {
                Locking::Held(held) => held,
                Locking::Wanted(locks) => engine.locks.acquire(&locks, &holder).await,
            };
            engine.run(op, fresh).await;
            drop((held, place));
        };
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            // A panic ends the inner task only; the operation is left to the background.
            if let Err(panic) = tokio::spawn(work.instrument(span)).await {
                error!("operation {id} ended unexpectedly: {panic}");
            }
            engine.progress.clear(job);
            engine.set_active(id, false);
            engine.wake.notify_one();
            engine.running.send_modify(|count| *count -= 1);
        });
    }

    async fn run(&self, mut op: Operation, fresh: bool) {
        // Additions do each step once: what fails turns them back.
        let fresh = fresh && creates(op.kind);
        let began = self.clock.now_ms();
        let mut pause = self.settings.first_retry;
        loop {
            let round = match op.direction {
                Direction::Forward => self.forward(&mut op, began, fresh).await,
                Direction::Back => self.backward(&mut op).await,
            };
            match round {
                Ok(Round::Over) => return,
                Ok(Round::Again) => {}
                Ok(Round::After(least)) => {
                    tokio::time::sleep(least.max(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(refused) => {
                    error!(
                        error = &refused as &dyn std::error::Error,
                        "the database failed in the middle of an operation; it is taken up again later"
                    );
                    return;
                }
            }
            if self.is_stopping() {
                info!("left to the next start of the server");
                return;
            }
        }
    }

    async fn forward(&self, op: &mut Operation, began_ms: i64, fresh: bool) -> Result<Round> {
        let stages = op.steps.last().map_or(0, |last| last.stage + 1);
        for stage in 0..stages {
            if self.is_stopping() {
                return Ok(Round::Over);
            }
            if let Some(cause) = self.run_stage(op, stage, fresh).await? {
                return self.turn_after(op, cause, began_ms).await;
            }
        }
        finish::finish(self, op).await?;
        Ok(Round::Over)
    }

    /// Runs the steps of a stage side by side; the first failure, if any, once all have ended.
    async fn run_stage(
        &self,
        op: &mut Operation,
        stage: u32,
        fresh: bool,
    ) -> Result<Option<(usize, StepError)>> {
        let due: Vec<usize> =
            positions(op, |record| record.stage == stage && record.state != StepState::Done);
        if due.is_empty() {
            return Ok(None);
        }
        self.mark_started(op, &due).await?;
        self.progress.set(op.job, describe(&steps_at(op, &due), false));
        let mut running = Vec::with_capacity(due.len());
        for &at in &due {
            running.push(self.runner.apply(&op.steps[at].step));
        }
        let results = join_all(running).await;
        let mut failed = None;
        for (&at, result) in due.iter().zip(results) {
            match result {
                Ok(output) => {
                    op.steps[at].state = StepState::Done;
                    op.steps[at].output = output;
                }
                Err(cause) => {
                    // Nothing is there that an undo would need the peer for.
                    if cause.has_not_begun() && fresh {
                        op.steps[at].state = StepState::Undone;
                    }
                    failed = failed.or(Some((at, cause)));
                }
            }
        }
        Ok(failed)
    }

    /// Puts the marks of `due` on disk, with those of the stage before, unless they came with the decision.
    async fn mark_started(&self, op: &mut Operation, due: &[usize]) -> Result<()> {
        if due.iter().all(|&at| op.steps[at].state == StepState::Started) {
            return Ok(());
        }
        for &at in due {
            op.steps[at].state = StepState::Started;
        }
        self.save_marks(op).await
    }

    async fn save_marks(&self, op: &Operation) -> Result<()> {
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn turn_after(
        &self,
        op: &mut Operation,
        cause: (usize, StepError),
        began_ms: i64,
    ) -> Result<Round> {
        let (at, error) = cause;
        warn!(error = &error as &dyn std::error::Error, step = ?op.steps[at].step, "a step failed: {}", error.text());
        let spent = Duration::from_millis(u64::try_from(self.clock.now_ms() - began_ms).unwrap_or(0));
        match failure::after(op, &error, spent, self.settings.delete_budget) {
            OnFailure::TurnBack => {
                let cause = failure::of(op, at, &error);
                self.turn(op, Direction::Back, Some(cause)).await?;
                Ok(Round::Again)
            }
            OnFailure::Retry => {
                self.progress.set(op.job, format!("waiting: {}", error.text().trim()));
                self.save_marks(op).await?;
                Ok(Round::After(Duration::ZERO))
            }
            OnFailure::Park => {
                let cause = failure::of(op, at, &error);
                // Also what a program refused: there is no way back any more, and its reason may go.
                self.park(op, &cause, !error.holds_data()).await
            }
            OnFailure::Ignore => {
                info!("forgotten all the same, as the request asked");
                op.steps[at].state = StepState::Done;
                Ok(Round::Again)
            }
            OnFailure::GiveUp => {
                op.failure = Some(failure::of(op, at, &error));
                finish::abandon(self, op).await?;
                Ok(Round::Over)
            }
        }
    }

    async fn turn(&self, op: &mut Operation, direction: Direction, cause: Option<Failure>) -> Result<()> {
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        operation::turn(&mut tx, op.id, direction, cause.as_ref()).await?;
        tx.commit().await?;
        op.direction = direction;
        if cause.is_some() {
            op.failure = cause;
        }
        Ok(())
    }

    /// Undoes what may have happened, newest stage first.
    async fn backward(&self, op: &mut Operation) -> Result<Round> {
        let stages = op.steps.last().map_or(0, |last| last.stage + 1);
        for stage in (0..stages).rev() {
            if self.is_stopping() {
                return Ok(Round::Over);
            }
            let due = positions(op, |record| {
                record.stage == stage && matches!(record.state, StepState::Started | StepState::Done)
            });
            if let Some((at, error)) = self.undo_stage(op, &due).await {
                return self.after_failed_undo(op, at, error).await;
            }
        }
        finish::abandon_or_retry(self, op).await.map(|again| if again { Round::Again } else { Round::Over })
    }

    async fn undo_stage(&self, op: &mut Operation, due: &[usize]) -> Option<(usize, StepError)> {
        if due.is_empty() {
            return None;
        }
        self.progress.set(op.job, describe(&steps_at(op, due), true));
        let mut running = Vec::with_capacity(due.len());
        for &at in due {
            running.push(self.runner.undo(&op.steps[at].step));
        }
        let results = join_all(running).await;
        let mut failed = None;
        for (&at, result) in due.iter().zip(results) {
            match result {
                Ok(()) => op.steps[at].state = StepState::Undone,
                Err(cause) => failed = failed.or(Some((at, cause))),
            }
        }
        failed
    }

    async fn after_failed_undo(&self, op: &mut Operation, at: usize, error: StepError) -> Result<Round> {
        if error.is_irreversible() {
            info!("{} has happened and cannot be taken back; going on", op.kind.as_str());
            op.steps[at].state = StepState::Done;
            self.turn(op, Direction::Forward, None).await?;
            return Ok(Round::Again);
        }
        warn!(error = &error as &dyn std::error::Error, step = ?op.steps[at].step, "an undo failed: {}", error.text());
        let retry = !error.holds_data();
        let now = failure::of(op, at, &error);
        // The client hears what went wrong first; the log and the record say what is in the way now.
        let told = op.failure.clone().unwrap_or_else(|| now.clone());
        self.save_marks(op).await?;
        self.park_as(op, &told, &now, retry).await
    }

    async fn park(&self, op: &mut Operation, cause: &Failure, retry: bool) -> Result<Round> {
        self.park_as(op, cause, cause, retry).await
    }

    /// Leaves the operation to the background and answers its job: the client is not kept waiting.
    async fn park_as(&self, op: &mut Operation, told: &Failure, now: &Failure, retry: bool) -> Result<Round> {
        let attempts = op.parked.as_ref().map_or(1, |parked| parked.attempts.saturating_add(1));
        let pause = pause_before(attempts, self.settings.first_retry);
        let now_ms = self.clock.now_ms();
        let next_try_ms = now_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let reason = now.explanation.clone().unwrap_or_else(|| now.text.clone());
        let parked = Parked { reason, retry, attempts, next_try_ms };
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        operation::park(&mut tx, op.id, &parked).await?;
        job::finish(&mut tx, op.job, &told.outcome(), now_ms).await?;
        tx.commit().await?;
        warn!(
            "parked after try {attempts}, {}: {}",
            if retry { "tried again later" } else { "for a person" },
            parked.reason
        );
        op.parked = Some(parked);
        Ok(Round::Over)
    }
}

/// Doubles from `first`, up to [`LONGEST_PAUSE`].
fn pause_before(attempts: u32, first: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
}

fn positions(op: &Operation, wanted: impl Fn(&StepRecord) -> bool) -> Vec<usize> {
    op.steps.iter().enumerate().filter(|(_, record)| wanted(record)).map(|(at, _)| at).collect()
}

fn steps_at<'a>(op: &'a Operation, at: &[usize]) -> Vec<&'a Step> {
    at.iter().map(|&at| &op.steps[at].step).collect()
}

fn marks(op: &Operation) -> Vec<StepMark> {
    let mark = |record: &StepRecord| StepMark {
        seq: record.seq,
        state: record.state,
        output: record.output.clone(),
    };
    op.steps.iter().filter(|record| record.state != StepState::Planned).map(mark).collect()
}

/// The record of a decision. Its first stage counts as started: it begins right after the commit.
fn record(decision: &Decision, now_ms: i64) -> Operation {
    Operation {
        id: decision.id,
        kind: decision.kind,
        target: decision.target.clone(),
        job: decision.job,
        direction: Direction::Forward,
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: now_ms,
        steps: records(&decision.stages),
    }
}

/// Numbers the steps of all stages; those of the first one count as started.
pub(super) fn records(stages: &[Vec<Step>]) -> Vec<StepRecord> {
    let mut found: Vec<StepRecord> = Vec::new();
    for (stage, steps) in (0_u32..).zip(stages) {
        for step in steps {
            let seq = u32::try_from(found.len()).unwrap_or(u32::MAX);
            let state = if stage == 0 { StepState::Started } else { StepState::Planned };
            found.push(StepRecord { seq, stage, step: step.clone(), state, output: StepOutput::Nothing });
        }
    }
    found
}
