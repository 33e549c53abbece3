//! How full the thin pools of devices are, for the metrics, and a word in the log before one runs full: writes into its
//! brick fail then.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tracing::{debug, warn};

use super::engine::Engine;
use crate::executor::thin_pool::{PoolUse, parse_pool_uses, pool_uses};
use crate::metrics::DeviceFullness;
use crate::model::device::{Device, volume_group};
use crate::model::ids::NodeId;
use crate::model::node::Node;
use crate::store::{Result, device};

/// From which shares on a pool is worth a warning.
const LEVELS: [f64; 2] = [0.80, 0.95];

/// The levels that the pools of nodes have passed; those below the first are left out.
#[derive(Debug, Default)]
pub(super) struct PassedLevels(Mutex<BTreeMap<NodeId, LevelOfPool>>);

/// By group and name.
type LevelOfPool = BTreeMap<(String, String), usize>;

impl PassedLevels {
    /// Notes how full the pools of a node are, and gives those that have passed a level since the last time.
    fn note<'p>(&self, node: NodeId, pools: &'p [PoolUse]) -> Vec<&'p PoolUse> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.remove(&node).unwrap_or_default();
        let mut now = LevelOfPool::new();
        let mut passing = Vec::new();
        for pool in pools {
            let key = (pool.group.clone(), pool.pool.clone());
            let level = level(pool);
            if level > before.get(&key).copied().unwrap_or(0) {
                passing.push(pool);
            }
            if level > 0 {
                now.insert(key, level);
            }
        }
        all.insert(node, now);
        passing
    }
}

fn level(pool: &PoolUse) -> usize {
    LEVELS.iter().filter(|level| pool.data >= **level || pool.metadata >= **level).count()
}

impl Engine {
    /// Asks a peer how full its thin pools are. Where it does not answer, nothing is known any more.
    pub(super) async fn measure_pools(&self, node: &Node) -> Result<()> {
        let Some(pools) = self.pools_of(node).await else {
            self.metrics.fullness(&node.id.to_string(), Vec::new());
            return Ok(());
        };
        let devices = device::of_node(&mut *self.store.read().await?, node.id).await?;
        let figures = devices.iter().filter_map(|device| fullness(node, device, &pools)).collect();
        self.metrics.fullness(&node.id.to_string(), figures);
        // What is another server's is its to tell.
        let device_of = |pool: &PoolUse| devices.iter().find(|device| volume_group(device.id) == pool.group);
        let own: Vec<PoolUse> = pools.iter().filter(|pool| device_of(pool).is_some()).cloned().collect();
        for pool in self.passed_levels.note(node.id, &own) {
            tell(node, device_of(pool), pool);
        }
        Ok(())
    }

    async fn pools_of(&self, node: &Node) -> Option<Vec<PoolUse>> {
        let host = node.host()?;
        match self.executor.run(&host, &pool_uses(&self.peer_settings)).await {
            Ok(output) => parse_pool_uses(&output.stdout),
            Err(error) => {
                debug!(error = &error as &dyn std::error::Error, "the thin pools of {host} are not known");
                None
            }
        }
    }
}

/// The fullest pool of a device counts: the others do not help it. None where there is no pool.
fn fullness(node: &Node, device: &Device, pools: &[PoolUse]) -> Option<DeviceFullness> {
    let group = volume_group(device.id);
    let own = pools.iter().filter(|pool| pool.group == group);
    let (data, metadata) = own.fold(None, |most: Option<(f64, f64)>, pool| {
        let (data, metadata) = most.unwrap_or_default();
        Some((data.max(pool.data), metadata.max(pool.metadata)))
    })?;
    Some(DeviceFullness {
        cluster: node.cluster.to_string(),
        hostname: node.manage.first().cloned().unwrap_or_default(),
        device: device.name.clone(),
        id: device.id.to_string(),
        data,
        metadata,
    })
}

fn tell(node: &Node, device: Option<&Device>, pool: &PoolUse) {
    let percent = |share: f64| (share * 100.0).floor();
    warn!(
        "thin pool {}/{} on {} ({}) is full to {} %, its metadata to {} %: at 100 % writes into its brick fail. Delete files or snapshots of its volume, or expand the volume",
        pool.group,
        pool.pool,
        node.manage.join(", "),
        device.map_or("", |device| &device.name),
        percent(pool.data),
        percent(pool.metadata)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_told_once_for_each_passing() {
        let (levels, node) = (PassedLevels::default(), NodeId::from_uuid(uuid::Uuid::nil()));
        let check = |data: f64, metadata: f64, told: usize| {
            let pool = PoolUse { group: "vg_x".into(), pool: "tp_a".into(), data, metadata };
            assert_eq!(levels.note(node, &[pool]).len(), told, "{data} {metadata}");
        };
        check(0.79, 0.0, 0);
        check(0.80, 0.0, 1);
        check(0.94, 0.0, 0);
        check(0.94, 0.95, 1);
        check(0.99, 0.95, 0);
        check(0.5, 0.5, 0);
        check(0.96, 0.5, 1);
        assert!(levels.note(node, &[]).is_empty());
    }
}
