//! Tables `block_volume` and `block_volume_host`. The room of a hosting volume follows its block volumes by triggers, in
//! the same transaction.

mod row;

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use self::row::BlockVolumeRow;
pub(super) use self::row::NewBlockVolume;
use super::{Result, number, one_row, to_json};
use crate::model::block_volume::{BlockAccess, BlockVolume};
use crate::model::ids::{BlockVolumeId, ClusterId, VolumeId};
use crate::model::sizes::GiB;
use crate::model::state::Phase;

/// The block volume of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: BlockVolumeId) -> Result<Option<BlockVolume>> {
    let row = sqlx::query_as!(
        BlockVolumeRow,
        r#"SELECT id AS "id: BlockVolumeId", cluster_id AS "cluster_id: ClusterId", hosting_id AS "hosting_id: VolumeId",
                  name, size_gib, usable_gib, taken_gib, ha_count, auth AS "auth: bool", iqn, username, password,
                  clusters, phase AS "phase: Phase",
                  (SELECT json_group_array(name) FROM
                      (SELECT name FROM block_volume_host WHERE block_volume_id = block_volume.id ORDER BY seq))
                  AS "hosts!: String"
             FROM block_volume WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(BlockVolume::try_from).transpose()
}

/// All block volumes by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<BlockVolume>> {
    let rows = sqlx::query_as!(
        BlockVolumeRow,
        r#"SELECT id AS "id: BlockVolumeId", cluster_id AS "cluster_id: ClusterId", hosting_id AS "hosting_id: VolumeId",
                  name, size_gib, usable_gib, taken_gib, ha_count, auth AS "auth: bool", iqn, username, password,
                  clusters, phase AS "phase: Phase",
                  (SELECT json_group_array(name) FROM
                      (SELECT name FROM block_volume_host WHERE block_volume_id = block_volume.id ORDER BY seq))
                  AS "hosts!: String"
             FROM block_volume ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(BlockVolume::try_from).collect()
}

/// The ids of all block volumes that are neither being made nor taken away.
///
/// # Errors
/// When the database refuses.
pub async fn ready_ids(conn: &mut SqliteConnection) -> Result<Vec<BlockVolumeId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: BlockVolumeId" FROM block_volume WHERE phase = 'ready' ORDER BY id"#
    )
    .fetch_all(conn)
    .await?)
}

/// The same for one cluster.
///
/// # Errors
/// When the database refuses.
pub async fn ready_ids_of_cluster(
    conn: &mut SqliteConnection,
    cluster: ClusterId,
) -> Result<Vec<BlockVolumeId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: BlockVolumeId" FROM block_volume WHERE cluster_id = ? AND phase = 'ready' ORDER BY id"#,
        cluster
    )
    .fetch_all(conn)
    .await?)
}

/// The same for one hosting volume.
///
/// # Errors
/// When the database refuses.
pub async fn ready_ids_in(conn: &mut SqliteConnection, hosting: VolumeId) -> Result<Vec<BlockVolumeId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: BlockVolumeId" FROM block_volume WHERE hosting_id = ? AND phase = 'ready' ORDER BY id"#,
        hosting
    )
    .fetch_all(conn)
    .await?)
}

/// How many block volumes of a cluster are neither being made nor taken away.
///
/// # Errors
/// When the database refuses.
pub async fn ready_count_of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n: i64" FROM block_volume WHERE cluster_id = ? AND phase = 'ready'"#,
        cluster
    )
    .fetch_one(conn)
    .await?;
    number("block_volume", "count", cluster, count)
}

/// Whether a volume has block volumes in it, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn any_in(conn: &mut SqliteConnection, hosting: VolumeId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM block_volume WHERE hosting_id = ?) AS "found!: bool""#,
        hosting
    )
    .fetch_one(conn)
    .await?)
}

