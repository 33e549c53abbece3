//! Jobs, as those see them who poll.

use std::sync::PoisonError;
use std::time::Duration;

use super::engine::Engine;
use super::{OpError, Operations};
use crate::model::ids::JobId;
use crate::model::operation::{Doing, Job, JobOutcome, JobSubject};
use crate::store::{StoreError, WriteTx, job};

/// A job and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// What it is doing; none where it has ended, or nothing has been begun.
    pub doing: Option<Doing>,
    /// Whether this server is on it; otherwise one without an outcome waits for the background.
    pub taken_on: bool,
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
            return Ok((self.inner.view(job), waited));
        }
        Ok((self.job(id).await?, waited))
    }

    /// The job of that id. One that is finished counts as read from now on and is kept for ten minutes more.
    ///
    /// # Errors
    /// When there is no such job, or the database refuses.
    pub async fn job(&self, id: JobId) -> Result<JobView, OpError> {
        if let Some((job, doing)) = self.inner.progress.job(id) {
            return Ok(JobView { job, doing, taken_on: true });
        }
        let mut conn = self.inner.store.read().await?;
        let job = job::find(&mut conn, id).await?.ok_or(OpError::NotFound)?;
        drop(conn);
        if job.outcome.is_some() {
            self.inner.note_read(id);
        }
        Ok(self.inner.view(job))
    }

    /// Jobs, unfinished ones first, then the newest; not more than `limit`. `of_users`: only those that tokens of a
    /// `user` have started. None counts as read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn jobs(&self, of_users: bool, limit: u32) -> Result<(Vec<JobView>, bool), OpError> {
        let mut conn = self.inner.store.read().await?;
        let mut views = Vec::new();
        let (latest, are_more) = job::latest(&mut conn, of_users, limit).await?;
        for job in latest {
            let view = self.inner.view(job);
            // It may have ended since it was read.
            let again = if view.job.outcome.is_none() && !view.taken_on {
                job::find(&mut conn, view.job.id).await?
            } else {
                None
            };
            views.push(again.map_or(view, |job| self.inner.view(job)));
        }
        Ok((views, are_more))
    }
}

impl Engine {
    fn view(&self, mut job: Job) -> JobView {
        if job.outcome.is_some() {
            job.is_read |= self.read.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&job.id);
            return JobView { job, doing: None, taken_on: false };
        }
        JobView { doing: self.progress.of(job.id), taken_on: self.progress.has(job.id), job }
    }

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
        subject: JobSubject,
        outcome: JobOutcome,
    ) -> Result<JobId, OpError> {
        let id = JobId::from_uuid(self.ids.draw());
        let (subject, outcome, created_ms) = (Some(subject), Some(outcome), self.clock.now_ms());
        let job = Job { id, subject, by_user: false, outcome, created_ms, is_read: false };
        job::insert(&mut tx, &job).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }
}
