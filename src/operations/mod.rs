//! Operations: every change that touches peers. Decided and recorded in one transaction, run in steps that are
//! on disk before they begin, undone from the step that failed, and taken up again after a restart.

mod background;
mod backward;
mod block_hosting;
mod block_plan;
mod block_volume_create;
mod block_volume_delete;
mod block_volume_expand;
mod brick_evict;
mod cleanup;
mod clusters;
mod configured_options;
mod database_volume;
pub mod devices;
mod doing;
mod down_nodes;
pub mod empty_paths;
mod engine;
mod error;
mod examine;
mod failure;
mod figures;
mod findings;
mod finish;
mod forward;
mod fullness;
mod health;
mod hosting_rooms;
pub mod import;
mod jobs;
mod labels;
mod leftovers;
mod limits;
mod locks;
mod looks;
pub mod nodes;
mod park;
mod peers;
mod progress;
mod records;
mod recovery;
mod removal;
mod removal_heal;
mod repeated;
mod rounds;
mod run;
pub mod seed;
pub mod steps;
mod tags;
mod unknown_pools;
mod unknown_sets;
mod unwanted;
mod volume_clone;
mod volume_create;
mod volume_delete;
mod volume_expand;
mod volume_plan;
mod volume_restriction;
mod volume_retry;
mod zones;

use std::sync::Arc;
use std::time::Duration;

pub use engine::Stopped;
pub use error::{IN_USE, OpError};
pub use examine::Examination;
pub use figures::Figures;
pub use jobs::JobView;
pub use rounds::Rhythm;

use crate::executor::Executor;
use crate::executor::settings::PeerSettings;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::ids::Ids;
use crate::model::sizes::GiB;
use crate::placement::PlacementLimits;
use crate::store::Store;

/// What operations are made of.
pub struct Parts {
    /// The state.
    pub store: Arc<Store>,
    /// The peers.
    pub executor: Arc<dyn Executor>,
    /// How peers are worked on.
    pub peer_settings: PeerSettings,
    /// How operations behave.
    pub settings: OperationSettings,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
}

/// How operations behave.
#[derive(Debug, Clone)]
pub struct OperationSettings {
    /// Bounds of bricks and volumes.
    pub placement: PlacementLimits,
    /// What the configuration says of zone checking where that is no word for it; it counts as `none`.
    pub unknown_zone_checking: Option<String>,
    /// Volumes a cluster may have, pending ones included.
    pub max_volumes_per_cluster: usize,
    /// Further tries of a volume create that failed on one placement.
    pub volume_create_retries: u32,
    /// heketi's `max_inflight_operations`; 0 is unset.
    pub max_inflight: u64,
    /// Options put before those of a request, split at commas; a single empty one where none are configured.
    pub pre_options: Vec<String>,
    /// Options put after those of a request, likewise.
    pub post_options: Vec<String>,
    /// Options of volumes that host block volumes.
    pub block_hosting_options: Vec<String>,
    /// Whether a volume is made to host a block volume for which no other has room.
    pub auto_hosting: bool,
    /// The size of such a volume.
    pub hosting_size: GiB,
    /// Whether options that no gluster would take are let through (heketi's mock).
    pub any_option: bool,
    /// When nodes are asked whether they are up; never, if `None`.
    pub node_monitor: Option<Rhythm>,
    /// When what came unfinished with an import is cleaned up; never by itself, if `None`.
    pub cleaner: Option<Rhythm>,
    /// Whether an expansion begins to spread what the volume holds over all its sets.
    pub rebalance: bool,
    /// How long a delete is tried before its client is told; the background goes on with it.
    pub delete_budget: Duration,
    /// How long a delete may run without any failure before its client is told that it goes on.
    pub delete_patience: Duration,
    /// The first pause before something is tried again; doubled from then on, up to 30 seconds.
    pub first_retry: Duration,
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Whether it is a `user` and no `admin`.
    pub is_user: bool,
    /// The Idempotency-Key of the request, with a digest of it.
    pub key: Option<RequestKey>,
}

/// An idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// As the client gave it.
    pub key: String,
    /// A digest of the request that came with it.
    pub request_hash: String,
}

/// All changes to the state and to the peers. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    inner: Arc<engine::Engine>,
}

impl Operations {
    /// Puts the engine together. Nothing runs before [`Operations::recover`].
    pub fn new(parts: Parts) -> Operations {
        Operations { inner: Arc::new(engine::Engine::new(parts)) }
    }

    /// The state, for reading.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// A fresh id as text, for what needs a name that nothing else has.
    pub fn fresh_name(&self) -> String {
        crate::model::ids::FreshId::from_uuid(self.inner.ids.draw()).to_string()
    }

    /// Runs `decide` in a task of the engine: a client that goes away cancels nothing.
    async fn detached<T: Send + 'static>(
        decide: impl Future<Output = Result<T, OpError>> + Send + 'static,
    ) -> Result<T, OpError> {
        tokio::spawn(decide).await.unwrap_or_else(|panic| {
            tracing::error!("a decision ended without an answer: {panic}");
            Err(OpError::Internal)
        })
    }
}
