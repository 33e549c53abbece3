//! Table `volume`.

use sqlx::SqliteConnection;

use super::{Result, StoreError, any_row, corrupt, json, number, one_row, to_json};
use crate::model::durability::{DurabilityKind, RequestedDurability};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::volume::{Snapshot, Volume};

struct VolumeRow {
    id: VolumeId,
    cluster_id: ClusterId,
    name: String,
    size_gib: i64,
    durability: String,
    replica: i64,
    disperse_data: i64,
    redundancy: i64,
    gid: i64,
    options: String,
    block: bool,
    block_free_gib: i64,
    block_reserved_gib: i64,
    block_restriction: Restriction,
    snapshot_enable: bool,
    snapshot_factor: f64,
    phase: Phase,
}

impl TryFrom<VolumeRow> for Volume {
    type Error = StoreError;

    #[expect(clippy::cast_possible_truncation, reason = "the factor was a 32-bit float before it was stored")]
    fn try_from(row: VolumeRow) -> Result<Volume> {
        let requested = RequestedDurability {
            kind: kind_from(&row)?,
            replica: row.replica,
            data: row.disperse_data,
            redundancy: row.redundancy,
        };
        let durability =
            requested.layout().map_err(|error| corrupt("volume", "durability", row.id, error))?;
        let size = GiB::from_sql(row.size_gib);
        Ok(Volume {
            id: row.id,
            cluster: row.cluster_id,
            size: size.ok_or_else(|| corrupt("volume", "size_gib", row.id, row.size_gib))?,
            requested,
            durability,
            gid: number("volume", "gid", row.id, row.gid)?,
            options: json("volume", "options", row.id, &row.options)?,
            hosting: hosting_from(&row)?,
            snapshot: Snapshot { enable: row.snapshot_enable, factor: row.snapshot_factor as f32 },
            phase: row.phase,
            name: row.name,
        })
    }
}

fn hosting_from(row: &VolumeRow) -> Result<Option<Hosting>> {
    let gib = |column, value| GiB::from_sql(value).ok_or_else(|| corrupt("volume", column, row.id, value));
    let hosting = Hosting {
        free: gib("block_free_gib", row.block_free_gib)?,
        reserved: gib("block_reserved_gib", row.block_reserved_gib)?,
        restriction: row.block_restriction,
    };
    Ok(row.block.then_some(hosting))
}

/// What the columns of a hosting volume hold; nothing for others.
fn hosting_columns(hosting: Option<Hosting>) -> (i64, i64, Restriction) {
    hosting.map_or((0, 0, Restriction::None), |hosting| {
        (hosting.free.to_sql(), hosting.reserved.to_sql(), hosting.restriction)
    })
}

fn kind_from(row: &VolumeRow) -> Result<DurabilityKind> {
    match row.durability.as_str() {
        "none" => Ok(DurabilityKind::None),
        "replicate" => Ok(DurabilityKind::Replicate),
        "disperse" => Ok(DurabilityKind::Disperse),
        other => Err(corrupt("volume", "durability", row.id, other)),
    }
}

fn kind_text(kind: DurabilityKind) -> &'static str {
    match kind {
        DurabilityKind::None => "none",
        DurabilityKind::Replicate => "replicate",
        DurabilityKind::Disperse => "disperse",
    }
}

/// Puts a new volume in.
///
/// # Errors
/// When its cluster has a volume of that name, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, volume: &Volume, by_user: bool) -> Result<()> {
    let (size, options) = (volume.size.to_sql(), to_json(&volume.options)?);
    let kind = kind_text(volume.requested.kind);
    let factor = f64::from(volume.snapshot.factor);
    let block = volume.hosting.is_some();
    let (free, reserved, restriction) = hosting_columns(volume.hosting);
    sqlx::query!(
        "INSERT INTO volume (id, cluster_id, name, size_gib, durability, replica, disperse_data, redundancy, gid,
                             options, block, block_free_gib, block_reserved_gib, block_restriction,
                             snapshot_enable, snapshot_factor, phase, by_user)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        volume.id,
        volume.cluster,
        volume.name,
        size,
        kind,
        volume.requested.replica,
        volume.requested.data,
        volume.requested.redundancy,
        volume.gid,
        options,
        block,
        free,
        reserved,
        restriction,
        volume.snapshot.enable,
        factor,
        volume.phase,
        by_user
    )
    .execute(conn)
    .await?;
    Ok(())
}

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
                  snapshot_enable AS "snapshot_enable: bool", snapshot_factor, phase AS "phase: Phase"
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
                  snapshot_enable AS "snapshot_enable: bool", snapshot_factor, phase AS "phase: Phase"
             FROM volume ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Volume::try_from).collect()
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
