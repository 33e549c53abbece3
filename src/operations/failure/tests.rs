//! Where failures lead.

use super::*;
use crate::executor::RemoteError;
use crate::model::brick::{BrickRole, BrickSpace};
use crate::model::durability::Durability;
use crate::model::host::Host;
use crate::model::ids::{BrickId, JobId, OperationId, VolumeId};
use crate::model::operation::{Detail, StepRecord};
use crate::model::sizes::KiB;
use crate::model::step::{BrickAt, BrickPlan, Peer, ReplacePlan, StepOutput, VolumePlan};
use uuid::Uuid;

const BUDGET: Duration = Duration::from_secs(20);

fn replacement() -> ReplacePlan {
    let at = || BrickAt { host: Host::nobody(), storage: "a".to_owned(), path: "/b/brick".to_owned() };
    let volume = VolumePlan {
        volume: VolumeId::from_uuid(Uuid::from_u128(1)),
        name: "v".to_owned(),
        durability: Durability::Replicate(3),
        arbiter: false,
        bricks: Vec::new(),
        options: Vec::new(),
        peers: Vec::new(),
        hosts_blocks: false,
    };
    let brick = BrickId::from_uuid(Uuid::from_u128(2));
    ReplacePlan { volume, old: at(), new: at(), set: Vec::new(), required: 2, brick }
}

fn leaving() -> BrickPlan {
    let node = NodeId::from_uuid(Uuid::from_u128(3));
    let some = KiB::of(4096);
    BrickPlan {
        volume: VolumeId::from_uuid(Uuid::from_u128(1)),
        peer: Peer { node, host: Host::nobody(), storage: "a".to_owned() },
        brick: BrickId::from_uuid(Uuid::from_u128(2)),
        device: DeviceId::from_uuid(Uuid::from_u128(4)),
        thin_pool: "tp".to_owned(),
        space: BrickSpace { size: some, thin_pool: some, metadata: some },
        role: BrickRole::Data,
        gid: 0,
        path: "/b/brick".to_owned(),
        logical_volume: None,
        shares_pool: false,
        hosts_blocks: false,
    }
}

/// A brick that moves, of which so many of the three steps are done.
pub(in crate::operations) fn moving(done: u32) -> Operation {
    let steps =
        [Step::ReplaceBrick(replacement()), Step::AwaitHeal(replacement()), Step::DestroyBrick(leaving())];
    let record = |(at, step): (u32, Step)| StepRecord {
        seq: at,
        stage: at,
        step,
        state: if at < done { StepState::Done } else { StepState::Started },
        output: StepOutput::Nothing,
    };
    Operation {
        id: OperationId::from_uuid(Uuid::from_u128(5)),
        kind: OperationKind::BrickEvict,
        target: String::new(),
        job: JobId::from_uuid(Uuid::from_u128(6)),
        direction: Direction::Forward,
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: 0,
        detail: Detail::Evict { new: BrickId::from_uuid(Uuid::from_u128(7)), parent: None },
        clusters: Vec::new(),
        steps: (0..).zip(steps).map(record).collect(),
    }
}

fn away() -> StepError {
    StepError::Remote(RemoteError::Unreachable { host: Host::nobody(), source: "no route".into() })
}

#[test]
fn a_move_turns_back_until_gluster_has_exchanged_the_brick() {
    assert_eq!(after(&moving(0), &away(), BUDGET, BUDGET, true), OnFailure::TurnBack);
}

#[test]
fn a_heal_that_fails_after_all_its_patience_tells_its_client_and_goes_on_in_the_background() {
    for spent in [Duration::ZERO, BUDGET] {
        assert_eq!(after(&moving(1), &away(), spent, BUDGET, true), OnFailure::Park);
    }
}

#[test]
fn what_a_move_leaves_on_a_peer_that_is_away_is_forgotten_only_where_that_is_taken_out_of_service() {
    let mut op = moving(2);
    assert_eq!(after(&op, &away(), Duration::ZERO, BUDGET, true), OnFailure::Retry);
    assert_eq!(after(&op, &away(), BUDGET, BUDGET, true), OnFailure::Ignore);
    assert_eq!(after(&op, &away(), BUDGET, BUDGET, false), OnFailure::Park);
    op.parked = Some(crate::model::operation::Parked {
        reason: String::new(),
        retry: true,
        attempts: 1,
        next_try_ms: 0,
    });
    assert_eq!(after(&op, &away(), Duration::ZERO, BUDGET, false), OnFailure::Park);
    assert_eq!(after(&op, &away(), Duration::ZERO, BUDGET, true), OnFailure::Ignore);
}

#[test]
fn a_busy_glusterd_is_waited_for_before_anything_is_undone_because_of_it_but_not_for_ever() {
    let busy = StepError::GlusterBusy { host: Host::nobody(), waited: BUDGET };
    let create = Operation { kind: OperationKind::VolumeCreate, ..moving(0) };
    for op in [&moving(0), &create] {
        for (spent, leads_to) in [(BUDGET, OnFailure::Retry), (BUSY_PATIENCE, OnFailure::TurnBack)] {
            assert_eq!(after(op, &busy, spent, BUDGET, false), leads_to);
        }
    }
    // The client of a delete is told in time.
    let delete = Operation { kind: OperationKind::VolumeDelete, ..moving(0) };
    assert_eq!(after(&delete, &busy, BUDGET, BUDGET, false), OnFailure::Park);
}
