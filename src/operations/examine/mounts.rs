//! Mounts of bricks, and their lines in the file system table.

use std::collections::{HashMap, HashSet};

use super::foreign_bricks::ForeignBricks;
use super::known::{Known, Site};
use super::logical_volumes::{has_group, volume_of};
use crate::executor::filesystem;
use crate::executor::lvm::split_node;
use crate::executor::settings::PeerSettings;
use crate::model::brick::{Brick, MOUNTS};
use crate::model::device::volume_group;
use crate::model::inventory::{Inventory, Mounts};

/// What is mounted where, and what is to be.
struct Points<'a> {
    mounted: HashMap<&'a str, Vec<&'a str>>,
    table: HashMap<&'a str, usize>,
}

impl<'a> Points<'a> {
    fn new(mounts: &'a Mounts) -> Points<'a> {
        let mut points = Points { mounted: HashMap::new(), table: HashMap::new() };
        for found in &mounts.mounted {
            points.mounted.entry(&found.point).or_default().push(&found.device);
        }
        for line in &mounts.table {
            *points.table.entry(line.point.trim_end_matches('/')).or_default() += 1;
        }
        points
    }
}

/// What disagrees about the mounts of a node's bricks.
pub(super) fn findings(
    known: &Known<'_>,
    peer: &Inventory,
    settings: &PeerSettings,
    foreign: &ForeignBricks<'_>,
) -> Vec<String> {
    let Ok(mounts) = &peer.mounts else { return Vec::new() };
    let points = Points::new(mounts);
    let volumes: Option<HashSet<(&str, &str)>> = peer
        .logical_volumes
        .as_ref()
        .ok()
        .map(|rows| rows.iter().map(|row| (row.vg_name.as_str(), row.lv_name.as_str())).collect());
    let mut lines = Vec::new();
    for brick in known.expected_bricks(peer.node) {
        let site = Site::of(brick);
        let volume = volume_of(peer, &site);
        let is_there = |(group, name): &(String, String)| {
            volumes.as_ref().is_none_or(|volumes| volumes.contains(&(group.as_str(), name.as_str())))
        };
        // What is not there cannot be mounted either: that is said once.
        if has_group(peer, brick) && volume.as_ref().is_none_or(is_there) {
            lines.extend(about_mount(known, brick, &site, &points));
            lines.extend(about_table(known, brick, &site, &points, settings));
        }
    }
    lines.extend(left_over(known, peer, &points, settings, foreign));
    lines
}

fn about_mount(known: &Known<'_>, brick: &Brick, site: &Site, points: &Points<'_>) -> Option<String> {
    let (what, point) = (known.describe(brick), &site.point);
    let volume = known.volume_of(brick).map_or("", |volume| volume.name.as_str());
    let devices = points.mounted.get(point.as_str()).map_or(&[][..], Vec::as_slice);
    match devices {
        [] if site.in_table => Some(format!(
            "{what} is not mounted on {point}, so the volume does without it. `mount {point}`, then `gluster volume start {volume} force`"
        )),
        [] => Some(format!(
            "{what} is not mounted on {point}, so the volume does without it. glusterd mounts it when it starts: restart it there"
        )),
        [device] => {
            let expected = site.volume.as_ref().map(|name| (site.group.clone(), name.clone()));
            let other = expected.filter(|expected| split_node(device).as_ref() != Some(expected));
            other.map(|(group, name)| format!(
                "{what}: {device} is mounted on {point}, where {group}/{name} should be. Unmount it, then `mount {point}` and `gluster volume start {volume} force`"
            ))
        }
        several => Some(format!(
            "{what}: {} devices are mounted on {point}, one over the other: {}. Unmount what is too much",
            several.len(),
            several.join(", "),
        )),
    }
}

fn about_table(
    known: &Known<'_>,
    brick: &Brick,
    site: &Site,
    points: &Points<'_>,
    settings: &PeerSettings,
) -> Option<String> {
    let (what, table) = (known.describe(brick), &settings.fstab);
    match points.table.get(site.point.as_str()).copied().unwrap_or(0) {
        0 if site.in_table => Some(format!(
            "{what} has no line in {table}: it will not be mounted when the peer starts. Add `{}`",
            filesystem::table_line(settings, brick.device, brick.id).trim_end(),
        )),
        0 | 1 => None,
        count => Some(format!("{what} has {count} lines in {table}; all but one are too much")),
    }
}

/// Mounts and lines below the directories of our devices that belong to no brick, whatever its phase.
fn left_over(
    known: &Known<'_>,
    peer: &Inventory,
    points: &Points<'_>,
    settings: &PeerSettings,
    foreign: &ForeignBricks<'_>,
) -> Vec<String> {
    let host = known.host(peer.node);
    let own: HashSet<String> =
        known.devices_of(peer.node).map(|device| format!("{MOUNTS}/{}", volume_group(device.id))).collect();
    let known_points: HashSet<String> =
        known.bricks_of(peer.node).map(|brick| Site::of(brick).point).collect();
    let is_left = |point: &&str| {
        let above = point.rsplit_once('/').map_or("", |(above, _)| above);
        // Where gluster uses it, that is told with its logical volume.
        own.contains(above) && !known_points.contains(*point) && foreign.below(point).is_none()
    };
    let mut mounted: Vec<&str> = points.mounted.keys().copied().filter(is_left).collect();
    mounted.sort_unstable();
    let mut table: Vec<&str> = points.table.keys().copied().filter(is_left).collect();
    table.sort_unstable();
    let mounted = mounted.into_iter().map(|point| {
        format!("{point} on {host} is mounted and belongs to no brick of this database. If nobody needs it: `umount {point}`")
    });
    let table = table.into_iter().map(|point| {
        let file = &settings.fstab;
        format!("{file} on {host} has a line for {point}, which belongs to no brick of this database. If nobody needs it, remove the line")
    });
    mounted.chain(table).collect()
}
