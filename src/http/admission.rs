//! How many connections there may be: in all, so that descriptors are left for the database and the peers, and of one
//! client, so that none can take the places of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Resource, getrlimit};
use tracing::warn;

/// Descriptors for the database, the peers' connections, and what libraries open.
const RESERVED: u64 = 200;

/// The least and the most that are let in.
const LEAST: u64 = 64;
const MOST: u64 = 4096;

/// The connections that are there.
#[derive(Debug)]
pub(super) struct Admission {
    most: usize,
    most_of_one: usize,
    there: Mutex<There>,
}

#[derive(Debug, Default)]
struct There {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
    /// Whether it was told that there are too many; once until there are few.
    is_told: bool,
}

/// A connection that was let in; its place is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    admission: Arc<Admission>,
    client: IpAddr,
}

impl Admission {
    /// As many as the descriptors of this process allow, and half of them for one client.
    pub(super) fn of_this_process() -> Admission {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
        let most = descriptors.saturating_sub(RESERVED).clamp(LEAST, MOST);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Admission::new(most, most / 2)
    }

    fn new(most: usize, most_of_one: usize) -> Admission {
        Admission { most, most_of_one, there: Mutex::default() }
    }

    /// A place for a connection of a client; none where there are too many, of all or of this one.
    pub(super) fn admit(self: &Arc<Self>, client: IpAddr) -> Option<Admitted> {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = there.by_client.get(&client).copied().unwrap_or(0);
        if there.all >= self.most || of_one >= self.most_of_one {
            if !std::mem::replace(&mut there.is_told, true) {
                warn!(
                    "{} connections are open, {of_one} of them of {client}: more are closed at once. At most {} are served, {} of one client; `ulimit -n` sets it",
                    there.all, self.most, self.most_of_one
                );
            }
            return None;
        }
        there.all += 1;
        *there.by_client.entry(client).or_default() += 1;
        Some(Admitted { admission: Arc::clone(self), client })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut there = self.admission.there.lock().unwrap_or_else(PoisonError::into_inner);
        there.all -= 1;
        let left = there.by_client.get_mut(&self.client).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            there.by_client.remove(&self.client);
        }
        if there.all < self.admission.most / 2 {
            there.is_told = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_cannot_take_all_places_and_places_become_free() {
        let admission = Arc::new(Admission::new(4, 2));
        let [one, other, third] = [1, 2, 3].map(|last| IpAddr::from([10, 0, 0, last]));
        let mut of_one: Vec<_> = (0..3).map(|_| admission.admit(one)).collect();
        assert_eq!(of_one.iter().flatten().count(), 2, "two of one client");
        let of_other: Vec<_> = (0..2).filter_map(|_| admission.admit(other)).collect();
        assert_eq!(of_other.len(), 2);
        assert!(admission.admit(third).is_none(), "four in all");
        of_one.clear();
        assert!(admission.admit(third).is_some() && admission.admit(one).is_some());
        drop(of_other);
        assert_eq!(admission.there.lock().unwrap().all, 0);
        assert!(admission.there.lock().unwrap().by_client.is_empty());
    }
}
