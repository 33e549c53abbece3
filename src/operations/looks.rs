//! At which nodes somebody looks: one look at a time for each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::ids::NodeId;

/// The looks at nodes: the last one of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(Arc<Mutex<BTreeMap<NodeId, Last>>>);

#[derive(Debug)]
struct Last {
    begun: Instant,
    is_over: bool,
}

/// Leave to look at a node, as long as it lives.
#[derive(Debug)]
pub(super) struct Look {
    all: Looks,
    node: NodeId,
}

impl Looks {
    /// None where somebody looks at the node already, or has begun to within that time.
    pub(super) fn begin(&self, node: NodeId, pause: Duration) -> Option<Look> {
        let mut all = self.all();
        if all.get(&node).is_some_and(|last| !last.is_over || last.begun.elapsed() < pause) {
            return None;
        }
        all.insert(node, Last { begun: Instant::now(), is_over: false });
        Some(Look { all: self.clone(), node })
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<NodeId, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        if let Some(last) = self.all.all().get_mut(&self.node) {
            last.is_over = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_node_is_looked_at_once_at_a_time_and_not_again_at_once() {
        let (looks, pause) = (Looks::default(), Duration::from_secs(10));
        let [node, other] = [1, 2].map(|number| NodeId::from_uuid(uuid::Uuid::from_u128(number)));
        let first = looks.begin(node, Duration::ZERO).unwrap();
        tokio::time::advance(pause * 2).await;
        assert!(looks.begin(node, pause).is_none(), "it is not over");
        assert!(looks.begin(other, pause).is_some());
        drop(first);
        drop(looks.begin(node, pause).unwrap());
        assert!(looks.begin(node, pause).is_none());
        assert!(looks.begin(node, Duration::ZERO).is_some());
    }
}
