//! In which thin pool a clone's brick is, where that came from a heketi which did not keep it: its peer is asked at the start.
//!
//! Until then the brick is charged as if it had a pool of its own. Only a delete asks before it begins: the pool goes with
//! the last volume that is in it.

use std::time::Duration;

use tracing::{info, warn};

use super::engine::Engine;
use crate::model::finding::POOL_UNKNOWN;
use crate::model::ids::VolumeId;
use crate::store::unknown_pools::{self, UnknownPool};
use crate::store::{StoreError, node};

/// How long a delete waits for an answer: that of a volume on a dead peer goes on without.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the pool of a brick is still not known.
#[derive(Debug, thiserror::Error)]
enum Unfound {
    /// Its peer does not say it.
    #[error("in which thin pool brick {brick} is, {host} does not say: {why}. It is asked again")]
    Why {
        /// The brick.
        brick: String,
        /// The peer.
        host: String,
        /// What stands in the way.
        why: String,
    },
    /// The database refused.
    #[error("in which thin pool a brick is could not be written down: {0}")]
    Store(#[from] StoreError),
}

impl Engine {
    /// Asks for the pools of the bricks of a volume, as far as they are not known and their peers answer. Costs nothing
    /// where all are known.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn find_pools_of(&self, volume: VolumeId) -> Result<(), StoreError> {
        let unknown = unknown_pools::of_volume(&mut *self.store.read().await?, volume).await?;
        let asked = tokio::time::timeout(PATIENCE, self.find_pools(&unknown)).await;
        if asked.is_err() {
            warn!(
                "not all peers have said within {} s in which thin pools the bricks of volume {volume} are",
                PATIENCE.as_secs()
            );
        }
        Ok(())
    }

    /// Asks for these pools, one after the other.
    pub(super) async fn find_pools(&self, unknown: &[UnknownPool]) {
        for one in unknown {
            if let Err(why) = self.find_pool(one).await {
                warn!("{why}");
            }
        }
    }
    /// Asks the peer of a brick in which pool it is, and writes that down.
    ///
    /// # Errors
    /// With the reason, where the peer does not say it, or the database refuses.
    async fn find_pool(&self, unknown: &UnknownPool) -> Result<(), Unfound> {
        let node = node::find(&mut *self.store.read().await?, unknown.node).await?;
        let Some(host) = node.and_then(|node| node.host()) else { return Ok(()) };
        let unfound = |why: String| Unfound::Why {
            brick: unknown.brick.to_string(),
            host: host.to_string(),
            why: why.trim().to_owned(),
        };
        let asked = self.runner.pool_of(&host, unknown.device, &unknown.logical_volume).await;
        let pool = match asked {
            Ok(Some(pool)) => pool,
            Ok(None) => {
                return Err(unfound(format!(
                    "it has no thin volume {} on device {}",
                    unknown.logical_volume, unknown.device
                )));
            }
            Err(error) => return Err(unfound(error.text())),
        };
        let mut tx = self.store.write().await?;
        // Somebody may have deleted it meanwhile.
        if unknown_pools::of_volume(&mut tx, unknown.volume).await?.contains(unknown) {
            unknown_pools::learnt(&mut tx, unknown, &pool, POOL_UNKNOWN).await?;
            tx.commit().await.map_err(StoreError::from)?;
            info!("{host} has told that brick {} is in the thin pool {pool}", unknown.brick);
        }
        Ok(())
    }
}
