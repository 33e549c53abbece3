//! Block volumes as steps speak of them.

use std::collections::BTreeMap;

use super::locks::{Mode, ObjectKey};
use super::peers;
use crate::model::block_volume::BlockVolume;
use crate::model::ids::{BlockVolumeId, ClusterId};
use crate::model::node::Node;
use crate::model::state::{EntryState, Phase};
use crate::model::step::{BlockPlan, Peer};
use crate::store::Result;

/// A block volume in the volume called `hosting`; `nodes` are those of its cluster, and `exported` says how many block
/// volumes each of them exports.
///
/// # Errors
/// When what is stored cannot be a host name.
pub(super) fn block_plan(
    block: &BlockVolume,
    hosting: &str,
    nodes: &[Node],
    exported: &BTreeMap<String, u64>,
) -> Result<BlockPlan> {
    let mut there: Vec<&Node> = nodes.iter().filter(|node| node.phase == Phase::Ready).collect();
    there.sort_by_key(|node| (node.state != EntryState::Online, node.id));
    let peers: Vec<Peer> = there.into_iter().map(peers::peer).collect::<Result<_>>()?;
    Ok(BlockPlan {
        block_volume: block.id,
        hosting: hosting.to_owned(),
        name: block.name.clone(),
        size: block.size,
        ha_count: block.ha_count,
        auth: block.auth,
        fresh_hosting: false,
        hosts: hosts(block, &peers, exported),
        peers,
    })
}

/// The peers that export it, or could: those that are online first, and among them those that export the fewest, so that
/// the load is spread. heketi draws lots.
fn hosts(block: &BlockVolume, peers: &[Peer], exported: &BTreeMap<String, u64>) -> Vec<Peer> {
    let known = &block.access.hosts;
    if known.is_empty() {
        let mut all = peers.to_vec();
        all.sort_by_key(|peer| exported.get(&peer.storage).copied().unwrap_or(0));
        return all;
    }
    peers.iter().filter(|peer| known.contains(&peer.storage)).cloned().collect()
}

/// What an operation on a block volume keeps others from.
///
/// Not its hosting volume: the heal of a brick that has moved keeps that for days. gluster-block has a lock of its own in
/// it, room is taken in transactions, and what would take the hosting volume away meets the block volume in the database.
pub(super) fn locks(cluster: ClusterId, block: BlockVolumeId) -> Vec<(ObjectKey, Mode)> {
    vec![(ObjectKey::Cluster(cluster), Mode::Shared), (ObjectKey::BlockVolume(block), Mode::Exclusive)]
}
