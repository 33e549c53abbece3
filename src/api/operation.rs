//! Unfinished operations on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use super::pending::{Pending, status};
use crate::model::ids::OperationId;
use crate::model::operation::{Direction, Doing, Operation};
use crate::model::step::StepState;

/// How many operations there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// What a server leaves out is 0, as heketi-cli takes it.
#[serde(default)]
pub struct OperationsInfo {
    /// All that are recorded.
    #[schema(required = true)]
    pub total: usize,
    /// Those that run or wait for their turn.
    #[schema(required = true)]
    pub in_flight: usize,
    /// Those that came with an import and have not been looked at.
    #[schema(required = true)]
    pub stale: usize,
    /// Those that failed and wait for the background or for a person.
    #[schema(required = true)]
    pub failed: usize,
    /// The others.
    #[schema(required = true)]
    pub new: usize,
}

impl OperationsInfo {
    /// Counts operations.
    pub fn new(all: &[Operation], in_flight: usize) -> OperationsInfo {
        let count = |wanted: &str| all.iter().filter(|op| status(op) == wanted).count();
        OperationsInfo {
            total: all.len(),
            in_flight,
            stale: count("stale"),
            failed: count("failed"),
            new: count(""),
        }
    }
}

/// An unfinished operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PendingOperation {
    /// Its id; not that of its job.
    #[schema(required = true)]
    pub id: String,
    /// What it does.
    #[schema(required = true)]
    pub type_name: String,
    /// Empty, `stale` or `failed`.
    #[schema(required = true)]
    pub status: String,
    /// `in-flight` where it runs now.
    #[schema(required = true)]
    pub sub_status: String,
}

impl PendingOperation {
    /// An operation as heketi lists it. Those that heketi does not record go by their own names.
    pub fn new(op: &Operation, runs: bool) -> PendingOperation {
        let name = Pending::of(op).map_or(op.kind.as_str(), |pending| pending.kind.name());
        PendingOperation {
            id: op.id.to_string(),
            type_name: name.to_owned(),
            status: status(op).to_owned(),
            sub_status: if runs { "in-flight".to_owned() } else { String::new() },
        }
    }
}

/// All unfinished operations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PendingOperationList {
    /// Sorted by id.
    #[schema(value_type = Vec<PendingOperation>, required = true)]
    pub pendingoperations: List<PendingOperation>,
}

/// What an operation does to one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PendingChange {
    /// The object.
    #[schema(required = true)]
    pub id: String,
    /// What is done to it.
    #[schema(required = true)]
    pub description: String,
}

/// An unfinished operation with what it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PendingOperationDetails {
    /// The operation.
    #[serde(flatten)]
    pub operation: PendingOperation,
    /// What it changes.
    #[schema(value_type = Vec<PendingChange>, required = true)]
    pub changes: List<PendingChange>,
}

impl PendingOperationDetails {
    /// An operation as heketi shows it.
    pub fn new(op: &Operation) -> PendingOperationDetails {
        let changes = Pending::of(op).map_or_else(Vec::new, |pending| pending.changes);
        let changes = changes.into_iter().map(|change| PendingChange {
            id: change.id,
            description: change.change.description().to_owned(),
        });
        PendingOperationDetails {
            operation: PendingOperation::new(op, false),
            changes: changes.collect::<Vec<_>>().into(),
        }
    }
}

/// An unfinished operation as this server knows it, beyond what heketi shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OperationProgress {
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// What it does.
    #[schema(required = true)]
    pub kind: String,
    /// The object that it is about.
    #[schema(required = true)]
    pub target: String,
    /// Its job: what its client polls.
    #[schema(required = true)]
    pub job: String,
    /// Whether it does something or takes it back.
    #[schema(required = true)]
    pub undoes: bool,
    /// What runs now, or is gone on with when it is taken up again.
    pub step: String,
    /// Where that is.
    #[schema(value_type = Vec<String>)]
    pub hosts: List<String>,
    /// Steps that are done.
    #[schema(required = true)]
    pub done: usize,
    /// All of its steps.
    #[schema(required = true)]
    pub steps: usize,
    /// Seconds since it was decided.
    #[schema(required = true)]
    pub age: i64,
    /// Tries with a fresh placement, from 1.
    #[schema(required = true)]
    pub attempt: u32,
    /// Tries after it had failed.
    #[schema(required = true)]
    pub retries: u32,
    /// Why it waits.
    pub waits: Option<String>,
    /// Whether it waits for a person.
    #[schema(required = true)]
    pub needs_person: bool,
}

impl OperationProgress {
    /// An operation at a time, with what it does now.
    pub fn new(op: &Operation, doing: Doing, now_ms: i64) -> OperationProgress {
        let parked = op.parked.as_ref();
        OperationProgress {
            id: op.id.to_string(),
            kind: op.kind.as_str().to_owned(),
            target: op.target.clone(),
            job: op.job.to_string(),
            undoes: op.direction == Direction::Back,
            step: doing.text,
            hosts: doing.hosts.into(),
            done: op.steps.iter().filter(|record| record.state == StepState::Done).count(),
            steps: op.steps.len(),
            age: now_ms.saturating_sub(op.created_ms) / 1000,
            attempt: op.attempt,
            retries: parked.map_or(0, |parked| parked.attempts),
            waits: parked.map(|parked| parked.reason.clone()),
            needs_person: parked.is_some_and(|parked| !parked.retry),
        }
    }
}

/// All unfinished operations as this server knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OperationProgressList {
    /// Oldest first.
    #[schema(value_type = Vec<OperationProgress>, required = true)]
    pub operations: List<OperationProgress>,
}

/// Asks for another try of operations that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CleanUpRequest {
    /// Their ids; all where it is empty.
    #[serde(skip_serializing_if = "List::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub operations: List<String>,
}

impl CleanUpRequest {
    /// The ids that can be ours.
    pub fn ids(&self) -> Vec<OperationId> {
        self.operations.iter().filter_map(|id| id.parse().ok()).collect()
    }
}
