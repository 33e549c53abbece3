//! Commands that have not ended yet, as far as their time says something about their peer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::host::Host;

/// How long a peer that is well needs at most for a command that is not slow, from when it is sent.
const LONGEST: Duration = Duration::from_secs(30);

/// From when on a command is reason to ask its peer whether it is well.
const SLOW: Duration = Duration::from_secs(5);

/// What a peer should have been through with long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The program, and what it does.
    pub what: String,
    /// Since when.
    pub time: Duration,
}

/// What is under way on all peers.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    running: BTreeMap<u64, Running>,
    /// Peers to which a command did not come through.
    suspects: BTreeSet<Host>,
}

#[derive(Debug)]
struct Running {
    host: Host,
    what: String,
    /// None while it waits for its turn.
    sent: Option<Instant>,
}

impl Running {
    fn time(&self) -> Duration {
        self.sent.map(|sent| sent.elapsed()).unwrap_or_default()
    }
}

/// A command is under way for as long as this lives.
pub(super) struct Entry {
    all: Arc<UnderWay>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.all.state().running.remove(&self.number);
    }
}

tokio::task_local! {
    /// What the task has under way.
    static OWN: Entry;
}

/// Runs a command that is under way; nobody waits for it any more where this is dropped.
pub(super) async fn run<T>(entry: Entry, command: impl Future<Output = T>) -> T {
    OWN.scope(entry, command).await
}

/// The command that the task has under way waits for its turn.
pub(super) fn waits() {
    OWN.try_with(|own| own.all.note(own.number, None)).ok();
}

/// The command that the task has under way is sent now: how long it waited for its turn says nothing about its peer.
pub(super) fn is_sent() {
    // Nobody counts those of tests of one part alone.
    OWN.try_with(|own| own.all.note(own.number, Some(Instant::now()))).ok();
}

impl UnderWay {
    pub(super) fn enter(self: &Arc<Self>, host: &Host, what: &str, begun: Instant) -> Entry {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        state
            .running
            .insert(number, Running { host: host.clone(), what: what.to_owned(), sent: Some(begun) });
        drop(state);
        Entry { all: Arc::clone(self), number }
    }

    fn note(&self, number: u64, sent: Option<Instant>) {
        if let Some(running) = self.state().running.get_mut(&number) {
            running.sent = sent;
        }
    }

    /// A command did not come through to a peer.
    pub(super) fn suspect(&self, host: &Host) {
        self.state().suspects.insert(host.clone());
    }

    /// What has been under way on a peer for the longest, where that is too long.
    pub(super) fn overdue(&self, host: &Host) -> Option<Overdue> {
        self.oldest(host, |oldest, time| {
            (time > LONGEST).then(|| Overdue { what: oldest.what.clone(), time })
        })?
    }

    /// How long a peer has worked on what has been under way there for the longest; zero where nothing is.
    pub(super) fn busy_for(&self, host: &Host) -> Duration {
        self.oldest(host, |_, time| time).unwrap_or_default()
    }

    fn oldest<T>(&self, host: &Host, seen: impl FnOnce(&Running, Duration) -> T) -> Option<T> {
        let state = self.state();
        let on_host = state.running.values().filter(|running| running.host == *host);
        let oldest = on_host.max_by_key(|running| running.time())?;
        Some(seen(oldest, oldest.time()))
    }

    /// The peers to look after; those to which something did not come through are told once.
    pub(super) fn suspects(&self) -> Vec<Host> {
        let mut state = self.state();
        let mut hosts = std::mem::take(&mut state.suspects);
        let slow = state.running.values().filter(|running| running.time() > SLOW);
        hosts.extend(slow.map(|running| running.host.clone()));
        hosts.into_iter().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_overdue_until_it_ends() {
        let (all, host) = (Arc::new(UnderWay::default()), Host::new("h").unwrap());
        let long_ago = Instant::now().checked_sub(LONGEST * 2).unwrap();
        let _fresh = all.enter(&host, "lvm pvs", Instant::now());
        assert_eq!((all.overdue(&host), all.suspects()), (None, Vec::new()));
        assert!(all.busy_for(&host) < SLOW);
        let hung = all.enter(&host, "lvm lvcreate", long_ago);
        assert_eq!(all.overdue(&host).map(|overdue| overdue.what).as_deref(), Some("lvm lvcreate"));
        assert_eq!(all.overdue(&Host::new("other").unwrap()), None);
        assert!(all.busy_for(&host) >= LONGEST * 2);
        assert_eq!([all.suspects(), all.suspects()], [vec![host.clone()], vec![host.clone()]]);
        drop(hung);
        assert_eq!((all.overdue(&host), all.suspects()), (None, Vec::new()));
    }

    #[tokio::test]
    async fn the_time_counts_from_when_a_command_is_sent() {
        let (all, host) = (Arc::new(UnderWay::default()), Host::new("h").unwrap());
        let long_ago = Instant::now().checked_sub(LONGEST * 2).unwrap();
        let entry = all.enter(&host, "lvm lvcreate", long_ago);
        run(entry, async {
            assert!(all.overdue(&host).is_some());
            waits();
            assert_eq!(all.busy_for(&host), Duration::ZERO);
            is_sent();
            assert_eq!(all.overdue(&host), None);
        })
        .await;
        assert!(all.state().running.is_empty());
        is_sent();
    }

    #[test]
    fn a_peer_that_could_not_be_reached_is_told_once() {
        let (all, host) = (Arc::new(UnderWay::default()), Host::new("h").unwrap());
        all.suspect(&host);
        all.suspect(&host);
        assert_eq!((all.suspects(), all.suspects()), (vec![host], Vec::new()));
    }
}
