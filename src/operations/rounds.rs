//! What is done again and again at the times that the configuration says: nodes are looked after (`health`), and what came
//! unfinished with an import is cleaned up.

use std::sync::Arc;
use std::time::Duration;

use tracing::error;

use super::Operations;
use super::engine::Engine;
use crate::model::operation::{Operation, Parked};

/// When something that is done again and again is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// After the start, the first time.
    pub start: Duration,
    /// From then on.
    pub refresh: Duration,
}

impl Operations {
    /// Begins the rounds that are configured; they end when the server stops.
    pub fn start_rounds(&self) {
        if let Some(rhythm) = self.inner.settings.node_monitor {
            let engine = Arc::clone(&self.inner);
            tokio::spawn(async move { engine.watch_nodes(rhythm).await });
        }
        if let Some(rhythm) = self.inner.settings.cleaner {
            let engine = Arc::clone(&self.inner);
            tokio::spawn(async move { engine.clean_stale(rhythm).await });
        }
    }
}

impl Engine {
    async fn clean_stale(self: Arc<Self>, rhythm: Rhythm) {
        self.pause(rhythm.start).await;
        while !self.is_stopping() {
            let stale = |op: &Operation| op.parked.as_ref().is_some_and(Parked::is_stale);
            if let Err(refused) = self.clean(stale).await {
                error!(
                    error = &refused as &dyn std::error::Error,
                    "stale operations could not be cleaned up"
                );
            }
            self.pause(rhythm.refresh).await;
        }
    }
}
