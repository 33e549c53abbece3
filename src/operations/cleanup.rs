//! Unfinished operations as people see them, and trying again those that failed.

use std::sync::{Arc, PoisonError};

use tracing::error;

use super::engine::Engine;
use super::{OpError, Operations, doing};
use crate::model::ids::{JobId, OperationId};
use crate::model::operation::{Doing, Job, JobOutcome, JobSubject, Operation};
use crate::store::{Result as StoreResult, StoreError, job, operation};

impl Operations {
    /// All unfinished operations, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unfinished(&self) -> StoreResult<Vec<Operation>> {
        operation::all(&mut *self.inner.store.snapshot().await?).await
    }

    /// Whether a task works on an operation.
    pub fn runs(&self, id: OperationId) -> bool {
        self.inner.is_active(id)
    }

    /// What an operation does now, or goes on with when it is taken up again.
    pub fn doing(&self, op: &Operation) -> Doing {
        self.inner.progress.of(op.job).unwrap_or_else(|| doing::next(op))
    }

    /// The time by which operations are dated, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// Tries operations again that wait for the background, for a person, or to be looked at at all: these, or every
    /// one. The job ends when each was tried once.
    ///
    /// # Errors
    /// When the server stops, or the database refuses.
    pub async fn clean_up(&self, wanted: Option<Vec<OperationId>>) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.begin_clean_up(wanted).await }).await
    }

    /// Takes up all that is unfinished, once, and waits until each was tried: for a process that serves nobody.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn clean_up_all(&self) -> StoreResult<()> {
        self.recover().await?;
        self.inner.settled().await;
        // What waits for a person, or came with an import.
        self.inner.clean(|_| true).await?;
        self.inner.settled().await;
        Ok(())
    }
}

impl Engine {
    pub(super) fn is_active(&self, id: OperationId) -> bool {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    async fn begin_clean_up(self: &Arc<Self>, wanted: Option<Vec<OperationId>>) -> Result<JobId, OpError> {
        if self.is_stopping() {
            return Err(OpError::ShuttingDown);
        }
        let id = JobId::from_uuid(self.ids.draw());
        let subject = Some(JobSubject::new("clean-up", ""));
        let created_ms = self.clock.now_ms();
        let new = Job { id, subject, by_user: false, outcome: None, created_ms, is_read: false };
        job::insert(&mut *self.store.writer().await?, &new).await?;
        self.progress.begin(new);
        self.progress.set(id, "cleaning up what was left unfinished".to_owned().into());
        let engine = Arc::clone(self);
        self.running.send_modify(|count| *count += 1);
        tokio::spawn(async move {
            if let Err(refused) = engine.clean_up_now(id, wanted).await {
                error!(error = &refused as &dyn std::error::Error, "the clean-up {id} has no answer");
            }
            engine.progress.clear(id);
            engine.running.send_modify(|count| *count -= 1);
        });
        Ok(id)
    }

    async fn clean_up_now(
        self: &Arc<Self>,
        id: JobId,
        wanted: Option<Vec<OperationId>>,
    ) -> Result<(), StoreError> {
        let cleaned = self.clean(|op| wanted.as_ref().is_none_or(|ids| ids.contains(&op.id))).await;
        let outcome = cleaned.map_or_else(|error| failed(&error), |()| JobOutcome::Done);
        let mut conn = self.store.writer().await?;
        job::finish(&mut conn, id, &outcome, self.clock.now_ms()).await
    }

    /// Takes up those of the parked operations that are wanted, one after the other. One that has come to wait for a heal
    /// has been tried.
    pub(super) async fn clean(
        self: &Arc<Self>,
        wanted: impl Fn(&Operation) -> bool,
    ) -> Result<(), StoreError> {
        let all = operation::all(&mut *self.store.snapshot().await?).await?;
        for op in all.iter().filter(|op| op.parked.is_some() && wanted(op)) {
            if self.is_stopping() {
                break;
            }
            if !self.is_active(op.id) {
                self.take_up_or_say(op, false).await;
            }
            self.while_running(|| self.is_active(op.id) && !self.is_healing(op.id)).await;
        }
        Ok(())
    }

    fn is_healing(&self, id: OperationId) -> bool {
        self.healing.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Waits until no task is left.
    async fn settled(&self) {
        // The sender is the engine's own: it is never gone.
        self.running.subscribe().wait_for(|count| *count == 0).await.ok();
    }

    /// Waits until no task works on an operation, or the server stops.
    pub(super) async fn ended(&self, id: OperationId) {
        self.while_running(|| self.is_active(id)).await;
    }

    /// Waits while something holds that changes with what runs, or until the server stops.
    async fn while_running(&self, holds: impl Fn() -> bool) {
        let mut running = self.running.subscribe();
        // The sender is the engine's own: it is never gone.
        while holds() && !self.is_stopping() && running.changed().await.is_ok() {}
    }
}

fn failed(error: &StoreError) -> JobOutcome {
    error!(error = error as &dyn std::error::Error, "the unfinished operations could not be cleaned up");
    JobOutcome::Failed { text: error.to_string(), explanation: None }
}
