//! Bricks as they are read: one by one, and in lists.

use sqlx::SqliteConnection;

use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
use crate::model::state::Phase;
use crate::store::{Result, StoreError, kib, number};

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

/// A query for bricks: what follows the columns, and what it is about.
macro_rules! bricks {
    ([$($rest:tt)+] $(, $value:expr)?) => {
        sqlx::query_as!(
            BrickRow,
            r#"SELECT id AS "id: BrickId", volume_id AS "volume_id: VolumeId", device_id AS "device_id: DeviceId",
                      node_id AS "node_id: NodeId", set_no, position, role AS "role: BrickRole", size_kib,
                      thin_pool_kib, metadata_kib, thin_pool, logical_volume, path, phase AS "phase: Phase",
                      replaces AS "replaces: BrickId" "# + $($rest)+
            $(, $value)?
        )
    };
}

/// A query for bricks that their volumes have: not those that are still to take another's place, nor those whose place is
/// taken.
macro_rules! listed {
    ($which:tt, $order:tt, $value:expr) => {
        bricks!(
            ["FROM brick AS own
              WHERE CASE WHEN replaces IS NOT NULL THEN phase = 'ready'
                         ELSE NOT EXISTS (SELECT 1 FROM brick AS next WHERE next.volume_id = own.volume_id
                                                                        AND next.replaces = own.id
                                                                        AND next.phase = 'ready') END
                AND "
                + $which
                + " ORDER BY "
                + $order],
            $value
        )
    };
}

fn read(rows: Vec<BrickRow>) -> Result<Vec<Brick>> {
    rows.into_iter().map(Brick::try_from).collect()
}

/// The bricks that a volume has, in gluster's order: set by set.
///
/// # Errors
/// When the database refuses.
pub async fn of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<Brick>> {
    read(listed!("volume_id = ?", "set_no, position", volume).fetch_all(conn).await?)
}

/// The bricks on a device that their volumes have, by id.
///
/// # Errors
/// When the database refuses.
pub async fn of_device(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<Brick>> {
    read(listed!("device_id = ?", "id", device).fetch_all(conn).await?)
}

/// The same of all devices of a node.
///
/// # Errors
/// When the database refuses.
pub async fn of_node(conn: &mut SqliteConnection, node: NodeId) -> Result<Vec<Brick>> {
    let bricks = listed!("device_id IN (SELECT id FROM device WHERE node_id = ?)", "id", node);
    read(bricks.fetch_all(conn).await?)
}

/// The bricks that are to be on a device, by id, until they have been taken away from it: those that are still to take
/// another's place are left out.
///
/// # Errors
/// When the database refuses.
pub async fn to_move_from(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<Brick>> {
    let bricks = bricks!(["FROM brick WHERE device_id = ? AND replaces IS NULL ORDER BY id"], device);
    read(bricks.fetch_all(conn).await?)
}

/// All bricks by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<Brick>> {
    read(bricks!(["FROM brick ORDER BY id"]).fetch_all(conn).await?)
}

/// The brick of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: BrickId) -> Result<Option<Brick>> {
    bricks!(["FROM brick WHERE id = ?"], id).fetch_optional(conn).await?.map(Brick::try_from).transpose()
}

/// The ids of all bricks of a volume, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn ids_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<BrickId>> {
    Ok(sqlx::query_scalar!(r#"SELECT id AS "id: BrickId" FROM brick WHERE volume_id = ?"#, volume)
        .fetch_all(conn)
        .await?)
}

/// The ids of the bricks of a volume on which operations work.
///
/// # Errors
/// When the database refuses.
pub async fn pending_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<BrickId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: BrickId" FROM brick WHERE volume_id = ? AND phase <> 'ready'"#,
        volume
    )
    .fetch_all(conn)
    .await?)
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
