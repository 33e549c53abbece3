//! Keeping new block volumes away from a hosting volume. No peer hears of it: one transaction, no operation.

use std::sync::Arc;

use super::engine::Engine;
use super::{OpError, Operations};
use crate::model::hosting::{TooFull, Wanted};
use crate::model::ids::{JobId, VolumeId};
use crate::model::operation::{JobOutcome, JobSubject};
use crate::model::state::Phase;
use crate::model::volume::Volume;
use crate::store::volume;

impl Operations {
    /// Keeps new block volumes away from a hosting volume, or lets them in again.
    ///
    /// # Errors
    /// When there is no such volume, it hosts no block volumes, too little is free in it to unlock it, too much is
    /// under way, or the database refuses.
    pub async fn restrict_volume(&self, id: VolumeId, wanted: Wanted) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.restrict_volume(id, wanted).await }).await
    }
}

impl Engine {
    async fn restrict_volume(&self, id: VolumeId, wanted: Wanted) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let found = volume::find(&mut tx, id).await?.filter(|volume| volume.phase == Phase::Ready);
        let found = found.ok_or(OpError::NotFound)?;
        // It counts as a running operation, as in heketi, for as long as it takes.
        let _turn = self.limits.try_enter_in(found.cluster)?;
        let Some(hosting) = found.hosting else { return Err(no_hosting(&found)) };
        let changed = hosting.restricted(wanted, found.size).map_err(|full| too_full(&found, full))?;
        volume::set_hosting(&mut tx, id, changed).await?;
        let outcome = JobOutcome::Location { path: format!("/volumes/{id}"), warning: None };
        self.finished_job(tx, JobSubject::new("volume-restriction", id), outcome).await
    }
}

fn refused(why: impl std::fmt::Display, explanation: String) -> OpError {
    OpError::refused(format!("Failed to set block restriction: {why}"), Some(explanation))
}

fn no_hosting(volume: &Volume) -> OpError {
    let explanation =
        format!("volume {} was made without \"block\": true: no block volumes are put into it", volume.name);
    refused("Block restrictions can only be set on block hosting volumes", explanation)
}

fn too_full(volume: &Volume, full: TooFull) -> OpError {
    let TooFull { needed, free } = full;
    let explanation = format!(
        "{needed} of volume {} have to be kept back, and {free} are free; expand the volume or delete block volumes of it, then ask again",
        volume.name
    );
    refused(full, explanation)
}
