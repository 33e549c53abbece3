//! The way forward: steps done stage by stage, and what follows where one fails.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tracing::warn;

use super::background::creates;
use super::engine::Engine;
use super::failure::{self, OnFailure};
use super::records::{positions, steps_at};
use super::run::{Claims, Round, Since};
use super::steps::StepError;
use super::{doing, finish};
use crate::model::ids::{NodeId, OperationId};
use crate::model::operation::{Detail, Direction, Doing, Operation, OperationKind};
use crate::model::step::{Step, StepOutput, StepState};
use crate::store::{Result, brick, operation};

impl Engine {
    /// Does what is left to do.
    pub(super) async fn forward(
        self: &Arc<Self>,
        op: &mut Operation,
        since: Since<'_>,
        fresh: bool,
        claims: &mut Claims,
    ) -> Result<Round> {
        if matches!(op.kind, OperationKind::DeviceRemove | OperationKind::NodeRemove) {
            // Its parts are operations of their own.
            claims.keep_volume();
            return self.remove(op).await;
        }
        let stages = op.steps.last().map_or(0, |last| last.stage + 1);
        for stage in 0..stages {
            if self.is_stopping() {
                return Ok(Round::Over);
            }
            if failure::is_exchanged(op) {
                self.note_exchange(op).await?;
                claims.keep_volume();
            }
            if let Some(cause) = self.run_stage(op, stage, fresh, claims).await? {
                return self.turn_after(op, cause, since).await;
            }
        }
        let outcome = finish::finish(self, op).await?;
        if !fresh && creates(op.kind) {
            let (what, target) = (op.kind.as_str(), &op.target);
            warn!("{what} of {target}: finished after restart, unclaimed until its client asks");
        }
        Ok(Round::Ended(outcome))
    }

    /// From now on the new brick is the volume's.
    async fn note_exchange(&self, op: &Operation) -> Result<()> {
        let Detail::Evict { new, .. } = op.detail else { return Ok(()) };
        brick::exchanged(&mut *self.store.writer().await?, new).await
    }

    /// Runs the steps of a stage side by side; the first failure, if any, once all have ended.
    async fn run_stage(
        &self,
        op: &mut Operation,
        stage: u32,
        fresh: bool,
        claims: &mut Claims,
    ) -> Result<Option<(usize, StepError)>> {
        let due: Vec<usize> =
            positions(op, |record| record.stage == stage && record.state != StepState::Done);
        if due.is_empty() {
            return Ok(None);
        }
        self.mark_started(op, &due).await?;
        self.progress.set(op.job, doing::stage(&steps_at(op, &due), false));
        let mut running = Vec::with_capacity(due.len());
        for &at in &due {
            running.push(self.carry_out(op.id, &op.steps[at].step, &op.detail));
        }
        let results = self.beside_others(&steps_at(op, &due), claims, join_all(running)).await;
        let mut failed = None;
        for (&at, result) in due.iter().zip(results) {
            match result {
                Ok(output) => {
                    self.note_answer(&op.steps[at].step);
                    self.note_told(&output);
                    op.steps[at].state = StepState::Done;
                    op.steps[at].output = output;
                }
                Err(cause) => {
                    // Nothing is there that an undo would need the peer for.
                    if cause.has_not_begun() && fresh && is_done_once(op.kind, &op.steps[at].step) {
                        op.steps[at].state = StepState::Undone;
                    }
                    failed = failed.or(Some((at, cause)));
                }
            }
        }
        Ok(failed)
    }

    /// Does a step. One that only waits ends with the server, or when what it waits for is given up.
    async fn carry_out(
        &self,
        id: OperationId,
        step: &Step,
        detail: &Detail,
    ) -> std::result::Result<StepOutput, StepError> {
        let (Step::AwaitHeal(plan), Detail::Evict { new, .. }) = (step, detail) else {
            return self.runner.apply(step).await;
        };
        let (mut stopping, mut given_up) = (self.stopping.subscribe(), self.heals_given_up.subscribe());
        // The senders are the engine's own: they are never gone.
        let stops = async { stopping.wait_for(|stop| *stop).await.map(drop) };
        let is_given_up = async { given_up.wait_for(|bricks| bricks.contains_key(new)).await.map(drop) };
        self.set_healing(id, true);
        let done = tokio::select! {
            done = self.runner.apply(step) => done,
            _ = stops => Err(StepError::Interrupted),
            _ = is_given_up => self.runner.may_do_without(plan).await.map(|()| StepOutput::Nothing),
        };
        self.set_healing(id, false);
        done
    }

