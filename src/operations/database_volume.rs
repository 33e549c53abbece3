//! The gluster volume that holds the database of many installations: its options. Not an operation: setting them again
//! does no harm, and there is nothing to undo.

use super::steps::StepError;
use super::{Operations, peers};
use crate::model::step::VolumePlan;
use crate::model::volume::Volume;
use crate::store::{StoreError, volume};

/// Why they were not set.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseVolumeError {
    /// heketi's text.
    #[error("Volume {0} not found")]
    NotFound(String),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A peer refused, or cannot be asked.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl Operations {
    /// Sets the options that a volume with a database on it needs, where it has never been given any.
    ///
    /// # Errors
    /// When no volume has that name, or gluster refuses.
    pub async fn set_database_volume_options(&self, name: &str) -> Result<(), DatabaseVolumeError> {
        let engine = &self.inner;
        let mut snapshot = engine.store.snapshot().await?;
        let found = volume::all(&mut snapshot).await?.into_iter().find(|volume| volume.name == name);
        let found = found.ok_or_else(|| DatabaseVolumeError::NotFound(name.to_owned()))?;
        let asked = peers::of_cluster(&mut snapshot, found.cluster, None).await?;
        drop(snapshot);
        let plan = VolumePlan { peers: asked, ..named(&found) };
        Ok(engine.runner.set_database_options(&plan).await?)
    }
}

/// A plan that is good for options only.
fn named(volume: &Volume) -> VolumePlan {
    VolumePlan {
        volume: volume.id,
        name: volume.name.clone(),
        durability: volume.durability,
        arbiter: false,
        bricks: Vec::new(),
        options: Vec::new(),
        peers: Vec::new(),
        hosts_blocks: false,
    }
}
