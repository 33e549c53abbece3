//! Table `attribute`: what a database is known by, and where it came from.

use sqlx::SqliteConnection;

use super::Result;

/// What the database is known by; heketi's name.
pub const GENERATION: &str = "DB_GENERATION_ID";

/// The file of heketi's that it was made of.
pub const ORIGIN: &str = "MOVED_IN_FROM";

/// What stands under a name.
///
/// # Errors
/// When the database refuses.
pub async fn get(conn: &mut SqliteConnection, key: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("SELECT value FROM attribute WHERE key = ?", key).fetch_optional(conn).await?)
}

/// Writes down what stands under a name from now on.
///
/// # Errors
/// When the database refuses.
pub async fn set(conn: &mut SqliteConnection, key: &str, value: &str) -> Result<()> {
    sqlx::query!("INSERT OR REPLACE INTO attribute (key, value) VALUES (?, ?)", key, value)
        .execute(conn)
        .await?;
    Ok(())
}
