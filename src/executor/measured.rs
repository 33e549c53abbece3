//! Times every command.

use std::time::Instant;

use async_trait::async_trait;

use super::{Command, Executor, Output, RemoteError};
use crate::metrics::Metrics;
use crate::model::host::Host;

/// Another executor, with the time of each command.
pub struct Measured<E> {
    inner: E,
    metrics: Metrics,
}

impl<E: Executor> Measured<E> {
    /// Times what `inner` runs.
    pub fn new(inner: E, metrics: Metrics) -> Measured<E> {
        Measured { inner, metrics }
    }
}

#[async_trait]
impl<E: Executor> Executor for Measured<E> {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let begun = Instant::now();
        let done = self.inner.run(host, command).await;
        self.metrics.command(command.program(), outcome(&done), begun.elapsed());
        done
    }

    fn introduce(&self, manage: &str, storage: &str) {
        self.inner.introduce(manage, storage);
    }
}

fn outcome(done: &Result<Output, RemoteError>) -> &'static str {
    match done {
        Ok(_) => "ok",
        Err(RemoteError::Exited { .. }) => "refused",
        // None of these was started.
        Err(
            RemoteError::Unreachable { .. }
            | RemoteError::StillRunning { .. }
            | RemoteError::NotLocked { .. },
        ) => "unreachable",
        Err(RemoteError::OutcomeUnknown { .. }) => "unknown",
    }
}
