//! Table `brick`. The space of a device follows its bricks by triggers, in the same transaction.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Result, StoreError, kib, number, to_json};
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
use crate::model::state::Phase;

#[derive(Serialize)]
struct NewBrick<'a> {
    id: BrickId,
    volume: VolumeId,
    device: DeviceId,
    node: NodeId,
    set: u32,
    position: u32,
    role: BrickRole,
    space: BrickSpace,
    thin_pool: &'a str,
    path: &'a str,
    phase: Phase,
}

impl<'a> From<&'a Brick> for NewBrick<'a> {
    fn from(brick: &'a Brick) -> NewBrick<'a> {
        NewBrick {
            id: brick.id,
            volume: brick.volume,
            device: brick.device,
            node: brick.node,
            set: brick.set,
            position: brick.position,
            role: brick.role,
            space: brick.space,
            thin_pool: &brick.thin_pool,
            path: &brick.path,
            phase: brick.phase,
        }
    }
}

struct BrickRow {
    id: BrickId,
    volume_id: VolumeId,
    device_id: DeviceId,
    node_id: NodeId,
    set_no: i64,
    position: i64,
    role: BrickRole,
    size_kib: i64,
    thin_pool_kib: i64,
    metadata_kib: i64,
    thin_pool: String,
    path: String,
    phase: Phase,
}

impl TryFrom<BrickRow> for Brick {
    type Error = StoreError;

    fn try_from(row: BrickRow) -> Result<Brick> {
        Ok(Brick {
            id: row.id,
            volume: row.volume_id,
            device: row.device_id,
            node: row.node_id,
            set: number("brick", "set_no", row.id, row.set_no)?,
            position: number("brick", "position", row.id, row.position)?,
            role: row.role,
            space: BrickSpace {
                size: kib("brick", "size_kib", row.id, row.size_kib)?,
                thin_pool: kib("brick", "thin_pool_kib", row.id, row.thin_pool_kib)?,
                metadata: kib("brick", "metadata_kib", row.id, row.metadata_kib)?,
            },
            thin_pool: row.thin_pool,
            path: row.path,
            phase: row.phase,
        })
    }
}

/// Puts new bricks in and takes their space.
///
/// # Errors
/// When a device has not that much space, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, bricks: &[Brick]) -> Result<()> {
    let rows = to_json(&bricks.iter().map(NewBrick::from).collect::<Vec<_>>())?;
    // One statement for all: each one is a round trip to the thread that owns the connection.
    sqlx::query!(
        "INSERT INTO brick (id, volume_id, device_id, node_id, set_no, position, role, size_kib, thin_pool_kib,
                            metadata_kib, thin_pool, path, phase)
         SELECT value ->> 'id', value ->> 'volume', value ->> 'device', value ->> 'node', value ->> 'set',
                value ->> 'position', value ->> 'role', value ->> '$.space.size', value ->> '$.space.thin_pool',
                value ->> '$.space.metadata', value ->> 'thin_pool', value ->> 'path', value ->> 'phase'
           FROM json_each(?)",
        rows
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The bricks of a volume in gluster's order: set by set.
///
/// # Errors
/// When the database refuses.
pub async fn of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<Brick>> {
    let rows = sqlx::query_as!(
        BrickRow,
        r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib, thin_pool_kib,
                  metadata_kib, thin_pool, path, phase AS "phase: Phase"
             FROM brick WHERE volume_id = ? ORDER BY set_no, position"#,
        volume
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// All bricks by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<Brick>> {
    let rows = sqlx::query_as!(
        BrickRow,
        r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib, thin_pool_kib,
                  metadata_kib, thin_pool, path, phase AS "phase: Phase"
             FROM brick ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// The bricks of a device by id.
///
/// # Errors
/// When the database refuses.
pub async fn of_device(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<Brick>> {
    let rows = sqlx::query_as!(
        BrickRow,
        r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib, thin_pool_kib,
                  metadata_kib, thin_pool, path, phase AS "phase: Phase"
             FROM brick WHERE device_id = ? ORDER BY id"#,
        device
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// The bricks of all devices of a node by id.
///
/// # Errors
/// When the database refuses.
pub async fn of_node(conn: &mut SqliteConnection, node: NodeId) -> Result<Vec<Brick>> {
    let rows = sqlx::query_as!(
        BrickRow,
        r#"SELECT b.id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  b.node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib,
                  thin_pool_kib, metadata_kib, thin_pool, path, b.phase AS "phase: Phase"
             FROM device d JOIN brick b ON b.device_id = d.id WHERE d.node_id = ? ORDER BY b.id"#,
        node
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// Takes the bricks of a volume out and gives their space back.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<()> {
    sqlx::query!("DELETE FROM brick WHERE volume_id = ?", volume).execute(conn).await?;
    Ok(())
}
