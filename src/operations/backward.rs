//! The way back: steps undone, newest first.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tracing::{info, warn};

use super::engine::Engine;
use super::records::{marks, positions, steps_at};
use super::run::{Claims, Round};
use super::steps::StepError;
use super::{doing, failure, finish};
use crate::model::ids::NodeId;
use crate::model::operation::{Direction, Failure, Operation};
use crate::model::state::EntryState;
use crate::model::step::{Step, StepOutput, StepState};
use crate::store::{Result, node, operation, step};

impl Engine {
    /// Undoes what may have happened, newest stage first.
    pub(super) async fn backward(&self, op: &mut Operation, claims: &mut Claims) -> Result<Round> {
        let stages = op.steps.last().map_or(0, |last| last.stage + 1);
        for stage in (0..stages).rev() {
            if self.is_stopping() {
                return Ok(Round::Over);
            }
            let due = positions(op, |record| {
                record.stage == stage && matches!(record.state, StepState::Started | StepState::Done)
            });
            let retired = self.retired(op, &due).await?;
            if let Some((at, error)) = self.undo_stage(op, &due, &retired, claims).await {
                return self.after_failed_undo(op, at, error, claims).await;
            }
            if due.iter().any(|&at| matches!(op.steps[at].step, Step::CreateBlockVolume(_))) {
                // Its volume goes next, and without that gluster-block could not say any more that nothing is there.
                self.save_marks(op).await?;
            }
        }
        finish::abandon_or_retry(self, op).await
    }

    /// The nodes of these steps that are out of service or forgotten: they may be gone for good.
    async fn retired(&self, op: &Operation, due: &[usize]) -> Result<Vec<NodeId>> {
        let mut snapshot = self.store.snapshot().await?;
        let volumes = due.iter().filter_map(|&at| op.steps[at].step.volume());
        let asked: BTreeSet<NodeId> =
            volumes.flat_map(|volume| &volume.peers).map(|peer| peer.node).collect();
        let mut retired = Vec::new();
        for node in asked {
            let found = node::find(&mut snapshot, node).await?;
            if found.is_none_or(|found| found.state != EntryState::Online) {
                retired.push(node);
            }
        }
        Ok(retired)
    }

    async fn undo_stage(
        &self,
        op: &mut Operation,
        due: &[usize],
        retired: &[NodeId],
        claims: &mut Claims,
    ) -> Option<(usize, StepError)> {
        if due.is_empty() {
            return None;
        }
        self.progress.set(op.job, doing::stage(&steps_at(op, due), true));
        let mut running = Vec::with_capacity(due.len());
        for &at in due {
            running.push(self.runner.undo(&op.steps[at].step, retired));
        }
        let results = self.beside_others(&steps_at(op, due), claims, join_all(running)).await;
        let mut failed = None;
        for (&at, result) in due.iter().zip(results) {
            match result {
                Ok(()) => op.steps[at].state = StepState::Undone,
                Err(cause) => failed = failed.or(Some((at, cause))),
            }
        }
        failed
    }

    async fn after_failed_undo(
        &self,
        op: &mut Operation,
        at: usize,
        error: StepError,
        claims: &mut Claims,
    ) -> Result<Round> {
        if error.is_irreversible() {
            info!("{} has happened and cannot be taken back; going on", op.kind.as_str());
            // What a clone is made of, or where a block volume has its size, only doing it again tells.
            let again = matches!(op.steps[at].step, Step::CloneSnapshot(_) | Step::ResizeBlockVolume(_));
            op.steps[at].state = if again { StepState::Started } else { StepState::Done };
            let taken = &op.steps[at].step;
            let output = self.beside_others(&[taken], claims, self.runner.keep_marks_of(taken)).await;
            if output != StepOutput::Nothing {
                self.note_told(&output);
                op.steps[at].output = output;
            }
            self.turn(op, Direction::Forward, None).await?;
            return Ok(Round::Again);
        }
        self.metrics.failure("step_undo");
        warn!(error = &error as &dyn std::error::Error, step = ?op.steps[at].step, "an undo failed: {}", error.text());
        let retry = !error.holds_data();
        let now = failure::of(op, at, &error, &[]);
        let told = failure::undecided(op.kind, op.failure.clone().unwrap_or_else(|| now.clone()));
        self.save_marks(op).await?;
        self.park(op, &told, &now, retry).await
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
}
