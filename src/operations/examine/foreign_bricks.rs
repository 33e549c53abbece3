//! Bricks that gluster has in places of ours and that the database does not know: volumes made after the backup that was
//! restored, above all. Nobody is to be told to remove what is under them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

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

/// All bricks of which a peer's glusterd knows, by where they are.
pub(super) struct ForeignBricks<'a> {
    bricks: Vec<Used<'a>>,
    logical_volumes: HashMap<(&'a str, &'a str), Used<'a>>,
    pools: HashSet<(&'a str, &'a str)>,
}

impl<'a> ForeignBricks<'a> {
    /// Those of volumes that this peer has a part of, or any other: a path of ours has the ids of its device and its brick
    /// in it, so that it is on one host alone.
    pub(super) fn of(peer: &'a Inventory) -> ForeignBricks<'a> {
        let volumes = peer.volumes.as_ref().map_or(&[][..], Vec::as_slice);
        let places = volumes.iter().flat_map(|volume| volume.bricks.iter().map(move |brick| (volume, brick)));
        let bricks: Vec<Used<'_>> = places
            .filter_map(|(volume, brick)| {
                Some(Used { volume: &volume.name, path: brick.name.split_once(':')?.1 })
            })
            .filter(|used| used.path.starts_with(MOUNTS))
            .collect();
        let mut found = ForeignBricks { bricks, logical_volumes: HashMap::new(), pools: HashSet::new() };
        for row in peer.logical_volumes.as_ref().map_or(&[][..], Vec::as_slice) {
            if let Some(used) = found.below(&mount_point(peer, row)) {
                found.logical_volumes.insert((&row.vg_name, &row.lv_name), used);
                found.pools.insert((&row.vg_name, &row.pool_lv));
            }
        }
        found
    }

    /// The brick in what is mounted at a place, or would be.
    pub(super) fn below(&self, point: &str) -> Option<Used<'a>> {
        self.bricks.iter().find(|used| Path::new(used.path).starts_with(point)).copied()
    }

    /// The brick on a logical volume.
    pub(super) fn on(&self, row: &LogicalVolume) -> Option<Used<'a>> {
        self.logical_volumes.get(&(row.vg_name.as_str(), row.lv_name.as_str())).copied()
    }

    /// Whether a logical volume is the thin pool of such bricks.
    pub(super) fn is_pool(&self, row: &LogicalVolume) -> bool {
        self.pools.contains(&(row.vg_name.as_str(), row.lv_name.as_str()))
    }
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
