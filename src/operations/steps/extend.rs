//! Adding sets to a volume, and spreading what is in it over all of them.

use super::volume_look::{Ownership, foreign};
use super::word::WordOf;
use super::{GlusterFailure, Result, SENDS, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::gluster::{self, Rebalance, place};
use crate::model::host::Host;
use crate::model::ids::NodeId;
use crate::model::step::{BrickAt, ExtendPlan, StepOutput, VolumePlan};

impl StepRunner {
    pub(super) async fn add_bricks(&self, plan: &ExtendPlan) -> Result<()> {
        let whole = whole(plan);
        match self.ownership(&whole).await? {
            Ownership::Ours => self.add_missing(&whole, &plan.added).await,
            Ownership::Foreign => Err(foreign(&whole, None)),
            Ownership::Missing { unheard } => Err(self.missing(&whole, unheard).await),
        }
    }

    async fn add_missing(&self, whole: &VolumePlan, added: &[BrickAt]) -> Result<()> {
        for command in gluster::add_bricks(&self.settings, whole, added) {
            self.put_bricks(whole, &command).await?;
        }
        Ok(())
    }

    /// Once gluster has taken bricks, clients may have written to them: there is no way back. The others follow then,
    /// so that what goes on from here finds all of them.
    pub(super) async fn unadd_bricks(&self, plan: &ExtendPlan, retired: &[NodeId]) -> Result<()> {
        let whole = whole(plan);
        let found = self.certain_look_at_bricks(&whole, WordOf::AllBut(retired)).await?;
        let listed = found.map_or_else(Vec::new, |found| found.bricks);
        let left: Vec<BrickAt> =
            plan.added.iter().filter(|brick| !listed.contains(&place(brick))).cloned().collect();
        if left.len() == plan.added.len() {
            return Ok(());
        }
        self.add_missing(&whole, &left).await?;
        Err(StepError::Irreversible)
    }

    /// Starts a rebalance where there is something to spread. A failure is told and stops nothing: the volume works
    /// without it.
    pub(super) async fn rebalance(&self, plan: &VolumePlan) -> Result<StepOutput> {
        if plan.bricks.len() <= plan.durability.set_size() {
            return Ok(StepOutput::Nothing);
        }
        match self.start_rebalance(plan).await {
            Ok(()) => Ok(StepOutput::Nothing),
            Err(error) => Ok(StepOutput::Told { text: not_spread(plan, &error) }),
        }
    }

    async fn start_rebalance(&self, plan: &VolumePlan) -> Result<()> {
        match self.ownership(plan).await? {
            Ownership::Ours => {}
            Ownership::Foreign => return Err(foreign(plan, None)),
            Ownership::Missing { unheard } => return Err(self.missing(plan, unheard).await),
        }
        let start = gluster::rebalance_start(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &start).await else { return Ok(()) };
            if failure.refusal().as_deref().is_some_and(gluster::is_rebalancing) {
                return Ok(());
            }
            if !failure.is_unknown() {
                return Err(failure.into());
            }
            if self.is_rebalancing(plan).await? {
                return Ok(());
            }
        }
        Err(self.lost(plan, &start))
    }

    /// Whether a rebalance goes on. One that is over may be one of before: then it is started again, which does no
    /// harm.
    async fn is_rebalancing(&self, plan: &VolumePlan) -> Result<bool> {
        let status =
            gluster::rebalance_status(&self.settings, &plan.name).behind(gluster::volume_lock(plan.volume));
        let output = match self.gluster(&plan.peers, &status).await {
            Ok(output) => output.stdout,
            // With a refusal the answer is in the XML all the same.
            Err(GlusterFailure::Remote(RemoteError::Exited { stdout, .. })) if !stdout.is_empty() => stdout,
            Err(failure) => return Err(failure.into()),
        };
        let host = plan.peers.first().map_or_else(Host::nobody, |peer| peer.host.clone());
        let state = gluster::parse_rebalance_status(&output)
            .ok_or_else(|| StepError::unreadable(&host, &status, &output))?;
        Ok(state == Rebalance::InProgress)
    }
}

/// The volume with the bricks that it has afterwards.
fn whole(plan: &ExtendPlan) -> VolumePlan {
    let bricks = plan.volume.bricks.iter().chain(&plan.added).cloned().collect();
    VolumePlan { bricks, ..plan.volume.clone() }
}

/// The refusal to work on a volume that gluster does not have.
pub(super) fn missing(plan: &VolumePlan) -> StepError {
    let name = &plan.name;
    StepError::Refused {
        text: format!("Volume {name} does not exist"),
        explanation: format!(
            "the trusted pool has no volume {name} any more; somebody has deleted it. Look at `gluster volume info`; delete it here too if it is not needed"
        ),
    }
}

fn not_spread(plan: &VolumePlan, error: &StepError) -> String {
    let name = &plan.name;
    let peer = match (error.host(), plan.peers.first()) {
        (Some(host), _) => format!("on {host}"),
        (None, Some(peer)) => format!("on {}", peer.host),
        (None, None) => "on its peers".to_owned(),
    };
    format!(
        "volume {name} has its new bricks, but what was in it before was not spread over them {peer}: {}. Everything can be read and written; run `gluster volume rebalance {name} start` there when that is mended",
        error.text().trim()
    )
}
