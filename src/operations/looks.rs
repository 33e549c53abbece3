//! At which nodes somebody looks: one look at a time for each.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::ids::NodeId;

/// The nodes at which somebody looks.
#[derive(Debug, Default)]
pub(super) struct Looks(Arc<Mutex<BTreeSet<NodeId>>>);

/// Leave to look at a node, as long as it lives.
#[derive(Debug)]
pub(super) struct Look {
    nodes: Arc<Mutex<BTreeSet<NodeId>>>,
    node: NodeId,
}

impl Looks {
    /// None where somebody looks at the node already.
    pub(super) fn begin(&self, node: NodeId) -> Option<Look> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node);
        is_new.then(|| Look { nodes: Arc::clone(&self.0), node })
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.node);
    }
}
