//! Peers whose glusterd may wait for another peer of which it does not know yet that it is gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::host::Host;
use crate::model::step::Peer;

/// How long a glusterd may take for a peer that has gone for one that is there. What it had sent to it is sent again by
/// TCP, for about 15 minutes with Linux' `tcp_retries2` of 15; one that had sent nothing notices within a minute.
const BELIEVES: Duration = Duration::from_secs(20 * 60);

/// Peers whose glusterd did not come to the end of a command in all the time that its command line waited.
#[derive(Debug, Clone, Default)]
pub(super) struct Stuck(Arc<Mutex<BTreeMap<Host, Instant>>>);

impl Stuck {
    pub(super) fn add(&self, host: &Host) {
        self.known().insert(host.clone(), Instant::now());
    }

    /// The peers in their order, those that may be stuck behind all others.
    pub(super) fn last<'p>(&self, peers: &'p [Peer]) -> Vec<&'p Peer> {
        let mut known = self.known();
        known.retain(|_, since| since.elapsed() < BELIEVES);
        let (stuck, others): (Vec<&Peer>, Vec<&Peer>) =
            peers.iter().partition(|peer| known.contains_key(&peer.host));
        [others, stuck].concat()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Host, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(host: &str) -> Peer {
        Peer {
            node: "a".repeat(32).parse().unwrap(),
            host: Host::new(host).unwrap(),
            storage: host.to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_may_be_stuck_is_asked_last_until_it_knows_better() {
        let (stuck, peers) = (Stuck::default(), ["one", "two", "three"].map(peer));
        let order =
            || stuck.last(&peers).iter().map(|peer| peer.host.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(order(), ["one", "two", "three"]);
        stuck.add(&peers[0].host);
        assert_eq!(order(), ["two", "three", "one"]);
        tokio::time::advance(Duration::from_secs(20 * 60 - 1)).await;
        stuck.add(&peers[1].host);
        assert_eq!(order(), ["three", "one", "two"]);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(order(), ["one", "three", "two"]);
    }
}
