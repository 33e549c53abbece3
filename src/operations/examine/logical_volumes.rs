//! Logical volumes and thin pools: those of bricks, and those that nobody knows.

use std::collections::{HashMap, HashSet};

use super::foreign_bricks::{ForeignBricks, Used};
use super::known::{Known, Site};
use crate::executor::lvm::split_node;
use crate::model::brick::Brick;
use crate::model::device::{Device, volume_group};
use crate::model::inventory::{Inventory, LogicalVolume};

/// What disagrees about the logical volumes of a node's devices; and those on which gluster has bricks of volumes that the
/// database does not know.
pub(super) fn findings(
    known: &Known<'_>,
    peer: &Inventory,
    foreign: &ForeignBricks<'_>,
) -> (Vec<String>, Vec<String>) {
    let Ok(rows) = &peer.logical_volumes else { return Default::default() };
    let there: HashMap<(&str, &str), &LogicalVolume> =
        rows.iter().map(|row| ((row.vg_name.as_str(), row.lv_name.as_str()), row)).collect();
    let expected = known.expected_bricks(peer.node).into_iter().filter(|brick| has_group(peer, brick));
    let mut lines: Vec<String> = expected.filter_map(|brick| about(known, peer, brick, &there)).collect();
    let (unused, used) = unknown(known, peer, rows, foreign);
    lines.extend(unused);
    (lines, used)
}

/// Whether the group of a brick is there, as far as is known. Where it is not, the device says so for all of its bricks.
pub(super) fn has_group(peer: &Inventory, brick: &Brick) -> bool {
    let name = volume_group(brick.device);
    peer.groups.as_ref().map_or(true, |groups| groups.iter().any(|group| group.vg_name == name))
}

/// The group and the logical volume of a brick, by its name or by what is mounted in its place.
pub(super) fn volume_of(peer: &Inventory, site: &Site) -> Option<(String, String)> {
    if let Some(name) = &site.volume {
        return Some((site.group.clone(), name.clone()));
    }
    let mounted = &peer.mounts.as_ref().ok()?.mounted;
    split_node(&mounted.iter().find(|mounted| mounted.point == site.point)?.device)
}

fn about(
    known: &Known<'_>,
    peer: &Inventory,
    brick: &Brick,
    there: &HashMap<(&str, &str), &LogicalVolume>,
) -> Option<String> {
    // Of a clone that is not mounted nothing can be said here, but there.
    let (group, name) = volume_of(peer, &Site::of(brick))?;
    let (what, pool) = (known.describe(brick), &brick.thin_pool);
    let Some(found) = there.get(&(group.as_str(), name.as_str())) else {
        let pool = match there.contains_key(&(group.as_str(), pool.as_str())) {
            true => String::new(),
            false => format!(", and so is its thin pool {pool}"),
        };
        return Some(format!(
            "{what}: its logical volume {group}/{name} is missing{pool}. {}",
            cure(known, brick)
        ));
    };
    (found.pool_lv != *pool).then(|| {
        format!(
            "{what}: its logical volume {group}/{name} is in the thin pool `{}`, and the database says `{pool}`; look at `lvs {group}`",
            found.pool_lv,
        )
    })
}

fn cure(known: &Known<'_>, brick: &Brick) -> String {
    let volume = known.volume_of(brick);
    match volume.filter(|volume| volume.durability.set_size() > 1) {
        Some(volume) => format!(
            "What it held is gone here; if the other copies are whole (`gluster volume heal {} info`), move the brick to another disk: `mortar brick evict {}`",
            volume.name, brick.id,
        ),
        None => "What it held is gone, and the volume has no other copy of it: it has to come from a backup"
            .to_owned(),
    }
}

/// What a device's bricks explain.
struct Explained<'a> {
    device: &'a Device,
    volumes: HashSet<String>,
    pools: HashSet<&'a str>,
    /// Pools of volumes that are being cloned.
    cloned: HashSet<&'a str>,
}

