//! What an operation does when a step of it fails for good.

use std::time::Duration;

use super::steps::StepError;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::operation::{Direction, Failure, Operation, OperationKind};
use crate::model::step::{Step, StepState};

/// Where a failed step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// What was done is undone, from the failed step backwards.
    TurnBack,
    /// The step is done again after a pause; the client waits.
    Retry,
    /// The client is told, the background goes on.
    Park,
    /// The step counts as done: the request said so.
    Ignore,
    /// The object stays as it was; there is nothing to undo, and asking again does no harm.
    GiveUp,
}

/// How long an operation waits for a glusterd that works on another change each time that it is asked. None of gluster's
/// own changes takes that long: then a lock of it was left behind, which only a restart of glusterd takes away.
const BUSY_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Decides where a failure leads. `emptied`: the device or node that the step is for is being taken out of service.
pub(super) fn after(
    op: &Operation,
    error: &StepError,
    spent: Duration,
    budget: Duration,
    emptied: bool,
) -> OnFailure {
    // It has done nothing, and does so as soon as the other change is through.
    let waits = op.kind != OperationKind::VolumeDelete && op.parked.is_none();
    if error.is_gluster_busy() && waits && spent < BUSY_PATIENCE {
        return OnFailure::Retry;
    }
    match op.kind {
        OperationKind::NodeAdd
        | OperationKind::DeviceAdd
        | OperationKind::VolumeCreate
        | OperationKind::BlockVolumeCreate => OnFailure::TurnBack,
        // Going back looks what became of it.
        OperationKind::BlockVolumeExpand => OnFailure::TurnBack,
        OperationKind::BlockVolumeDelete if op.parked.is_some() => OnFailure::Park,
        OperationKind::BlockVolumeDelete if error.is_temporary() && spent < budget => OnFailure::Retry,
        OperationKind::BlockVolumeDelete if error.is_temporary() => OnFailure::Park,
        OperationKind::BlockVolumeDelete => OnFailure::GiveUp,
        OperationKind::VolumeClone if op.parked.is_some() => OnFailure::Park,
        // The clone is there; only the snapshot is in the way.
        OperationKind::VolumeClone if is_cloned(op) && error.is_temporary() && spent < budget => {
            OnFailure::Retry
        }
        OperationKind::VolumeClone => OnFailure::TurnBack,
        OperationKind::VolumeExpand | OperationKind::BrickEvict if !is_past_return(op) => OnFailure::TurnBack,
        // Heals have a patience of their own.
        OperationKind::BrickEvict if !is_destroying(op) => OnFailure::Park,
        // The brick has been moved; what is left of it lies on a peer that is away. One that answers, if late, keeps
        // nothing, nor does one that is to stay: it may only be restarted.
        OperationKind::BrickEvict
            if error.is_unreachable() && emptied && (spent >= budget || op.parked.is_some()) =>
        {
            OnFailure::Ignore
        }
        OperationKind::VolumeExpand | OperationKind::BrickEvict => {
            if op.parked.is_none() && error.is_temporary() && spent < budget {
                OnFailure::Retry
            } else {
                OnFailure::Park
            }
        }
        // These have no steps that could fail, or change nothing.
        OperationKind::DeviceRemove | OperationKind::NodeRemove | OperationKind::DeviceResync => {
            OnFailure::GiveUp
        }
        OperationKind::DeviceDelete if is_forgotten(op) => OnFailure::Ignore,
        // It may have happened: it is done again until it is certain.
        OperationKind::NodeDelete | OperationKind::DeviceDelete
            if error.is_unknown() || error.is_half_done() =>
        {
            OnFailure::Park
        }
        OperationKind::NodeDelete | OperationKind::DeviceDelete => OnFailure::GiveUp,
        OperationKind::VolumeDelete if op.parked.is_some() => OnFailure::Park,
        OperationKind::VolumeDelete if error.is_temporary() && spent < budget => OnFailure::Retry,
        OperationKind::VolumeDelete if error.is_temporary() || volume_is_deleted(op) => OnFailure::Park,
        // Gluster refuses to delete it, for example because it has snapshots: it is started again.
        OperationKind::VolumeDelete => OnFailure::TurnBack,
    }
}

fn is_forgotten(op: &Operation) -> bool {
    op.steps.iter().any(|record| matches!(&record.step, Step::ReleaseDevice(plan) if plan.forget))
}

