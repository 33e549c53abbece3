//! The nodes that were not well when they were looked at last, and whom that keeps waiting.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::host::Host;
use crate::model::ids::{ClusterId, NodeId};

/// How long it counts that a node was silent which nobody looks at any more: as long as what is left of many bricks on a lost
/// one is given up, and not until it may have come back.
const STALE: Duration = Duration::from_secs(120);

/// Nodes that were not well when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct DownNodes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    down: BTreeMap<NodeId, Down>,
    /// Those that are looked at.
    watched: BTreeMap<NodeId, Watched>,
}

/// A node that is looked at.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) cluster: ClusterId,
    /// The name by which commands reach it.
    pub(super) host: Option<Host>,
}

#[derive(Debug)]
struct Down {
    /// The names by which commands reach it.
    hosts: Vec<Host>,
    since: Instant,
    /// Whether nothing was heard of it; else it answers, and something there is not as it should be.
    silent: bool,
}

impl DownNodes {
    pub(super) fn has(&self, node: NodeId) -> bool {
        self.known().down.contains_key(&node)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known().down.is_empty()
    }

    pub(super) fn is_silent(&self, node: NodeId) -> bool {
        self.known().down.get(&node).is_some_and(|down| down.silent)
    }

    pub(super) fn is_watched(&self, node: NodeId) -> bool {
        self.known().watched.contains_key(&node)
    }

    /// Gives whether that is new.
    pub(super) fn insert(&self, node: NodeId, hosts: impl IntoIterator<Item = Host>, silent: bool) -> bool {
        let down = Down { hosts: hosts.into_iter().collect(), since: Instant::now(), silent };
        self.known().down.insert(node, down).is_none()
    }

    /// Gives whether it was there.
    pub(super) fn remove(&self, node: NodeId) -> bool {
        self.known().down.remove(&node).is_some()
    }

    /// Whether one of these is down, and another node of its cluster is not: where none is well, nobody is kept waiting by one
    /// of them.
    pub(super) fn holds_up(&self, hosts: &[&Host]) -> bool {
        let known = self.known();
        let is_meant = |down: &Down| down.hosts.iter().any(|own| hosts.contains(&own));
        let has_well_neighbour = |node: &NodeId| match known.watched.get(node) {
            None => true,
            Some(own) => known
                .watched
                .iter()
                .any(|(id, other)| other.cluster == own.cluster && !known.down.contains_key(id)),
        };
        known.down.iter().any(|(node, down)| is_meant(down) && has_well_neighbour(node))
    }

    /// Those of these hosts that nobody looks at, while others are: nodes that are out of service.
    pub(super) fn unwatched<'h>(&self, hosts: &[&'h Host]) -> Vec<&'h Host> {
        let known = self.known();
        let is_watched = |host: &Host| known.watched.values().any(|own| own.host.as_ref() == Some(host));
        hosts.iter().copied().filter(|host| !known.watched.is_empty() && !is_watched(host)).collect()
    }

    /// Notes which are looked at from now on, and forgets what is too old of the others.
    pub(super) fn watch(&self, watched: BTreeMap<NodeId, Watched>) {
        let mut known = self.known();
        known.down.retain(|id, down| watched.contains_key(id) || down.since.elapsed() < STALE);
        known.watched = watched;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
