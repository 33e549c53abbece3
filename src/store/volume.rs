//! Table `volume`.

mod row;

use sqlx::SqliteConnection;

pub(super) use self::row::NewVolume;
use self::row::{SummaryRow, VolumeRow, hosting_columns};
use super::{Result, StoreError, any_row, number, one_row};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::volume::{Volume, VolumeSummary};

/// The volume of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: VolumeId) -> Result<Option<Volume>> {
    let row = sqlx::query_as!(
        VolumeRow,
        r#"SELECT id AS "id: VolumeId", cluster_id AS "cluster_id: ClusterId", name, size_gib, durability, replica,
                  disperse_data, redundancy, gid, options, block AS "block: bool", block_free_gib, block_reserved_gib,
                  block_restriction AS "block_restriction: Restriction",
                  snapshot_enable AS "snapshot_enable: bool", snapshot_factor, asked_clusters,
                  phase AS "phase: Phase"
             FROM volume WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Volume::try_from).transpose()
}

/// All volumes by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<Volume>> {
    let rows = sqlx::query_as!(
        VolumeRow,
        r#"SELECT id AS "id: VolumeId", cluster_id AS "cluster_id: ClusterId", name, size_gib, durability, replica,
                  disperse_data, redundancy, gid, options, block AS "block: bool", block_free_gib, block_reserved_gib,
                  block_restriction AS "block_restriction: Restriction",
                  snapshot_enable AS "snapshot_enable: bool", snapshot_factor, asked_clusters,
                  phase AS "phase: Phase"
             FROM volume ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Volume::try_from).collect()
}

/// What lists say of all volumes that are neither being made nor taken away, by id. `of_users`: only of those that a
/// `user` asked for.
///
/// # Errors
/// When the database refuses.
pub async fn summaries(conn: &mut SqliteConnection, of_users: bool) -> Result<Vec<VolumeSummary>> {
    let rows = sqlx::query_as!(
        SummaryRow,
        r#"SELECT id AS "id: VolumeId", cluster_id AS "cluster_id: ClusterId", name, size_gib, durability,
                  block AS "block: bool"
             FROM volume WHERE phase = 'ready' AND by_user >= ? ORDER BY id"#,
        of_users
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(VolumeSummary::try_from).collect()
}

/// Whether a `user` asked for the volume.
///
/// # Errors
/// When the database refuses.
pub async fn made_by_user(conn: &mut SqliteConnection, id: VolumeId) -> Result<bool> {
    let by_user = sqlx::query_scalar!(r#"SELECT by_user AS "by_user: bool" FROM volume WHERE id = ?"#, id)
        .fetch_optional(conn)
        .await?;
    Ok(by_user.unwrap_or(false))
}

/// The ids of all volumes that are neither being made nor taken away.
///
/// # Errors
/// When the database refuses.
pub async fn ready_ids(conn: &mut SqliteConnection) -> Result<Vec<VolumeId>> {
    Ok(sqlx::query_scalar!(r#"SELECT id AS "id: VolumeId" FROM volume WHERE phase = 'ready' ORDER BY id"#)
        .fetch_all(conn)
        .await?)
}

/// The same for one cluster.
///
/// # Errors
/// When the database refuses.
pub async fn ready_ids_of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Vec<VolumeId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: VolumeId" FROM volume WHERE cluster_id = ? AND phase = 'ready' ORDER BY id"#,
        cluster
    )
    .fetch_all(conn)
    .await?)
}

/// How many of a cluster's volumes are neither being made nor taken away. Looks at the others only, which are few.
///
/// # Errors
/// When the database refuses.
pub async fn ready_count_of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT volume_count - (SELECT count(*) FROM volume WHERE cluster_id = cluster.id AND phase <> 'ready')
                  AS "n!: i64"
             FROM cluster WHERE id = ?"#,
        cluster
    )
    .fetch_one(conn)
    .await?;
    number("cluster", "volumes", cluster, count)
}

/// The names of the volumes of a cluster that are being deleted.
///
/// # Errors
/// When the database refuses.
pub async fn names_being_deleted(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("SELECT name FROM volume WHERE cluster_id = ? AND phase = 'deleting'", cluster)
        .fetch_all(conn)
        .await?)
}

/// The ids of all volumes of a cluster, pending ones included.
///
/// # Errors
/// When the database refuses.
pub async fn ids_of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Vec<VolumeId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: VolumeId" FROM volume WHERE cluster_id = ? ORDER BY id"#,
        cluster
    )
    .fetch_all(conn)
    .await?)
}

/// Moves a volume and its bricks from one phase of their life to another.
///
/// # Errors
/// When the volume is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, id: VolumeId, from: Phase, to: Phase) -> Result<()> {
    // One round trip to the thread that owns the connection. The bricks follow where the volume has changed.
    let done = sqlx::query!(
        "UPDATE volume SET phase = ? WHERE id = ? AND phase = ?;
         UPDATE brick SET phase = ? WHERE volume_id = ? AND changes() = 1",
        to,
        id,
        from,
        to,
        id
    )
    .execute(conn)
    .await?;
    any_row(&done, "volume", id)
}

/// Makes a volume larger, and with it the room for block volumes, if it hosts them.
///
/// # Errors
/// When the volume is gone, or the database refuses.
pub async fn grow(conn: &mut SqliteConnection, id: VolumeId, by: GiB) -> Result<()> {
    let (free, reserved, _) = hosting_columns(Some(Hosting::empty(by)));
    let by = by.to_sql();
    let done = sqlx::query!(
        "UPDATE volume SET size_gib = size_gib + ?, block_free_gib = block_free_gib + block * ?,
                           block_reserved_gib = block_reserved_gib + block * ?
          WHERE id = ?",
        by,
        free,
        reserved,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "volume", id)
}

/// Sets the room for block volumes of a volume that hosts them.
///
/// # Errors
/// When there is no such volume, it hosts none, or the database refuses.
pub async fn set_hosting(conn: &mut SqliteConnection, id: VolumeId, hosting: Hosting) -> Result<()> {
    let (free, reserved, restriction) = hosting_columns(Some(hosting));
    let done = sqlx::query!(
        "UPDATE volume SET block_free_gib = ?, block_reserved_gib = ?, block_restriction = ?
          WHERE id = ? AND block = 1",
        free,
        reserved,
        restriction,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "volume", id)
}

/// Takes a volume out, with its bricks and its key. Gives the space of pools back in which no brick is left.
///
/// # Errors
/// When the volume is gone, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: VolumeId) -> Result<()> {
    let deleted = sqlx::query_scalar!(
        r#"DELETE FROM brick WHERE volume_id = ?;
           DELETE FROM idempotency_key WHERE target = ?;
           DELETE FROM volume WHERE id = ?;
           SELECT changes() AS "n!: i64""#,
        id,
        id,
        id
    )
    .fetch_one(conn)
    .await?;
    if deleted == 1 { Ok(()) } else { Err(StoreError::Changed { table: "volume", row: id.to_string() }) }
}

/// Moves a volume that is still being created into another cluster.
///
/// # Errors
/// When the volume is gone, or the database refuses.
pub async fn set_cluster(conn: &mut SqliteConnection, id: VolumeId, cluster: ClusterId) -> Result<()> {
    let done =
        sqlx::query!("UPDATE volume SET cluster_id = ? WHERE id = ?", cluster, id).execute(conn).await?;
    one_row(&done, "volume", id)
}
