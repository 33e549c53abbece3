//! What another server knew, put into an empty database. No peer is touched or asked.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::block_plan::block_plan;
use super::brick_evict;
use super::records::records;
use super::volume_create;
use super::volume_plan::{brick_steps, destroy_steps, has_arbiter, volume_plan};
use crate::model::block_volume::BlockVolume;
use crate::model::brick::{Brick, taken_by_device};
use crate::model::device::Device;
use crate::model::everything::{Everything, Imported, Unfinished};
use crate::model::ids::{BlockVolumeId, BrickId, DeviceId, Ids, JobId, VolumeId};
use crate::model::node::Node;
use crate::model::operation::{Detail, Direction, Operation, OperationKind, Parked};
use crate::model::sizes::{GiB, KiB};
use crate::model::step::{BlockPlan, ExtendPlan, ResizePlan, Step, StepState};
use crate::model::volume::Volume;
use crate::store::rows::{self, NewRows};
use crate::store::{
    Result as StoreResult, Store, StoreError, attribute, block_volume, cluster, device, finding, node,
    operation, unknown_sets,
};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bricks of a device take more than is used of it.
    #[error("device {device} has {used} in use, and its bricks take {taken}")]
    Space {
        /// The device.
        device: DeviceId,
        /// What is said to be in use.
        used: KiB,
        /// What its bricks take.
        taken: KiB,
    },
    /// A block volume in a volume that hosts none.
    #[error("block volume {block} is in volume {hosting}, which is not there or hosts no block volumes")]
    NoHosting {
        /// The block volume.
        block: BlockVolumeId,
        /// The volume.
        hosting: VolumeId,
    },
    /// An operation on something that is not there.
    #[error("operation {id} is on {target}, which is not there", id = .0.id, target = .0.target)]
    NoTarget(Unfinished),
    /// The database refused, for example because one object names another that is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts everything in, all or nothing. Unfinished operations stay stale until they are cleaned up. `origin` says what it
