//! Steps carried out on peers, and undone. Every do is idempotent (what is there already, the same, is success),
//! and so is every undo (what is gone already is success). Compensation is the engine's: nothing is undone here
//! that was not asked to be undone.

mod block_sending;
mod block_volume;
mod brick;
mod brick_file_system;
mod clone;
mod database_options;
mod detach;
mod device;
mod device_labels;
mod device_look;
mod error;
mod extend;
mod heal;
mod heal_refusal;
mod inventory;
mod marks;
mod peer;
mod replace;
mod sending;
mod snapshot;
mod stuck;
mod take_out;
#[cfg(test)]
mod tests;
mod volume;
mod volume_look;
mod word;
mod written;

use std::sync::Arc;
use std::time::Duration;

use detach::Leave;
pub(super) use device_labels::FoundDisks;
pub(super) use device_look::already_added;
pub use error::StepError;
use sending::GlusterFailure;
use stuck::Stuck;
pub(super) use take_out::TakenOut;

use crate::executor::Executor;
use crate::executor::settings::PeerSettings;
use crate::model::ids::NodeId;
use crate::model::step::{Step, StepOutput};

/// How often something is sent again whose outcome is unknown and which looks as if it had not happened.
const SENDS: u32 = 3;

/// The pause between two looks that have to agree.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Carries steps out on peers.
#[derive(Clone)]
pub struct StepRunner {
    executor: Arc<dyn Executor>,
    settings: Arc<PeerSettings>,
    stuck: Stuck,
}

type Result<T> = std::result::Result<T, StepError>;

impl StepRunner {
    /// A runner that works on peers through `executor`.
    pub fn new(executor: Arc<dyn Executor>, settings: Arc<PeerSettings>) -> StepRunner {
        StepRunner { executor, settings, stuck: Stuck::default() }
    }

    /// Does a step; succeeds where it is done already.
    ///
    /// # Errors
    /// When it could not be done. It may have been done in part: see [`StepRunner::undo`].
    pub async fn apply(&self, step: &Step) -> Result<StepOutput> {
        let nothing = |()| StepOutput::Nothing;
        match step {
            Step::ProbePeer { peer, via, .. } => self.probe_peer(peer, via).await.map(nothing),
            Step::DetachPeer { peer, via, retired, unwanted } => {
                self.detach_peer(peer, via, Leave { retired, unwanted }).await.map(nothing)
            }
            Step::PrepareDevice(plan) => self.prepare_device(plan).await.map(StepOutput::Device),
            Step::FindDevice(plan) => {
                self.find_device(plan).await.map(|labels| StepOutput::Labels { labels })
            }
            Step::ReleaseDevice(plan) => self.release_device(plan).await.map(nothing),
            Step::CreateBrick(plan) => self.create_brick(plan).await.map(nothing),
            Step::DestroyBrick(plan) => self.destroy_brick(plan).await.map(nothing),
            Step::CreateVolume(plan) => self.create_volume(plan).await.map(nothing),
            Step::StartVolume(plan) => self.start_volume(plan).await.map(nothing),
            Step::StopVolume(plan) => self.stop_own_volume(plan).await.map(nothing),
            Step::DeleteVolume(plan) => self.delete_own_volume(plan).await.map(nothing),
            Step::AddBricks(plan) => {
                self.add_bricks(plan).await?;
                Ok(self.keep_marks_of(step).await)
            }
            Step::Rebalance(plan) => self.rebalance(plan).await,
            Step::ReadDevice(plan) => self.read_device(plan).await.map(StepOutput::Device),
            Step::CheckHeal(plan) => self.check_heal(plan).await.map(nothing),
            Step::ReplaceBrick(plan) => {
                self.replace_brick(plan).await?;
                Ok(self.keep_marks_of(step).await)
            }
            Step::AwaitHeal(plan) => self.await_heal(plan).await.map(nothing),
            Step::SnapshotVolume(plan) => self.snapshot_volume(plan).await.map(nothing),
            Step::CloneSnapshot(plan) => {
                self.clone_snapshot(plan).await.map(|bricks| StepOutput::Clone { bricks })
            }
            Step::DropSnapshot(plan) => self.drop_snapshot(plan).await.map(nothing),
            Step::CheckBlockVolume(plan) => self.check_block_volume(plan).await.map(nothing),
            Step::CreateBlockVolume(plan) => {
                self.create_block_volume(plan).await.map(|access| StepOutput::Block { access })
            }
            Step::DestroyBlockVolume(plan) => self.destroy_block_volume(plan).await.map(nothing),
            Step::ResizeBlockVolume(plan) => self.resize_block_volume(plan).await,
        }
    }

    /// Undoes a step that may have been done wholly, in part, or not at all; succeeds where nothing of it is left. What nodes know that
    /// are `retired`, out of service, is not waited for where that may take for ever.
    ///
    /// # Errors
    /// When something is left, or has to be.
    pub async fn undo(&self, step: &Step, retired: &[NodeId]) -> Result<()> {
        match step {
            // Somebody had joined it before us: it is not ours to take out.
            Step::ProbePeer { was_member: true, .. } => Ok(()),
            Step::ProbePeer { peer, via, .. } => self.detach_peer(peer, via, Leave::default()).await,
            Step::DetachPeer { peer, via, .. } => self.probe_peer(peer, via).await,
            Step::PrepareDevice(plan) => self.unprepare_device(plan).await,
            // What was on the disk was ours and empty: there is nothing to bring back.
            Step::ReleaseDevice(_) | Step::DestroyBrick(_) => Ok(()),
            Step::CreateBrick(plan) => self.uncreate_brick(plan).await,
            Step::CreateVolume(plan) => self.uncreate_volume(plan).await,
            Step::StartVolume(plan) => self.unstart_volume(plan).await,
            Step::StopVolume(plan) => self.start_volume_again(plan).await,
            Step::DeleteVolume(plan) => self.undelete_volume(plan, retired).await,
            Step::AddBricks(plan) => self.unadd_bricks(plan, retired).await,
            Step::ReplaceBrick(plan) => self.unreplace_brick(plan, retired).await,
            Step::SnapshotVolume(plan) => self.unsnapshot_volume(plan, retired).await,
            Step::CloneSnapshot(plan) => self.unclone_snapshot(plan, retired).await,
            Step::CreateBlockVolume(plan) => self.uncreate_block_volume(plan).await,
            Step::ResizeBlockVolume(plan) => self.unresize_block_volume(plan).await,
            // They changed nothing that an undo could bring back.
            Step::Rebalance(_)
            | Step::CheckHeal(_)
            | Step::AwaitHeal(_)
            | Step::FindDevice(_)
            | Step::ReadDevice(_)
            | Step::DropSnapshot(_)
            | Step::CheckBlockVolume(_)
            | Step::DestroyBlockVolume(_) => Ok(()),
        }
    }

    /// How peers are worked on.
    pub(in crate::operations) fn settings(&self) -> &Arc<PeerSettings> {
        &self.settings
    }
}