/// How many block volumes each host exports, by the name that gluster uses.
///
/// # Errors
/// When the database refuses.
pub async fn exported(conn: &mut SqliteConnection) -> Result<BTreeMap<String, u64>> {
    let rows = sqlx::query!(r#"SELECT name, count(*) AS "n: i64" FROM block_volume_host GROUP BY name"#)
        .fetch_all(conn)
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.name.clone(), number("block_volume_host", "count", row.name, row.n)?)))
        .collect()
}

/// Writes down how clients reach a block volume that was made, and shows it.
///
/// # Errors
/// When it is not being made, or the database refuses.
pub async fn make_ready(conn: &mut SqliteConnection, id: BlockVolumeId, access: &BlockAccess) -> Result<()> {
    let (username, password) = row::login_columns(access);
    let count = i64::try_from(access.hosts.len()).unwrap_or(i64::MAX);
    let done = sqlx::query!(
        "UPDATE block_volume SET phase = 'ready', ha_count = ?, iqn = ?, username = ?, password = ?
          WHERE id = ? AND phase = 'creating'",
        count,
        access.iqn,
        username,
        password,
        id
    )
    .execute(&mut *conn)
    .await?;
    one_row(&done, "block_volume", id)?;
    set_hosts(conn, id, &access.hosts).await
}

/// Puts the hosts in that export a block volume which has none yet.
///
/// # Errors
/// When the database refuses.
pub async fn set_hosts(conn: &mut SqliteConnection, id: BlockVolumeId, hosts: &[String]) -> Result<()> {
    let hosts = to_json(&hosts)?;
    sqlx::query!(
        "INSERT INTO block_volume_host (block_volume_id, seq, name) SELECT ?, key, value FROM json_each(?)",
        id,
        hosts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves a block volume from one phase of its life to another.
///
/// # Errors
/// When it is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, id: BlockVolumeId, from: Phase, to: Phase) -> Result<()> {
    let done = sqlx::query!("UPDATE block_volume SET phase = ? WHERE id = ? AND phase = ?", to, id, from)
        .execute(conn)
        .await?;
    one_row(&done, "block_volume", id)
}

/// Takes so much of its hosting volume for a block volume: before it is made larger.
///
/// # Errors
/// When the block volume is gone, its hosting volume has not that much, or the database refuses.
pub async fn take(conn: &mut SqliteConnection, id: BlockVolumeId, taken: GiB) -> Result<()> {
    let taken = taken.to_sql();
    let done =
        sqlx::query!("UPDATE block_volume SET taken_gib = ? WHERE id = ?", taken, id).execute(conn).await?;
    one_row(&done, "block_volume", id)
}

/// Writes the size of a block volume down that was made larger, or was not, and takes just that of its hosting volume.
///
/// # Errors
/// When it is gone, or the database refuses.
pub async fn resize(conn: &mut SqliteConnection, id: BlockVolumeId, size: GiB, usable: GiB) -> Result<()> {
    let (size, usable) = (size.to_sql(), usable.min(size).to_sql());
    let done = sqlx::query!(
        "UPDATE block_volume SET size_gib = ?1, usable_gib = ?2, taken_gib = ?1 WHERE id = ?3",
        size,
        usable,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "block_volume", id)
}

/// Gives back what was taken for a block volume that did not get larger.
///
/// # Errors
/// When it is gone, or the database refuses.
pub async fn give_back(conn: &mut SqliteConnection, id: BlockVolumeId) -> Result<()> {
    let done =
        sqlx::query!("UPDATE block_volume SET taken_gib = size_gib WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "block_volume", id)
}

/// Takes a block volume out, with its key, and gives its room back.
///
/// # Errors
/// When it is gone, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: BlockVolumeId) -> Result<()> {
    sqlx::query!("DELETE FROM idempotency_key WHERE target = ?", id).execute(&mut *conn).await?;
    let done = sqlx::query!("DELETE FROM block_volume WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "block_volume", id)
}
