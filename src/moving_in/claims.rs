//! What unfinished operations hold: the phases of their objects, and what is recorded of each.

use super::notes::{COMPARE, Notes, STAYS};
use super::pending::{Task, Work, described};
use super::values::gib;
use crate::heketi_db::Database;
use crate::model::everything::{Everything, Unfinished};
use crate::model::finding::Subject;
use crate::model::ids::{BlockVolumeId, BrickId, DeviceId, OperationId, VolumeId};
use crate::model::operation::{Detail, OperationKind};
use crate::model::state::Phase;

/// Gives the objects of unfinished operations their phases. What an operation is about must be there; one of which it is
/// not is told and left out.
pub(super) fn apply(
    database: &Database,
    works: &[Work],
    objects: &mut Everything,
    notes: &mut Notes,
) -> Vec<Unfinished> {
    let mut found: Vec<Unfinished> = Vec::new();
    for work in works {
        let claim = work.key.parse().ok().and_then(|id: OperationId| {
            let (kind, target, detail, added) = claim(&work.task, objects, &found)?;
            Some(Unfinished { id, kind, target, detail, added, created_ms: work.created_ms })
        });
        match claim {
            Some(unfinished) => found.push(unfinished),
            None => untold(work, notes),
        }
    }
    // A successor whose move is not taken over takes nobody's place: it would be in no list for ever.
    let (kept, lost): (Vec<_>, Vec<_>) = std::mem::take(&mut objects.bricks)
        .into_iter()
        .partition(|brick| brick.replaces.is_none() || brick.phase == Phase::Creating);
    objects.bricks = kept;
    for brick in lost {
        let what = "was to take another one's place, and that move is not known any more";
        notes.on(Subject::Brick, &brick.id.to_string(), (what, STAYS, COMPARE), &[brick.device]);
    }
    marks(database, notes);
    found
}

/// An operation that is not gone on with.
fn untold(work: &Work, notes: &mut Notes) {
    let (what, cure) = (
        described(&work.task),
        match work.task {
            Task::Clone { .. } => {
                "look on a peer for a snapshot and a volume that it has made (`gluster snapshot list`, `gluster volume list`), and remove them; then clear the finding"
            }
            _ => COMPARE,
        },
    );
    let consequence = match work.task {
        Task::Clone { .. } => {
            "it was left out, and the volume that was copied is shown as it is: heketi does not keep the name of the copy, so it cannot be looked for"
        }
        Task::Evict { new: None, .. } => {
            "it was left out: no brick had been made, the brick stays where it is"
        }
        _ => "it was left out; what it held is taken for whole",
    };
    notes.add(Subject::Operation, &work.key, &what, consequence, cure);
}

/// What is recorded, and the bricks that it adds.
type Claim = (OperationKind, String, Detail, Vec<BrickId>);

/// Of one that adds none.
fn only(kind: OperationKind, target: impl ToString, detail: Detail) -> Claim {
    (kind, target.to_string(), detail, Vec::new())
}

/// What is recorded, or nothing where the objects are not there or another operation has them.
fn claim(task: &Task, objects: &mut Everything, others: &[Unfinished]) -> Option<Claim> {
    let held = |target: &str| others.iter().any(|other| other.target == target);
    match task {
        Task::Create { volume } if !held(volume) => {
            let id = claim_volume(objects, volume, Phase::Creating)?;
            Some(only(OperationKind::VolumeCreate, id, Detail::Nothing))
        }
        Task::Delete { volume } if !held(volume) => {
            let id = claim_volume(objects, volume, Phase::Deleting)?;
            Some(only(OperationKind::VolumeDelete, id, Detail::Nothing))
        }
        // There may be several of one volume, each with bricks of its own: heketi does not mind.
        Task::Expand { volume, bricks, grow } => expand(objects, volume, bricks, *grow),
        Task::BlockCreate { block, hosting } if !held(block) => {
            block_create(objects, block, hosting.as_deref())
        }
        Task::BlockDelete { block } if !held(block) => {
            let id = claim_block(objects, block, Phase::Deleting)?;
            Some(only(OperationKind::BlockVolumeDelete, id, Detail::Nothing))
        }
        Task::BlockExpand { block, size } if !held(block) => {
            let id: BlockVolumeId = block.parse().ok()?;
            let size = gib(*size)?;
            let block = objects.block_volumes.iter().find(|found| found.id == id)?;
            // Its room was taken with the others'.
            (block.taken >= size)
                .then(|| only(OperationKind::BlockVolumeExpand, id, Detail::BlockExpand { size }))
        }
        Task::Evict { old, new: Some(new), parent } if !held(old) => {
            evict(objects, old, new, parent.as_deref())
        }
        Task::RemoveDevice { device } if !held(device) => {
            let id: DeviceId = device.parse().ok()?;
            objects
                .devices
                .iter()
                .any(|device| device.id == id)
                .then(|| only(OperationKind::DeviceRemove, id, Detail::Remove { check_heal: true }))
        }
        _ => None,
    }
}

