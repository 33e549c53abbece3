//! What running operations are doing, for those who wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::ids::JobId;
use crate::model::step::Step;

/// The running step of each job.
#[derive(Debug, Default)]
pub struct Progress {
    running: Mutex<HashMap<JobId, String>>,
}

impl Progress {
    /// Notes what a job is doing.
    pub fn set(&self, job: JobId, text: String) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(job, text);
    }

    /// Forgets a job.
    pub fn clear(&self, job: JobId) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }

    /// What a job is doing.
    pub fn of(&self, job: JobId) -> Option<String> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&job).cloned()
    }
}

/// A stage in a few words.
pub fn describe(steps: &[&Step], back: bool) -> String {
    let Some(first) = steps.first() else { return "finishing".to_owned() };
    let what = match first {
        Step::ProbePeer { peer, .. } => format!("joining {} to the trusted pool", peer.host),
        Step::DetachPeer { peer, .. } => format!("taking {} out of the trusted pool", peer.host),
        Step::PrepareDevice(plan) => format!("preparing {} on {}", plan.path, plan.peer.host),
        Step::ReleaseDevice(plan) => format!("releasing {} on {}", plan.path, plan.peer.host),
        Step::CreateBrick(_) => format!("making bricks on {}", brick_hosts(steps)),
        Step::DestroyBrick(_) => format!("removing bricks on {}", brick_hosts(steps)),
        Step::CreateVolume(plan) => format!("creating gluster volume {}", plan.name),
        Step::StartVolume(plan) => format!("starting gluster volume {}", plan.name),
        Step::StopVolume(plan) => format!("stopping gluster volume {}", plan.name),
        Step::DeleteVolume(plan) => format!("deleting gluster volume {}", plan.name),
    };
    if back { format!("undoing: {what}") } else { what }
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
