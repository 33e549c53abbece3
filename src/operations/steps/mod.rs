//! Steps carried out on peers, and undone. Every do is idempotent (what is there already, the same, is success),
//! and so is every undo (what is gone already is success). Compensation is the engine's: nothing is undone here
//! that was not asked to be undone.

mod brick;
mod clone;
mod device;
mod device_labels;
mod device_look;
mod error;
mod extend;
mod heal;
mod inventory;
mod peer;
mod replace;
mod snapshot;
mod take_out;
#[cfg(test)]
mod tests;
mod volume;
mod volume_look;

use std::sync::Arc;
use std::time::Duration;

use tracing::debug;

pub(super) use device_labels::FoundDisks;
pub(super) use device_look::already_added;
pub use error::StepError;
pub(super) use take_out::TakenOut;

use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::executor::{Executor, Output, RemoteError, gluster};
use crate::model::host::Host;
use crate::model::step::{Peer, Step, StepOutput};

/// How long a glusterd that is busy is waited for.
const BUSY_BUDGET: Duration = Duration::from_secs(120);

/// How often something is sent again whose outcome is unknown and which looks as if it had not happened.
const SENDS: u32 = 3;

/// The pause between two looks that have to agree.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How long glusterd is left alone after its command line gave up waiting for it: it still works on the change, and
/// nothing tells when it is through. Two looks that agree follow.
const AFTER_CUT_OFF: Duration = Duration::from_secs(10);

/// Carries steps out on peers.
#[derive(Clone)]
pub struct StepRunner {
    executor: Arc<dyn Executor>,
    settings: Arc<PeerSettings>,
}

type Result<T> = std::result::Result<T, StepError>;

impl StepRunner {
    /// A runner that works on peers through `executor`.
    pub fn new(executor: Arc<dyn Executor>, settings: Arc<PeerSettings>) -> StepRunner {
        StepRunner { executor, settings }
    }

    /// Does a step; succeeds where it is done already.
    ///
    /// # Errors
    /// When it could not be done. It may have been done in part: see [`StepRunner::undo`].
    pub async fn apply(&self, step: &Step) -> Result<StepOutput> {
        let nothing = |()| StepOutput::Nothing;
        match step {
            Step::ProbePeer { peer, via, .. } => self.probe_peer(peer, via).await.map(nothing),
            Step::DetachPeer { peer, via } => self.detach_peer(peer, via).await.map(nothing),
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
            Step::AddBricks(plan) => self.add_bricks(plan).await.map(nothing),
            Step::Rebalance(plan) => self.rebalance(plan).await,
            Step::ReadDevice(plan) => self.read_device(plan).await.map(StepOutput::Device),
            Step::CheckHeal(plan) => self.check_heal(plan).await.map(nothing),
            Step::ReplaceBrick(plan) => self.replace_brick(plan).await.map(nothing),
            Step::AwaitHeal(plan) => self.await_heal(plan).await.map(nothing),
            Step::SnapshotVolume(plan) => self.snapshot_volume(plan).await.map(nothing),
            Step::CloneSnapshot(plan) => {
                self.clone_snapshot(plan).await.map(|bricks| StepOutput::Clone { bricks })
            }
            Step::DropSnapshot(plan) => self.drop_snapshot(plan).await.map(nothing),
        }
    }

