//! Tags of nodes and devices: no peer is touched, so each change is one transaction.

use super::{IN_USE, OpError, Operations};
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::{TagChange, Tags};
use crate::model::state::Phase;
use crate::store::{StoreError, device, node};

impl Operations {
    /// Changes the tags of a node; returns those it has then. Bricks stay where they are.
    ///
    /// # Errors
    /// When there is no such node, or the database refuses.
    pub async fn change_node_tags(&self, id: NodeId, change: TagChange) -> Result<Tags, OpError> {
        let mut tx = self.inner.store.write().await?;
        let node = node::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        may_change(node.phase)?;
        let tags = change.apply(node.tags);
        node::set_tags(&mut tx, id, &tags).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(tags)
    }

    /// Changes the tags of a device; returns those it has then. Bricks stay where they are.
    ///
    /// # Errors
    /// When there is no such device, or the database refuses.
    pub async fn change_device_tags(&self, id: DeviceId, change: TagChange) -> Result<Tags, OpError> {
        let mut tx = self.inner.store.write().await?;
        let device = device::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        may_change(device.phase)?;
        let tags = change.apply(device.tags);
        device::set_tags(&mut tx, id, &tags).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(tags)
    }
}

/// What is being added does not exist yet, what is being deleted is in use.
fn may_change(phase: Phase) -> Result<(), OpError> {
    match phase {
        Phase::Ready => Ok(()),
        Phase::Creating => Err(OpError::NotFound),
        Phase::Deleting => Err(OpError::conflict(IN_USE)),
    }
}
