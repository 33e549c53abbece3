//! Volumes and their bricks as steps speak of them.

use std::collections::BTreeMap;

use super::peers;
use crate::executor::gluster;
use crate::model::brick::{Brick, BrickRole};
use crate::model::ids::{BrickId, NodeId};
use crate::model::node::Node;
use crate::model::state::{EntryState, Phase};
use crate::model::step::{BrickAt, BrickPlan, Peer, Step, VolumePlan};
use crate::model::volume::Volume;
use crate::store::{Result, StoreError};

/// A gluster volume of these bricks; `nodes` are those of its cluster.
///
/// # Errors
/// When a brick is on none of the nodes.
pub(super) fn volume_plan(
    volume: &Volume,
    bricks: &[Brick],
    nodes: &[Node],
    arbiter: bool,
) -> Result<VolumePlan> {
    let at = |brick: &Brick| {
        let peer = peer_of(brick, nodes)?;
        Ok(BrickAt { host: peer.host, storage: peer.storage, path: brick.path.clone() })
    };
    Ok(VolumePlan {
        volume: volume.id,
        name: volume.name.clone(),
        durability: volume.durability,
        arbiter,
        bricks: bricks.iter().map(at).collect::<Result<_>>()?,
        // What is no option was refused, but for that of heketi's mock or of an import.
        options: volume
            .options
            .iter()
            .filter(|option| gluster::parse_option(option).is_ok())
            .cloned()
            .collect(),
        peers: askable(bricks, nodes)?,
        hosts_blocks: volume.hosting.is_some(),
    })
}

/// The bricks of a volume, each with all that a step needs.
///
/// # Errors
/// When a brick is on none of the nodes.
pub(super) fn brick_steps(volume: &Volume, bricks: &[Brick], nodes: &[Node]) -> Result<Vec<BrickPlan>> {
    let plan = |brick: &Brick| {
        Ok(BrickPlan {
            volume: volume.id,
            peer: peer_of(brick, nodes)?,
            brick: brick.id,
            device: brick.device,
            thin_pool: brick.thin_pool.clone(),
            space: brick.space,
            role: brick.role,
            gid: volume.gid,
            path: brick.path.clone(),
            logical_volume: brick.logical_volume.clone(),
            shares_pool: false,
            hosts_blocks: volume.hosting.is_some(),
        })
    };
    bricks.iter().map(plan).collect()
}

/// Steps that remove bricks; `shared` are those whose pools other bricks are in.
pub(super) fn destroy_steps(plans: Vec<BrickPlan>, shared: &[BrickId]) -> Vec<Step> {
    let step =
        |plan: BrickPlan| Step::DestroyBrick(BrickPlan { shares_pool: shared.contains(&plan.brick), ..plan });
    plans.into_iter().map(step).collect()
}

/// Whether the last brick of each set is an arbiter.
pub(super) fn has_arbiter(bricks: &[Brick]) -> bool {
    bricks.iter().any(|brick| brick.role == BrickRole::Arbiter)
}

fn peer_of(brick: &Brick, nodes: &[Node]) -> Result<Peer> {
    let node = nodes.iter().find(|node| node.id == brick.node).ok_or_else(|| StoreError::Corrupt {
        table: "brick",
        column: "node_id",
        row: brick.id.to_string(),
        value: brick.node.to_string(),
    })?;
    peers::peer(node)
}

/// Peers that can be asked about a volume: the one of its first brick, as heketi, then those with bricks, then
/// the others, those online before those that are not. Never one that is not yet, or no longer, wholly in the pool.
fn askable(bricks: &[Brick], nodes: &[Node]) -> Result<Vec<Peer>> {
    let mut order: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (at, brick) in bricks.iter().enumerate() {
        order.entry(brick.node).or_insert(at);
    }
    let mut nodes: Vec<&Node> = nodes.iter().filter(|node| node.phase == Phase::Ready).collect();
    nodes.sort_by_key(|node| {
        let at = order.get(&node.id).copied();
        (at.is_none(), node.state != EntryState::Online, at, node.id)
    });
    nodes.into_iter().map(peers::peer).collect()
}
