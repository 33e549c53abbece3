//! What an operation does, in a few words, and on which hosts.

use super::records::{positions, steps_at};
use crate::model::operation::{Direction, Doing, Operation};
use crate::model::step::{Peer, Step, StepState, VolumePlan};

/// The steps of one stage.
pub(super) fn stage(steps: &[&Step], back: bool) -> Doing {
    let Some(first) = steps.first() else {
        return Doing { text: "finishing".to_owned(), hosts: Vec::new() };
    };
    let mut hosts: Vec<String> = steps.iter().flat_map(|step| hosts_of(step)).collect();
    hosts.sort();
    hosts.dedup();
    let what = describe(first, &hosts);
    Doing { text: if back { format!("undoing: {what}") } else { what }, hosts }
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

fn hosts_of(step: &Step) -> Vec<String> {
    let first = |peers: &[Peer]| peers.first().map(|peer| peer.host.to_string()).into_iter().collect();
    let asked = |plan: &VolumePlan| first(&plan.peers);
    match step {
        Step::ProbePeer { peer, .. } | Step::DetachPeer { peer, .. } => vec![peer.host.to_string()],
        Step::PrepareDevice(plan)
        | Step::FindDevice(plan)
        | Step::ReleaseDevice(plan)
        | Step::ReadDevice(plan) => vec![plan.peer.host.to_string()],
        Step::CreateBrick(plan) | Step::DestroyBrick(plan) => vec![plan.peer.host.to_string()],
        Step::CreateVolume(plan)
        | Step::StartVolume(plan)
        | Step::StopVolume(plan)
        | Step::DeleteVolume(plan)
        | Step::Rebalance(plan) => asked(plan),
        Step::AddBricks(plan) => asked(&plan.volume),
        Step::CheckHeal(plan) => asked(&plan.volume),
        Step::ReplaceBrick(plan) | Step::AwaitHeal(plan) => vec![plan.new.host.to_string()],
        Step::SnapshotVolume(plan) | Step::CloneSnapshot(plan) | Step::DropSnapshot(plan) => {
            asked(&plan.source)
        }
        Step::CheckBlockVolume(plan) | Step::CreateBlockVolume(plan) | Step::DestroyBlockVolume(plan) => {
            first(&plan.peers)
        }
        Step::ResizeBlockVolume(plan) => first(&plan.block.peers),
    }
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
