//! Table `unknown_sets`: volumes of which nobody has asked gluster yet which bricks belong to one set.

use sqlx::SqliteConnection;

use super::Result;
use crate::model::ids::{BrickId, VolumeId};

/// Says of a volume that its bricks are numbered by their ids.
///
/// # Errors
/// When there is no such volume, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, volume: VolumeId) -> Result<()> {
    sqlx::query!("INSERT OR IGNORE INTO unknown_sets (volume_id) VALUES (?)", volume).execute(conn).await?;
    Ok(())
}

/// Whether the sets of a volume are not known.
///
/// # Errors
/// When the database refuses.
pub async fn has(conn: &mut SqliteConnection, volume: VolumeId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM unknown_sets WHERE volume_id = ?) AS "found!: bool""#,
        volume
    );
    Ok(found.fetch_one(conn).await?)
}

/// All volumes whose sets are not known.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<VolumeId>> {
    let found =
        sqlx::query_scalar!(r#"SELECT volume_id AS "id: VolumeId" FROM unknown_sets ORDER BY volume_id"#);
    Ok(found.fetch_all(conn).await?)
}

/// Writes the places of all bricks of a volume down, as gluster has told them.
///
/// # Errors
/// When the database refuses.
pub async fn learnt(
    conn: &mut SqliteConnection,
    volume: VolumeId,
    places: &[(BrickId, u32, u32)],
) -> Result<()> {
    for (brick, set, position) in places {
        sqlx::query!(
            "UPDATE brick SET set_no = ?, position = ? WHERE id = ? AND volume_id = ?",
            set,
            position,
            brick,
            volume
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!("DELETE FROM unknown_sets WHERE volume_id = ?", volume).execute(conn).await?;
    Ok(())
}
