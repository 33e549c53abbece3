//! The way back: steps undone, newest first, and what is parked.

use std::time::Duration;

use futures_util::future::join_all;
use tracing::{error, info, warn};

use super::engine::{Engine, LONGEST_PAUSE, Round, marks, positions, steps_at};
use super::progress::describe;
use super::steps::StepError;
use super::{failure, finish};
use crate::model::ids::{JobId, OperationId};
use crate::model::operation::{Direction, Failure, JobOutcome, Operation, Parked};
use crate::model::step::{Step, StepState};
use crate::store::{Result, job, operation, step};

impl Engine {
    /// Undoes what may have happened, newest stage first.
    pub(super) async fn backward(&self, op: &mut Operation) -> Result<Round> {
        let stages = op.steps.last().map_or(0, |last| last.stage + 1);
        for stage in (0..stages).rev() {
            if self.is_stopping() {
                return Ok(Round::Over);
            }
            let due = positions(op, |record| {
                record.stage == stage && matches!(record.state, StepState::Started | StepState::Done)
            });
            if let Some((at, error)) = self.undo_stage(op, &due).await {
                return self.after_failed_undo(op, at, error).await;
            }
        }
        finish::abandon_or_retry(self, op).await.map(|again| if again { Round::Again } else { Round::Over })
    }

    async fn undo_stage(&self, op: &mut Operation, due: &[usize]) -> Option<(usize, StepError)> {
        if due.is_empty() {
            return None;
        }
        self.progress.set(op.job, describe(&steps_at(op, due), true));
        let mut running = Vec::with_capacity(due.len());
        for &at in due {
            running.push(self.runner.undo(&op.steps[at].step));
        }
        let results = join_all(running).await;
        let mut failed = None;
        for (&at, result) in due.iter().zip(results) {
            match result {
                Ok(()) => op.steps[at].state = StepState::Undone,
                Err(cause) => failed = failed.or(Some((at, cause))),
            }
        }
        failed
    }

    async fn after_failed_undo(&self, op: &mut Operation, at: usize, error: StepError) -> Result<Round> {
        if error.is_irreversible() {
            info!("{} has happened and cannot be taken back; going on", op.kind.as_str());
            // What a clone is made of only doing it again tells.
            let again = matches!(op.steps[at].step, Step::CloneSnapshot(_));
            op.steps[at].state = if again { StepState::Started } else { StepState::Done };
            self.turn(op, Direction::Forward, None).await?;
            return Ok(Round::Again);
        }
        warn!(error = &error as &dyn std::error::Error, step = ?op.steps[at].step, "an undo failed: {}", error.text());
        let retry = !error.holds_data();
        let now = failure::of(op, at, &error, &[]);
        // The client hears what went wrong first; the log and the record say what is in the way now.
        let told = op.failure.clone().unwrap_or_else(|| now.clone());
        self.save_marks(op).await?;
        self.park_as(op, &told, &now, retry).await
    }

    /// Records that an operation goes the other way from now on.
    pub(super) async fn turn(
        &self,
        op: &mut Operation,
        direction: Direction,
        cause: Option<Failure>,
    ) -> Result<()> {
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        operation::turn(&mut tx, op.id, direction, cause.as_ref()).await?;
        tx.commit().await?;
        op.direction = direction;
        if cause.is_some() {
            op.failure = cause;
        }
        Ok(())
    }

    pub(super) async fn save_marks(&self, op: &Operation) -> Result<()> {
        // One statement: it is a transaction of its own.
        step::mark(&mut *self.store.writer().await?, op.id, &marks(op)).await
    }

    pub(super) async fn park(&self, op: &mut Operation, cause: &Failure, retry: bool) -> Result<Round> {
        self.park_as(op, cause, cause, retry).await
    }

    /// Leaves the operation to the background and answers its job: the client is not kept waiting.
    async fn park_as(&self, op: &mut Operation, told: &Failure, now: &Failure, retry: bool) -> Result<Round> {
        let attempts = op.parked.as_ref().map_or(1, |parked| parked.attempts.saturating_add(1));
        let pause = pause_before(attempts, self.settings.first_retry);
        let now_ms = self.clock.now_ms();
        let next_try_ms = now_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let reason = now.explanation.clone().unwrap_or_else(|| now.text.clone());
        let parked = Parked { reason, retry, attempts, next_try_ms };
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        operation::park(&mut tx, op.id, &parked).await?;
        job::finish(&mut tx, op.job, &told.outcome(), now_ms).await?;
        tx.commit().await?;
        self.progress.clear(op.job);
        warn!(
            "parked after try {attempts}, {}: {}",
            if retry { "tried again later" } else { "for a person" },
            parked.reason
        );
        op.parked = Some(parked);
        Ok(Round::Over)
    }

    /// Answers the job of an operation that runs on: it counts as parked from now on, so that a restart goes on with
    /// it too.
    pub(super) async fn tell_it_goes_on(&self, id: OperationId, job: JobId) {
        let step = self.progress.of(job).unwrap_or_else(|| "its last step".to_owned());
        let reason = format!("it goes on in the background: {step}");
        if let Err(refused) = self.answer_early(id, job, &reason).await {
            error!(error = &refused as &dyn std::error::Error, "could not answer job {job} early");
        }
    }

    async fn answer_early(&self, id: OperationId, job: JobId, reason: &str) -> Result<()> {
        let mut tx = self.store.write().await?;
        // It may have come to its end meanwhile, or be taken back.
        let goes_on = |op: &Operation| op.parked.is_none() && op.direction == Direction::Forward;
        if !operation::find(&mut tx, id).await?.as_ref().is_some_and(goes_on) {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let parked = Parked { reason: reason.to_owned(), retry: true, attempts: 0, next_try_ms: now_ms };
        operation::park(&mut tx, id, &parked).await?;
        let text = format!("the volume is still being deleted; {reason}");
        let explanation = "a peer that lost its power makes gluster wait for up to ten minutes; the volume stays hidden, and is gone when a delete answers `Id not found`";
        let outcome = JobOutcome::Failed { text, explanation: Some(explanation.to_owned()) };
        job::finish(&mut tx, job, &outcome, now_ms).await?;
        tx.commit().await?;
        self.progress.clear(job);
        warn!("its client was told that {reason}");
        Ok(())
    }
}

/// Doubles from `first`, up to [`LONGEST_PAUSE`].
fn pause_before(attempts: u32, first: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
}
