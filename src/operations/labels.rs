//! Names and paths of devices, which follow their disks: after a restart of a peer a path may be another disk's.

use std::time::Duration;

use sqlx::SqliteConnection;
use tracing::{debug, info};

use super::OpError;
use super::engine::Engine;
use super::steps::FoundDisks;
use crate::model::device::{DeviceLabel, KnownDevice};
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::Node;
use crate::store::device::Renamed;
use crate::store::{Result, device, node};

/// How long a client waits at most for a look that comes before the decision.
const BEFORE_DECISION: Duration = Duration::from_secs(10);

/// The devices of a node, as its disks are told apart.
pub(super) async fn known(conn: &mut SqliteConnection, node: NodeId) -> Result<Vec<KnownDevice>> {
    Ok(device::of_node(conn, node).await?.into_iter().map(KnownDevice::from).collect())
}

/// Writes down what a look at the node of a device has found.
pub(super) async fn write(conn: &mut SqliteConnection, id: DeviceId, labels: &[DeviceLabel]) -> Result<()> {
    if labels.is_empty() {
        return Ok(());
    }
    if let Some(device) = device::find(conn, id).await? {
        tell(&device::relabel(conn, device.node, labels).await?);
    }
    Ok(())
}

fn tell(renamed: &[Renamed]) {
    for Renamed { device, from, to } in renamed {
        info!("the disk of device {device} is {to} now; it was {from}");
    }
}

impl Engine {
    /// Where a device claims the path that another one is to be added by: looks whether it is still right, and corrects
    /// it. Where the peer does not answer, the claim stands.
    pub(super) async fn doubt_name(&self, id: NodeId, path: &str) -> std::result::Result<(), OpError> {
        let mut conn = self.store.read().await?;
        let claimed = device::named(&mut conn, id, path).await?.is_some();
        let node = if claimed { node::find(&mut conn, id).await? } else { None };
        drop(conn);
        if let Some(node) = node {
            let look = self.follow_disks(&node, Some(path));
            // Nothing of it is left half done: it only looks, and then writes in one transaction.
            tokio::time::timeout(BEFORE_DECISION, look).await.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Asks a peer which disks have moved, and writes down where they are now. `doubted`: see
    /// [`super::steps::StepRunner::find_disks`].
    pub(super) async fn follow_disks(&self, node: &Node, doubted: Option<&str>) -> Result<()> {
        let Some(host) = node.host() else { return Ok(()) };
        let known = known(&mut *self.store.read().await?, node.id).await?;
        if known.is_empty() {
            return Ok(());
        }
        match self.runner.find_disks(&host, &known, doubted).await {
            Ok(found) => self.write_found(node.id, &found).await,
            Err(error) => {
                debug!("the disks of {host} could not be listed: {}", error.text().trim());
                Ok(())
            }
        }
    }

    async fn write_found(&self, node: NodeId, found: &FoundDisks) -> Result<()> {
        if *found == FoundDisks::default() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        tell(&device::relabel(&mut tx, node, &found.labels).await?);
        let displaced = match found.displaced {
            Some(id) => device::find(&mut tx, id).await?,
            None => None,
        };
        if let Some(device) = &displaced {
            device::displace(&mut tx, device).await?;
            info!("the disk of device {} is away, and {} is another one now", device.id, device.name);
        }
        tx.commit().await?;
        Ok(())
    }
}
