//! What is parked: left to the background or to a person, with its job answered.

use std::time::Duration;

use tracing::{error, warn};

use super::background::creates;
use super::engine::Engine;
use super::failure;
use super::records::marks;
use super::run::{LONGEST_PAUSE, Round};
use crate::model::ids::{JobId, OperationId};
use crate::model::operation::{Direction, Failure, JobOutcome, Operation, Parked};
use crate::store::{Result, job, operation, step};

impl Engine {
    /// Leaves an operation whose task panicked to the background. Its client is not kept waiting: what panics once may
    /// do so each time.
    pub(super) async fn park_after_panic(&self, id: OperationId) -> Result<()> {
        let mut tx = self.store.write().await?;
        // It may have come to its end before.
        let Some(op) = operation::find(&mut tx, id).await? else { return Ok(()) };
        let cause = match &op.failure {
            Some(cause) => failure::undecided(op.kind, cause.clone()),
            None => failure::unexpected(&op),
        };
        if creates(op.kind) && op.direction == Direction::Forward && op.parked.is_none() {
            // Nobody would know of what it made.
            operation::turn(&mut tx, id, Direction::Back, Some(&cause)).await?;
        }
        let parked = self.parked(&op, &cause, true);
        operation::park(&mut tx, id, &parked).await?;
        job::finish(&mut tx, op.job, &cause.outcome(), self.clock.now_ms()).await?;
        tx.commit().await?;
        warn!("{} of {} is parked after try {}", op.kind.as_str(), op.target, parked.attempts);
        Ok(())
    }

    /// When it is tried again, and why it waits.
    fn parked(&self, op: &Operation, cause: &Failure, retry: bool) -> Parked {
        let attempts = op.parked.as_ref().map_or(1, |parked| parked.attempts.saturating_add(1));
        let pause = pause_before(attempts, self.settings.first_retry);
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let reason = cause.explanation.clone().unwrap_or_else(|| cause.text.clone());
        Parked { reason, retry, attempts, next_try_ms: self.clock.now_ms().saturating_add(pause_ms) }
    }

    /// Leaves the operation to the background and answers its job: the client is not kept waiting. It is `told` what
    /// went wrong first; the log and the record say what is in the way `now`.
    pub(super) async fn park(
        &self,
        op: &mut Operation,
        told: &Failure,
        now: &Failure,
        retry: bool,
    ) -> Result<Round> {
        let parked = self.parked(op, now, retry);
        let mut tx = self.store.write().await?;
        step::mark(&mut tx, op.id, &marks(op)).await?;
        operation::park(&mut tx, op.id, &parked).await?;
        job::finish(&mut tx, op.job, &told.outcome(), self.clock.now_ms()).await?;
        tx.commit().await?;
        warn!(
            "parked after try {}, {}: {}",
            parked.attempts,
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
        let explanation = format!(
            "{reason}. Where a peer has lost its power gluster waits for it for up to ten minutes; otherwise look at the log of the server for the command that takes so long. The volume stays hidden, and is gone when a delete answers `Id not found`"
        );
        let outcome = JobOutcome::Failed { text, explanation: Some(explanation) };
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