/// was imported from, for a server that has to know whether that has changed since.
///
/// # Errors
/// When something contradicts itself, or the database refuses.
pub async fn import(
    store: &Store,
    imported: &Imported,
    origin: Option<&str>,
    ids: &dyn Ids,
) -> Result<(), ImportError> {
    let objects = &imported.objects;
    let mut tx = store.write().await?;
    for new in &objects.clusters {
        cluster::insert(&mut tx, new).await?;
    }
    for new in &objects.nodes {
        node::insert(&mut tx, new).await?;
    }
    for new in without_bricks(objects)? {
        device::insert(&mut tx, &new).await?;
    }
    for new in without_blocks(objects)? {
        rows::insert(&mut tx, NewRows { volume: Some(&new), ..NewRows::default() }).await?;
    }
    rows::insert(&mut tx, NewRows { bricks: &objects.bricks, ..NewRows::default() }).await?;
    for new in &objects.block_volumes {
        rows::insert(&mut tx, NewRows { block_volume: Some(new), ..NewRows::default() }).await?;
        block_volume::set_hosts(&mut tx, new.id, &new.access.hosts).await?;
    }
    for one in &imported.unfinished {
        let job = JobId::from_uuid(ids.draw());
        unfinished(&mut tx, imported, one, job).await?;
    }
    for volume in &imported.unknown_sets {
        unknown_sets::insert(&mut tx, *volume).await?;
    }
    for new in &imported.findings {
        finding::insert(&mut tx, new).await?;
    }
    if !objects.generation.is_empty() {
        attribute::set(&mut tx, attribute::GENERATION, &objects.generation).await?;
    }
    if let Some(origin) = origin {
        attribute::set(&mut tx, attribute::ORIGIN, origin).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// The devices as they are before their bricks are put in, which take their space then.
fn without_bricks(objects: &Everything) -> Result<Vec<Device>, ImportError> {
    let taken = taken_by_device(objects.bricks.iter());
    let before = |device: &Device| {
        let taken = taken.get(&device.id).copied().unwrap_or_default();
        let (used, mut before) = (device.storage.used, device.clone());
        let left = used.checked_sub(taken).zip(device.storage.free.checked_add(taken));
        let (used, free) = left.ok_or(ImportError::Space { device: device.id, used, taken })?;
        (before.storage.used, before.storage.free) = (used, free);
        Ok(before)
    };
    objects.devices.iter().map(before).collect()
}

/// The volumes as they are before their block volumes are put in, which take their room then.
fn without_blocks(objects: &Everything) -> Result<Vec<Volume>, ImportError> {
    let mut volumes = objects.volumes.clone();
    for block in &objects.block_volumes {
        let hosting = volumes.iter_mut().find(|volume| volume.id == block.hosting);
        let room = hosting.and_then(|volume| volume.hosting.as_mut());
        let room = room.ok_or(ImportError::NoHosting { block: block.id, hosting: block.hosting })?;
        let free = room.free.get().saturating_add(block.taken.get());
        room.free = GiB::new(free).unwrap_or(GiB::MAX);
    }
    Ok(volumes)
}

async fn unfinished(
    conn: &mut SqliteConnection,
    imported: &Imported,
    one: &Unfinished,
    job: JobId,
) -> Result<(), ImportError> {
    let recorded = record(one, job, stages(&imported.objects, &imported.unknown_sets, one)?);
    // Nobody waits for it, and nobody knows its job.
    rows::insert(conn, NewRows { operation: Some(&recorded), ..NewRows::default() }).await?;
    Ok(operation::park(conn, one.id, &Parked::stale()).await?)
}

fn stages(
    objects: &Everything,
    unknown: &[VolumeId],
    one: &Unfinished,
) -> Result<Vec<Vec<Step>>, ImportError> {
    match one.kind {
        OperationKind::VolumeCreate | OperationKind::VolumeDelete | OperationKind::VolumeExpand => {
            let volume = one.target.parse().ok().and_then(|id| Site::of(objects, id));
            let volume = volume.ok_or_else(|| ImportError::NoTarget(one.clone()))?;
            Ok(match one.kind {
                OperationKind::VolumeCreate => volume.create()?,
                OperationKind::VolumeDelete => volume.delete(&objects.bricks)?,
                _ => volume.expand(&one.added)?,
            })
        }
        OperationKind::BrickEvict => evict(objects, unknown, one),
        OperationKind::BlockVolumeCreate
        | OperationKind::BlockVolumeDelete
        | OperationKind::BlockVolumeExpand => block(objects, one),
        // What it was emptying is taken back with its parts, and asked for again by whoever wants it.
        _ => Ok(Vec::new()),
    }
}

/// A volume with what belongs to it.
struct Site<'a> {
    volume: &'a Volume,
    /// In gluster's order, without those that are to take another one's place.
    bricks: Vec<Brick>,
    nodes: Vec<Node>,
}

impl<'a> Site<'a> {
    fn of(objects: &'a Everything, id: VolumeId) -> Option<Site<'a>> {
        let volume = objects.volumes.iter().find(|volume| volume.id == id)?;
        let own = objects.bricks.iter().filter(|brick| brick.volume == id && brick.replaces.is_none());
        let mut bricks: Vec<Brick> = own.cloned().collect();
        bricks.sort_by_key(|brick| (brick.set, brick.position));
        let nodes = objects.nodes.iter().filter(|node| node.cluster == volume.cluster).cloned().collect();
        Some(Site { volume, bricks, nodes })
    }

    fn create(&self) -> StoreResult<Vec<Vec<Step>>> {
        volume_create::stages(self.volume, &self.bricks, &self.nodes, has_arbiter(&self.bricks))
    }

    fn delete(&self, all: &[Brick]) -> StoreResult<Vec<Vec<Step>>> {
        let plan = volume_plan(self.volume, &self.bricks, &self.nodes, has_arbiter(&self.bricks))?;
        let shared = shared(&self.bricks, all);
        let bricks = destroy_steps(brick_steps(self.volume, &self.bricks, &self.nodes)?, &shared);
        Ok(vec![vec![Step::StopVolume(plan.clone())], vec![Step::DeleteVolume(plan)], bricks])
    }

    /// Without the rebalance, which heketi begins only when all else is done.
    /// Another expansion may not have ended either: what that adds counts as there, since gluster may have it.
    fn expand(&self, added: &[BrickId]) -> StoreResult<Vec<Vec<Step>>> {
        let (added, there): (Vec<Brick>, Vec<Brick>) =
            self.bricks.iter().cloned().partition(|brick| added.contains(&brick.id));
        let before = volume_plan(self.volume, &there, &self.nodes, has_arbiter(&there))?;
        let after = volume_plan(self.volume, &added, &self.nodes, has_arbiter(&added))?;
        let create = brick_steps(self.volume, &added, &self.nodes)?.into_iter().map(Step::CreateBrick);
        let extend = Step::AddBricks(ExtendPlan { volume: before, added: after.bricks });
        Ok(vec![create.collect(), vec![extend]])
    }
}

/// Those of these bricks whose pools others are in.
fn shared(bricks: &[Brick], all: &[Brick]) -> Vec<BrickId> {
    let others = |own: &&Brick| {
        all.iter().any(|other| {
            (other.device, &other.thin_pool) == (own.device, &own.thin_pool) && other.id != own.id
        })
    };
    bricks.iter().filter(others).map(|brick| brick.id).collect()
}

/// Where nobody knows the set of the brick yet, all bricks of the volume count as its set: the old one goes only when none
/// of them has anything left to be healed.
fn evict(
    objects: &Everything,
    unknown: &[VolumeId],
    one: &Unfinished,
) -> Result<Vec<Vec<Step>>, ImportError> {
    let missing = || ImportError::NoTarget(one.clone());
    let Detail::Evict { new, .. } = one.detail else { return Err(missing()) };
    let find = |id: BrickId| objects.bricks.iter().find(|brick| brick.id == id);
    let old = one.target.parse().ok().and_then(find).ok_or_else(missing)?;
    let new = find(new).ok_or_else(missing)?;
    let mut site = Site::of(objects, old.volume).ok_or_else(missing)?;
    if unknown.contains(&old.volume) {
        site.bricks.iter_mut().for_each(|brick| brick.set = old.set);
    }
    let mut stages = brick_evict::stages(site.volume, &site.bricks, old, new, &site.nodes, false)?;
    let leaving = brick_steps(site.volume, std::slice::from_ref(old), &site.nodes)?;
    stages.push(destroy_steps(leaving, &shared(std::slice::from_ref(old), &objects.bricks)));
    Ok(stages)
}

fn block(objects: &Everything, one: &Unfinished) -> Result<Vec<Vec<Step>>, ImportError> {
    let missing = || ImportError::NoTarget(one.clone());
    let id: BlockVolumeId = one.target.parse().map_err(|_| missing())?;
    let found = objects.block_volumes.iter().find(|found| found.id == id).ok_or_else(missing)?;
    let site = Site::of(objects, found.hosting).ok_or_else(missing)?;
    let plan = block_plan(found, &site.volume.name, &site.nodes, &exported(&objects.block_volumes))?;
    Ok(match one.detail {
        Detail::BlockExpand { size } => {
            vec![vec![Step::ResizeBlockVolume(ResizePlan { block: plan, size })]]
        }
        Detail::BlockCreate { makes_hosting, .. } => {
            let plan = BlockPlan { fresh_hosting: makes_hosting, ..plan };
            let hosting = if makes_hosting { site.create()? } else { Vec::new() };
            hosting.into_iter().chain([vec![Step::CreateBlockVolume(plan)]]).collect()
        }
        _ => vec![vec![Step::DestroyBlockVolume(plan)]],
    })
}

/// How many block volumes each host exports.
fn exported(blocks: &[BlockVolume]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for host in blocks.iter().flat_map(|block| &block.access.hosts) {
        *found.entry(host.clone()).or_default() += 1;
    }
    found
}

/// A delete is gone on with; all else is taken back where that is possible. Any step may have happened: the peers are
/// asked when it is cleaned up.
fn record(one: &Unfinished, job: JobId, stages: Vec<Vec<Step>>) -> Operation {
    let deletes = matches!(one.kind, OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete);
    let mut steps = records(&stages);
    for record in &mut steps {
        record.state = StepState::Started;
    }
    if one.kind == OperationKind::BrickEvict {
        // The brick that leaves is taken away last of all, and what takes its place has not yet been healed.
        let last = steps.last().map(|record| record.stage).unwrap_or_default();
        for record in steps.iter_mut().filter(|record| record.stage + 1 >= last) {
            record.state = StepState::Planned;
        }
    }
    Operation {
        id: one.id,
        kind: one.kind,
        target: one.target.clone(),
        job,
        direction: if deletes { Direction::Forward } else { Direction::Back },
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: one.created_ms,
        detail: one.detail.clone(),
        clusters: Vec::new(),
        steps,
    }
}
