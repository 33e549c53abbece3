//! Table `device`.

use serde::Deserialize;
use sqlx::SqliteConnection;

use super::{Result, json, kib, number, one_row, to_json};
use crate::model::device::{Device, DeviceLabel, Storage};
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::Tags;
use crate::model::sizes::KiB;
use crate::model::state::{EntryState, Phase};
use crate::model::step::DeviceFacts;

#[derive(Deserialize)]
pub(super) struct DeviceRow {
    id: DeviceId,
    node_id: NodeId,
    name: String,
    tags: String,
    state: EntryState,
    phase: Phase,
    total_kib: i64,
    free_kib: i64,
    used_kib: i64,
    extent_kib: i64,
    pv_uuid: Option<String>,
    paths: String,
    brick_count: i64,
}

impl TryFrom<DeviceRow> for Device {
    type Error = super::StoreError;

    fn try_from(row: DeviceRow) -> Result<Device> {
        let size = |column, value| kib("device", column, row.id, value);
        Ok(Device {
            id: row.id,
            node: row.node_id,
            tags: json("device", "tags", row.id, &row.tags)?,
            state: row.state,
            phase: row.phase,
            storage: Storage {
                total: size("total_kib", row.total_kib)?,
                free: size("free_kib", row.free_kib)?,
                used: size("used_kib", row.used_kib)?,
            },
            extent: size("extent_kib", row.extent_kib)?,
            pv_uuid: row.pv_uuid,
            paths: json("device", "paths", row.id, &row.paths)?,
            brick_count: number("device", "brick_count", row.id, row.brick_count)?,
            name: row.name,
        })
    }
}

/// Puts a new device in.
///
/// # Errors
/// When its node has a device of that name, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, device: &Device) -> Result<()> {
    let (tags, paths) = (to_json(&device.tags)?, to_json(&device.paths)?);
    let (total, free) = (device.storage.total.to_sql(), device.storage.free.to_sql());
    let (used, extent) = (device.storage.used.to_sql(), device.extent.to_sql());
    sqlx::query!(
        "INSERT INTO device (id, node_id, name, tags, state, phase, total_kib, free_kib, used_kib, extent_kib,
                             pv_uuid, paths) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        device.id,
        device.node,
        device.name,
        tags,
        device.state,
        device.phase,
        total,
        free,
        used,
        extent,
        device.pv_uuid,
        paths
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The device of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: DeviceId) -> Result<Option<Device>> {
    let row = sqlx::query_as!(
        DeviceRow,
        r#"SELECT id AS "id: DeviceId", node_id AS "node_id: NodeId", name, tags, state AS "state: EntryState",
                  phase AS "phase: Phase", total_kib, free_kib, used_kib, extent_kib, pv_uuid, paths, brick_count
             FROM device WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Device::try_from).transpose()
}

/// The device of that name on a node, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn named(conn: &mut SqliteConnection, node: NodeId, name: &str) -> Result<Option<DeviceId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: DeviceId" FROM device WHERE node_id = ? AND name = ?"#,
        node,
        name
    )
    .fetch_optional(conn)
    .await?)
}

/// The devices of a node by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn of_node(conn: &mut SqliteConnection, node: NodeId) -> Result<Vec<Device>> {
    let rows = sqlx::query_as!(
        DeviceRow,
        r#"SELECT id AS "id: DeviceId", node_id AS "node_id: NodeId", name, tags, state AS "state: EntryState",
                  phase AS "phase: Phase", total_kib, free_kib, used_kib, extent_kib, pv_uuid, paths, brick_count
             FROM device WHERE node_id = ? ORDER BY id"#,
        node
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Device::try_from).collect()
}

/// Puts an existing device into a state.
///
/// # Errors
/// When the device is gone or pending, or the database refuses.
pub async fn set_state(conn: &mut SqliteConnection, id: DeviceId, state: EntryState) -> Result<()> {
    let done = sqlx::query!("UPDATE device SET state = ? WHERE id = ? AND phase = 'ready'", state, id)
        .execute(conn)
        .await?;
    one_row(&done, "device", id)
}

/// Gives an existing device other tags.
///
/// # Errors
/// When the device is gone or pending, or the database refuses.
pub async fn set_tags(conn: &mut SqliteConnection, id: DeviceId, tags: &Tags) -> Result<()> {
    let tags = to_json(tags)?;
    let done = sqlx::query!("UPDATE device SET tags = ? WHERE id = ? AND phase = 'ready'", tags, id)
        .execute(conn)
        .await?;
    one_row(&done, "device", id)
}

