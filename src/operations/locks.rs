//! Locks by object, held by operations while they run.
//!
//! They keep operations on one object apart; that an object has an operation at all stands in the database.
//! Always taken in the order of [`ObjectKey`]: cluster, node, device, volume, block volume. So two operations never wait for
//! each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tracing::warn;

use crate::model::ids::{BlockVolumeId, ClusterId, DeviceId, NodeId, VolumeId};

/// After how long a wait is worth a warning that names the holder.
const LONG: Duration = Duration::from_secs(60);

/// How long the queue for a whole cluster is kept at first, and then let go for as long.
const FIRST_TURN: Duration = Duration::from_secs(5);

/// The longest of those: time enough for operations that do not hang.
const LONGEST_TURN: Duration = Duration::from_secs(60);

/// What a lock is for; the order is the order in which locks are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKey {
    /// A cluster.
    Cluster(ClusterId),
    /// A node.
    Node(NodeId),
    /// A device.
    Device(DeviceId),
    /// A volume.
    Volume(VolumeId),
    /// A block volume.
    BlockVolume(BlockVolumeId),
}

/// Whether others may hold the lock too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With others that share it.
    Shared,
    /// Alone.
    Exclusive,
}

/// The name of the last holder that had the lock alone, for warnings.
type Slot = Arc<RwLock<String>>;

/// All locks that somebody holds or waits for.
#[derive(Debug, Default)]
pub struct Locks {
    slots: Mutex<HashMap<ObjectKey, Slot>>,
}

enum Guard {
    Shared(#[expect(dead_code, reason = "held until dropped")] OwnedRwLockReadGuard<String>),
    Exclusive(#[expect(dead_code, reason = "held until dropped")] OwnedRwLockWriteGuard<String>),
}

/// Locks that are held until this is dropped.
pub struct Held {
    locks: Arc<Locks>,
    guards: Vec<(ObjectKey, Guard)>,
}

impl Held {
    /// Gives those locks back that are not to be kept.
    pub fn keep(&mut self, kept: impl Fn(ObjectKey) -> bool) {
        let keys: Vec<_> =
            self.guards.extract_if(.., |(key, _)| !kept(*key)).map(|(key, _guard)| key).collect();
        self.locks.forget_unused(&keys);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keep(|_| false);
    }
}

impl Locks {
    /// Waits for all of `wanted`, in the fixed order, on behalf of `holder`.
    pub async fn acquire(self: &Arc<Self>, wanted: &[(ObjectKey, Mode)], holder: &str) -> Held {
        let mut wanted = wanted.to_vec();
        wanted.sort_by_key(|(key, _)| *key);
        let mut held = Held { locks: Arc::clone(self), guards: Vec::with_capacity(wanted.len()) };
        for (key, mode) in wanted {
            let guard = self.acquire_one(key, mode, holder).await;
            held.guards.push((key, guard));
        }
        held
    }

    /// Waits as [`Locks::acquire`] does, but lets those pass again and again that have come later: for what keeps a whole
    /// cluster to itself, and must not keep everybody out because an earlier operation hangs.
    pub async fn acquire_by_turns(self: &Arc<Self>, wanted: &[(ObjectKey, Mode)], holder: &str) -> Held {
        let mut turn = FIRST_TURN;
        loop {
            if let Ok(held) = tokio::time::timeout(turn, self.acquire(wanted, holder)).await {
                return held;
            }
            tokio::time::sleep(turn).await;
            turn = (turn * 2).min(LONGEST_TURN);
        }
    }

    async fn acquire_one(&self, key: ObjectKey, mode: Mode, holder: &str) -> Guard {
        let slot = self.slot(key);
        let mut wait = std::pin::pin!(async {
            match mode {
                Mode::Shared => Guard::Shared(Arc::clone(&slot).read_owned().await),
                Mode::Exclusive => {
                    let mut guard = Arc::clone(&slot).write_owned().await;
                    holder.clone_into(&mut guard);
                    Guard::Exclusive(guard)
                }
            }
        });
        loop {
            match tokio::time::timeout(LONG, &mut wait).await {
                Ok(guard) => return guard,
                Err(_) => warn!("{holder} still waits for {key:?}, which an earlier operation holds"),
            }
        }
    }

    fn slot(&self, key: ObjectKey) -> Slot {
        Arc::clone(self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    fn forget_unused(&self, keys: &[ObjectKey]) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            // One count is the table's own: nobody else holds it or waits for it.
            if slots.get(key).is_some_and(|slot| Arc::strong_count(slot) == 1) {
                slots.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn volume(n: u128) -> ObjectKey {
        ObjectKey::Volume(VolumeId::from_uuid(Uuid::from_u128(n)))
    }

    #[tokio::test]
    async fn one_object_is_worked_on_by_one_operation_and_nothing_is_kept_afterwards() {
        let locks = Arc::new(Locks::default());
        let first = locks.acquire(&[(volume(1), Mode::Exclusive)], "first").await;
        let other = locks.acquire(&[(volume(2), Mode::Exclusive)], "other").await;
        let waiting = locks.acquire_one(volume(1), Mode::Exclusive, "second");
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
        drop(first);
        let second = locks.acquire(&[(volume(1), Mode::Exclusive)], "second").await;
        drop((second, other));
        assert!(locks.slots.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_given_back_early_is_free_and_what_is_kept_is_not() {
        let locks = Arc::new(Locks::default());
        let both = [(volume(1), Mode::Shared), (volume(2), Mode::Exclusive)];
        let mut held = locks.acquire(&both, "first").await;
        held.keep(|key| key == volume(2));
        let _free = locks.acquire(&[(volume(1), Mode::Exclusive)], "second").await;
        let waiting = locks.acquire_one(volume(2), Mode::Exclusive, "third");
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_all_by_turns_lets_others_pass_and_comes_to_it_in_the_end() {
        let locks = Arc::new(Locks::default());
        let hangs = locks.acquire(&[(volume(1), Mode::Shared)], "hangs").await;
        let own = Arc::clone(&locks);
        let alone =
            tokio::spawn(async move { own.acquire_by_turns(&[(volume(1), Mode::Exclusive)], "alone").await });
        tokio::task::yield_now().await;
        let began = tokio::time::Instant::now();
        drop(locks.acquire(&[(volume(1), Mode::Shared)], "passes").await);
        assert_eq!(began.elapsed(), FIRST_TURN, "it waits for a turn of the other one, and no longer");
        assert!(!alone.is_finished());
        drop(hangs);
        alone.await.unwrap();
    }

    #[tokio::test]
    async fn shared_holders_do_not_wait_for_each_other() {
        let locks = Arc::new(Locks::default());
        let _one = locks.acquire(&[(volume(1), Mode::Shared)], "one").await;
        let _two = locks.acquire(&[(volume(1), Mode::Shared)], "two").await;
        let waiting = locks.acquire_one(volume(1), Mode::Exclusive, "three");
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    }
}