    /// Notes that an operation waits for a heal, which may take days.
    fn set_healing(&self, id: OperationId, heals: bool) {
        let mut healing = self.healing.lock().unwrap_or_else(PoisonError::into_inner);
        if heals {
            healing.insert(id)
        } else {
            healing.remove(&id)
        };
        drop(healing);
        // Those who wait for it look again.
        self.running.send_modify(|_| ());
    }

    /// What failed although the step is done. Clients of heketi do not read it.
    pub(super) fn note_told(&self, output: &StepOutput) {
        if let StepOutput::Told { text } = output {
            self.metrics.failure("step_told");
            warn!("a step is done, but for this: {text}");
        }
    }

    /// Puts the marks of `due` on disk, with those of the stage before, unless they came with the decision.
    async fn mark_started(&self, op: &mut Operation, due: &[usize]) -> Result<()> {
        if due.iter().all(|&at| op.steps[at].state == StepState::Started) {
            return Ok(());
        }
        for &at in due {
            op.steps[at].state = StepState::Started;
        }
        self.save_marks(op).await
    }

    async fn turn_after(
        &self,
        op: &mut Operation,
        cause: (usize, StepError),
        since: Since<'_>,
    ) -> Result<Round> {
        let (at, error) = cause;
        if matches!(error, StepError::Interrupted) {
            return Ok(Round::Over);
        }
        if op.parked.is_none() {
            // Its client may have been told meanwhile that it goes on: then it does.
            let mut conn = self.store.read().await?;
            op.parked = operation::find(&mut conn, op.id).await?.and_then(|found| found.parked);
        }
        self.metrics.failure(error.kind());
        warn!(error = &error as &dyn std::error::Error, step = ?op.steps[at].step, "a step failed: {}", error.text());
        let now_ms = self.clock.now_ms();
        let since_ms = since(op).unwrap_or(now_ms);
        let spent = Duration::from_millis(u64::try_from(now_ms - since_ms).unwrap_or(0));
        let budget = self.settings.delete_budget;
        // A peer that was given up for a brick before is not waited for again for the next one.
        let node = failure::place_of(&op.steps[at].step).map(|(node, _)| node);
        let spent = if node.is_some_and(|node| self.is_down(node)) { budget.max(spent) } else { spent };
        let emptied = error.is_unreachable() && self.is_being_emptied(&op.steps[at].step).await?;
        match failure::after(op, &error, spent, budget, emptied) {
            OnFailure::TurnBack => {
                let silent = self.silent_nodes(op, at, &error).await;
                let cause = failure::of(op, at, &error, &silent);
                self.turn(op, Direction::Back, Some(cause)).await?;
                Ok(Round::Again)
            }
            OnFailure::Retry => {
                let text = format!("waiting: {}", error.text().trim());
                self.progress.set(op.job, Doing { text, waits: true, ..doing::next(op) });
                self.save_marks(op).await?;
                Ok(Round::After(Duration::ZERO))
            }
            OnFailure::Park => {
                let cause = failure::of(op, at, &error, &[]);
                let told = failure::gone_on_with(op.kind, cause.clone());
                // Also what a program refused: there is no way back any more, and its reason may go.
                self.park(op, &told, &cause, !error.holds_data()).await
            }
            OnFailure::Ignore => {
                if error.is_unreachable() {
                    self.note_silence(&op.steps[at].step);
                }
                warn!("it counts as done all the same: {}", error.text().trim());
                op.steps[at].state = StepState::Done;
                Ok(Round::Again)
            }
            OnFailure::GiveUp => {
                op.failure = Some(failure::of(op, at, &error, &[]));
                finish::abandon(self, op).await.map(Round::Ended)
            }
        }
    }

    /// Whether the device that a step is for is being taken out of service, by itself or with its node.
    async fn is_being_emptied(&self, step: &Step) -> Result<bool> {
        let Some((node, device)) = failure::place_of(step) else { return Ok(false) };
        operation::empties(&mut *self.store.read().await?, node, device).await
    }

    /// Where gluster did not make or start a volume: the nodes that another try had better leave out.
    async fn silent_nodes(&self, op: &Operation, at: usize, error: &StepError) -> Vec<NodeId> {
        match &op.steps[at].step {
            Step::CreateVolume(plan) | Step::StartVolume(plan) if error.depends_on_place() => {
                self.runner.without_glusterd(plan).await
            }
            _ => Vec::new(),
        }
    }
}

/// Whether a step is done once, and what fails turns its operation back: all of additions, and bricks that are made.
fn is_done_once(kind: OperationKind, step: &Step) -> bool {
    creates(kind) || matches!(step, Step::CreateBrick(_))
}
