//! What is done again and again at the times that the configuration says: nodes are asked whether they are up, which
//! disks have moved and how full they are, and what came unfinished with an import is cleaned up.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tracing::{error, info, warn};

use super::Operations;
use super::engine::Engine;
use crate::executor::{RemoteError, system};
use crate::model::node::Node;
use crate::model::operation::{Operation, Parked};
use crate::model::state::{EntryState, Phase};
use crate::store::{Result, cluster, node};

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
    async fn watch_nodes(self: Arc<Self>, rhythm: Rhythm) {
        self.pause(rhythm.start).await;
        while !self.is_stopping() {
            if let Err(refused) = self.look_at_nodes().await {
                error!(error = &refused as &dyn std::error::Error, "the nodes could not be listed");
            }
            self.pause(rhythm.refresh).await;
        }
    }

    /// Asks all online nodes at the same time: one that hangs delays nobody.
    async fn look_at_nodes(&self) -> Result<()> {
        let mut conn = self.store.read().await?;
        let mut nodes = Vec::new();
        for cluster in cluster::all(&mut conn).await? {
            nodes.extend(node::of_cluster(&mut conn, cluster.id).await?);
        }
        drop(conn);
        let watched = |node: &&Node| node.phase == Phase::Ready && node.state == EntryState::Online;
        let answers = join_all(nodes.iter().filter(watched).map(|node| self.look_at(node))).await;
        let up: Vec<_> = nodes.iter().filter(watched).zip(answers).collect();
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        for (node, up) in &up {
            let (id, was_up) = (node.id, !down.contains(&node.id));
            self.metrics.peer(&id.to_string(), Some(*up));
            match (was_up, *up) {
                (true, false) => {
                    warn!("node {id} ({}) does not answer or has no glusterd", node.manage.join(", "));
                    down.insert(id);
                }
                (false, true) => {
                    info!("node {id} ({}) answers again", node.manage.join(", "));
                    down.remove(&id);
                }
                _ => {}
            }
        }
        // Of the others nothing is known any more.
        down.retain(|id| up.iter().any(|(node, _)| node.id == *id));
        // One may have been deleted since the last look, or during it: then the next one forgets it.
        self.metrics.only_peers(&nodes.iter().map(|node| node.id.to_string()).collect::<Vec<_>>());
        for node in nodes.iter().filter(|node| !watched(node)) {
            self.metrics.peer(&node.id.to_string(), None);
            self.metrics.fullness(&node.id.to_string(), Vec::new());
        }
        Ok(())
    }

    /// Whether a node is up. Of one that answers also its disks are looked at.
    async fn look_at(&self, node: &Node) -> bool {
        let Some(host) = node.host() else { return false };
        let answer = self.executor.run(&host, &system::glusterd_is_active()).await;
        // One without glusterd has disks all the same.
        let looked = if matches!(answer, Ok(_) | Err(RemoteError::Exited { .. })) {
            self.look_at_disks(node).await
        } else {
            self.metrics.fullness(&node.id.to_string(), Vec::new());
            Ok(())
        };
        if let Err(refused) = looked {
            error!(error = &refused as &dyn std::error::Error, "the disks of {host} could not be looked up");
        }
        answer.is_ok()
    }

    async fn look_at_disks(&self, node: &Node) -> Result<()> {
        self.follow_disks(node, None).await?;
        self.measure_pools(node).await
    }

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
