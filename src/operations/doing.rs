//! What an operation does, in a few words, and on which hosts.

use super::records::{positions, steps_at};
use crate::model::operation::{Direction, Doing, Operation};
use crate::model::step::{Step, StepState};

/// The steps of one stage.
pub(super) fn stage(steps: &[&Step], back: bool) -> Doing {
    let Some(first) = steps.first() else {
        return Doing::from("finishing".to_owned());
    };
    let mut hosts: Vec<String> =
        steps.iter().flat_map(|step| step.hosts()).map(ToString::to_string).collect();
    hosts.sort();
    hosts.dedup();
    let what = describe(first, &hosts);
    Doing { text: if back { format!("undoing: {what}") } else { what }, hosts, waits: false }
}

/// What an operation that nobody works on goes on with.
pub(super) fn next(op: &Operation) -> Doing {
    let back = op.direction == Direction::Back;
    let is_left = |state| match (back, state) {
        (false, StepState::Done) | (true, StepState::Planned | StepState::Undone) => false,
        (false, _) | (true, StepState::Started | StepState::Done) => true,
    };
    let stages = op.steps.iter().filter(|record| is_left(record.state)).map(|record| record.stage);
    let at = if back { stages.max() } else { stages.min() };
    let due = positions(op, |record| Some(record.stage) == at && is_left(record.state));
    stage(&steps_at(op, &due), back)
}

/// A stage in a few words.
fn describe(first: &Step, hosts: &[String]) -> String {
    match first {
        Step::ProbePeer { peer, .. } => format!("joining {} to the trusted pool", peer.host),
        Step::DetachPeer { peer, .. } => format!("taking {} out of the trusted pool", peer.host),
        Step::PrepareDevice(plan) => format!("preparing {} on {}", plan.path, plan.peer.host),
        Step::FindDevice(plan) => format!("looking for the disk of {} on {}", plan.path, plan.peer.host),
        Step::ReleaseDevice(plan) => format!("releasing {} on {}", plan.path, plan.peer.host),
        Step::CreateBrick(_) => format!("making bricks on {}", hosts.join(", ")),
        Step::DestroyBrick(_) => format!("removing bricks on {}", hosts.join(", ")),
        Step::CreateVolume(plan) => format!("creating gluster volume {}", plan.name),
        Step::StartVolume(plan) => format!("starting gluster volume {}", plan.name),
        Step::StopVolume(plan) => format!("stopping gluster volume {}", plan.name),
        Step::DeleteVolume(plan) => format!("deleting gluster volume {}", plan.name),
        Step::AddBricks(plan) => format!("adding bricks to gluster volume {}", plan.volume.name),
        Step::Rebalance(plan) => format!("starting the rebalance of gluster volume {}", plan.name),
        Step::CheckHeal(plan) => format!("looking whether gluster volume {} is whole", plan.volume.name),
        Step::ReplaceBrick(plan) => format!("moving brick {} to {}", plan.brick, plan.new.host),
        Step::ReadDevice(plan) => format!("reading the size of {} on {}", plan.path, plan.peer.host),
        Step::AwaitHeal(plan) => format!("waiting until gluster has healed {}", plan.volume.name),
        Step::SnapshotVolume(plan) => format!("taking a snapshot of gluster volume {}", plan.source.name),
        Step::CloneSnapshot(plan) => format!("cloning gluster volume {} to {}", plan.source.name, plan.name),
        Step::DropSnapshot(plan) => format!("removing the snapshot of gluster volume {}", plan.source.name),
        Step::CheckBlockVolume(_) => format!("looking for gluster-block on {}", hosts.join(", ")),
        Step::CreateBlockVolume(plan) => format!("creating block volume {}/{}", plan.hosting, plan.name),
        Step::DestroyBlockVolume(plan) => format!("deleting block volume {}/{}", plan.hosting, plan.name),
        Step::ResizeBlockVolume(plan) => {
            format!("making block volume {}/{} larger", plan.block.hosting, plan.block.name)
        }
    }
}
