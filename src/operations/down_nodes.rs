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

/// How long one thing takes at least where a peer counts as slower than another one.
const SLOW: Duration = Duration::from_secs(10);

/// How long one thing takes at least on a node that may be down soon: where one is, others that stand still as long are no proof
/// that work goes on.
const STANDS_STILL: Duration = Duration::from_secs(20);

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

    /// Whether one of these is down, and another node of its cluster is not, nor stands still: where none is well, nobody is
    /// kept waiting by one of them.
    pub(super) fn holds_up(&self, hosts: &[&Host], busy_for: impl Fn(&Host) -> Duration) -> bool {
        let known = self.known();
        let goes_on = |own: &Watched| own.host.as_ref().map(&busy_for).unwrap_or_default() < STANDS_STILL;
        let is_meant = |down: &Down| down.hosts.iter().any(|own| hosts.contains(&own));
        let has_well_neighbour = |node: &NodeId| match known.watched.get(node) {
            None => true,
            Some(own) => known.watched.iter().any(|(id, other)| {
                other.cluster == own.cluster && !known.down.contains_key(id) && goes_on(other)
            }),
        };
        known.down.iter().any(|(node, down)| is_meant(down) && has_well_neighbour(node))
    }

    /// Whether one of these, each busy with one thing for so long, is much slower than another node of its cluster that is not
    /// down. Where all are slow, the work is what keeps them, and more of it would not help.
    pub(super) fn waits_for_slower(&self, hosts: &[&Host], busy_for: impl Fn(&Host) -> Duration) -> bool {
        let known = self.known();
        let busy = |own: &Watched| own.host.as_ref().map(&busy_for).unwrap_or_default();
        let is_well = |id: &NodeId| !known.down.contains_key(id);
        let has_quicker = |own: &Watched| {
            let mut others =
                known.watched.iter().filter(|(id, other)| other.cluster == own.cluster && is_well(id));
            others.any(|(_, other)| busy(other) < busy(own) / 2)
        };
        let is_slow = |own: &Watched| busy(own) > SLOW && has_quicker(own);
        let is_meant = |own: &Watched| own.host.as_ref().is_some_and(|host| hosts.contains(&host));
        known.watched.values().any(|own| is_meant(own) && is_slow(own))
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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NAMES: [&str; 3] = ["a", "b", "c"];

    fn id(number: usize) -> NodeId {
        NodeId::from_uuid(Uuid::from_u128(number as u128))
    }

    fn hosts() -> Vec<Host> {
        NAMES.iter().map(|name| Host::new(*name).unwrap()).collect()
    }

    /// One cluster, in which all are looked at.
    fn cluster() -> DownNodes {
        let cluster = ClusterId::from_uuid(Uuid::from_u128(7));
        let down = DownNodes::default();
        let all = hosts().into_iter().enumerate();
        down.watch(all.map(|(number, host)| (id(number), Watched { cluster, host: Some(host) })).collect());
        down
    }

    fn waits(down: &DownNodes, on: usize, seconds: [u64; 3]) -> bool {
        let all = hosts();
        let busy_for = |host: &Host| {
            let at = all.iter().position(|own| own == host).unwrap();
            Duration::from_secs(seconds[at])
        };
        down.waits_for_slower(&[&all[on]], busy_for)
    }

    #[test]
    fn who_waits_for_a_peer_that_is_slower_than_another_is_known() {
        let down = cluster();
        assert!(waits(&down, 0, [20, 1, 1]));
        assert!(!waits(&down, 1, [20, 1, 1]), "this one is quick");
        assert!(!waits(&down, 0, [9, 0, 0]), "that is not long");
        assert!(!waits(&down, 0, [20, 19, 18]), "all are slow");
    }

    #[test]
    fn beside_nodes_that_are_down_a_slow_one_is_not_slower() {
        let down = cluster();
        for number in [1, 2] {
            assert!(down.insert(id(number), hosts().get(number).cloned(), true));
        }
        assert!(!waits(&down, 0, [20, 0, 0]));
        let idle = |_: &Host| Duration::ZERO;
        assert!(!down.holds_up(&[&hosts()[0]], idle));
        assert!(down.holds_up(&[&hosts()[1]], idle), "the first one is well");
        assert!(!down.holds_up(&[&hosts()[1]], |_| Duration::from_secs(29)), "it will not be for long");
    }
}
