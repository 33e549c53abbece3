//! Table `volume`, as far as volumes host block volumes.

use sqlx::SqliteConnection;

use super::{Result, corrupt, to_json};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::sizes::GiB;

/// A hosting volume that could take a block volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The volume.
    pub volume: VolumeId,
    /// The cluster it is in.
    pub cluster: ClusterId,
    /// Its name.
    pub name: String,
    /// What is free in it.
    pub free: GiB,
}

/// The hosting volumes of these clusters that may take a block volume of this size and name.
///
/// # Errors
/// When the database refuses.
pub async fn rooms(
    conn: &mut SqliteConnection,
    clusters: &[ClusterId],
    size: GiB,
    name: &str,
) -> Result<Vec<Room>> {
    let (clusters, size) = (to_json(&clusters)?, size.to_sql());
    let rows = sqlx::query!(
        r#"SELECT id AS "id: VolumeId", cluster_id AS "cluster_id: ClusterId", name, block_free_gib
             FROM volume
            WHERE block = 1 AND phase = 'ready' AND block_restriction = 'none' AND block_free_gib >= ?
              AND cluster_id IN (SELECT value FROM json_each(?))
              AND NOT EXISTS (SELECT 1 FROM block_volume WHERE hosting_id = volume.id AND name = ?)
            ORDER BY id"#,
        size,
        clusters,
        name
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let free = GiB::from_sql(row.block_free_gib)
                .ok_or_else(|| corrupt("volume", "block_free_gib", row.id, row.block_free_gib))?;
            Ok(Room { volume: row.id, cluster: row.cluster_id, name: row.name, free })
        })
        .collect()
}

/// The hosting volumes of these clusters that have room for this size, but a block volume of this name already, by name.
///
/// # Errors
/// When the database refuses.
pub async fn with_name(
    conn: &mut SqliteConnection,
    clusters: &[ClusterId],
    size: GiB,
    name: &str,
) -> Result<Vec<String>> {
    let (clusters, size) = (to_json(&clusters)?, size.to_sql());
    Ok(sqlx::query_scalar!(
        "SELECT name FROM volume
          WHERE block = 1 AND phase = 'ready' AND block_restriction = 'none' AND block_free_gib >= ?
            AND cluster_id IN (SELECT value FROM json_each(?))
            AND EXISTS (SELECT 1 FROM block_volume WHERE hosting_id = volume.id AND name = ?)
          ORDER BY name",
        size,
        clusters,
        name
    )
    .fetch_all(conn)
    .await?)
}

/// Whether a hosting volume of these clusters is just being made or taken away. What failed and waits does not count.
///
/// # Errors
/// When the database refuses.
pub async fn is_one_changing(conn: &mut SqliteConnection, clusters: &[ClusterId]) -> Result<bool> {
    let clusters = to_json(&clusters)?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM volume JOIN operation ON target = volume.id OR detail ->> 'hosting' = volume.id
                WHERE block = 1 AND phase <> 'ready' AND parked_reason IS NULL
                  AND cluster_id IN (SELECT value FROM json_each(?))) AS "found!: bool""#,
        clusters
    )
    .fetch_one(conn)
    .await?)
}

/// The room in a hosting volume, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The volume.
    pub volume: VolumeId,
    /// Its size.
    pub size: GiB,
    /// Its room.
    pub hosting: Hosting,
    /// What block volumes take of it.
    pub taken: GiB,
}

/// The rooms of all hosting volumes that no operation makes or takes away.
///
/// # Errors
/// When the database refuses.
pub async fn accounts(conn: &mut SqliteConnection) -> Result<Vec<Account>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: VolumeId", size_gib, block_free_gib, block_reserved_gib,
                  block_restriction AS "restriction: Restriction",
                  (SELECT coalesce(sum(taken_gib), 0) FROM block_volume WHERE hosting_id = volume.id) AS "taken!: i64"
             FROM volume WHERE block = 1 AND phase = 'ready' ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let gib =
                |column, value| GiB::from_sql(value).ok_or_else(|| corrupt("volume", column, row.id, value));
            let hosting = Hosting {
                free: gib("block_free_gib", row.block_free_gib)?,
                reserved: gib("block_reserved_gib", row.block_reserved_gib)?,
                restriction: row.restriction,
            };
            let (size, taken) = (gib("size_gib", row.size_gib)?, gib("taken_gib", row.taken)?);
            Ok(Account { volume: row.id, size, hosting, taken })
        })
        .collect()
}
