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

/// Operations that wait for their turn where nothing is configured.
const WAITING: usize = 256;

/// The limits of a server.
#[derive(Debug)]
pub struct Limits {
    /// heketi's `max_inflight_operations`: beyond it nothing waits. `None` where it is unset or 0.
    inflight: Option<usize>,
    tracked: Arc<AtomicUsize>,
    /// Those that are limited, and those that have left their place.
    under_way: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
    clusters: Mutex<HashMap<ClusterId, Places>>,
}

/// The places of a cluster.
#[derive(Debug, Clone)]
struct Places {
    running: Arc<Semaphore>,
    beside_slow_ones: Arc<Semaphore>,
}

impl Places {
    fn new() -> Places {
        let [running, beside_slow_ones] =
            [RUNNING_A_CLUSTER, BESIDE_SLOW_ONES].map(|count| Arc::new(Semaphore::new(count)));
        Places { running, beside_slow_ones }
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
    waiting: Option<Counted>,
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

    /// Leave to begin a limited operation.
    ///
    /// # Errors
    /// [`OpError::Busy`] when too many are under way.
    pub fn try_enter(&self) -> Result<Ticket, OpError> {
        let limit = self.inflight.unwrap_or(usize::MAX);
        let tracked = Counted::below(&self.tracked, limit).ok_or(OpError::Busy)?;
        let waiting = match self.inflight {
            Some(_) => None,
            None => Some(Counted::below(&self.waiting, WAITING).ok_or(OpError::Busy)?),
        };
        Ok(Ticket { tracked: Some(tracked), _under_way: Counted::new(&self.under_way), waiting })
    }

    /// Leave for an operation that was begun by an earlier server: it counts, and is never refused.
    pub fn enter(&self) -> Ticket {
        Ticket {
            tracked: Some(Counted::new(&self.tracked)),
            _under_way: Counted::new(&self.under_way),
            waiting: None,
        }
    }

    /// Waits for a place among the running operations of a cluster.
    pub async fn place(&self, cluster: ClusterId, mut ticket: Ticket) -> Place {
        // heketi's limit is the only one where there is one: all that was let in runs.
        let cluster = self.inflight.is_none().then(|| self.places(cluster));
        let permit = match &cluster {
            None => None,
            // The semaphore is never closed; without a permit the operation would only run at once.
            Some(places) => Arc::clone(&places.running).acquire_owned().await.ok(),
        };
        ticket.waiting = None;
        Place { ticket, permit, beside: None, cluster, tracked: Arc::clone(&self.tracked) }
    }

    /// How many limited operations are under way or waiting.
    pub fn in_flight(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }

    /// How many operations wait for their turn, those that are being decided included.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    fn places(&self, cluster: ClusterId) -> Places {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(cluster).or_insert_with(Places::new).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn heketis_limit_refuses_the_next_one_until_one_is_done() {
        let limits = Limits::new(2);
        let first = limits.try_enter().unwrap();
        let _second = limits.try_enter().unwrap();
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
        drop(first);
        assert!(limits.try_enter().is_ok());
    }

    #[tokio::test]
    async fn what_has_left_its_place_is_under_way_and_keeps_nobody_out() {
        let limits = Limits::new(1);
        let cluster = ClusterId::from_uuid(Uuid::from_u128(1));
        let mut place = limits.place(cluster, limits.try_enter().unwrap()).await;
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
        place.leave();
        let next = limits.try_enter().unwrap();
        assert_eq!(limits.in_flight(), 2);
        // Back it counts, whatever has begun meanwhile.
        place.come_back();
        drop(next);
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
        place.leave();
        let next = limits.try_enter().unwrap();
        drop((place, next));
        assert_eq!(limits.in_flight(), 0);
    }

    #[tokio::test]
    async fn without_a_limit_eight_run_a_cluster_and_256_wait() {
        let limits = Limits::new(0);
        let cluster = ClusterId::from_uuid(Uuid::from_u128(1));
        let mut running = Vec::new();
        for _ in 0..RUNNING_A_CLUSTER {
            running.push(limits.place(cluster, limits.try_enter().unwrap()).await);
        }
        let waiting: Vec<_> = (0..WAITING).map(|_| limits.try_enter().unwrap()).collect();
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
        drop(waiting);
        let ticket = limits.try_enter().unwrap();
        let ninth = limits.place(cluster, ticket);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), ninth).await.is_err());
        running.pop();
        let ninth = limits.place(cluster, limits.try_enter().unwrap()).await;
        // One that has left comes back where a place is free, and does not wait for it.
        let mut first = running.remove(0);
        first.leave();
        let in_its_place = limits.place(cluster, limits.try_enter().unwrap()).await;
        first.come_back();
        assert!(first.permit.is_none());
        drop((ninth, in_its_place));
        first.come_back();
        assert!(first.permit.is_some());
    }

    #[tokio::test]
    async fn so_many_step_aside_for_others_and_no_more() {
        let limits = Limits::new(0);
        let cluster = ClusterId::from_uuid(Uuid::from_u128(1));
        let mut running = Vec::new();
        for _ in 0..RUNNING_A_CLUSTER + BESIDE_SLOW_ONES {
            let mut place = limits.place(cluster, limits.try_enter().unwrap()).await;
            place.step_aside();
            running.push(place);
        }
        assert_eq!(running.iter().filter(|place| place.permit.is_some()).count(), RUNNING_A_CLUSTER);
        // Who comes back leaves room beside the slow ones, where it finds a place.
        running[0].come_back();
        assert!(running[0].beside.is_some());
        running.pop();
        running[0].come_back();
        assert!(running[0].beside.is_none());
        let last = running.last_mut().unwrap();
        last.leave();
        last.step_aside();
        assert_eq!(running.iter().filter(|place| place.beside.is_some()).count(), BESIDE_SLOW_ONES);
    }

    #[tokio::test]
    async fn nobody_steps_aside_where_heketis_limit_is_set() {
        let limits = Limits::new(1);
        let cluster = ClusterId::from_uuid(Uuid::from_u128(1));
        let mut place = limits.place(cluster, limits.try_enter().unwrap()).await;
        place.step_aside();
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
        // Also one that had left because its peer was down, which is only slow now.
        place.leave();
        assert!(limits.try_enter().is_ok());
        place.step_aside();
        assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
    }
}
