//! The audit: what the API says and what the peers hold are the same, to the brick and the KiB, and nothing is left
//! over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mortar::api::{BrickInfo, DeviceInfo, NodeInfo, VolumeInfo};
use mortar::client::Topology;
use mortar::executor::sim::{HostDump, SimPeers};

use super::server::Lab;

const MOUNTS: &str = "/var/lib/heketi/mounts";

/// An audit and what it leaves out.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    foreign_volumes: BTreeSet<String>,
    foreign_groups: BTreeSet<String>,
}

impl Audit {
    pub fn new() -> Audit {
        Audit::default()
    }

    /// Leaves out a gluster volume that somebody made by hand.
    pub fn besides(mut self, volume: &str) -> Audit {
        self.foreign_volumes.insert(volume.to_owned());
        self
    }

    /// Leaves out a volume group of another server.
    pub fn besides_group(mut self, group: &str) -> Audit {
        self.foreign_groups.insert(group.to_owned());
        self
    }

    /// Waits until all is as it should be; fails with what is not, and the log, where that does not come.
    #[track_caller]
    pub fn clean_within(&self, lab: &Lab, limit: Duration) {
        if let Err(found) = self.try_clean_within(lab, limit) {
            panic!("the audit finds\n{found}\n{}", lab.log_tail());
        }
    }

    pub fn try_clean_within(&self, lab: &Lab, limit: Duration) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let found = self.findings(lab);
            if found.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > limit {
                return Err(found.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that is not as it should be.
    pub fn findings(&self, lab: &Lab) -> Vec<String> {
        let metrics = lab.get("/metrics").text;
        if !metrics.lines().any(|line| line == "heketi_operations_total_count 0") {
            return vec!["an operation is unfinished".to_owned()];
        }
        let topology = match lab.client().topology() {
            Ok(topology) => topology,
            Err(error) => return vec![format!("the API cannot be walked through: {error}")],
        };
        self.compare(&topology, &lab.peers())
    }

    fn compare(&self, topology: &Topology, peers: &SimPeers) -> Vec<String> {
        let mut found = Vec::new();
        let volumes: Vec<&VolumeInfo> =
            topology.clusters.iter().flat_map(|cluster| cluster.volumes.iter()).collect();
        let nodes: Vec<&NodeInfo> =
            topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter()).collect();
        self.compare_volumes(&volumes, &nodes, peers, &mut found);
        let bricks: Vec<&BrickInfo> = volumes.iter().flat_map(|volume| volume.bricks.iter()).collect();
        let listed =
            nodes.iter().flat_map(|node| node.devices.iter()).flat_map(|device| device.bricks.iter());
        let listed: BTreeSet<&str> = listed.map(|brick| brick.id.as_str()).collect();
        let owned: BTreeSet<&str> = bricks.iter().map(|brick| brick.id.as_str()).collect();
        differ("bricks of devices and of volumes", &listed, &owned, &mut found);
        for (name, host) in &peers.hosts {
            let node = nodes
                .iter()
                .find(|node| node.hostnames.manage.iter().any(|known| host.names.contains(known)));
            self.compare_host(name, host, node.copied(), &bricks, &mut found);
        }
        found
    }

    fn compare_volumes(
        &self,
        volumes: &[&VolumeInfo],
        nodes: &[&NodeInfo],
        peers: &SimPeers,
        found: &mut Vec<String>,
    ) {
        let storage = |id: &str| {
            let node = nodes.iter().find(|node| node.id == id);
            node.and_then(|node| node.hostnames.storage.first().cloned()).unwrap_or_default()
        };
        let made: BTreeMap<&str, _> = peers
            .volumes
            .iter()
            .filter(|volume| !self.foreign_volumes.contains(&volume.name))
            .map(|volume| (volume.name.as_str(), volume))
            .collect();
        let known: BTreeMap<&str, &VolumeInfo> =
            volumes.iter().map(|volume| (volume.name.as_str(), *volume)).collect();
        differ("gluster volumes", &made.keys().copied().collect(), &known.keys().copied().collect(), found);
        for (name, volume) in known {
            let Some(gluster) = made.get(name) else { continue };
            if gluster.status != "Started" {
                found.push(format!("volume {name} is {}", gluster.status));
            }
            let there: BTreeSet<String> = gluster.bricks.iter().cloned().collect();
            let wanted: BTreeSet<String> = volume
                .bricks
                .iter()
                .map(|brick| format!("{}:{}", storage(&brick.node), brick.path))
                .collect();
            differ(&format!("bricks of {name}"), &there, &wanted, found);
        }
    }

    /// What a host has against what the API says that it has; without a node it should have nothing of ours.
    fn compare_host(
        &self,
        name: &str,
        host: &HostDump,
        node: Option<&NodeInfo>,
        bricks: &[&BrickInfo],
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
            let wanted: BTreeSet<String> = on_it()
                .flat_map(|brick| [format!("brick_{}", brick.id), format!("tp_{}", brick.id)])
                .collect();
            differ(&format!("logical volumes of {} on {name}", device.name), &there, &wanted, found);
            for brick in on_it() {
                let size = group.volumes.get(&format!("brick_{}", brick.id)).map(|volume| volume.size_kib);
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
        let points: BTreeSet<String> = own.iter().map(|brick| mount_point(brick)).collect();
        let below = |path: &&String| path.starts_with(MOUNTS);
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
        differ(&format!("fstab of {name}"), &unique, &points, found);
        let directories: BTreeSet<String> = host
            .root
            .iter()
            .filter(|path| path.starts_with(MOUNTS) && path.contains("/brick_"))
            .cloned()
            .collect();
        differ(&format!("brick directories of {name}"), &directories, &points, found);
    }
}

fn is_ours(group: &str) -> bool {
    group.strip_prefix("vg_").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn mount_point(brick: &BrickInfo) -> String {
    brick.path.strip_suffix("/brick").unwrap_or(&brick.path).to_owned()
}

fn differ<T: Ord + std::fmt::Debug>(
    what: &str,
    there: &BTreeSet<T>,
    here: &BTreeSet<T>,
    found: &mut Vec<String>,
) {
    let extra: Vec<&T> = there.difference(here).collect();
    let lacking: Vec<&T> = here.difference(there).collect();
    if !extra.is_empty() {
        found.push(format!("{what}: left over on the peers: {extra:?}"));
    }
    if !lacking.is_empty() {
        found.push(format!("{what}: missing on the peers: {lacking:?}"));
    }
}
