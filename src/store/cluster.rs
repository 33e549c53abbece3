//! Table `cluster`.

use sqlx::SqliteConnection;

use super::{Result, Store, StoreError, WriteTx, number, one_row};
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::ids::ClusterId;

/// Puts a new cluster in.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut SqliteConnection, cluster: &Cluster) -> Result<()> {
    sqlx::query!(
        "INSERT INTO cluster (id, file, block) VALUES (?, ?, ?)",
        cluster.id,
        cluster.flags.file,
        cluster.flags.block
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The cluster of that id.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: ClusterId) -> Result<Option<Cluster>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: ClusterId", file AS "file: bool", block AS "block: bool" FROM cluster WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Cluster { id: row.id, flags: ClusterFlags { file: row.file, block: row.block } }))
}

/// All clusters, by id.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<Cluster>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: ClusterId", file AS "file: bool", block AS "block: bool" FROM cluster ORDER BY id"#
    )
    .fetch_all(conn)
    .await?;
    let cluster = |id, file, block| Cluster { id, flags: ClusterFlags { file, block } };
    Ok(rows.into_iter().map(|row| cluster(row.id, row.file, row.block)).collect())
}

/// What a new volume has to know of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prospect {
    /// The cluster.
    pub cluster: Cluster,
    /// Its volumes, pending ones included.
    pub volumes: usize,
    /// Whether one of them has the wanted name.
    pub name_taken: bool,
}

struct ProspectRow {
    id: ClusterId,
    file: bool,
    block: bool,
    volume_count: i64,
    name_taken: bool,
}

/// Those of a volume's name, and what begins the query.
macro_rules! prospects {
    ($begin:tt, $name:expr) => {
        sqlx::query_as!(
            ProspectRow,
            $begin
                + r#"SELECT id AS "id: ClusterId", file AS "file: bool", block AS "block: bool", volume_count,
                            EXISTS (SELECT 1 FROM volume WHERE cluster_id = cluster.id AND name = ?)
                                AS "name_taken!: bool"
                       FROM cluster ORDER BY id"#,
            $name
        )
    };
}

/// All clusters by id, for a volume of that name.
///
/// # Errors
/// When the database refuses.
pub async fn prospects(conn: &mut SqliteConnection, name: &str) -> Result<Vec<Prospect>> {
    let rows = prospects!("", name).fetch_all(conn).await?;
    rows.into_iter().map(Prospect::try_from).collect()
}

/// The same with a change that is begun by it, in one round trip.
///
/// # Errors
/// When the database refuses.
pub async fn begin_with_prospects(store: &Store, name: &str) -> Result<(WriteTx, Vec<Prospect>)> {
    let mut tx = store.unbegun().await?;
    let rows = prospects!("BEGIN IMMEDIATE; ", name).fetch_all(&mut *tx).await?;
    let found = rows.into_iter().map(Prospect::try_from).collect::<Result<_>>()?;
    Ok((tx, found))
}

impl TryFrom<ProspectRow> for Prospect {
    type Error = StoreError;

    fn try_from(row: ProspectRow) -> Result<Prospect> {
        let flags = ClusterFlags { file: row.file, block: row.block };
        Ok(Prospect {
            cluster: Cluster { id: row.id, flags },
            volumes: number("cluster", "volume_count", row.id, row.volume_count)?,
            name_taken: row.name_taken,
        })
    }
}

/// How many volumes a cluster has, pending ones included.
///
/// # Errors
/// When the database refuses.
pub async fn volume_count(conn: &mut SqliteConnection, id: ClusterId) -> Result<usize> {
    let count =
        sqlx::query_scalar!("SELECT volume_count FROM cluster WHERE id = ?", id).fetch_one(conn).await?;
    number("cluster", "volume_count", id, count)
}

/// How many nodes a cluster has, pending ones included.
///
/// # Errors
/// When the database refuses.
pub async fn node_count(conn: &mut SqliteConnection, id: ClusterId) -> Result<u64> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "n: i64" FROM node WHERE cluster_id = ?"#, id)
        .fetch_one(conn)
        .await?;
    number("cluster", "nodes", id, count)
}

/// Sets which volumes a cluster takes.
///
/// # Errors
/// When the cluster is gone, or the database refuses.
pub async fn set_flags(conn: &mut SqliteConnection, id: ClusterId, flags: ClusterFlags) -> Result<()> {
    let done =
        sqlx::query!("UPDATE cluster SET file = ?, block = ? WHERE id = ?", flags.file, flags.block, id)
            .execute(conn)
            .await?;
    one_row(&done, "cluster", id)
}

/// Takes an empty cluster out.
///
/// # Errors
/// When the cluster is gone or not empty, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: ClusterId) -> Result<()> {
    let done = sqlx::query!("DELETE FROM cluster WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "cluster", id)
}
