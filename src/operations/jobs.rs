//! Jobs, as those see them who poll.

use sqlx::{Sqlite, Transaction};

use super::engine::Engine;
use super::{OpError, Operations};
use crate::model::ids::JobId;
use crate::model::operation::{Job, JobOutcome};
use crate::store::{StoreError, job};

/// A job and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// The running step in a few words.
    pub step: Option<String>,
}

impl Operations {
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
            self.note_read(id);
        }
        Ok(JobView { step: self.inner.progress.of(id), job })
    }

    /// Noted in the background: the answer does not wait for a commit.
    fn note_read(&self, id: JobId) {
        let engine = std::sync::Arc::clone(&self.inner);
        tokio::spawn(async move {
            if let Err(refused) = engine.mark_read(id).await {
                tracing::warn!(
                    error = &refused as &dyn std::error::Error,
                    "could not note that job {id} was read"
                );
            }
        });
    }
}

impl Engine {
    async fn mark_read(&self, id: JobId) -> Result<(), StoreError> {
        let mut conn = self.store.read().await?;
        if !job::is_unread(&mut conn, id).await? {
            return Ok(());
        }
        drop(conn);
        let mut tx = self.store.write().await?;
        job::mark_read(&mut tx, id, self.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records a job that is finished with the change made in `tx`, and commits both.
    pub(super) async fn finished_job(
        &self,
        mut tx: Transaction<'static, Sqlite>,
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
