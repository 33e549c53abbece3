//! What the database says, as far as peers can be measured by it.
//!
//! Operations go on while peers are asked, so the database is read before and after. What either says is known, whatever
//! its phase. Expected of a peer is only what both say alike and no operation is about to make, move or take away.

use std::collections::{HashMap, HashSet};

use crate::executor::gluster::SNAPSHOT_MOUNTS;
use crate::model::block_volume::BlockVolume;
use crate::model::brick::{Brick, logical_volume};
use crate::model::device::{Device, volume_group};
use crate::model::everything::Everything;
use crate::model::ids::{BlockVolumeId, BrickId, ClusterId, DeviceId, NodeId, VolumeId};
use crate::model::node::Node;
use crate::model::operation::{Detail, Operation};
use crate::model::state::Phase;
use crate::model::volume::Volume;

/// What the database says.
pub(super) struct Known<'a> {
    nodes: HashMap<NodeId, &'a Node>,
    volumes: HashMap<VolumeId, &'a Volume>,
    devices: HashMap<DeviceId, &'a Device>,
    bricks: HashMap<BrickId, &'a Brick>,
    blocks: HashMap<BlockVolumeId, &'a BlockVolume>,
    /// Names of volumes by cluster.
    names: HashSet<(ClusterId, &'a str)>,
    /// Volumes that are being cloned: there are snapshots of them for a while.
    cloned: HashSet<VolumeId>,
    expected: Expected,
}

/// What a peer must have.
#[derive(Default)]
struct Expected {
    nodes: HashSet<NodeId>,
    volumes: HashSet<VolumeId>,
    devices: HashSet<DeviceId>,
    bricks: HashSet<BrickId>,
    blocks: HashSet<BlockVolumeId>,
}

impl<'a> Known<'a> {
    /// Takes both states together; where they differ, the later one describes.
    pub(super) fn new(before: &'a Everything, after: &'a Everything) -> Known<'a> {
        let both = [before, after];
        Known {
            nodes: both.iter().flat_map(|all| &all.nodes).map(|node| (node.id, node)).collect(),
            volumes: both.iter().flat_map(|all| &all.volumes).map(|volume| (volume.id, volume)).collect(),
            devices: both.iter().flat_map(|all| &all.devices).map(|device| (device.id, device)).collect(),
            bricks: both.iter().flat_map(|all| &all.bricks).map(|brick| (brick.id, brick)).collect(),
            blocks: both.iter().flat_map(|all| &all.block_volumes).map(|block| (block.id, block)).collect(),
            names: both
                .iter()
                .flat_map(|all| &all.volumes)
                .map(|volume| (volume.cluster, volume.name.as_str()))
                .collect(),
            cloned: both.iter().flat_map(|all| &all.operations).filter_map(source).collect(),
            expected: Expected::new(before, after),
        }
    }

    /// The host that a node is.
    pub(super) fn host(&self, node: NodeId) -> &'a str {
        self.nodes.get(&node).and_then(|node| node.manage.first()).map_or("(unknown)", String::as_str)
    }

    /// Whether a node must be in the trusted pool: one that is being taken out may have left already.
    pub(super) fn is_member(&self, node: NodeId) -> bool {
        self.expected.nodes.contains(&node)
    }

    /// Whether a cluster has a volume of that name.
    pub(super) fn has_name(&self, cluster: ClusterId, name: &str) -> bool {
        self.names.contains(&(cluster, name))
    }

    /// The volumes that gluster must have in a cluster, by name.
    pub(super) fn expected_volumes(&self, cluster: ClusterId) -> Vec<&'a Volume> {
        let volumes = self.volumes.values().copied().filter(|volume| volume.cluster == cluster);
        let mut found: Vec<&Volume> = volumes.filter(|v| self.expected.volumes.contains(&v.id)).collect();
        found.sort_unstable_by_key(|volume| (&volume.name, volume.id));
        found
    }

    /// The block volumes that gluster-block must have in a volume, by name.
    pub(super) fn expected_blocks(&self, hosting: VolumeId) -> Vec<&'a BlockVolume> {
        let blocks = self.blocks.values().copied().filter(|block| block.hosting == hosting);
        let mut found: Vec<&BlockVolume> = blocks.filter(|b| self.expected.blocks.contains(&b.id)).collect();
        found.sort_unstable_by_key(|block| (&block.name, block.id));
        found
    }

    /// Whether a volume has a block volume of that name, also one that comes or goes.
    pub(super) fn has_block(&self, hosting: VolumeId, name: &str) -> bool {
        self.blocks.values().any(|block| block.hosting == hosting && block.name == name)
    }

    /// The devices that a node must have, by name.
    pub(super) fn expected_devices(&self, node: NodeId) -> Vec<&'a Device> {
        let devices = self.devices.values().copied().filter(|device| device.node == node);
        let mut found: Vec<&Device> = devices.filter(|d| self.expected.devices.contains(&d.id)).collect();
        found.sort_unstable_by_key(|device| (&device.name, device.id));
        found
    }

    /// The bricks that a node must have, by id.
    pub(super) fn expected_bricks(&self, node: NodeId) -> Vec<&'a Brick> {
        let mut found: Vec<&Brick> = self.bricks_of(node).filter(|brick| self.is_expected(brick)).collect();
        found.sort_unstable_by_key(|brick| brick.id);
        found
    }

    /// Whether a peer must have a brick.
    pub(super) fn is_expected(&self, brick: &Brick) -> bool {
        self.expected.bricks.contains(&brick.id)
    }

    /// All bricks of a node, also those that come or go.
    pub(super) fn bricks_of(&self, node: NodeId) -> impl Iterator<Item = &'a Brick> {
        self.bricks.values().copied().filter(move |brick| brick.node == node)
    }

    /// All bricks, also those that come or go.
    pub(super) fn bricks(&self) -> impl Iterator<Item = &'a Brick> {
        self.bricks.values().copied()
    }

    /// A device, also one that comes or goes.
    pub(super) fn device(&self, id: DeviceId) -> Option<&'a Device> {
        self.devices.get(&id).copied()
    }

    /// All devices, also those that come or go.
    pub(super) fn devices(&self) -> impl Iterator<Item = &'a Device> {
        self.devices.values().copied()
    }

    /// All devices of a node, also those that come or go.
    pub(super) fn devices_of(&self, node: NodeId) -> impl Iterator<Item = &'a Device> {
        self.devices.values().copied().filter(move |device| device.node == node)
    }

    /// The volume of a brick.
    pub(super) fn volume_of(&self, brick: &Brick) -> Option<&'a Volume> {
        self.volumes.get(&brick.volume).copied()
    }

    /// Whether the volume of a brick is being cloned.
    pub(super) fn is_cloned(&self, brick: &Brick) -> bool {
        self.cloned.contains(&brick.volume)
    }

    /// A brick in words.
    pub(super) fn describe(&self, brick: &Brick) -> String {
        let volume = self.volume_of(brick).map_or("(unknown)", |volume| volume.name.as_str());
        format!("brick {} of volume {volume} on {}", brick.id, self.host(brick.node))
    }

    /// The ways in which gluster may name a brick.
    pub(super) fn places(&self, brick: &Brick) -> Vec<String> {
        let names = self.nodes.get(&brick.node).map_or(&[][..], |node| &node.storage);
        names.iter().map(|name| format!("{name}:{}", brick.path)).collect()
    }
}