    /// Undoes a step that may have been done wholly, in part, or not at all; succeeds where nothing of it is left.
    ///
    /// # Errors
    /// When something is left, or has to be.
    pub async fn undo(&self, step: &Step) -> Result<()> {
        match step {
            // Somebody had joined it before us: it is not ours to take out.
            Step::ProbePeer { was_member: true, .. } => Ok(()),
            Step::ProbePeer { peer, via, .. } => self.detach_peer(peer, via).await,
            Step::DetachPeer { peer, via } => self.probe_peer(peer, via).await,
            Step::PrepareDevice(plan) => self.unprepare_device(plan).await,
            // What was on the disk was ours and empty: there is nothing to bring back.
            Step::ReleaseDevice(_) | Step::DestroyBrick(_) => Ok(()),
            Step::CreateBrick(plan) => self.uncreate_brick(plan).await,
            Step::CreateVolume(plan) => self.uncreate_volume(plan).await,
            Step::StartVolume(plan) => self.unstart_volume(plan).await,
            Step::StopVolume(plan) => self.start_volume_again(plan).await,
            Step::DeleteVolume(plan) => self.undelete_volume(plan).await,
            Step::AddBricks(plan) => self.unadd_bricks(plan).await,
            Step::ReplaceBrick(plan) => self.unreplace_brick(plan).await,
            Step::SnapshotVolume(plan) => self.unsnapshot_volume(plan).await,
            Step::CloneSnapshot(plan) => self.unclone_snapshot(plan).await,
            // They changed nothing that an undo could bring back.
            Step::Rebalance(_)
            | Step::CheckHeal(_)
            | Step::AwaitHeal(_)
            | Step::FindDevice(_)
            | Step::ReadDevice(_)
            | Step::DropSnapshot(_) => Ok(()),
        }
    }

    /// How peers are worked on.
    pub(in crate::operations) fn settings(&self) -> &Arc<PeerSettings> {
        &self.settings
    }

    async fn run(&self, host: &Host, command: &Command) -> std::result::Result<Output, RemoteError> {
        self.executor.run(host, command).await
    }

    /// Looks, and reads the answer.
    async fn read<T>(&self, host: &Host, command: &Command, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let output = self.run(host, command).await?;
        parse(&output.stdout).ok_or_else(|| StepError::unreadable(host, command, &output.stdout))
    }

    /// Runs a command that may be repeated without harm, again where nobody knows whether it ran.
    async fn repeat(&self, host: &Host, command: &Command) -> Result<Output> {
        let mut sends = 1;
        loop {
            match self.run(host, command).await {
                Err(RemoteError::OutcomeUnknown { source, .. }) if sends < SENDS => {
                    debug!("`{command}` on {host} is sent again: {source}");
                    sends += 1;
                }
                other => return Ok(other?),
            }
        }
    }

    /// Does what begins with a look, again from that look where nobody knows whether a command ran: the peer may have
    /// been restarted meanwhile, and a path be another disk's.
    async fn look_again<T, Attempt: Future<Output = Result<T>> + Send>(
        &self,
        attempt: impl Fn() -> Attempt + Send + Sync,
    ) -> Result<T> {
        let mut sends = 1;
        loop {
            match attempt().await {
                Err(StepError::Remote(RemoteError::OutcomeUnknown { .. })) if sends < SENDS => sends += 1,
                other => return other,
            }
        }
    }

    /// Runs a command until `is_done` holds. It is asked where the program says `smells` (it found something that
    /// is there already), and where nobody knows whether it ran. Returns whether something was there already.
    async fn ensure<Look: Future<Output = Result<bool>> + Send>(
        &self,
        host: &Host,
        command: &Command,
        smells: fn(&str) -> bool,
        is_done: impl Fn() -> Look + Send + Sync,
    ) -> Result<bool> {
        let mut sends = 1;
        loop {
            let refused = match self.run(host, command).await {
                Ok(_) => return Ok(false),
                Err(error) => error,
            };
            match &refused {
                RemoteError::Exited { stderr, .. } if smells(stderr) => {
                    return if is_done().await? { Ok(true) } else { Err(refused.into()) };
                }
                RemoteError::OutcomeUnknown { .. } => {
                    if is_done().await? {
                        return Ok(true);
                    }
                    if sends >= SENDS {
                        return Err(refused.into());
                    }
                    sends += 1;
                }
                _ => return Err(refused.into()),
            }
        }
    }

