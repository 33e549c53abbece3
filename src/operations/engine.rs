//! The engine: what all operations share, and how a decision is recorded before it runs.
//!
//! **Invariant:** a step is marked *started* on disk before its first byte goes out. **Invariant:** no
//! transaction is open while a host works.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};

use super::down_nodes::DownNodes;
use super::error::OpError;
use super::fullness::PassedLevels;
use super::limits::{Limits, Turn};
use super::locks::{Held, Locks, Mode, ObjectKey};
use super::looks::Looks;
use super::progress::Progress;
use super::records::record;
use super::steps::StepRunner;
use super::{OperationSettings, Parts};
use crate::executor::Executor;
use crate::executor::settings::PeerSettings;
use crate::metrics::Metrics;
use crate::model::block_volume::BlockVolume;
use crate::model::brick::Brick;
use crate::model::clock::Clock;
use crate::model::ids::{BrickId, ClusterId, Ids, JobId, NodeId, OperationId};
use crate::model::operation::{Detail, Job, JobSubject, OperationKind};
use crate::model::step::Step;
use crate::model::volume::Volume;
use crate::store::rows::{self, NewRows};
use crate::store::{Store, WriteTx};

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
    /// Those of them that wait until gluster has healed a brick.
    pub(super) healing: Mutex<BTreeSet<OperationId>>,
    /// Told when an operation was parked or given up, so that the background looks again.
    pub(super) wake: Notify,
    /// Jobs whose outcome was read, and when, since the background wrote that down last.
    pub(super) read: Mutex<HashMap<JobId, i64>>,
    /// Nodes that were not well when they were looked at last.
    pub(super) down: DownNodes,
    /// Nodes that are looked at just now, and those whose disks are.
    pub(super) looks: Looks,
    pub(super) looks_at_disks: Looks,
    /// Bricks that are not waited for any more, and who wants it so: what they were to be healed on is gone for good.
    pub(super) heals_given_up: watch::Sender<BTreeMap<BrickId, usize>>,
    /// How full thin pools were when they were looked at last.
    pub(super) passed_levels: PassedLevels,
    /// Held while the peers are compared with the database.
    pub(super) examining: tokio::sync::Mutex<()>,
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
    /// The volume that it makes; it is put in with it.
    pub(super) volume: Option<Volume>,
    /// The bricks that it makes, likewise.
    pub(super) bricks: Vec<Brick>,
    /// The block volume that it makes, likewise.
    pub(super) block_volume: Option<BlockVolume>,
}

/// The locks of an operation.
pub(super) enum Locking {
    /// To be waited for.
    Wanted(Vec<(ObjectKey, Mode)>),
    /// Taken already.
    Held(Held),
}

/// How a stop of the engine went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing was left running.
    Cleanly,
    /// So many operations were left to the recovery of the next start.
    LeftRunning(usize),
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
            healing: Mutex::default(),
            wake: Notify::new(),
            read: Mutex::default(),
            down: DownNodes::default(),
            looks: Looks::default(),
            looks_at_disks: Looks::default(),
            heals_given_up: watch::Sender::default(),
            passed_levels: PassedLevels::default(),
            examining: tokio::sync::Mutex::default(),
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
            volume: None,
            bricks: Vec::new(),
            block_volume: None,
        }
    }

    /// Whether a node is known to be down; one that nobody has asked yet counts as up.
    pub(super) fn is_down(&self, node: NodeId) -> bool {
        self.down.has(node)
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Records a decision with its job, commits, and begins to run it. From the commit on the peers may change.
    pub(super) async fn launch(
        self: &Arc<Self>,
        tx: WriteTx,
        decision: Decision,
        by_user: bool,
        turn: Option<Turn>,
    ) -> std::result::Result<JobId, OpError> {
        if self.is_stopping() {
            return Err(OpError::ShuttingDown);
        }
        let (id, now) = (decision.job, self.clock.now_ms());
        let recorded = record(&decision, now);
        let (volume, bricks) = (decision.volume.as_ref(), decision.bricks.as_slice());
        let block_volume = decision.block_volume.as_ref();
        // Marked before the commit: the task must not be taken for an abandoned operation in between.
        self.set_active(recorded.id, true);
        let new = NewRows { volume, bricks, block_volume, operation: Some(&recorded), by_user };
        if let Err(refused) = rows::insert_and_commit(tx, new).await {
            self.set_active(recorded.id, false);
            return Err(refused.into());
        }
        let subject = Some(JobSubject::of(&recorded));
        self.progress.begin(Job { id, subject, by_user, outcome: None, created_ms: now, is_read: false });
        self.spawn(recorded, Locking::Wanted(decision.locks), turn, true);
        Ok(id)
    }

    /// Marks an operation active, unless somebody works on it.
    pub(super) fn claim_one(&self, id: OperationId) -> bool {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    pub(super) fn set_active(&self, id: OperationId, active: bool) {
        let mut set = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if active {
            set.insert(id)
        } else {
            set.remove(&id)
        };
    }
}
