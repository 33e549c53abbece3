//! Tables `finding` and `finding_device`: what an import could not reconcile.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::Result;
use crate::model::finding::{Finding, KeptFinding, Subject};
use crate::model::ids::DeviceId;

/// Puts one in, and keeps new bricks off its devices. Gives its number.
///
/// # Errors
/// When a device is not there, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, finding: &Finding) -> Result<i64> {
    let new = sqlx::query!(
        "INSERT INTO finding (subject, subject_id, what, consequence, cure) VALUES (?, ?, ?, ?, ?)",
        finding.subject,
        finding.id,
        finding.what,
        finding.consequence,
        finding.cure
    );
    let number = new.execute(&mut *conn).await?.last_insert_rowid();
    for device in &finding.devices {
        sqlx::query!(
            "INSERT OR IGNORE INTO finding_device (number, device_id) VALUES (?, ?)",
            number,
            device
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(number)
}

/// All that nobody has cleared, by number.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut SqliteConnection) -> Result<Vec<KeptFinding>> {
    let mut devices: BTreeMap<i64, Vec<DeviceId>> = BTreeMap::new();
    let held = sqlx::query!(
        r#"SELECT number, device_id AS "device_id: DeviceId" FROM finding_device ORDER BY number, device_id"#
    );
    for row in held.fetch_all(&mut *conn).await? {
        devices.entry(row.number).or_default().push(row.device_id);
    }
    let rows = sqlx::query!(
        r#"SELECT number, subject AS "subject: Subject", subject_id, what, consequence, cure
             FROM finding ORDER BY number"#
    );
    let rows = rows.fetch_all(conn).await?.into_iter();
    Ok(rows
        .map(|row| KeptFinding {
            number: row.number,
            finding: Finding {
                subject: row.subject,
                id: row.subject_id,
                what: row.what,
                consequence: row.consequence,
                cure: row.cure,
                devices: devices.remove(&row.number).unwrap_or_default(),
            },
        })
        .collect())
}

/// Takes one out. Gives whether it was there.
///
/// # Errors
/// When the database refuses.
pub async fn clear(conn: &mut SqliteConnection, number: i64) -> Result<bool> {
    let gone = sqlx::query!("DELETE FROM finding WHERE number = ?", number).execute(conn).await?;
    Ok(gone.rows_affected() > 0)
}
