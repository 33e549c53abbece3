//! All tables at once.

use sqlx::SqliteConnection;

use super::{Result, block_volume, brick, cluster, operation, topology, volume};
use crate::model::everything::Everything;

/// The whole state. Read it in one transaction: the parts belong together.
///
/// # Errors
/// When the database refuses.
pub async fn read(conn: &mut SqliteConnection) -> Result<Everything> {
    let generation = sqlx::query_scalar!("SELECT value FROM attribute WHERE key = 'DB_GENERATION_ID'")
        .fetch_optional(&mut *conn)
        .await?;
    let clusters = cluster::all(&mut *conn).await?;
    let (mut nodes, mut devices) = (Vec::new(), Vec::new());
    for cluster in &clusters {
        let (here, disks) = topology::of_cluster(&mut *conn, cluster.id).await?;
        nodes.extend(here);
        devices.extend(disks);
    }
    nodes.sort_unstable_by_key(|node| node.id);
    devices.sort_unstable_by_key(|device| device.id);
    Ok(Everything {
        generation: generation.unwrap_or_default(),
        clusters,
        nodes,
        devices,
        volumes: volume::all(&mut *conn).await?,
        bricks: brick::all(&mut *conn).await?,
        block_volumes: block_volume::all(&mut *conn).await?,
        operations: operation::all(conn).await?,
    })
}
