//! How much may be under way: what is above waits in turn, and what is above that is told to come again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::OpError;
use crate::model::ids::ClusterId;

/// Operations that run at the same time in one cluster where nothing is configured.
const RUNNING_A_CLUSTER: usize = 8;

/// How many more run in a cluster in the place of those that wait for a peer which is slower than others, and may be well.
const BESIDE_SLOW_ONES: usize = 8;

/// Operations that wait for their turn in one cluster where nothing is configured.
const WAITING_A_CLUSTER: usize = 256;

/// The same in all clusters together, which bounds the memory.
const WAITING_IN_ALL: usize = 1024;

/// How many may wait in a cluster also where so many wait in others: these may hang, and this one be well.
const WAITING_BESIDE_OTHERS: usize = RUNNING_A_CLUSTER;

/// The limits of a server.
#[derive(Debug)]
pub struct Limits {
    /// heketi's `max_inflight_operations`: beyond it nothing waits. `None` where it is unset or 0.
    inflight: Option<usize>,
    tracked: Arc<AtomicUsize>,
    /// Those that are limited, and those that have left their place.
    under_way: Arc<AtomicUsize>,
    /// In all clusters.
    waiting: Arc<AtomicUsize>,
    clusters: Mutex<HashMap<ClusterId, Places>>,
}

/// The places of a cluster.
#[derive(Debug, Clone)]
struct Places {
    waiting: Arc<AtomicUsize>,
    running: Arc<Semaphore>,
    beside_slow_ones: Arc<Semaphore>,
}

impl Places {
    fn new() -> Places {
        let [running, beside_slow_ones] =
            [RUNNING_A_CLUSTER, BESIDE_SLOW_ONES].map(|count| Arc::new(Semaphore::new(count)));
        Places { waiting: Arc::default(), running, beside_slow_ones }
    }
}

