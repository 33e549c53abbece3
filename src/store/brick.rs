//! Table `brick`. The space of a device follows its bricks by triggers, in the same transaction: each thin pool counts
//! once, however many bricks are in it.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Result, StoreError, kib, number, one_row};
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
use crate::model::state::Phase;

/// A row to be.
#[derive(Serialize)]
pub(super) struct NewBrick<'a> {
    id: BrickId,
    volume: VolumeId,
    device: DeviceId,
    node: NodeId,
    set: u32,
    position: u32,
    role: BrickRole,
    space: BrickSpace,
    thin_pool: &'a str,
    logical_volume: Option<&'a str>,
    path: &'a str,
    phase: Phase,
    replaces: Option<BrickId>,
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
            logical_volume: brick.logical_volume.as_deref(),
            path: &brick.path,
            phase: brick.phase,
            replaces: brick.replaces,
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
    logical_volume: Option<String>,
    path: String,
    phase: Phase,
    replaces: Option<BrickId>,
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
            logical_volume: row.logical_volume,
            path: row.path,
            phase: row.phase,
            replaces: row.replaces,
        })
    }
}

/// The bricks of a volume in gluster's order: set by set. Those that are still to take another's place are left out, and
/// those whose place is taken.
///
/// # Errors
/// When the database refuses.
pub async fn of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<Brick>> {
    let rows = sqlx::query_as!(
        BrickRow,
        r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib, thin_pool_kib,
                  metadata_kib, thin_pool, logical_volume, path, phase AS "phase: Phase",
                  replaces AS "replaces: BrickId"
             FROM brick AS own
            WHERE volume_id = ?
              AND CASE WHEN replaces IS NOT NULL THEN phase = 'ready'
                       ELSE NOT EXISTS (SELECT 1 FROM brick AS next WHERE next.volume_id = own.volume_id
                                                                      AND next.replaces = own.id
                                                                      AND next.phase = 'ready') END
            ORDER BY set_no, position"#,
        volume
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// The brick of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: BrickId) -> Result<Option<Brick>> {
    let row = sqlx::query_as!(
        BrickRow,
        r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                  node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib, thin_pool_kib,
                  metadata_kib, thin_pool, logical_volume, path, phase AS "phase: Phase",
                  replaces AS "replaces: BrickId"
             FROM brick WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Brick::try_from).transpose()
}

/// Whether an operation works on bricks of a volume.
///
/// # Errors
/// When the database refuses.
pub async fn any_pending_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM brick WHERE volume_id = ? AND phase <> 'ready') AS "found!: bool""#,
        volume
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// Those bricks of a volume whose thin pools other bricks are in, too: clones and what they are copies of.
///
/// # Errors
/// When the database refuses.
pub async fn in_shared_pools(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<BrickId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: BrickId" FROM brick AS own
            WHERE volume_id = ? AND EXISTS (SELECT 1 FROM brick AS other
                                             WHERE other.device_id = own.device_id
                                               AND other.thin_pool = own.thin_pool AND other.id <> own.id)"#,
        volume
    )
    .fetch_all(conn)
    .await?)
}

/// The bricks that are being made on a device or healed onto it, or whose making is being undone.
///
/// # Errors
/// When the database refuses.
pub async fn coming_to(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<BrickId>> {
    let found = sqlx::query_scalar!(
        r#"SELECT id AS "id: BrickId" FROM brick
            WHERE device_id = ? AND (phase = 'creating' OR replaces IS NOT NULL)"#,
        device
    )
    .fetch_all(conn)
    .await?;
    Ok(found)
}

/// All bricks that have space on a device, by id, each with its phase.
///
/// # Errors
/// When the database refuses.
pub async fn phases_on(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<(BrickId, Phase)>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: BrickId", phase AS "phase: Phase" FROM brick WHERE device_id = ? ORDER BY id"#,
        device
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.phase)).collect())
}

/// Moves bricks from one phase of their life to another.
///
/// # Errors
/// When one is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, ids: &[BrickId], from: Phase, to: Phase) -> Result<()> {
    for id in ids {
        let done = sqlx::query!("UPDATE brick SET phase = ? WHERE id = ? AND phase = ?", to, id, from)
            .execute(&mut *conn)
            .await?;
        one_row(&done, "brick", id)?;
    }
    Ok(())
}

/// Takes bricks out, and gives the space of pools back in which no brick is left. Those that were given up with their
/// device are out already.
///
/// # Errors
/// When the database refuses.
pub async fn delete(conn: &mut SqliteConnection, ids: &[BrickId]) -> Result<()> {
    for id in ids {
        sqlx::query!("DELETE FROM brick WHERE id = ?", id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Gluster has put a brick in the place of the one it was made for, which is still there.
///
/// # Errors
/// When the brick is gone, or the database refuses.
pub async fn exchanged(conn: &mut SqliteConnection, new: BrickId) -> Result<()> {
    let done = sqlx::query!("UPDATE brick SET phase = 'ready' WHERE id = ? AND replaces IS NOT NULL", new)
        .execute(conn)
        .await?;
    one_row(&done, "brick", new)
}

/// A brick has taken the place of the one it was made for, which is taken out.
///
/// # Errors
/// When one of them is gone, or the database refuses.
pub async fn replace(conn: &mut SqliteConnection, old: BrickId, new: BrickId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE brick SET replaces = NULL, phase = 'ready' WHERE id = ? AND replaces = ?",
        new,
        old
    )
    .execute(&mut *conn)
    .await?;
    one_row(&done, "brick", new)?;
    delete(conn, &[old]).await
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
                  metadata_kib, thin_pool, logical_volume, path, phase AS "phase: Phase",
                  replaces AS "replaces: BrickId"
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
                  metadata_kib, thin_pool, logical_volume, path, phase AS "phase: Phase",
                  replaces AS "replaces: BrickId"
             FROM brick WHERE device_id = ? AND replaces IS NULL ORDER BY id"#,
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
                  thin_pool_kib, metadata_kib, thin_pool, logical_volume, path, b.phase AS "phase: Phase",
                  replaces AS "replaces: BrickId"
             FROM device d JOIN brick b ON b.device_id = d.id
            WHERE d.node_id = ? AND replaces IS NULL ORDER BY b.id"#,
        node
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Brick::try_from).collect()
}

/// Takes the bricks of a volume out, and gives the space of pools back in which no brick is left.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<()> {
    sqlx::query!("DELETE FROM brick WHERE volume_id = ?", volume).execute(conn).await?;
    Ok(())
}