/// Moves a device from one phase of its life to another.
///
/// # Errors
/// When the device is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, id: DeviceId, from: Phase, to: Phase) -> Result<()> {
    let done = sqlx::query!("UPDATE device SET phase = ? WHERE id = ? AND phase = ?", to, id, from)
        .execute(conn)
        .await?;
    one_row(&done, "device", id)
}

/// Makes a device that was being added exist, with what was found out about it.
///
/// # Errors
/// When the device is not being added, or the database refuses.
pub async fn make_ready(conn: &mut SqliteConnection, id: DeviceId, facts: &DeviceFacts) -> Result<()> {
    let paths = to_json(&facts.paths)?;
    let (total, free, extent) = (facts.total.to_sql(), facts.free.to_sql(), facts.extent.to_sql());
    let used = total - free;
    let done = sqlx::query!(
        "UPDATE device SET phase = 'ready', pv_uuid = ?, paths = ?, total_kib = ?, free_kib = ?, used_kib = ?,
                           extent_kib = ? WHERE id = ? AND phase = 'creating'",
        facts.pv_uuid,
        paths,
        total,
        free,
        used,
        extent,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "device", id)
}

/// Corrects the size of a device; what bricks take stays what it is.
///
/// # Errors
/// When the device is gone or its bricks take more than it has, or the database refuses.
pub async fn resize(conn: &mut SqliteConnection, id: DeviceId, total: KiB, free: KiB) -> Result<()> {
    let (total, free) = (total.to_sql(), free.to_sql());
    let done = sqlx::query!(
        "UPDATE device SET total_kib = ?1, free_kib = ?2, used_kib = ?1 - ?2 WHERE id = ?3",
        total,
        free,
        id
    )
    .execute(conn)
    .await?;
    one_row(&done, "device", id)
}

/// A device that has another name than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The device.
    pub device: DeviceId,
    /// Its name before.
    pub from: String,
    /// Its name now.
    pub to: String,
}

/// Writes down by which paths the disks of a node can be reached. A name stays as long as it is one of them. Labels of
/// devices that are gone are left out.
///
/// # Errors
/// When the database refuses.
pub async fn relabel(
    conn: &mut SqliteConnection,
    node: NodeId,
    labels: &[DeviceLabel],
) -> Result<Vec<Renamed>> {
    let mut renamed = Vec::new();
    let devices = of_node(conn, node).await?;
    let label_of = |device: &Device| labels.iter().find(|label| label.device == device.id);
    let moves = |device: &&Device| label_of(device).is_some_and(|label| !label.paths.contains(&device.name));
    let taken = |device: &&Device| labels.iter().any(|label| label.path == device.name);
    // Names are unique: two that change places, and one that stands in the way, give theirs up first.
    for device in
        devices.iter().filter(|device| moves(device) || (label_of(device).is_none() && taken(device)))
    {
        displace(conn, device).await?;
    }
    for (device, label) in devices.iter().filter_map(|device| Some((device, label_of(device)?))) {
        let name = if moves(&device) { &label.path } else { &device.name };
        set_label(conn, device.id, name, &label.paths).await?;
        if *name != device.name {
            renamed.push(Renamed { device: device.id, from: device.name.clone(), to: name.clone() });
        }
    }
    Ok(renamed)
}

/// Takes its name from a device whose disk is away while another disk has that path: it gets one that is right when
/// its disk is back.
///
/// # Errors
/// When the device is gone, or the database refuses.
pub async fn displace(conn: &mut SqliteConnection, device: &Device) -> Result<()> {
    let paths: Vec<String> = device.paths.iter().filter(|path| **path != device.name).cloned().collect();
    set_label(conn, device.id, &device.lasting_name(), &paths).await
}

async fn set_label(conn: &mut SqliteConnection, id: DeviceId, name: &str, paths: &[String]) -> Result<()> {
    let paths = to_json(&paths)?;
    let done = sqlx::query!("UPDATE device SET name = ?, paths = ? WHERE id = ?", name, paths, id)
        .execute(conn)
        .await?;
    one_row(&done, "device", id)
}

/// Takes a device out.
///
/// # Errors
/// When the device is gone or still has bricks, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: DeviceId) -> Result<()> {
    let done = sqlx::query!("DELETE FROM device WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "device", id)
}