/// Whether gluster has done what cannot be taken back: taken new bricks, or put one in the place of another.
pub(super) fn is_past_return(op: &Operation) -> bool {
    op.steps.iter().any(|record| {
        matches!(record.step, Step::AddBricks(_) | Step::ReplaceBrick(_)) && record.state == StepState::Done
    })
}

/// Whether gluster has put a brick in the place of the one that is to be moved: what is left concerns its volume alone.
pub(super) fn is_exchanged(op: &Operation) -> bool {
    op.kind == OperationKind::BrickEvict && is_past_return(op)
}

fn is_cloned(op: &Operation) -> bool {
    let clones = |step: &Step| matches!(step, Step::CloneSnapshot(_));
    op.steps.iter().any(|record| clones(&record.step) && record.state == StepState::Done)
}

/// Whether a brick has been moved wholly, and only what is left of it is to be taken away.
pub(super) fn is_destroying(op: &Operation) -> bool {
    let waits = |step: &Step| matches!(step, Step::AwaitHeal(_));
    op.steps.iter().all(|record| !waits(&record.step) || record.state == StepState::Done)
}

fn volume_is_deleted(op: &Operation) -> bool {
    op.steps
        .iter()
        .any(|record| matches!(record.step, Step::DeleteVolume(_)) && record.state == StepState::Done)
}

/// What is kept of a failed step: what the client is told, and what another try leaves out.
/// `silent`: nodes of the step's volume whose glusterd does not answer.
pub(super) fn of(op: &Operation, at: usize, error: &StepError, silent: &[NodeId]) -> Failure {
    let (mut nodes, mut devices) = match &op.failure {
        Some(before) => (before.avoid_nodes.clone(), before.avoid_devices.clone()),
        None => (Vec::new(), Vec::new()),
    };
    let step = &op.steps[at].step;
    if let Some((node, device)) = place_of(step) {
        if error.host_failed() { nodes.push(node) } else { devices.push(device) }
    }
    nodes.extend_from_slice(silent);
    Failure {
        text: error.text(),
        explanation: error.explanation(),
        try_elsewhere: error.depends_on_place(),
        avoid_nodes: nodes,
        avoid_devices: devices,
    }
}

/// What a delete that goes on in the background says beside its cause: its volume is as good as gone.
pub(super) fn gone_on_with(kind: OperationKind, cause: Failure) -> Failure {
    match kind {
        OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete => and(cause, GOES_ON),
        _ => cause,
    }
}

/// What a delete that is taken back says beside its cause.
pub(super) fn taken_back(kind: OperationKind, cause: Failure) -> Failure {
    match kind {
        OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete => {
            and(cause, "The volume is kept; delete it again")
        }
        _ => cause,
    }
}

/// What a delete says of which the server does not know yet whether gluster has carried it out.
pub(super) fn undecided(kind: OperationKind, cause: Failure) -> Failure {
    match kind {
        OperationKind::VolumeDelete => and(
            cause,
            "The server looks whether gluster still has the volume: it is listed again if so, and gone when a delete answers `Id not found`",
        ),
        _ => cause,
    }
}

/// What a client is told whose operation panicked.
pub(super) fn unexpected(op: &Operation) -> Failure {
    let text = "an internal error ended the operation; see the log of the server";
    let cause = Failure::everywhere(text, None);
    match (op.kind, op.direction) {
        (OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete, Direction::Forward) => {
            gone_on_with(op.kind, cause)
        }
        (OperationKind::VolumeDelete, Direction::Back) => undecided(op.kind, cause),
        (
            OperationKind::NodeAdd
            | OperationKind::DeviceAdd
            | OperationKind::VolumeCreate
            | OperationKind::BlockVolumeCreate,
            _,
        ) => and(cause, "What had been done is undone in the background; ask again"),
        _ => and(cause, "It is taken up again in the background, until it is done or nothing of it is left"),
    }
}

const GOES_ON: &str = "The delete goes on in the background: the volume stays hidden, and is gone when a delete answers `Id not found`";

fn and(cause: Failure, more: &str) -> Failure {
    let before = cause.explanation.as_deref().unwrap_or_else(|| cause.text.trim());
    let explanation = Some(format!("{before}. {more}"));
    Failure { explanation, ..cause }
}

pub(super) fn place_of(step: &Step) -> Option<(NodeId, DeviceId)> {
    match step {
        Step::CreateBrick(plan) | Step::DestroyBrick(plan) => Some((plan.peer.node, plan.device)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
