//! The engine: records a decision, runs its steps, turns back where it must, and finishes.
//!
//! **Invariant:** a step is marked *started* on disk before its first byte goes out. **Invariant:** no
//! transaction is open while a host works.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::{Sqlite, Transaction};
use tokio::sync::{Notify, watch};
use tracing::{Instrument as _, error, info, info_span};

use super::background::creates;
use super::error::OpError;
use super::fullness::PassedLevels;
use super::limits::{Limits, Ticket};
use super::locks::{Held, Locks, Mode, ObjectKey};
use super::progress::Progress;
use super::steps::StepRunner;
use super::{OperationSettings, Parts};
use crate::executor::Executor;
use crate::executor::settings::PeerSettings;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::ids::{ClusterId, Ids, JobId, NodeId, OperationId};
use crate::model::operation::{Detail, Direction, Job, Operation, OperationKind, StepRecord};
use crate::model::step::{Step, StepOutput, StepState};
use crate::store::step::StepMark;
use crate::store::{Store, job, operation};

/// The longest pause between two tries.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long an operation is let alone after the database failed under it.
const AFTER_DATABASE_FAILED: Duration = Duration::from_secs(5);

/// What the facade, the engine and the background share.
pub(super) struct Engine {
    pub(super) store: Arc<Store>,
    pub(super) executor: Arc<dyn Executor>,
    pub(super) peer_settings: Arc<PeerSettings>,
    pub(super) runner: StepRunner,
    pub(super) settings: OperationSettings,
    pub(super) metrics: Metrics,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) locks: Arc<Locks>,
    pub(super) limits: Limits,
    pub(super) progress: Progress,
    /// Operations that a task works on.
    pub(super) active: Mutex<BTreeSet<OperationId>>,
    /// Told when an operation was parked or given up, so that the background looks again.
    pub(super) wake: Notify,
    /// Jobs whose outcome was read, and when, since the background wrote that down last.
    pub(super) read: Mutex<HashMap<JobId, i64>>,
    /// Nodes whose glusterd did not answer when it was asked last.
    pub(super) down: Mutex<BTreeSet<NodeId>>,
    /// How full thin pools were when they were looked at last.
    pub(super) passed_levels: PassedLevels,
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
    /// For a volume create: where it may be tried again; empty allows all clusters.
    pub(super) clusters: Vec<ClusterId>,
    /// What it has to know beside its steps.
    pub(super) detail: Detail,
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
pub(super) enum Round {
    /// Nothing is left to do, now or for this task.
    Over,
    /// It goes on, perhaps in the other direction.
    Again,
    /// It goes on after a pause.
    After(Duration),
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Engine {
        let peer_settings = Arc::new(parts.peer_settings);
        Engine {
            runner: StepRunner::new(Arc::clone(&parts.executor), Arc::clone(&peer_settings)),
            peer_settings,
            limits: Limits::new(parts.settings.max_inflight),
            store: parts.store,
            executor: parts.executor,
            settings: parts.settings,
            metrics: parts.metrics,
            clock: parts.clock,
            ids: parts.ids,
            locks: Arc::default(),
            progress: Progress::default(),
            active: Mutex::default(),
            wake: Notify::new(),
            read: Mutex::default(),
            down: Mutex::default(),
            passed_levels: PassedLevels::default(),
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
        Decision {
            id,
            job,
            kind,
            target: target.to_string(),
            stages,
            locks,
            clusters: Vec::new(),
            detail: Detail::Nothing,
        }
    }

    /// Whether a node is known to be down; one that nobody has asked yet counts as up.
    pub(super) fn is_down(&self, node: NodeId) -> bool {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).contains(&node)
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
        let job = Job { id, by_user, outcome: None, created_ms: now };
        job::insert(&mut tx, &job).await?;
        let recorded = record(&decision, now);
        operation::insert(&mut tx, &recorded).await?;
        // Marked before the commit: the task must not be taken for an abandoned operation in between.
        self.set_active(recorded.id, true);
        if let Err(refused) = tx.commit().await {
            self.set_active(recorded.id, false);
            return Err(OpError::Store(refused.into()));
        }
        self.progress.begin(job);
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
            let ended = engine.run_and_tell(op, fresh).await;
            drop((held, place));
            ended
        };
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            // A panic leaves the operation to the background. What the engine shares is behind locks that outlive it.
            let work = AssertUnwindSafe(work.instrument(span)).catch_unwind();
            let ended = match work.await {
                Ok(ended) => ended,
                Err(_) => {
                    error!("operation {id} ended unexpectedly; it is taken up again later");
                    // As after the database failed: what panics once may do so each time.
                    engine.pause(AFTER_DATABASE_FAILED).await;
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

    /// Runs an operation; a client whose delete takes very long is told that it goes on without him. Returns whether
    /// nothing is left to do.
    async fn run_and_tell(self: &Arc<Self>, op: Operation, fresh: bool) -> bool {
        let late = (op.kind == OperationKind::VolumeDelete && fresh).then_some((op.id, op.job));
        let mut run = std::pin::pin!(self.run(op, fresh));
        let Some((id, job)) = late else { return run.await };
        match tokio::time::timeout(self.settings.delete_patience, &mut run).await {
            Ok(ended) => ended,
            // Side by side: what runs may hold the connection that the answer needs.
            Err(_) => tokio::join!(run, self.tell_it_goes_on(id, job)).0,
        }
    }

    /// Waits, but not for longer than the server is to run.
    pub(super) async fn pause(&self, time: Duration) {
        let mut stopping = self.stopping.subscribe();
        // Either way it is over: whoever asked looks whether the server stops.
        tokio::time::timeout(time, stopping.wait_for(|stop| *stop)).await.ok();
    }

    async fn run(self: &Arc<Self>, mut op: Operation, fresh: bool) -> bool {
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
                Ok(Round::Over) => return op.parked.is_none() && !self.is_stopping(),
                Ok(Round::Again) => {}
                Ok(Round::After(least)) => {
                    self.pause(least.max(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(refused) => {
                    error!(
                        error = &refused as &dyn std::error::Error,
                        "the database failed in the middle of an operation; it is taken up again later"
                    );
                    // It stays marked active meanwhile: a full disk must not make it run in circles.
                    self.pause(AFTER_DATABASE_FAILED).await;
                    return false;
                }
            }
            if self.is_stopping() {
                info!("left to the next start of the server");
                return false;
            }
        }
    }
}

pub(super) fn positions(op: &Operation, wanted: impl Fn(&StepRecord) -> bool) -> Vec<usize> {
    op.steps.iter().enumerate().filter(|(_, record)| wanted(record)).map(|(at, _)| at).collect()
}

pub(super) fn steps_at<'a>(op: &'a Operation, at: &[usize]) -> Vec<&'a Step> {
    at.iter().map(|&at| &op.steps[at].step).collect()
}

pub(super) fn marks(op: &Operation) -> Vec<StepMark> {
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
        detail: decision.detail.clone(),
        clusters: decision.clusters.clone(),
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
