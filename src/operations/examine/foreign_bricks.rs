//! Bricks that gluster has in places of ours and that the database does not know: volumes made after the backup that was
//! restored, above all. Nobody is to be told to remove what is under them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::executor::gluster::SNAPSHOT_MOUNTS;
use crate::executor::lvm::split_node;
use crate::model::brick::MOUNTS;
use crate::model::inventory::{Inventory, LogicalVolume, Mounted};

/// A brick of a volume that gluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used<'a> {
    /// The volume's name.
    pub(super) volume: &'a str,
    /// The brick's directory.
    pub(super) path: &'a str,
}

/// All bricks of which the glusterds of a cluster know. A path of heketi's has the ids of its device and its brick in it,
/// and gluster's own have one of its own: it is on one host alone.
pub(super) struct ForeignBricks<'a> {
    bricks: Vec<Used<'a>>,
    is_known: bool,
}

/// Those of them that are on one peer.
pub(super) struct OnPeer<'a> {
    logical_volumes: HashMap<(&'a str, &'a str), Used<'a>>,
    pools: HashSet<(&'a str, &'a str)>,
    is_known: bool,
}

impl<'a> ForeignBricks<'a> {
    /// What any of these peers tells.
    pub(super) fn of(peers: &'a [Inventory]) -> ForeignBricks<'a> {
        let told = peers.iter().filter_map(|peer| peer.volumes.as_ref().ok());
        let places = told.flatten().flat_map(|volume| volume.bricks.iter().map(move |brick| (volume, brick)));
        let bricks: Vec<Used<'_>> = places
            .filter_map(|(volume, brick)| {
                Some(Used { volume: &volume.name, path: brick.name.split_once(':')?.1 })
            })
            .filter(|used| is_in_our_places(used.path))
            .collect();
        ForeignBricks { bricks, is_known: peers.iter().any(|peer| peer.volumes.is_ok()) }
    }

    /// The brick in what is mounted at a place, or would be.
    pub(super) fn below(&self, point: &str) -> Option<Used<'a>> {
        self.bricks.iter().find(|used| Path::new(used.path).starts_with(point)).copied()
    }

    /// Those on a peer's logical volumes.
    pub(super) fn on_peer(&self, peer: &'a Inventory) -> OnPeer<'a> {
        let mut found =
            OnPeer { logical_volumes: HashMap::new(), pools: HashSet::new(), is_known: self.is_known };
        for row in peer.logical_volumes.as_ref().map_or(&[][..], Vec::as_slice) {
            if let Some(used) = self.below(&mount_point(peer, row)) {
                found.logical_volumes.insert((&row.vg_name, &row.lv_name), used);
                found.pools.insert((&row.vg_name, &row.pool_lv));
            }
        }
        found
    }
}

impl<'a> OnPeer<'a> {
    /// The brick on a logical volume.
    pub(super) fn on(&self, row: &LogicalVolume) -> Option<Used<'a>> {
        self.logical_volumes.get(&(row.vg_name.as_str(), row.lv_name.as_str())).copied()
    }

    /// Whether a logical volume is the thin pool of such bricks.
    pub(super) fn is_pool(&self, row: &LogicalVolume) -> bool {
        self.pools.contains(&(row.vg_name.as_str(), row.lv_name.as_str()))
    }

    /// Whether any glusterd has answered.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// The volumes that have bricks in these volume groups.
    pub(super) fn volumes_in(&self, groups: &HashSet<String>) -> impl Iterator<Item = &'a str> {
        self.logical_volumes
            .iter()
            .filter(|((group, _), _)| groups.contains(*group))
            .map(|(_, used)| used.volume)
    }
}

/// heketi's mounts, and those of gluster's snapshots and clones.
fn is_in_our_places(path: &str) -> bool {
    path.starts_with(MOUNTS) || path.strip_prefix("/var").unwrap_or(path).starts_with(SNAPSHOT_MOUNTS)
}

/// Where a logical volume is mounted, or would be as a brick.
fn mount_point(peer: &Inventory, row: &LogicalVolume) -> String {
    let mounted = peer.mounts.as_ref().map_or(&[][..], |mounts| mounts.mounted.as_slice());
    let is_it = |mounted: &&Mounted| {
        split_node(&mounted.device).is_some_and(|(group, name)| group == row.vg_name && name == row.lv_name)
    };
    let found = mounted.iter().find(is_it).map(|mounted| mounted.point.clone());
    found.unwrap_or_else(|| format!("{MOUNTS}/{}/{}", row.vg_name, row.lv_name))
}