/// Counts for as long as it lives.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(counter: &Arc<AtomicUsize>) -> Counted {
        counter.fetch_add(1, Ordering::AcqRel);
        Counted(Arc::clone(counter))
    }

    fn below(counter: &Arc<AtomicUsize>, limit: usize) -> Option<Counted> {
        let enter = |now: usize| (now < limit).then_some(now + 1);
        counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter).ok()?;
        Some(Counted(Arc::clone(counter)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Leave to begin an operation; it counts until it is dropped.
#[derive(Debug)]
pub struct Ticket {
    tracked: Option<Counted>,
    _under_way: Counted,
}

/// Leave to run in a cluster as soon as there is a place; until then it is one of those that wait there.
#[derive(Debug)]
pub struct Turn {
    cluster: ClusterId,
    ticket: Ticket,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    _in_cluster: Counted,
    _in_all: Counted,
}

/// A place among the running operations of a cluster.
#[derive(Debug)]
pub struct Place {
    ticket: Ticket,
    permit: Option<OwnedSemaphorePermit>,
    /// Instead of the other one: it waits for a slow peer.
    beside: Option<OwnedSemaphorePermit>,
    /// Where it is limited by its cluster.
    cluster: Option<Places>,
    tracked: Arc<AtomicUsize>,
}

impl Place {
    /// Lets another one begin and run in its place: what is left may take days. It is still under way.
    pub fn leave(&mut self) {
        self.permit = None;
        self.beside = None;
        self.ticket.tracked = None;
    }

    /// Lets another one run in its place where not too many do so already: it waits for a peer that may be well, and only
    /// slow. heketi's limit, where there is one, is kept.
    pub fn step_aside(&mut self) {
        if self.permit.is_none() && self.beside.is_none() {
            self.come_back();
        }
        let Some(places) = &self.cluster else { return };
        if self.beside.is_none()
            && let Ok(beside) = Arc::clone(&places.beside_slow_ones).try_acquire_owned()
        {
            self.beside = Some(beside);
            self.permit = None;
        }
    }

    /// Counts among those that run again, without a turn: whoever waits for that may hold what it needs. In a cluster only
    /// where a place is free.
    pub fn come_back(&mut self) {
        if self.ticket.tracked.is_none() {
            self.ticket.tracked = Some(Counted::new(&self.tracked));
        }
        if self.permit.is_none() {
            let running = self.cluster.as_ref().map(|places| Arc::clone(&places.running));
            self.permit = running.and_then(|running| running.try_acquire_owned().ok());
        }
        if self.permit.is_some() {
            self.beside = None;
        }
    }
}

impl Limits {
    /// The limits that follow from heketi's `max_inflight_operations`; 0 is unset.
    pub fn new(max_inflight: u64) -> Limits {
        let inflight = if max_inflight == 0 { None } else { usize::try_from(max_inflight).ok() };
        Limits {
            inflight,
            tracked: Arc::default(),
            under_way: Arc::default(),
            waiting: Arc::default(),
            clusters: Mutex::default(),
        }
    }

    /// Leave to begin a limited operation whose cluster is still to be chosen: see [`Limits::queue`].
    ///
    /// # Errors
    /// [`OpError::Busy`] when as many are under way as heketi's limit allows.
    pub fn try_enter(&self) -> Result<Ticket, OpError> {
        let limit = self.inflight.unwrap_or(usize::MAX);
        let tracked = Counted::below(&self.tracked, limit).ok_or(OpError::Busy)?;
        Ok(Ticket { tracked: Some(tracked), _under_way: Counted::new(&self.under_way) })
    }

    /// A place among those that wait in the cluster that was chosen.
    ///
    /// # Errors
    /// [`OpError::Busy`] when too many wait there.
    pub fn queue(&self, ticket: Ticket, cluster: ClusterId) -> Result<Turn, OpError> {
        // heketi's limit is the only one where there is one.
        let waiting = match self.inflight {
            Some(_) => None,
            None => Some(self.wait_in(cluster)?),
        };
        Ok(Turn { cluster, ticket, waiting })
    }

    /// Leave to begin a limited operation in a cluster.
    ///
    /// # Errors
    /// [`OpError::Busy`] when too many are under way, or wait there.
    pub fn try_enter_in(&self, cluster: ClusterId) -> Result<Turn, OpError> {
        self.queue(self.try_enter()?, cluster)
    }

    /// Leave for an operation that was begun by an earlier server: it counts, and is never refused.
    pub fn enter(&self, cluster: ClusterId) -> Turn {
        let tracked = Some(Counted::new(&self.tracked));
        Turn { cluster, ticket: Ticket { tracked, _under_way: Counted::new(&self.under_way) }, waiting: None }
    }

    /// Whether nobody more may wait in a cluster.
    pub fn is_full(&self, cluster: ClusterId) -> bool {
        self.inflight.is_none() && self.waiting_in(cluster) >= self.most_waiting()
    }

    fn wait_in(&self, cluster: ClusterId) -> Result<Waiting, OpError> {
        let in_cluster = Counted::below(&self.places(cluster).waiting, self.most_waiting());
        Ok(Waiting { _in_cluster: in_cluster.ok_or(OpError::Busy)?, _in_all: Counted::new(&self.waiting) })
    }

    /// How many may wait in a cluster at present.
    fn most_waiting(&self) -> usize {
        if self.waiting() < WAITING_IN_ALL { WAITING_A_CLUSTER } else { WAITING_BESIDE_OTHERS }
    }

    fn waiting_in(&self, cluster: ClusterId) -> usize {
        self.places(cluster).waiting.load(Ordering::Acquire)
    }

    /// Waits for a place among the running operations of the cluster.
    pub async fn place(&self, turn: Turn) -> Place {
        let Turn { cluster, ticket, waiting } = turn;
        // heketi's limit is the only one where there is one: all that was let in runs.
        let cluster = self.inflight.is_none().then(|| self.places(cluster));
        let permit = match &cluster {
            None => None,
            // The semaphore is never closed; without a permit the operation would only run at once.
            Some(places) => Arc::clone(&places.running).acquire_owned().await.ok(),
        };
        drop(waiting);
        Place { ticket, permit, beside: None, cluster, tracked: Arc::clone(&self.tracked) }
    }

    /// How many limited operations are under way or waiting.
    pub fn in_flight(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }

    /// How many operations wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    fn places(&self, cluster: ClusterId) -> Places {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(cluster).or_insert_with(Places::new).clone()
    }
}

#[cfg(test)]
mod tests;
