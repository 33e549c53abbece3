//! Operations as records: made of a decision, and looked at while they run.

use super::engine::Decision;
use crate::model::operation::{Direction, Operation, StepRecord};
use crate::model::step::{Step, StepOutput, StepState};
use crate::store::step::StepMark;

pub(super) fn positions(op: &Operation, wanted: impl Fn(&StepRecord) -> bool) -> Vec<usize> {
    op.steps.iter().enumerate().filter(|(_, record)| wanted(record)).map(|(at, _)| at).collect()
}

pub(super) fn steps_at<'a>(op: &'a Operation, at: &[usize]) -> Vec<&'a Step> {
    at.iter().map(|&at| &op.steps[at].step).collect()
}

pub(super) fn marks(op: &Operation) -> Vec<StepMark> {
    let mark = |record: &StepRecord| StepMark {
        seq: record.seq,
        state: record.state,
        output: record.output.clone(),
    };
    op.steps.iter().filter(|record| record.state != StepState::Planned).map(mark).collect()
}

/// The record of a decision. Its first stage counts as started: it begins right after the commit.
pub(super) fn record(decision: &Decision, now_ms: i64) -> Operation {
    Operation {
        id: decision.id,
        kind: decision.kind,
        target: decision.target.clone(),
        job: decision.job,
        direction: Direction::Forward,
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: now_ms,
        detail: decision.detail.clone(),
        clusters: decision.clusters.clone(),
        steps: records(&decision.stages),
    }
}

/// Numbers the steps of all stages; those of the first one count as started.
pub(super) fn records(stages: &[Vec<Step>]) -> Vec<StepRecord> {
    let mut found: Vec<StepRecord> = Vec::new();
    for (stage, steps) in (0_u32..).zip(stages) {
        for step in steps {
            let seq = u32::try_from(found.len()).unwrap_or(u32::MAX);
            let state = if stage == 0 { StepState::Started } else { StepState::Planned };
            found.push(StepRecord { seq, stage, step: step.clone(), state, output: StepOutput::Nothing });
        }
    }
    found
}