fn source(op: &Operation) -> Option<VolumeId> {
    match op.detail {
        Detail::Clone { source } => Some(source),
        _ => None,
    }
}

impl Expected {
    fn new(before: &Everything, after: &Everything) -> Expected {
        let was = ready(&before.nodes, |n| (n.phase == Phase::Ready).then_some((n.id, n.cluster)));
        let is = ready(&after.nodes, |n| (n.phase == Phase::Ready).then_some((n.id, n.cluster)));
        let nodes: HashSet<NodeId> = unchanged(was, &is);
        let was =
            ready(&before.volumes, |v| (v.phase == Phase::Ready).then_some((v.id, (v.cluster, &v.name))));
        let is = ready(&after.volumes, |v| (v.phase == Phase::Ready).then_some((v.id, (v.cluster, &v.name))));
        let volumes: HashSet<VolumeId> = unchanged(was, &is);
        let was = ready(&before.devices, |d| (d.phase == Phase::Ready).then_some((d.id, d.node)));
        let is = ready(&after.devices, |d| (d.phase == Phase::Ready).then_some((d.id, d.node)));
        let devices: HashSet<DeviceId> = unchanged(was, &is);
        let bricks = before.bricks.iter().chain(&after.bricks);
        let leaving: HashSet<BrickId> = bricks.filter_map(|brick| brick.replaces).collect();
        let stays = |b: &Brick| {
            b.phase == Phase::Ready
                && b.replaces.is_none()
                && !leaving.contains(&b.id)
                && volumes.contains(&b.volume)
        };
        let was = ready(&before.bricks, |brick| stays(brick).then_some((brick.id, brick)));
        let is = ready(&after.bricks, |brick| stays(brick).then_some((brick.id, brick)));
        let bricks = unchanged(was, &is);
        let was = ready(&before.block_volumes, |b| (b.phase == Phase::Ready).then_some((b.id, b.hosting)));
        let is = ready(&after.block_volumes, |b| (b.phase == Phase::Ready).then_some((b.id, b.hosting)));
        let blocks = unchanged(was, &is);
        Expected { nodes, volumes, devices, bricks, blocks }
    }
}

fn ready<'a, T, Id: Eq + std::hash::Hash, What>(
    rows: &'a [T],
    what: impl Fn(&'a T) -> Option<(Id, What)>,
) -> HashMap<Id, What> {
    rows.iter().filter_map(what).collect()
}

/// What was the same before and after.
fn unchanged<Id: Eq + std::hash::Hash, What: PartialEq>(
    before: HashMap<Id, What>,
    after: &HashMap<Id, What>,
) -> HashSet<Id> {
    let same = before.into_iter().filter(|(id, what)| after.get(id) == Some(what));
    same.map(|(id, _)| id).collect()
}

/// Where a brick is on its peer.
pub(super) struct Site {
    /// Its volume group.
    pub(super) group: String,
    /// Its logical volume; `None` where gluster has named it and nobody wrote that down: then what is mounted tells.
    pub(super) volume: Option<String>,
    /// Where it is mounted.
    pub(super) point: String,
    /// Whether the file system table mounts it; else gluster does.
    pub(super) in_table: bool,
}

impl Site {
    /// By the path that gluster was given.
    pub(super) fn of(brick: &Brick) -> Site {
        let point = brick.path.strip_suffix("/brick").unwrap_or(&brick.path);
        let by_gluster = point.strip_prefix("/var").unwrap_or(point).starts_with(SNAPSHOT_MOUNTS);
        Site {
            group: volume_group(brick.device),
            volume: brick.logical_volume.clone().or_else(|| (!by_gluster).then(|| logical_volume(brick.id))),
            point: point.to_owned(),
            in_table: !by_gluster,
        }
    }
}
