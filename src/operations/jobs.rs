//! Jobs, as those see them who poll.

use std::sync::PoisonError;
use std::time::Duration;

use super::engine::Engine;
use super::{OpError, Operations};
use crate::model::ids::JobId;
use crate::model::operation::{Job, JobOutcome};
use crate::store::{StoreError, WriteTx, job};

/// A job and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// The running step in a few words.
    pub step: Option<String>,
}

impl Operations {
    /// The job of that id, as soon as it has an outcome or the time is over. Says whether it was waited for all that
    /// time: not where the server stops, or the job waits for its turn after a restart.
    ///
    /// # Errors
    /// When there is no such job, or the database refuses.
    pub async fn job_within(&self, id: JobId, time: Duration) -> Result<(JobView, bool), OpError> {
        let mut stopping = self.inner.stopping.subscribe();
        let ended = tokio::select! {
            ended = tokio::time::timeout(time, self.inner.progress.ended(id)) => ended,
            _ = stopping.wait_for(|stop| *stop) => Ok(None),
        };
        let waited = ended.is_err();
        if let Ok(Some(job)) = ended {
            self.inner.note_read(id);
            return Ok((JobView { job, step: None }, waited));
        }
        Ok((self.job(id).await?, waited))
    }

    /// The job of that id. One that is finished counts as read from now on and is kept for ten minutes more.
    ///
    /// # Errors
    /// When there is no such job, or the database refuses.
    pub async fn job(&self, id: JobId) -> Result<JobView, OpError> {
        if let Some((job, step)) = self.inner.progress.job(id) {
            return Ok(JobView { job, step });
        }
        let mut conn = self.inner.store.read().await?;
        let job = job::find(&mut conn, id).await?.ok_or(OpError::NotFound)?;
        drop(conn);
        if job.outcome.is_some() {
            self.inner.note_read(id);
        }
        Ok(JobView { step: self.inner.progress.of(id), job })
    }
}

impl Engine {
    /// Written down by the background: neither this answer nor the next change waits for that commit. A kill before it
    /// makes the outcome be kept for longer.
    fn note_read(&self, id: JobId) {
        let now = self.clock.now_ms();
        self.read.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert(now);
    }

    pub(super) async fn write_down_what_was_read(&self) -> Result<(), StoreError> {
        let read = std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner));
        if read.is_empty() {
            return Ok(());
        }
        job::mark_read(&mut *self.store.writer().await?, &read).await
    }

    /// Records a job that is finished with the change made in `tx`, and commits both.
    pub(super) async fn finished_job(
        &self,
        mut tx: WriteTx,
        outcome: JobOutcome,
        by_user: bool,
    ) -> Result<JobId, OpError> {
        let id = JobId::from_uuid(self.ids.draw());
        let job = Job { id, by_user, outcome: Some(outcome), created_ms: self.clock.now_ms() };
        job::insert(&mut tx, &job).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }
}
