//! Clusters: no peer is touched, so each change is one transaction.

use super::{OpError, Operations};
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::ids::ClusterId;
use crate::store::cluster;

impl Operations {
    /// Makes a cluster.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_cluster(&self, flags: ClusterFlags) -> Result<Cluster, OpError> {
        let made = Cluster { id: ClusterId::from_uuid(self.inner.ids.draw()), flags };
        let mut tx = self.inner.store.write().await?;
        cluster::insert(&mut tx, &made).await?;
        tx.commit().await.map_err(crate::store::StoreError::from)?;
        Ok(made)
    }

    /// Sets which volumes a cluster takes; the volumes it has stay.
    ///
    /// # Errors
    /// When there is no such cluster, or the database refuses.
    pub async fn set_cluster_flags(&self, id: ClusterId, flags: ClusterFlags) -> Result<(), OpError> {
        let mut tx = self.inner.store.write().await?;
        cluster::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        cluster::set_flags(&mut tx, id, flags).await?;
        tx.commit().await.map_err(crate::store::StoreError::from)?;
        Ok(())
    }

    /// Takes an empty cluster away.
    ///
    /// # Errors
    /// When there is no such cluster or it is not empty, or the database refuses.
    pub async fn delete_cluster(&self, id: ClusterId) -> Result<(), OpError> {
        let mut tx = self.inner.store.write().await?;
        cluster::find(&mut tx, id).await?.ok_or(OpError::NotFound)?;
        if cluster::node_count(&mut tx, id).await? > 0 || cluster::volume_count(&mut tx, id).await? > 0 {
            let text = format!("Unable to delete cluster [{id}] because it contains volumes and/or nodes");
            return Err(OpError::conflict(text));
        }
        cluster::delete(&mut tx, id).await?;
        tx.commit().await.map_err(crate::store::StoreError::from)?;
        Ok(())
    }
}
