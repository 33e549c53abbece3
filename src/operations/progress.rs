//! What running operations are doing, for those who wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::ids::JobId;
use crate::model::operation::{Doing, Job, JobOutcome};

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
    doing: Option<Doing>,
    /// What it came to last, and when; waiting is no coming on, nor is another try of the same.
    came_to: Option<(String, Instant)>,
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
    pub fn set(&self, job: JobId, doing: Doing) {
        let mut running = self.running();
        let found = running.entry(job).or_default();
        let is_known = found.came_to.as_ref().is_some_and(|(text, _)| *text == doing.text);
        if !doing.waits && !is_known {
            found.came_to = Some((doing.text.clone(), Instant::now()));
        }
        found.doing = Some(doing);
    }

    /// When a job came to what it is at; none where it has not begun.
    pub fn came_on(&self, job: JobId) -> Option<Instant> {
        self.running().get(&job)?.came_to.as_ref().map(|(_, at)| *at)
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
    pub fn of(&self, job: JobId) -> Option<Doing> {
        doing(&self.running(), job)
    }

    /// A job without an outcome that this server took on, and what it is doing.
    pub fn job(&self, id: JobId) -> Option<(Job, Option<Doing>)> {
        let running = self.running();
        let found = running.get(&id)?;
        Some((found.job.clone()?, doing(&running, id)))
    }

    /// Whether this server took a job on that has no outcome yet.
    pub fn has(&self, id: JobId) -> bool {
        self.running().contains_key(&id)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<JobId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn doing(running: &HashMap<JobId, Running>, job: JobId) -> Option<Doing> {
    let found = running.get(&job)?;
    let own = found.doing.clone()?;
    let part = found.part.and_then(|part| running.get(&part)?.doing.clone());
    let Some(part) = part else { return Some(own) };
    Some(Doing { text: format!("{}: {}", own.text, part.text), ..part })
}
