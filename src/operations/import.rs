//! What another server knew, put into an empty database. No peer is touched or asked.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqliteConnection;

use super::records::records;
use super::volume_create;
use super::volume_plan::{brick_steps, destroy_steps, has_arbiter, volume_plan};
use crate::model::brick::Brick;
use crate::model::device::Device;
use crate::model::everything::{Everything, Imported, Unfinished};
use crate::model::ids::{BlockVolumeId, BrickId, DeviceId, Ids, JobId, VolumeId};
use crate::model::node::Node;
use crate::model::operation::{Detail, Direction, Operation, OperationKind, Parked};
use crate::model::sizes::{GiB, KiB};
use crate::model::step::{Step, StepState};
use crate::model::volume::Volume;
use crate::store::rows::{self, NewRows};
use crate::store::{
    Result as StoreResult, Store, StoreError, block_volume, cluster, device, node, operation,
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
    /// An operation on a volume that is not there.
    #[error("operation {} is on volume {}, which is not there", .0.id, .0.volume)]
    NoVolume(Unfinished),
    /// The database refused, for example because one object names another that is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts everything in, all or nothing. Unfinished operations stay stale until they are cleaned up.
///
/// # Errors
/// When something contradicts itself, or the database refuses.
pub async fn import(store: &Store, imported: &Imported, ids: &dyn Ids) -> Result<(), ImportError> {
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
        unfinished(&mut tx, objects, one, job).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// The devices as they are before their bricks are put in, which take their space then.
fn without_bricks(objects: &Everything) -> Result<Vec<Device>, ImportError> {
    let mut taken: BTreeMap<DeviceId, KiB> = BTreeMap::new();
    let mut pools = BTreeSet::new();
    // A pool counts once, however many bricks are in it.
    for brick in objects.bricks.iter().filter(|brick| pools.insert((brick.device, &brick.thin_pool))) {
        let sum = taken.entry(brick.device).or_default();
        let total = brick.space.total().and_then(|total| sum.checked_add(total));
        *sum = total.unwrap_or(KiB::MAX);
    }
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
    objects: &Everything,
    one: &Unfinished,
    job: JobId,
) -> Result<(), ImportError> {
    let volume = objects.volumes.iter().find(|volume| volume.id == one.volume);
    let volume = volume.ok_or(ImportError::NoVolume(*one))?;
    let bricks = bricks_of(objects, one.volume);
    let nodes: Vec<Node> =
        objects.nodes.iter().filter(|node| node.cluster == volume.cluster).cloned().collect();
    let recorded = record(one, job, stages(one.kind, volume, &bricks, &nodes, &objects.bricks)?);
    // Nobody waits for it, and nobody knows its job.
    rows::insert(conn, NewRows { operation: Some(&recorded), ..NewRows::default() }).await?;
    Ok(operation::park(conn, one.id, &Parked::stale()).await?)
}

/// The bricks of a volume in gluster's order.
fn bricks_of(objects: &Everything, volume: VolumeId) -> Vec<Brick> {
    let mut bricks: Vec<Brick> =
        objects.bricks.iter().filter(|brick| brick.volume == volume).cloned().collect();
    bricks.sort_by_key(|brick| (brick.set, brick.position));
    bricks
}

fn stages(
    kind: OperationKind,
    volume: &Volume,
    bricks: &[Brick],
    nodes: &[Node],
    all: &[Brick],
) -> StoreResult<Vec<Vec<Step>>> {
    let arbiter = has_arbiter(bricks);
    if kind == OperationKind::VolumeCreate {
        return volume_create::stages(volume, bricks, nodes, arbiter);
    }
    let plan = volume_plan(volume, bricks, nodes, arbiter)?;
    let others = |own: &&Brick| {
        all.iter().any(|other| {
            (other.device, &other.thin_pool) == (own.device, &own.thin_pool) && other.id != own.id
        })
    };
    let shared: Vec<BrickId> = bricks.iter().filter(others).map(|brick| brick.id).collect();
    let bricks = destroy_steps(brick_steps(volume, bricks, nodes)?, &shared);
    Ok(vec![vec![Step::StopVolume(plan.clone())], vec![Step::DeleteVolume(plan)], bricks])
}

/// A create is undone, a delete is gone on with. Any step may have happened: the peers are asked when it is cleaned up.
fn record(one: &Unfinished, job: JobId, stages: Vec<Vec<Step>>) -> Operation {
    let creates = one.kind == OperationKind::VolumeCreate;
    let mut steps = records(&stages);
    for record in &mut steps {
        record.state = StepState::Started;
    }
    Operation {
        id: one.id,
        kind: one.kind,
        target: one.volume.to_string(),
        job,
        direction: if creates { Direction::Back } else { Direction::Forward },
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: one.created_ms,
        detail: Detail::Nothing,
        clusters: Vec::new(),
        steps,
    }
}
