//! What is kept of one peer: its connection, its slots, and the last failure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::error::{Busy, ConnectError};
use super::master::Master;
use super::start::Setup;
use crate::executor::Command;
use crate::model::host::Host;

/// Commands at once on one peer. sshd allows ten sessions a connection; two are left to spare.
pub(super) const SLOTS: usize = 8;

/// Commands at once beside those that wait for their turn: one that tells whether the peer is well.
const CHECKS: usize = 1;

/// How long a failure answers for the peer without another attempt, so that callers do not pile up on it.
const MEMORY: Duration = Duration::from_secs(2);

/// The shortest wait for a slot.
const SHORTEST_WAIT: Duration = Duration::from_secs(60);

/// One peer.
#[derive(Debug)]
pub(super) struct Peer {
    slots: Semaphore,
    checks: Semaphore,
    link: Mutex<Link>,
}

#[derive(Debug)]
enum Link {
    Down,
    Up(Arc<Master>),
    Failed { at: Instant, error: ConnectError },
}

impl Peer {
    pub(super) fn new() -> Peer {
        Peer { slots: Semaphore::new(SLOTS), checks: Semaphore::new(CHECKS), link: Mutex::new(Link::Down) }
    }

    /// Waits for a slot, as long as the command itself may take.
    pub(super) async fn slot(&self, command: &Command) -> Result<SemaphorePermit<'_>, Busy> {
        let (slots, running) =
            if command.is_urgent() { (&self.checks, CHECKS) } else { (&self.slots, SLOTS) };
        let limit = command.time_limit().max(SHORTEST_WAIT);
        let busy = || Busy { running, seconds: limit.as_secs() };
        tokio::time::timeout(limit, slots.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// The connection, made now if there is none that lives. Callers share one attempt: the others wait for the
    /// lock and find its result.
    pub(super) async fn connection(&self, setup: &Setup, host: &Host) -> Result<Arc<Master>, ConnectError> {
        let mut link = self.link.lock().await;
        match &*link {
            Link::Up(master) if master.is_alive().await => return Ok(Arc::clone(master)),
            Link::Failed { at, error } if at.elapsed() < MEMORY => return Err(error.clone()),
            _ => {}
        }
        let dead = std::mem::replace(&mut *link, Link::Down);
        // To end it may block.
        tokio::task::spawn_blocking(move || drop(dead));
        match Master::launch(setup, host).await {
            Ok(master) => {
                let master = Arc::new(master);
                *link = Link::Up(Arc::clone(&master));
                Ok(master)
            }
            Err(error) => {
                *link = Link::Failed { at: Instant::now(), error: error.clone() };
                Err(error)
            }
        }
    }

    /// Gives up the connection; it ends with its last command.
    pub(super) async fn close(&self) {
        let link = std::mem::replace(&mut *self.link.lock().await, Link::Down);
        tokio::task::spawn_blocking(move || drop(link)).await.ok();
    }
}