impl<'a> Explained<'a> {
    fn new(device: &'a Device) -> Explained<'a> {
        Explained { device, volumes: HashSet::new(), pools: HashSet::new(), cloned: HashSet::new() }
    }

    fn add(&mut self, known: &Known<'_>, peer: &Inventory, brick: &'a Brick) {
        self.pools.insert(&brick.thin_pool);
        if known.is_cloned(brick) {
            self.cloned.insert(&brick.thin_pool);
        }
        self.volumes.extend(volume_of(peer, &Site::of(brick)).map(|(_, name)| name));
    }

    fn has(&self, row: &LogicalVolume) -> bool {
        let is_copy = || self.cloned.contains(row.pool_lv.as_str()) && is_of_gluster(&row.lv_name);
        self.volumes.contains(&row.lv_name) || self.pools.contains(row.lv_name.as_str()) || is_copy()
    }
}

/// Logical volumes in groups of ours that belong to no brick, whatever its phase: those that nobody knows, and those that
/// gluster uses.
fn unknown(
    known: &Known<'_>,
    peer: &Inventory,
    rows: &[LogicalVolume],
    foreign: &ForeignBricks<'_>,
) -> (Vec<String>, Vec<String>) {
    let mut groups: HashMap<String, Explained<'_>> = HashMap::new();
    for device in known.devices_of(peer.node) {
        groups.insert(volume_group(device.id), Explained::new(device));
    }
    for brick in known.bricks_of(peer.node) {
        if let Some(group) = groups.get_mut(&volume_group(brick.device)) {
            group.add(known, peer, brick);
        }
    }
    let host = known.host(peer.node);
    let foreign = foreign.on_peer(peer);
    let (mut unused, mut used) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(group) = groups.get(&row.vg_name).filter(|group| !group.has(row)) else { continue };
        match foreign.on(row) {
            Some(brick) => used.push(in_use_line(host, group, row, brick)),
            None if foreign.is_pool(row) => {}
            None => unused.push(unknown_line(host, group, row, foreign.is_known())),
        }
    }
    (unused, used)
}

fn in_use_line(host: &str, group: &Explained<'_>, row: &LogicalVolume, used: Used<'_>) -> String {
    let LogicalVolume { lv_name: name, vg_name, lv_size: size, .. } = row;
    let (device, path) = (group.device.id, &group.device.name);
    let Used { volume, path: place } = used;
    format!(
        "the logical volume {vg_name}/{name} ({size}) on {host} holds the brick {place} of volume {volume}, which gluster has and this database has not: keep it as long as somebody needs that volume. Was the database restored from a backup that is older than the volume? Then a newer backup knows it. `mortar device resync {device}` counts the space that it takes of device {device} ({path})"
    )
}

/// `is_known`: whether a glusterd has told which bricks there are.
fn unknown_line(host: &str, group: &Explained<'_>, row: &LogicalVolume, is_known: bool) -> String {
    let LogicalVolume { lv_name: name, vg_name, lv_size: size, pool_lv: pool, origin, .. } = row;
    let (device, path) = (group.device.id, &group.device.name);
    if group.pools.contains(pool.as_str()) && (!origin.is_empty() || is_of_gluster(name)) {
        return format!(
            "{vg_name}/{name} on {host} is a snapshot in the thin pool {pool} of a brick. `gluster snapshot list` says whose it is; as long as it is there, the pool keeps its space when the brick goes"
        );
    }
    let kind = if row.lv_attr.starts_with('t') { "thin pool" } else { "logical volume" };
    if !is_known {
        return format!(
            "the {kind} {vg_name}/{name} ({size}) on {host} belongs to no brick of this database, and takes space of device {device} ({path}). No glusterd could be asked whether a volume uses it: keep it until that has answered"
        );
    }
    format!(
        "the {kind} {vg_name}/{name} ({size}) on {host} belongs to no brick of this database, and takes space of device {device} ({path}). If nobody needs what is in it: `lvremove {vg_name}/{name}`, then `mortar device resync {device}`"
    )
}

/// How gluster names the logical volumes that it makes for snapshots and clones: 32 hex digits, `_` and a number.
fn is_of_gluster(name: &str) -> bool {
    let is_hex = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    name.split_once('_').is_some_and(|(id, number)| is_hex(id) && is_number(number))
}
