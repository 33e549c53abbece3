//! Gluster volumes. glusterd may go on after its command line has ended: where nobody knows what happened, it is
//! looked at until two looks agree.

use super::volume_look::{Ownership, carriers, foreign, is_ours};
use super::word::WordOf;
use super::written::Beside;
use super::{GlusterFailure, Result, SENDS, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::command::Command;
use crate::executor::gluster::{self, GlusterVolume, place};
use crate::model::ids::NodeId;
use crate::model::step::{BrickAt, VolumePlan};

impl StepRunner {
    pub(super) async fn create_volume(&self, plan: &VolumePlan) -> Result<()> {
        let set = gluster::volume_set(&self.settings, plan).map_err(|bad| StepError::Refused {
            text: bad.to_string(),
            explanation: format!("{bad}. Correct the options of the request"),
        })?;
        for command in gluster::volume_create(&self.settings, plan) {
            self.put_bricks(plan, &command).await?;
        }
        // Beside each other: neither needs the other, and both wait for a peer.
        let (kept, set) = futures_util::future::join(self.keep_marks(plan), self.set_all(plan, &set)).await;
        set.and(kept)
    }

    async fn set_all(&self, plan: &VolumePlan, commands: &[Command]) -> Result<()> {
        for command in commands {
            self.set_options(plan, command).await?;
        }
        Ok(())
    }

    /// Runs a `create` or an `add-brick`, whose bricks are in the volume afterwards.
    pub(super) async fn put_bricks(&self, plan: &VolumePlan, command: &Command) -> Result<()> {
        let has_bricks = |found: &GlusterVolume| {
            let of_command = plan.bricks.iter().map(place).filter(|at| command.arguments().contains(at));
            of_command.into_iter().all(|at| found.bricks.contains(&at))
        };
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&carriers(plan), command).await else { return Ok(()) };
            let refusal = failure.refusal();
            if !failure.is_unknown() && !refusal.as_deref().is_some_and(gluster::is_existing) {
                return Err(failure.into());
            }
            match self.agreed_look(plan).await? {
                Some(found) if is_ours(&found, plan) && has_bricks(&found) => return Ok(()),
                Some(found) if !is_ours(&found, plan) => return Err(foreign(plan, refusal)),
                _ if failure.is_unknown() => {}
                _ => return Err(failure.into()),
            }
        }
        Err(self.lost(plan, command))
    }

    pub(super) fn lost(&self, plan: &VolumePlan, command: &Command) -> StepError {
        let host = plan.peers.first().map_or_else(crate::model::host::Host::nobody, |peer| peer.host.clone());
        let source = format!("it was sent {SENDS} times and did not happen").into();
        StepError::Remote(RemoteError::OutcomeUnknown { host, command: Box::new(command.clone()), source })
    }

    /// Setting an option twice does no harm. An option that gluster refuses is refused on every peer.
    pub(super) async fn set_options(&self, plan: &VolumePlan, command: &Command) -> Result<()> {
        let mut result = self.gluster(&plan.peers, command).await;
        for _ in 1..SENDS {
            if !result.as_ref().is_err_and(GlusterFailure::is_unknown) {
                break;
            }
            result = self.gluster(&plan.peers, command).await;
        }
        let Err(failure) = result else { return Ok(()) };
        match failure.refusal() {
            Some(text) if !gluster::is_peer_down(&text) => Err(StepError::Refused {
                explanation: format!("gluster refused the options of the volume: {}", text.trim()),
                text: text.trim().to_owned(),
            }),
            _ => Err(failure.into()),
        }
    }

    pub(super) async fn start_volume(&self, plan: &VolumePlan) -> Result<()> {
        let start = gluster::volume_start(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &start).await else { return Ok(()) };
            let started = failure.refusal().is_some_and(|text| text.contains("already started"));
            if started
                || (failure.is_unknown() && self.agreed_look(plan).await?.is_some_and(|found| found.started))
            {
                return Ok(());
            }
            if !failure.is_unknown() {
                return Err(failure.into());
            }
        }
        Err(self.lost(plan, &start))
    }

    /// Stops our volume; one of that name that is not ours is left alone.
    pub(super) async fn stop_own_volume(&self, plan: &VolumePlan) -> Result<()> {
        match self.ownership_of_unwanted(plan).await? {
            Ownership::Missing { .. } => Ok(()),
            Ownership::Foreign => Err(foreign(plan, None)),
            Ownership::Ours => self.stop_volume(plan).await,
        }
    }

    pub(super) async fn stop_volume(&self, plan: &VolumePlan) -> Result<()> {
        let stop = gluster::volume_stop(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &stop).await else { return Ok(()) };
            if failure.refusal().is_some_and(|text| text.contains("not in the started state")) {
                return Ok(());
            }
            if !failure.is_unknown() && !failure.refusal().as_deref().is_some_and(gluster::is_missing) {
                return Err(failure.into());
            }
            if self.agreed_look(plan).await?.is_none_or(|found| !found.started) {
                return Ok(());
            }
        }
        Err(self.lost(plan, &stop))
    }

    /// Deletes our volume; one of that name that is not ours is left alone.
    pub(super) async fn delete_own_volume(&self, plan: &VolumePlan) -> Result<()> {
        match self.ownership_of_unwanted(plan).await? {
            Ownership::Missing { .. } => Ok(()),
            Ownership::Foreign => Err(foreign(plan, None)),
            Ownership::Ours => self.delete_volume(plan).await,
        }
    }

    pub(super) async fn delete_volume(&self, plan: &VolumePlan) -> Result<()> {
        let delete = gluster::volume_delete(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &delete).await else { return Ok(()) };
            if !failure.is_unknown() && !failure.refusal().as_deref().is_some_and(gluster::is_missing) {
                return Err(failure.into());
            }
            if self.certain_look(plan, WordOf::All).await?.is_none() {
                return Ok(());
            }
        }
        Err(self.lost(plan, &delete))
    }

    /// Takes away what a create made; what somebody else made under that name stays.
    pub(super) async fn uncreate_volume(&self, plan: &VolumePlan) -> Result<()> {
        match self.certain_look(plan, WordOf::All).await? {
            Some(found) if is_ours(&found, plan) => {
                if found.started {
                    self.unstart_volume(plan).await?;
                } else {
                    self.refuse_written(&listed(&found, plan), Beside::of(plan.hosts_blocks)).await?;
                }
                self.delete_volume(plan).await
            }
            _ => Ok(()),
        }
    }

    /// Stops a volume that was started, unless somebody has written to it.
    pub(super) async fn unstart_volume(&self, plan: &VolumePlan) -> Result<()> {
        let bricks = match self.certain_look(plan, WordOf::All).await? {
            Some(found) if is_ours(&found, plan) => listed(&found, plan),
            _ => return Ok(()),
        };
        let beside = Beside::of(plan.hosts_blocks);
        // Before it is stopped, so that a peer that is away does not leave it stopped; and again after, when nobody
        // can write any more.
        self.refuse_written(&bricks, beside).await?;
        self.stop_volume(plan).await?;
        if let Err(written) = self.refuse_written(&bricks, beside).await {
            self.start_volume(plan).await?;
            return Err(written);
        }
        Ok(())
    }

    /// Starts a volume again whose deletion is taken back.
    pub(super) async fn start_volume_again(&self, plan: &VolumePlan) -> Result<()> {
        match self.agreed_look(plan).await? {
            Some(found) if is_ours(&found, plan) && !found.started => self.start_volume(plan).await,
            _ => Ok(()),
        }
    }

    /// There is nothing to undo as long as gluster has the volume, and no way back from then on.
    /// A node that is out of service may be gone for good: it is not waited for, so that the delete goes on.
    pub(super) async fn undelete_volume(&self, plan: &VolumePlan, retired: &[NodeId]) -> Result<()> {
        match self.certain_look(plan, WordOf::AllBut(retired)).await? {
            Some(_) => Ok(()),
            None => Err(StepError::Irreversible),
        }
    }
}

/// Those bricks of a volume that gluster has in it. Nobody has written into the others.
fn listed(found: &GlusterVolume, plan: &VolumePlan) -> Vec<BrickAt> {
    plan.bricks.iter().filter(|brick| found.bricks.contains(&place(brick))).cloned().collect()
}
