//! What one peer holds against what the API says of its node.

use std::collections::BTreeSet;

use mortar::api::{BrickInfo, DeviceInfo, NodeInfo};
use mortar::executor::sim::HostDump;

use super::{Audit, Parts, differ};

const MOUNTS: &str = "/var/lib/heketi/mounts";

/// Where gluster mounts the bricks of clones, and those of snapshots.
const CLONES: &str = "/run/gluster/snaps/";

impl Audit {
    /// What a host has against what the API says that it has; without a node it should have nothing of ours.
    pub(super) fn compare_host(
        &self,
        name: &str,
        host: &HostDump,
        node: Option<&NodeInfo>,
        (bricks, parts): (&[&BrickInfo], &Parts),
        found: &mut Vec<String>,
    ) {
        let devices: Vec<&DeviceInfo> = node.into_iter().flat_map(|node| node.devices.iter()).collect();
        let own: Vec<&&BrickInfo> = match node {
            Some(node) => bricks.iter().filter(|brick| brick.node == node.id).collect(),
            None => Vec::new(),
        };
        let groups: BTreeSet<String> = host
            .groups
            .keys()
            .filter(|group| is_ours(group) && !self.foreign_groups.contains(*group))
            .cloned()
            .collect();
        let wanted: BTreeSet<String> = devices.iter().map(|device| format!("vg_{}", device.id)).collect();
        differ(&format!("volume groups of {name}"), &groups, &wanted, found);
        for device in &devices {
            let Some(group) = host.groups.get(&format!("vg_{}", device.id)) else { continue };
            let there: BTreeSet<String> = group.volumes.keys().cloned().collect();
            let on_it = || own.iter().filter(|brick| brick.device == device.id);
            let wanted: BTreeSet<String> =
                on_it().flat_map(|brick| parts.of(&brick.id)).map(str::to_owned).collect();
            differ(&format!("logical volumes of {} on {name}", device.name), &there, &wanted, found);
            for brick in on_it() {
                let volume = group.volumes.get(parts.of(&brick.id)[0]);
                let entries = volume.into_iter().flat_map(|volume| volume.entries.keys());
                if volume.is_some() && !entries.into_iter().any(|path| path.contains(".glusterfs")) {
                    found.push(format!("brick {} on {name} has lost gluster's mark", brick.id));
                }
                let size = volume.map(|volume| volume.size_kib);
                if size.is_some_and(|size| size < brick.size) {
                    found.push(format!("brick {} on {name} has {size:?} KiB, not {}", brick.id, brick.size));
                }
            }
            if device.storage.free != group.free_kib {
                let (free, real) = (device.storage.free, group.free_kib);
                found.push(format!("free on {} of {name}: {free} KiB here, {real} there", device.name));
            }
            if device.storage.free + device.storage.used != device.storage.total {
                found.push(format!("{} of {name}: free and used are not its total", device.name));
            }
        }
        self.compare_disks(name, host, &devices, found);
        let points: BTreeSet<String> = own.iter().map(|brick| mount_point(brick)).collect();
        let below = |path: &&String| path.starts_with(MOUNTS) || path.starts_with(CLONES);
        let mounts: BTreeSet<String> = host.mounts.keys().filter(below).cloned().collect();
        differ(&format!("mounts of {name}"), &mounts, &points, found);
        let table = host.files.get("/etc/fstab").map(Vec::as_slice).unwrap_or_default();
        let lines: Vec<String> = table
            .iter()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
            .filter(|point| point.starts_with(MOUNTS))
            .collect();
        let unique: BTreeSet<String> = lines.iter().cloned().collect();
        if unique.len() != lines.len() {
            found.push(format!("fstab of {name} has a line twice"));
        }
        let in_table = points.iter().filter(|point| !point.starts_with(CLONES)).cloned().collect();
        differ(&format!("fstab of {name}"), &unique, &in_table, found);
        let of_brick = |path: &&String| {
            (path.starts_with(MOUNTS) && path.contains("/brick_")) || path.starts_with(CLONES)
        };
        let directories: BTreeSet<String> = host.root.iter().filter(of_brick).cloned().collect();
        // Those of a clone are together in one of their own.
        let above = points.iter().filter(|point| point.starts_with(CLONES));
        let above = above.filter_map(|point| Some(point.rsplit_once('/')?.0.to_owned()));
        let wanted: BTreeSet<String> = above.chain(points.iter().cloned()).collect();
        differ(&format!("brick directories of {name}"), &directories, &wanted, found);
    }

    /// Physical volumes, also those in no group: a device that was half made or half released shows there. And the
    /// directories that bricks of a device are mounted in, which go with it.
    fn compare_disks(&self, name: &str, host: &HostDump, devices: &[&DeviceInfo], found: &mut Vec<String>) {
        let is_foreign = |group: &str| !is_ours(group) || self.foreign_groups.contains(group);
        let there: BTreeSet<String> = host
            .physical_volumes
            .iter()
            .filter(|(_, volume)| !volume.group.as_deref().is_some_and(is_foreign))
            .map(|(disk, volume)| match &volume.group {
                Some(group) => group.clone(),
                None => format!("{} of {disk} in no group", volume.uuid),
            })
            .collect();
        let wanted: BTreeSet<String> = devices.iter().map(|device| format!("vg_{}", device.id)).collect();
        differ(&format!("physical volumes of {name}"), &there, &wanted, found);
        for device in devices.iter().filter(|device| !device.pv_uuid.is_empty()) {
            let group = format!("vg_{}", device.id);
            let volumes = host.physical_volumes.values();
            let mut of_group = volumes.filter(|volume| volume.group.as_ref() == Some(&group));
            if let Some(volume) = of_group.find(|volume| volume.uuid != device.pv_uuid) {
                let (here, there) = (&device.pv_uuid, &volume.uuid);
                found.push(format!("{} of {name} is {here} here, {there} there", device.name));
            }
        }
        let directories: BTreeSet<String> =
            host.root.iter().filter_map(|path| group_of_directory(path)).map(str::to_owned).collect();
        let extra: Vec<&String> = directories
            .difference(&wanted)
            .filter(|group| is_ours(group) && !self.foreign_groups.contains(*group))
            .collect();
        if !extra.is_empty() {
            found.push(format!("directories of devices of {name}: left over on the peers: {extra:?}"));
        }
    }
}

/// The group whose bricks are mounted below a directory.
fn group_of_directory(path: &str) -> Option<&str> {
    path.strip_prefix(MOUNTS)?.strip_prefix('/')?.split('/').next()
}

fn is_ours(group: &str) -> bool {
    group.strip_prefix("vg_").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn mount_point(brick: &BrickInfo) -> String {
    brick.path.strip_suffix("/brick").unwrap_or(&brick.path).to_owned()
}