    /// Runs a gluster command on the first of `peers` that can be reached and has a glusterd, and waits while glusterd is busy.
    async fn gluster(
        &self,
        peers: &[Peer],
        command: &Command,
    ) -> std::result::Result<Output, GlusterFailure> {
        let mut waited = Duration::ZERO;
        loop {
            let (host, refused) = match self.on_any(peers, command).await {
                Ok(output) => return Ok(output),
                Err(failed) => failed,
            };
            let RemoteError::Exited { stderr, stdout, .. } = &refused else {
                return Err(GlusterFailure::Remote(refused));
            };
            if gluster::is_cut_off(stderr) || gluster::is_cut_off(stdout) {
                tokio::time::sleep(AFTER_CUT_OFF).await;
                let source = "gluster stopped waiting for glusterd, which goes on".into();
                let command = Box::new(command.clone());
                return Err(GlusterFailure::Remote(RemoteError::OutcomeUnknown { host, command, source }));
            }
            if !gluster::is_busy(stderr) && !gluster::is_busy(stdout) {
                return Err(GlusterFailure::Remote(refused));
            }
            if waited >= BUSY_BUDGET {
                return Err(GlusterFailure::Busy { host, waited });
            }
            // With jitter: those that collide must not collide again.
            let pause = Duration::from_millis(rand::random_range(500..1500));
            tokio::time::sleep(pause).await;
            waited += pause;
        }
    }

    async fn on_any(
        &self,
        peers: &[Peer],
        command: &Command,
    ) -> std::result::Result<Output, (Host, RemoteError)> {
        let mut last = None;
        for peer in peers {
            match heard(&peer.host, command, self.run(&peer.host, command).await) {
                Ok(output) => return Ok(output),
                Err(error @ RemoteError::Unreachable { .. }) => last = Some((peer.host.clone(), error)),
                // No glusterd there, or one that ended in the middle: done twice, every command of ours says so.
                Err(error) if error.stderr().is_some_and(gluster::is_unanswered) => {
                    last = Some((peer.host.clone(), error));
                }
                Err(error) => return Err((peer.host.clone(), error)),
            }
        }
        Err(last.unwrap_or_else(|| nobody(command)))
    }
}

/// What gluster said. Under `--xml` its refusal is in the answer, whatever the exit status is, and nothing on standard
/// error: it is put there, so that a refusal is a refusal.
fn heard(
    host: &Host,
    command: &Command,
    result: std::result::Result<Output, RemoteError>,
) -> std::result::Result<Output, RemoteError> {
    if !command.arguments().iter().any(|arg| arg == "--xml") {
        return result;
    }
    let (code, stdout) = match result {
        Ok(Output { stdout, .. }) if gluster::refusal_in_xml(&stdout).is_some() => (0, stdout),
        Err(RemoteError::Exited { code, stdout, stderr, .. }) if stderr.trim().is_empty() => (code, stdout),
        other => return other,
    };
    let stderr = gluster::refusal_in_xml(&stdout).unwrap_or_default();
    Err(RemoteError::Exited { host: host.clone(), command: Box::new(command.clone()), code, stdout, stderr })
}

/// A command of a step that names no peer: a fault of the plan, told as what it looks like from outside.
fn nobody(command: &Command) -> (Host, RemoteError) {
    let host = Host::nobody();
    let source = format!("there is no peer that could run `{command}`").into();
    (host.clone(), RemoteError::Unreachable { host, source })
}

/// Why gluster did not do it.
enum GlusterFailure {
    Remote(RemoteError),
    Busy { host: Host, waited: Duration },
}

impl GlusterFailure {
    /// What gluster printed, where it refused.
    fn refusal(&self) -> Option<String> {
        match self {
            GlusterFailure::Remote(RemoteError::Exited { stdout, stderr, .. }) => {
                Some(format!("{stderr}\n{stdout}"))
            }
            _ => None,
        }
    }

    fn is_unknown(&self) -> bool {
        matches!(self, GlusterFailure::Remote(RemoteError::OutcomeUnknown { .. }))
    }
}

impl From<GlusterFailure> for StepError {
    fn from(failure: GlusterFailure) -> StepError {
        match failure {
            GlusterFailure::Remote(error) => StepError::Remote(error),
            GlusterFailure::Busy { host, waited } => StepError::GlusterBusy { host, waited },
        }
    }
}
