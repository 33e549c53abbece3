//! The nodes and devices of a cluster in one answer.

use sqlx::SqliteConnection;

use super::device::DeviceRow;
use super::node::NodeRow;
use super::{Result, json};
use crate::model::device::Device;
use crate::model::ids::{ClusterId, DeviceId};
use crate::model::node::Node;

/// The nodes and the devices of a cluster by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<(Vec<Node>, Vec<Device>)> {
    let (nodes, devices, _) = with_held(conn, cluster).await?;
    Ok((nodes, devices))
}

/// The same, and the devices that take no new bricks because of findings of an import.
///
/// # Errors
/// When the database refuses.
pub async fn with_held(
    conn: &mut SqliteConnection,
    cluster: ClusterId,
) -> Result<(Vec<Node>, Vec<Device>, Vec<DeviceId>)> {
    // The names are text within the answer, as in the rows of a table: `|| ''` makes it that.
    // All in one row: each row of an answer wakes the thread that waits for it, and every create reads all of it. The
    // values stand in the order of the fields of the rows.
    let found = sqlx::query!(
        r#"SELECT (SELECT json_group_array(json_array(id, cluster_id, zone,
                              (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                                WHERE node_id = node.id AND use = 'manage') || '',
                              (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                                WHERE node_id = node.id AND use = 'storage') || '', tags, state, phase) ORDER BY id)
                     FROM node WHERE cluster_id = ?1) AS "nodes!: String",
                  (SELECT json_group_array(json_array(d.id, d.node_id, d.name, d.tags, d.state, d.phase, total_kib,
                              free_kib, used_kib, extent_kib, pv_uuid, paths, brick_count) ORDER BY d.id)
                     FROM device d JOIN node n ON n.id = d.node_id WHERE n.cluster_id = ?1) AS "devices!: String",
                  (SELECT json_group_array(DISTINCT f.device_id) FROM finding_device f
                     JOIN device d ON d.id = f.device_id JOIN node n ON n.id = d.node_id
                    WHERE n.cluster_id = ?1) AS "held!: String""#,
        cluster
    )
    .fetch_one(conn)
    .await?;
    let nodes: Vec<NodeRow> = json("node", "all", cluster, &found.nodes)?;
    let devices: Vec<DeviceRow> = json("device", "all", cluster, &found.devices)?;
    let nodes = nodes.into_iter().map(Node::try_from).collect::<Result<_>>()?;
    let devices = devices.into_iter().map(Device::try_from).collect::<Result<_>>()?;
    Ok((nodes, devices, json("finding_device", "all", cluster, &found.held)?))
}
