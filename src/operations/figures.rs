//! How much is going on.

use std::time::Duration;

use super::Operations;
use super::engine::Engine;
use crate::model::operation::Operation;

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

impl Engine {
    /// Notes that an operation has come to its end: `done`, or `failed` where it was taken back.
    pub(super) fn note_end(&self, op: &Operation, result: &str) {
        let took = self.clock.now_ms().saturating_sub(op.created_ms);
        let took = Duration::from_millis(u64::try_from(took).unwrap_or(0));
        self.metrics.operation(op.kind.as_str(), result, took);
    }
}
