//! New rows that belong together, put in with one round trip to the thread that owns the connection.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::block_volume::NewBlockVolume;
use super::brick::NewBrick;
use super::operation::NewOperation;
use super::step::NewStep;
use super::volume::NewVolume;
use super::{Result, WriteTx, to_json};
use crate::model::block_volume::BlockVolume;
use crate::model::brick::Brick;
use crate::model::ids::OperationId;
use crate::model::operation::{Operation, StepRecord};
use crate::model::volume::Volume;

/// The statements of an insertion, and what else is to be done in the same round trip.
macro_rules! insertion {
    ($new:expr $(, $more:tt)?) => {
        sqlx::query!(
            "INSERT INTO volume (id, cluster_id, name, size_gib, durability, replica, disperse_data, redundancy, gid,
                                 options, block, block_free_gib, block_reserved_gib, block_restriction,
                                 snapshot_enable, snapshot_factor, asked_clusters, phase, by_user)
             SELECT value ->> 'id', value ->> 'cluster', value ->> 'name', value ->> 'size', value ->> 'durability',
                    value ->> 'replica', value ->> 'disperse_data', value ->> 'redundancy', value ->> 'gid',
                    value ->> 'options', value ->> 'block', value ->> 'block_free', value ->> 'block_reserved',
                    value ->> 'block_restriction', value ->> 'snapshot_enable', value ->> 'snapshot_factor',
                    value ->> 'asked_clusters', value ->> 'phase', value ->> 'by_user'
               FROM json_each(?);
    
             INSERT INTO brick (id, volume_id, device_id, node_id, set_no, position, role, size_kib, thin_pool_kib,
                                metadata_kib, thin_pool, logical_volume, path, phase, replaces)
             SELECT value ->> 'id', value ->> 'volume', value ->> 'device', value ->> 'node', value ->> 'set',
                    value ->> 'position', value ->> 'role', value ->> '$.space.size', value ->> '$.space.thin_pool',
                    value ->> '$.space.metadata', value ->> 'thin_pool', value ->> 'logical_volume',
                    value ->> 'path', value ->> 'phase', value ->> 'replaces'
               FROM json_each(?);
    
             INSERT INTO block_volume (id, cluster_id, hosting_id, name, size_gib, usable_gib, taken_gib, ha_count, auth,
                                       iqn, username, password, clusters, phase)
             SELECT value ->> 'id', value ->> 'cluster', value ->> 'hosting', value ->> 'name', value ->> 'size',
                    value ->> 'usable', value ->> 'taken', value ->> 'ha_count', value ->> 'auth', value ->> 'iqn',
                    value ->> 'username', value ->> 'password', value ->> 'clusters', value ->> 'phase'
               FROM json_each(?);
    
             INSERT INTO job (id, kind, target, by_user, created_ms)
             SELECT value ->> 'job', value ->> 'kind', value ->> 'target', value ->> 'by_user', value ->> 'created_ms'
               FROM json_each(?);
    
             INSERT INTO operation (id, kind, target, job_id, direction, attempt, created_ms, clusters, detail)
             SELECT value ->> 'id', value ->> 'kind', value ->> 'target', value ->> 'job', value ->> 'direction',
                    value ->> 'attempt', value ->> 'created_ms', value ->> 'clusters', value ->> 'detail'
               FROM json_each(?);
    
             INSERT INTO operation_step (operation_id, seq, stage, step, state, output)
             SELECT ?, value ->> 'seq', value ->> 'stage', value ->> 'step', value ->> 'state', value -> 'output'
               FROM json_each(?)" $(+ $more)?,
            $new.volumes,
            $new.bricks,
            $new.block_volumes,
            $new.operations,
            $new.operations,
            $new.of_operation,
            $new.steps
        )
    };
}

/// What is new; most changes bring a part of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewRows<'a> {
    /// A volume.
    pub volume: Option<&'a Volume>,
    /// Bricks, of that volume or of one that there is.
    pub bricks: &'a [Brick],
    /// A block volume, in that volume or in one that there is.
    pub block_volume: Option<&'a BlockVolume>,
    /// An operation, with its steps and the job that answers for it.
    pub operation: Option<&'a Operation>,
    /// Whether a `user` asked for it.
    pub by_user: bool,
}

/// Puts rows in and takes the space of the bricks, unless it was taken with their pools, and the room of a block volume.
/// Where a block volume is has to be put in by itself: one that is being made is nowhere yet.
///
/// # Errors
/// When a device or the hosting volume has not that much, there is a volume of that name, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, new: NewRows<'_>) -> Result<()> {
    let steps = new.operation.map(|operation| (operation.id, operation.steps.as_slice()));
    insert_with(conn, new, steps).await
}

/// Puts rows in as [`insert`] does, and makes the change lasting.
///
/// # Errors
/// As those of [`insert`] and [`WriteTx::commit`].
pub async fn insert_and_commit(tx: WriteTx, new: NewRows<'_>) -> Result<()> {
    let steps = new.operation.map(|operation| (operation.id, operation.steps.as_slice()));
    let new = Arguments::new(new, steps)?;
    tx.commit_with(7, insertion!(new, "; COMMIT")).await?;
    Ok(())
}

/// Puts further steps of an operation in.
///
/// # Errors
/// When the database refuses.
pub(super) async fn insert_steps(
    conn: &mut SqliteConnection,
    operation: OperationId,
    steps: &[StepRecord],
) -> Result<()> {
    insert_with(conn, NewRows::default(), Some((operation, steps))).await
}

/// What `json_each` makes rows of, table by table.
struct Arguments {
    volumes: String,
    bricks: String,
    block_volumes: String,
    operations: String,
    of_operation: Option<OperationId>,
    steps: String,
}

impl Arguments {
    fn new(new: NewRows<'_>, steps: Option<(OperationId, &[StepRecord])>) -> Result<Arguments> {
        Ok(Arguments {
            volumes: rows(new.volume.map(|volume| NewVolume::new(volume, new.by_user)))?,
            bricks: rows(new.bricks.iter().map(|brick| Ok(NewBrick::from(brick))))?,
            block_volumes: rows(new.block_volume.map(NewBlockVolume::new))?,
            operations: rows(new.operation.map(|operation| NewOperation::new(operation, new.by_user)))?,
            of_operation: steps.map(|(operation, _)| operation),
            steps: rows(steps.into_iter().flat_map(|(_, steps)| steps).map(NewStep::new))?,
        })
    }
}

async fn insert_with(
    conn: &mut SqliteConnection,
    new: NewRows<'_>,
    steps: Option<(OperationId, &[StepRecord])>,
) -> Result<()> {
    let new = Arguments::new(new, steps)?;
    insertion!(new).execute(conn).await?;
    Ok(())
}

fn rows<T: Serialize>(new: impl IntoIterator<Item = Result<T>>) -> Result<String> {
    to_json(&new.into_iter().collect::<Result<Vec<T>>>()?)
}
