//! The locks that commands hold on peers, as `flock` there: they outlive the server that took them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

use crate::executor::{Command, RemoteError};
use crate::model::host::Host;

/// How many unused locks are kept.
const KEPT: usize = 1024;

type ByName = BTreeMap<(String, String), Arc<Lock<()>>>;

/// Locks by peer and name.
#[derive(Debug, Default)]
pub struct PeerLocks {
    locks: Mutex<ByName>,
}

impl PeerLocks {
    fn get(&self, host: &str, name: &str) -> Arc<Lock<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() > KEPT {
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        locks.entry((host.to_owned(), name.to_owned())).or_default().clone()
    }

    /// Takes a lock that nobody has yet.
    pub fn take_now(&self, host: &str, name: &str) -> Option<OwnedMutexGuard<()>> {
        self.get(host, name).try_lock_owned().ok()
    }

    /// Takes the lock of a command, if it has one.
    pub async fn take(
        &self,
        host: &Host,
        command: &Command,
        wait: Option<Duration>,
    ) -> Result<Option<OwnedMutexGuard<()>>, RemoteError> {
        let Some(name) = command.lock() else { return Ok(None) };
        let lock = self.get(host.as_str(), name.as_str());
        let wait = wait.unwrap_or_else(|| command.time_limit());
        let taken = tokio::time::timeout(wait, lock.lock_owned()).await;
        taken.map(Some).map_err(|_| RemoteError::StillRunning {
            host: host.clone(),
            command: Box::new(command.clone()),
            lock: name.as_str().to_owned(),
            since: None,
        })
    }
}