fn claim_volume(objects: &mut Everything, volume: &str, phase: Phase) -> Option<VolumeId> {
    let id: VolumeId = volume.parse().ok()?;
    let volume = objects.volumes.iter_mut().find(|volume| volume.id == id && volume.phase == Phase::Ready)?;
    volume.phase = phase;
    for brick in objects.bricks.iter_mut().filter(|brick| brick.volume == id) {
        brick.phase = phase;
    }
    Some(id)
}

fn claim_block(objects: &mut Everything, block: &str, phase: Phase) -> Option<BlockVolumeId> {
    let id: BlockVolumeId = block.parse().ok()?;
    let found =
        objects.block_volumes.iter_mut().find(|found| found.id == id && found.phase == Phase::Ready)?;
    found.phase = phase;
    Some(id)
}

fn expand(objects: &mut Everything, volume: &str, added: &[String], grow: i64) -> Option<Claim> {
    let id: VolumeId = volume.parse().ok()?;
    let grow = gib(grow)?;
    objects.volumes.iter().find(|volume| volume.id == id && volume.phase == Phase::Ready)?;
    let is_added = |brick: &crate::model::brick::Brick| {
        brick.volume == id && brick.phase == Phase::Ready && added.contains(&brick.id.to_string())
    };
    let mut own = Vec::new();
    for brick in objects.bricks.iter_mut().filter(|brick| is_added(brick)) {
        brick.phase = Phase::Creating;
        own.push(brick.id);
    }
    (!own.is_empty()).then(|| (OperationKind::VolumeExpand, id.to_string(), Detail::Expand { grow }, own))
}

fn block_create(objects: &mut Everything, block: &str, hosting: Option<&str>) -> Option<Claim> {
    let id: BlockVolumeId = block.parse().ok()?;
    let own = objects.block_volumes.iter().find(|found| found.id == id)?.hosting;
    let makes_hosting = hosting.is_some_and(|hosting| hosting == own.to_string());
    // What else is in a volume would go with it.
    let makes_hosting =
        makes_hosting && objects.block_volumes.iter().filter(|found| found.hosting == own).count() == 1;
    let id = claim_block(objects, block, Phase::Creating)?;
    let makes_hosting = makes_hosting && claim_volume(objects, &own.to_string(), Phase::Creating).is_some();
    let detail = Detail::BlockCreate { hosting: own, makes_hosting };
    Some(only(OperationKind::BlockVolumeCreate, id, detail))
}

fn evict(objects: &mut Everything, old: &str, new: &str, parent: Option<&str>) -> Option<Claim> {
    let (old, new): (BrickId, BrickId) = (old.parse().ok()?, new.parse().ok()?);
    let is_ready = |id: BrickId| {
        objects
            .bricks
            .iter()
            .find(|brick| brick.id == id && brick.phase == Phase::Ready)
            .map(|brick| brick.volume)
    };
    if is_ready(old)? != is_ready(new)? {
        return None;
    }
    for brick in &mut objects.bricks {
        match brick.id {
            id if id == old => brick.phase = Phase::Deleting,
            id if id == new => brick.phase = Phase::Creating,
            _ => {}
        }
    }
    let parent = parent.and_then(|id| id.parse().ok());
    Some(only(OperationKind::BrickEvict, old, Detail::Evict { new, parent }))
}

/// Objects that carry the mark of an operation that is not there: heketi hides them for ever.
fn marks(database: &Database, notes: &mut Notes) {
    let volumes = database.volumes.iter().map(|(id, entry)| (Subject::Volume, id, &entry.pending.id));
    let blocks =
        database.block_volumes.iter().map(|(id, entry)| (Subject::BlockVolume, id, &entry.pending.id));
    for (subject, id, mark) in volumes.chain(blocks) {
        if !mark.is_empty() && !database.operations.contains_key(mark) {
            let what = format!("is held by operation {}, which is not there", super::values::text(mark));
            let consequence = "it is shown as if nothing held it; only the peers know whether it is whole";
            let cure = "look on the peers (`server state examine gluster`); delete it, or clear the finding";
            notes.add(subject, id, &what, consequence, cure);
        }
    }
}
