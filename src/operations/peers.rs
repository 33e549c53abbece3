//! Nodes as steps speak of them.

use sqlx::SqliteConnection;

use crate::model::ids::{ClusterId, NodeId};
use crate::model::node::Node;
use crate::model::state::{EntryState, Phase};
use crate::model::step::Peer;
use crate::store::{Result, StoreError, node};

/// A node as steps speak of it.
///
/// # Errors
/// When what is stored cannot be a host name.
pub(super) fn peer(node: &Node) -> Result<Peer> {
    let host = node.host().ok_or_else(|| StoreError::Corrupt {
        table: "node_hostname",
        column: "name",
        row: node.id.to_string(),
        value: node.manage.join(" "),
    })?;
    Ok(Peer { node: node.id, host, storage: node.storage_name().to_owned() })
}

/// The peers of a cluster that can be asked, those that are online first; without `but`.
pub(super) async fn of_cluster(
    conn: &mut SqliteConnection,
    cluster: ClusterId,
    but: Option<NodeId>,
) -> Result<Vec<Peer>> {
    let mut nodes = node::of_cluster(conn, cluster).await?;
    nodes.retain(|node| node.phase != Phase::Deleting && Some(node.id) != but);
    nodes.sort_by_key(|node| (node.phase != Phase::Ready, node.state != EntryState::Online, node.id));
    nodes.iter().map(peer).collect()
}
