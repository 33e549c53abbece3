//! What running operations are doing, for those who wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::model::ids::JobId;
use crate::model::operation::{Job, JobOutcome};
use crate::model::step::{Peer, Step};

/// Running jobs and their steps. Whoever polls one is answered from here: clients poll often, and each look into the
/// database takes time from what they wait for.
#[derive(Debug, Default)]
pub struct Progress {
    running: Mutex<HashMap<JobId, Running>>,
}

#[derive(Debug, Default)]
struct Running {
    /// Known while it has no outcome, if this server took it on.
    job: Option<Job>,
    step: Option<String>,
    /// The job whose step belongs to this one's.
    part: Option<JobId>,
    /// Gone with this entry: that is what those who wait are told by, with the outcome if it is known.
    ended: watch::Sender<Option<JobOutcome>>,
}

impl Progress {
    /// Notes a job that begins.
    pub fn begin(&self, job: Job) {
        self.running().insert(job.id, Running { job: Some(job), ..Running::default() });
    }

    /// Notes what a job is doing.
    pub fn set(&self, job: JobId, text: String) {
        self.running().entry(job).or_default().step = Some(text);
    }

    /// Notes that a job waits for another one, whose step is shown with its own.
    pub fn follow(&self, job: JobId, part: JobId) {
        self.running().entry(job).or_default().part = Some(part);
    }

    /// Forgets a job. To be called as soon as it has an outcome.
    pub fn clear(&self, job: JobId) {
        self.running().remove(&job);
    }

    /// Forgets a job, and tells those who wait what became of it. To be called when that is on disk.
    pub fn end(&self, job: JobId, outcome: JobOutcome) {
        if let Some(found) = self.running().remove(&job) {
            found.ended.send_replace(Some(outcome));
        }
    }

    /// Waits until a job that this server took on is over, and gives it with its outcome; none where it is not running,
    /// or its outcome has to be looked up.
    pub async fn ended(&self, id: JobId) -> Option<Job> {
        let (job, mut ended) = {
            let running = self.running();
            let found = running.get(&id)?;
            (found.job.clone(), found.ended.subscribe())
        };
        while ended.changed().await.is_ok() {}
        let outcome = ended.borrow().clone()?;
        Some(Job { outcome: Some(outcome), ..job? })
    }

    /// What a job is doing.
    pub fn of(&self, job: JobId) -> Option<String> {
        words(&self.running(), job)
    }

    /// A job without an outcome that this server took on, and what it is doing.
    pub fn job(&self, id: JobId) -> Option<(Job, Option<String>)> {
        let running = self.running();
        let found = running.get(&id)?;
        Some((found.job.clone()?, words(&running, id)))
    }

    fn running(&self) -> MutexGuard<'_, HashMap<JobId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn words(running: &HashMap<JobId, Running>, job: JobId) -> Option<String> {
    let found = running.get(&job)?;
    let step = found.step.clone()?;
    let part = found.part.and_then(|part| running.get(&part)?.step.as_ref());
    Some(part.map_or(step.clone(), |part| format!("{step}: {part}")))
}

/// A stage in a few words.
pub fn describe(steps: &[&Step], back: bool) -> String {
    let Some(first) = steps.first() else { return "finishing".to_owned() };
    let what = match first {
        Step::ProbePeer { peer, .. } => format!("joining {} to the trusted pool", peer.host),
        Step::DetachPeer { peer, .. } => format!("taking {} out of the trusted pool", peer.host),
        Step::PrepareDevice(plan) => format!("preparing {} on {}", plan.path, plan.peer.host),
        Step::FindDevice(plan) => format!("looking for the disk of {} on {}", plan.path, plan.peer.host),
        Step::ReleaseDevice(plan) => format!("releasing {} on {}", plan.path, plan.peer.host),
        Step::CreateBrick(_) => format!("making bricks on {}", brick_hosts(steps)),
        Step::DestroyBrick(_) => format!("removing bricks on {}", brick_hosts(steps)),
        Step::CreateVolume(plan) => format!("creating gluster volume {}", plan.name),
        Step::StartVolume(plan) => format!("starting gluster volume {}", plan.name),
        Step::StopVolume(plan) => format!("stopping gluster volume {}", plan.name),
        Step::DeleteVolume(plan) => format!("deleting gluster volume {}", plan.name),
        Step::AddBricks(plan) => format!("adding bricks to gluster volume {}", plan.volume.name),
        Step::Rebalance(plan) => format!("starting the rebalance of gluster volume {}", plan.name),
        Step::CheckHeal(plan) => format!("looking whether gluster volume {} is whole", plan.volume.name),
        Step::ReplaceBrick(plan) => format!("moving brick {} to {}", plan.brick, plan.new.host),
        Step::ReadDevice(plan) => format!("reading the size of {} on {}", plan.path, plan.peer.host),
        Step::AwaitHeal(plan) => format!("waiting until gluster has healed {}", plan.volume.name),
        Step::SnapshotVolume(plan) => format!("taking a snapshot of gluster volume {}", plan.source.name),
        Step::CloneSnapshot(plan) => format!("cloning gluster volume {} to {}", plan.source.name, plan.name),
        Step::CheckBlockVolume(plan) => format!("looking for gluster-block on {}", first_host(&plan.peers)),
        Step::CreateBlockVolume(plan) => format!("creating block volume {}/{}", plan.hosting, plan.name),
        Step::DestroyBlockVolume(plan) => format!("deleting block volume {}/{}", plan.hosting, plan.name),
        Step::ResizeBlockVolume(plan) => {
            format!("making block volume {}/{} larger", plan.block.hosting, plan.block.name)
        }
        Step::DropSnapshot(plan) => format!("removing the snapshot of gluster volume {}", plan.source.name),
    };
    if back { format!("undoing: {what}") } else { what }
}

fn first_host(peers: &[Peer]) -> &str {
    peers.first().map_or("no peer", |peer| peer.host.as_str())
}

fn brick_hosts(steps: &[&Step]) -> String {
    let host = |step: &&Step| match step {
        Step::CreateBrick(plan) | Step::DestroyBrick(plan) => Some(plan.peer.host.as_str().to_owned()),
        _ => None,
    };
    let mut hosts: Vec<String> = steps.iter().filter_map(host).collect();
    hosts.sort();
    hosts.dedup();
    hosts.join(", ")
}
