//! Bricks without a path, which a heketi that failed has left in its database: taken out. No peer is asked.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::model::ids::{BrickId, ClusterId, DeviceId, NodeId};
use crate::store::{Store, StoreError, brick, everything};

/// Where to look for them. Ids as they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// Everywhere.
    All,
    /// On the devices of these, together.
    Of {
        /// All devices of clusters.
        clusters: Vec<String>,
        /// All devices of nodes.
        nodes: Vec<String>,
        /// Devices.
        devices: Vec<String>,
    },
}

/// Why none was taken out. The texts are heketi's.
#[derive(Debug, thiserror::Error)]
pub enum EmptyPathError {
    /// It is no id.
    #[error("{0} is not a valid UUID")]
    NoId(String),
    /// There is nothing of that id.
    #[error("Id not found")]
    NotFound,
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the bricks out whose path is empty; their devices get the space back. Gives their ids.
///
/// # Errors
/// When something that was named is not there: then nothing is changed.
pub async fn delete(store: &Store, selected: &Selected) -> Result<Vec<BrickId>, EmptyPathError> {
    let mut tx = store.write().await?;
    let all = everything::read(&mut tx).await?;
    let known = Known {
        clusters: all.clusters.iter().map(|cluster| cluster.id).collect(),
        nodes: all.nodes.iter().map(|node| (node.id, node.cluster)).collect(),
        devices: all.devices.iter().map(|device| (device.id, device.node)).collect(),
    };
    let devices = known.devices_of(selected)?;
    let empty = all.bricks.iter().filter(|brick| brick.path.is_empty() && devices.contains(&brick.device));
    let ids: Vec<BrickId> = empty.map(|brick| brick.id).collect();
    brick::delete(&mut tx, &ids).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(ids)
}

struct Known {
    clusters: Vec<ClusterId>,
    nodes: Vec<(NodeId, ClusterId)>,
    devices: Vec<(DeviceId, NodeId)>,
}

impl Known {
    fn devices_of(&self, selected: &Selected) -> Result<BTreeSet<DeviceId>, EmptyPathError> {
        let Selected::Of { clusters, nodes, devices } = selected else {
            return Ok(self.devices.iter().map(|(id, _)| *id).collect());
        };
        let clusters = there(clusters, |id| self.clusters.contains(id))?;
        let mut nodes = there(nodes, |id| self.nodes.iter().any(|(node, _)| node == id))?;
        let inside = self.nodes.iter().filter(|(_, cluster)| clusters.contains(cluster));
        nodes.extend(inside.map(|(id, _)| *id));
        let mut devices = there(devices, |id| self.devices.iter().any(|(device, _)| device == id))?;
        let on_them = self.devices.iter().filter(|(_, node)| nodes.contains(node));
        devices.extend(on_them.map(|(id, _)| *id));
        Ok(devices)
    }
}

fn there<Id: FromStr + Ord>(
    words: &[String],
    is_known: impl Fn(&Id) -> bool,
) -> Result<BTreeSet<Id>, EmptyPathError> {
    let read = |word: &String| {
        let id = Id::from_str(word).map_err(|_| EmptyPathError::NoId(word.clone()))?;
        if is_known(&id) { Ok(id) } else { Err(EmptyPathError::NotFound) }
    };
    words.iter().map(read).collect()
}
