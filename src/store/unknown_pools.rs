//! Bricks of clones that came from a heketi which did not keep the names of their thin pools. An import gives each a
//! name of its own, that a clone's brick never has else: it is in the pool of what it was copied from.

use sqlx::SqliteConnection;

use super::{Result, one_row};
use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};

/// A brick whose pool nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPool {
    /// The brick.
    pub brick: BrickId,
    /// Its volume.
    pub volume: VolumeId,
    /// Its device.
    pub device: DeviceId,
    /// Its node.
    pub node: NodeId,
    /// The name of its logical volume.
    pub logical_volume: String,
}

/// All of them that nothing is being done with.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<UnknownPool>> {
    let found = sqlx::query_as!(
        UnknownPool,
        r#"SELECT id AS "brick: BrickId", volume_id AS "volume: VolumeId", device_id AS "device: DeviceId",
                  node_id AS "node: NodeId", logical_volume AS "logical_volume!"
             FROM brick
            WHERE logical_volume IS NOT NULL AND thin_pool = 'tp_' || id AND phase = 'ready'
            ORDER BY id"#
    );
    Ok(found.fetch_all(conn).await?)
}

/// Those of a volume.
///
/// # Errors
/// When the database refuses.
pub async fn of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<Vec<UnknownPool>> {
    let found = sqlx::query_as!(
        UnknownPool,
        r#"SELECT id AS "brick: BrickId", volume_id AS "volume: VolumeId", device_id AS "device: DeviceId",
                  node_id AS "node: NodeId", logical_volume AS "logical_volume!"
             FROM brick
            WHERE volume_id = ? AND logical_volume IS NOT NULL AND thin_pool = 'tp_' || id AND phase = 'ready'
            ORDER BY id"#,
        volume
    );
    Ok(found.fetch_all(conn).await?)
}

/// Writes down in which pool a brick is, gives the space back that it was charged as if that were its own, where another
/// brick is known to be in it, and clears what was found of it.
///
/// # Errors
/// When it is not there any more, or the database refuses.
pub async fn learnt(
    conn: &mut SqliteConnection,
    unknown: &UnknownPool,
    pool: &str,
    told: &str,
) -> Result<()> {
    let UnknownPool { brick, device, .. } = unknown;
    // All bricks in a pool have its sizes, and the first of them has paid for it.
    let given_back = sqlx::query!(
        "UPDATE device SET free_kib = free_kib + own.thin_pool_kib + own.metadata_kib,
                           used_kib = used_kib - own.thin_pool_kib - own.metadata_kib
           FROM brick AS own
          WHERE own.id = ?1 AND device.id = ?2
            AND EXISTS (SELECT 1 FROM brick AS other WHERE other.device_id = ?2 AND other.thin_pool = ?3)",
        brick,
        device,
        pool
    );
    given_back.execute(&mut *conn).await?;
    let moved = sqlx::query!(
        "UPDATE brick
            SET thin_pool = ?3,
                (thin_pool_kib, metadata_kib) = (
                    SELECT coalesce(max(other.thin_pool_kib), brick.thin_pool_kib),
                           coalesce(max(other.metadata_kib), brick.metadata_kib)
                      FROM brick AS other WHERE other.device_id = ?2 AND other.thin_pool = ?3)
          WHERE id = ?1",
        brick,
        device,
        pool
    );
    one_row(&moved.execute(&mut *conn).await?, "brick", brick)?;
    let subject = brick.to_string();
    sqlx::query!(
        "DELETE FROM finding WHERE subject = 'brick' AND subject_id = ? AND what = ?",
        subject,
        told
    )
    .execute(conn)
    .await?;
    Ok(())
}
