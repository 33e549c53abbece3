//! What the database knows of the peers, for simulated peers that have lost their own state.

use sqlx::SqliteConnection;

use super::volume_plan::{brick_steps, has_arbiter, volume_plan};
use crate::executor::settings::PeerSettings;
use crate::executor::sim::{Seed, SeedBlock, SeedDevice, SeedHost, SeedVolume};
use crate::model::block_volume::BlockVolume;
use crate::model::ids::ClusterId;
use crate::model::node::Node;
use crate::model::operation::{Operation, OperationKind};
use crate::model::state::Phase;
use crate::model::step::{Step, StepState};
use crate::store::{Result, Store, block_volume, brick, cluster, node, operation, topology, volume};

/// The two names of every node: where commands go, and what gluster says.
///
/// # Errors
/// When the database refuses.
pub async fn names(store: &Store) -> Result<Vec<(String, String)>> {
    let mut conn = store.read().await?;
    let mut found = Vec::new();
    for cluster in cluster::all(&mut conn).await? {
        let nodes = node::of_cluster(&mut conn, cluster.id).await?;
        found.extend(
            nodes
                .iter()
                .filter_map(|node| Some((node.manage.first()?.clone(), node.storage_name().to_owned()))),
        );
    }
    Ok(found)
}

/// All that must exist on the peers for the database to be true.
///
/// # Errors
/// When the database refuses.
pub async fn seed(store: &Store, settings: &PeerSettings) -> Result<Seed> {
    let mut conn = store.read().await?;
    let mut seed = Seed {
        fstab: settings.fstab.clone(),
        mount_options: settings.mount_options.clone(),
        hosts: Vec::new(),
        bricks: Vec::new(),
        volumes: Vec::new(),
        blocks: Vec::new(),
    };
    let unfinished = operation::all(&mut conn).await?;
    for cluster in cluster::all(&mut conn).await? {
        let (nodes, devices) = topology::of_cluster(&mut conn, cluster.id).await?;
        seed.hosts.extend(nodes.iter().filter_map(|node| host(cluster.id, node, &devices)));
        for id in volume::ids_of_cluster(&mut conn, cluster.id).await? {
            let Some(found) = volume::find(&mut conn, id).await? else { continue };
            let bricks = brick::of_volume(&mut conn, id).await?;
            let plan = volume_plan(&found, &bricks, &nodes, has_arbiter(&bricks))?;
            seed.bricks.extend(brick_steps(&found, &bricks, &nodes)?);
            if gluster_has(&unfinished, &id.to_string()) {
                seed.volumes.push(SeedVolume { plan, started: true });
            }
        }
    }
    for found in block_volume::all(&mut conn).await? {
        seed.blocks.extend(block(&mut conn, &found).await?);
    }
    Ok(seed)
}

/// A block volume, unless it is still being made: then only gluster-block knew how far that was.
async fn block(conn: &mut SqliteConnection, found: &BlockVolume) -> Result<Option<SeedBlock>> {
    let hosting = volume::find(conn, found.hosting).await?;
    let nodes = node::of_cluster(conn, found.cluster).await?;
    let first = nodes.first().and_then(|node| node.manage.first().cloned());
    let (Some(hosting), Some(host)) = (hosting, first) else { return Ok(None) };
    Ok((found.phase != Phase::Creating).then(|| SeedBlock {
        host,
        hosting: hosting.name,
        name: found.name.clone(),
        size: found.size,
        access: found.access.clone(),
    }))
}

/// Whether gluster knows a volume, as far as an operation on it has got. Bricks of a volume that runs are busy.
fn gluster_has(unfinished: &[Operation], volume: &str) -> bool {
    let makes_it = |op: &Operation| op.detail.own_hosting().is_some_and(|id| id.to_string() == volume);
    let on_it = unfinished.iter().find(|op| op.target == volume || makes_it(op));
    let Some(on_it) = on_it else { return true };
    let done = |wanted: fn(&Step) -> bool| {
        on_it.steps.iter().any(|record| record.state == StepState::Done && wanted(&record.step))
    };
    match on_it.kind {
        OperationKind::VolumeCreate | OperationKind::BlockVolumeCreate => {
            done(|step| matches!(step, Step::CreateVolume(_)))
        }
        OperationKind::VolumeDelete => !done(|step| matches!(step, Step::DeleteVolume(_))),
        // Only gluster knew where its bricks are.
        OperationKind::VolumeClone => false,
        _ => true,
    }
}

fn host(cluster: ClusterId, node: &Node, devices: &[crate::model::device::Device]) -> Option<SeedHost> {
    let own = devices.iter().filter(|device| device.node == node.id);
    let seeded = own.map(|device| SeedDevice {
        device: device.id,
        path: device.name.clone(),
        pv_uuid: device.pv_uuid.clone(),
        total: device.storage.total,
        extent: device.extent,
    });
    Some(SeedHost {
        manage: node.manage.first()?.clone(),
        storage: node.storage_name().to_owned(),
        pool: cluster.to_string(),
        devices: seeded.collect(),
    })
}
