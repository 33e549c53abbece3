//! What follows for an operation that an earlier server left unfinished: a pure function of its record.

use crate::model::operation::{Direction, Operation, OperationKind};
use crate::model::step::{Step, StepState};

/// What is done with an unfinished operation after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Its steps are gone on with.
    Resume,
    /// Its steps are undone.
    Unwind,
}

/// Decides what follows.
///
/// `keyed`: the request carried an idempotency key, so that its client can ask for the result again.
pub fn next(operation: &Operation, keyed: bool) -> Next {
    if operation.direction == Direction::Back {
        return Next::Unwind;
    }
    match operation.kind {
        // The client has gone and will ask again, unless it can find what was made, or nearly all was done.
        OperationKind::NodeAdd | OperationKind::DeviceAdd | OperationKind::VolumeCreate => {
            if keyed || reached_last_step(operation) { Next::Resume } else { Next::Unwind }
        }
        // Nothing of these can be taken back, and doing them twice does no harm.
        OperationKind::NodeDelete | OperationKind::DeviceDelete => Next::Resume,
        OperationKind::VolumeDelete => after_volume_delete(operation),
    }
}

/// The volume is started again as long as gluster still has it. Where the client has been told that the delete
/// goes on in the background (it is parked), it does.
fn after_volume_delete(operation: &Operation) -> Next {
    let deleted = operation
        .steps
        .iter()
        .any(|record| matches!(record.step, Step::DeleteVolume(_)) && record.state == StepState::Done);
    if deleted || operation.parked.is_some() { Next::Resume } else { Next::Unwind }
}

fn reached_last_step(operation: &Operation) -> bool {
    let last = operation.steps.iter().map(|record| record.stage).max();
    let began = |record: &crate::model::operation::StepRecord| {
        Some(record.stage) == last && record.state != StepState::Planned
    };
    // An operation of one stage begins its last step with the decision: that says nothing.
    last.is_some_and(|stage| stage > 0) && operation.steps.iter().any(began)
}
