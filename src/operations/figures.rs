//! How much is going on.

use super::Operations;

/// How many operations are in hand. What is parked stands in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Those that are worked on, or wait for a lock.
    pub running: usize,
    /// Those that wait until their cluster has done others.
    pub waiting: usize,
}

impl Operations {
    /// How much is going on.
    pub fn figures(&self) -> Figures {
        let waiting = self.inner.limits.waiting();
        Figures { running: self.inner.running.borrow().saturating_sub(waiting), waiting }
    }
}
