//! What follows for an operation that an earlier server left unfinished: a pure function of its record.

use super::failure;
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
        OperationKind::NodeAdd
        | OperationKind::DeviceAdd
        | OperationKind::VolumeCreate
        | OperationKind::BlockVolumeCreate => {
            if keyed || reached_last_step(operation) {
                Next::Resume
            } else {
                Next::Unwind
            }
        }
        // Going back looks whether it has happened. One that panicked was answered for as going on.
        OperationKind::BlockVolumeExpand => {
            if keyed || operation.parked.is_some() {
                Next::Resume
            } else {
                Next::Unwind
            }
        }
        // Nothing of these can be taken back, and doing them twice does no harm.
        OperationKind::NodeDelete
        | OperationKind::DeviceDelete
        | OperationKind::DeviceResync
        | OperationKind::BlockVolumeDelete
        | OperationKind::DeviceRemove
        | OperationKind::NodeRemove => Next::Resume,
        OperationKind::VolumeExpand | OperationKind::BrickEvict => {
            if keyed || failure::is_past_return(operation) { Next::Resume } else { Next::Unwind }
        }
        // Parked on its way forward: it turned out that it could not be undone.
        OperationKind::VolumeClone if operation.parked.is_some() => Next::Resume,
        OperationKind::VolumeClone if !keyed && !reached_last_step(operation) => Next::Unwind,
        OperationKind::VolumeClone => Next::Resume,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::durability::Durability;
    use crate::model::ids::{JobId, OperationId, VolumeId};
    use crate::model::operation::{Parked, StepRecord};
    use crate::model::step::{StepOutput, VolumePlan};
    use OperationKind::{
        BlockVolumeCreate, BlockVolumeDelete, BlockVolumeExpand, DeviceAdd, DeviceDelete, NodeAdd,
        NodeDelete, VolumeClone, VolumeCreate, VolumeDelete, VolumeExpand,
    };
    use StepState::{Done, Planned, Started, Undone};

    fn plan() -> VolumePlan {
        VolumePlan {
            volume: VolumeId::from_uuid(uuid::Uuid::nil()),
            name: "vol".to_owned(),
            durability: Durability::Distribute,
            arbiter: false,
            bricks: Vec::new(),
            options: Vec::new(),
            peers: Vec::new(),
            hosts_blocks: false,
        }
    }

    /// An operation with one step a stage in these states. What the steps do counts for deletes only.
    fn operation(kind: OperationKind, direction: Direction, states: &[StepState], parked: bool) -> Operation {
        let step = |stage: u32| match stage {
            0 => Step::StopVolume(plan()),
            1 => Step::DeleteVolume(plan()),
            _ => Step::StartVolume(plan()),
        };
        let records = (0_u32..).zip(states).map(|(stage, &state)| StepRecord {
            seq: stage,
            stage,
            step: step(stage),
            state,
            output: StepOutput::Nothing,
        });
        Operation {
            id: OperationId::from_uuid(uuid::Uuid::nil()),
            kind,
            target: String::new(),
            job: JobId::from_uuid(uuid::Uuid::nil()),
            direction,
            attempt: 1,
            parked: parked.then(|| Parked {
                reason: String::new(),
                retry: true,
                attempts: 1,
                next_try_ms: 0,
            }),
            failure: None,
            created_ms: 0,
            detail: crate::model::operation::Detail::Nothing,
            clusters: Vec::new(),
            steps: records.collect(),
        }
    }

    fn check(kind: OperationKind, states: &[StepState], keyed: bool, parked: bool, expected: Next) {
        let found = next(&operation(kind, Direction::Forward, states, parked), keyed);
        assert_eq!(found, expected, "{kind:?} {states:?} keyed {keyed} parked {parked}");
        let back = next(&operation(kind, Direction::Back, states, parked), keyed);
        assert_eq!(back, Next::Unwind, "what was turned back stays so: {kind:?} {states:?}");
    }

    #[test]
    fn a_create_unwinds_unless_its_client_can_find_it_or_it_was_nearly_done() {
        for (states, expected) in [
            ([Started, Planned, Planned], Next::Unwind),
            ([Done, Planned, Planned], Next::Unwind),
            ([Done, Started, Planned], Next::Unwind),
            ([Done, Done, Planned], Next::Unwind),
            ([Done, Done, Started], Next::Resume),
            ([Done, Done, Done], Next::Resume),
        ] {
            check(VolumeCreate, &states, false, false, expected);
            check(VolumeCreate, &states, true, false, Next::Resume);
        }
    }

    #[test]
    fn a_block_volume_is_made_like_a_volume_and_deleted_for_good() {
        for (states, expected) in [
            ([Started, Planned, Planned], Next::Unwind),
            ([Done, Started, Planned], Next::Unwind),
            ([Done, Done, Started], Next::Resume),
        ] {
            check(BlockVolumeCreate, &states, false, false, expected);
            check(BlockVolumeCreate, &states, true, false, Next::Resume);
        }
        check(BlockVolumeDelete, &[Started], false, false, Next::Resume);
    }

    #[test]
    fn an_expansion_of_a_block_volume_looks_what_became_of_it_unless_its_client_asks_again() {
        check(BlockVolumeExpand, &[Started], false, false, Next::Unwind);
        check(BlockVolumeExpand, &[Started], true, false, Next::Resume);
        check(BlockVolumeExpand, &[Started], false, true, Next::Resume);
    }

    #[test]
    fn a_clone_unwinds_unless_only_its_snapshot_is_left_or_it_could_not_be_undone() {
        for (states, expected) in [
            ([Started, Planned, Planned], Next::Unwind),
            ([Done, Started, Planned], Next::Unwind),
            ([Done, Done, Started], Next::Resume),
        ] {
            check(VolumeClone, &states, false, false, expected);
            check(VolumeClone, &states, false, true, Next::Resume);
            check(VolumeClone, &states, true, false, Next::Resume);
        }
    }

    #[test]
    fn an_expansion_unwinds_until_gluster_has_the_bricks_unless_its_client_can_ask_for_it() {
        for states in [[Started, Planned], [Done, Started]] {
            check(VolumeExpand, &states, false, false, Next::Unwind);
            check(VolumeExpand, &states, true, false, Next::Resume);
        }
    }

    #[test]
    fn an_addition_of_one_stage_unwinds() {
        for kind in [NodeAdd, DeviceAdd] {
            check(kind, &[Started], false, false, Next::Unwind);
            check(kind, &[Done], false, false, Next::Unwind);
        }
    }

    #[test]
    fn a_volume_delete_goes_back_until_gluster_has_deleted_the_volume() {
        for (states, expected) in [
            ([Started, Planned, Planned], Next::Unwind),
            ([Done, Planned, Planned], Next::Unwind),
            ([Done, Started, Planned], Next::Unwind),
            ([Undone, Undone, Planned], Next::Unwind),
            ([Done, Done, Planned], Next::Resume),
            ([Done, Done, Started], Next::Resume),
        ] {
            check(VolumeDelete, &states, false, false, expected);
            // Its client was told that the background goes on.
            check(VolumeDelete, &states, false, true, Next::Resume);
        }
    }

    #[test]
    fn other_deletes_go_on() {
        for kind in [NodeDelete, DeviceDelete] {
            for state in [Started, Done] {
                check(kind, &[state], false, false, Next::Resume);
            }
        }
        check(NodeDelete, &[], false, false, Next::Resume);
    }
}
