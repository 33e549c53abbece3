//! Tables `node` and `node_hostname`.

use serde::Deserialize;
use sqlx::SqliteConnection;

use super::{Result, StoreError, json, one_row, to_json};
use crate::model::ids::{ClusterId, NodeId};
use crate::model::node::{Node, Tags};
use crate::model::state::{EntryState, Phase};

/// Which of a node's names is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostnameUse {
    /// Commands go there.
    Manage,
    /// Gluster uses it.
    Storage,
}

impl HostnameUse {
    fn as_str(self) -> &'static str {
        match self {
            HostnameUse::Manage => "manage",
            HostnameUse::Storage => "storage",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct NodeRow {
    id: NodeId,
    cluster_id: ClusterId,
    zone: i64,
    manage: String,
    storage: String,
    tags: String,
    state: EntryState,
    phase: Phase,
}

impl TryFrom<NodeRow> for Node {
    type Error = StoreError;

    fn try_from(row: NodeRow) -> Result<Node> {
        Ok(Node {
            id: row.id,
            cluster: row.cluster_id,
            zone: row.zone,
            manage: json("node_hostname", "manage", row.id, &row.manage)?,
            storage: json("node_hostname", "storage", row.id, &row.storage)?,
            tags: json("node", "tags", row.id, &row.tags)?,
            state: row.state,
            phase: row.phase,
        })
    }
}

/// Puts a new node in, with its host names.
///
/// # Errors
/// When a host name is taken, or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, node: &Node) -> Result<()> {
    let tags = to_json(&node.tags)?;
    sqlx::query!(
        "INSERT INTO node (id, cluster_id, zone, tags, state, phase) VALUES (?, ?, ?, ?, ?, ?)",
        node.id,
        node.cluster,
        node.zone,
        tags,
        node.state,
        node.phase
    )
    .execute(&mut *conn)
    .await?;
    insert_hostnames(conn, node.id, HostnameUse::Manage, &node.manage).await?;
    insert_hostnames(conn, node.id, HostnameUse::Storage, &node.storage).await
}

async fn insert_hostnames(
    conn: &mut SqliteConnection,
    id: NodeId,
    kind: HostnameUse,
    names: &[String],
) -> Result<()> {
    let (kind, names) = (kind.as_str(), to_json(&names)?);
    sqlx::query!(
        "INSERT INTO node_hostname (node_id, use, seq, name) SELECT ?1, ?2, key, value FROM json_each(?3)",
        id,
        kind,
        names
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The node that has this host name.
///
/// # Errors
/// When the database refuses.
pub async fn with_hostname(
    conn: &mut SqliteConnection,
    kind: HostnameUse,
    name: &str,
) -> Result<Option<NodeId>> {
    let kind = kind.as_str();
    Ok(sqlx::query_scalar!(
        r#"SELECT node_id AS "id: NodeId" FROM node_hostname WHERE use = ? AND name = ?"#,
        kind,
        name
    )
    .fetch_optional(conn)
    .await?)
}

/// The node of that id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut SqliteConnection, id: NodeId) -> Result<Option<Node>> {
    let row = sqlx::query_as!(
        NodeRow,
        r#"SELECT id AS "id: NodeId", cluster_id AS "cluster_id: ClusterId", zone, tags,
                  state AS "state: EntryState", phase AS "phase: Phase",
                  (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                    WHERE node_id = node.id AND use = 'manage') AS "manage!: String",
                  (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                    WHERE node_id = node.id AND use = 'storage') AS "storage!: String"
             FROM node WHERE id = ?"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Node::try_from).transpose()
}

/// All nodes of a cluster by id, in whatever phase.
///
/// # Errors
/// When the database refuses.
pub async fn of_cluster(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Vec<Node>> {
    let rows = sqlx::query_as!(
        NodeRow,
        r#"SELECT id AS "id: NodeId", cluster_id AS "cluster_id: ClusterId", zone, tags,
                  state AS "state: EntryState", phase AS "phase: Phase",
                  (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                    WHERE node_id = node.id AND use = 'manage') AS "manage!: String",
                  (SELECT json_group_array(name ORDER BY seq) FROM node_hostname
                    WHERE node_id = node.id AND use = 'storage') AS "storage!: String"
             FROM node WHERE cluster_id = ? ORDER BY id"#,
        cluster
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Node::try_from).collect()
}

/// Puts an existing node into a state.
///
/// # Errors
/// When the node is gone or pending, or the database refuses.
pub async fn set_state(conn: &mut SqliteConnection, id: NodeId, state: EntryState) -> Result<()> {
    let done = sqlx::query!("UPDATE node SET state = ? WHERE id = ? AND phase = 'ready'", state, id)
        .execute(conn)
        .await?;
    one_row(&done, "node", id)
}

/// Gives an existing node other tags.
///
/// # Errors
/// When the node is gone or pending, or the database refuses.
pub async fn set_tags(conn: &mut SqliteConnection, id: NodeId, tags: &Tags) -> Result<()> {
    let tags = to_json(tags)?;
    let done = sqlx::query!("UPDATE node SET tags = ? WHERE id = ? AND phase = 'ready'", tags, id)
        .execute(conn)
        .await?;
    one_row(&done, "node", id)
}

/// Moves a node from one phase of its life to another.
///
/// # Errors
/// When the node is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, id: NodeId, from: Phase, to: Phase) -> Result<()> {
    let done = sqlx::query!("UPDATE node SET phase = ? WHERE id = ? AND phase = ?", to, id, from)
        .execute(conn)
        .await?;
    one_row(&done, "node", id)
}

/// Takes a node out, with its host names.
///
/// # Errors
/// When the node is gone or still has devices, or the database refuses.
pub async fn delete(conn: &mut SqliteConnection, id: NodeId) -> Result<()> {
    let done = sqlx::query!("DELETE FROM node WHERE id = ?", id).execute(conn).await?;
    one_row(&done, "node", id)
}
