//! The audit: what the API says and what the peers hold are the same, to the brick and the KiB, and nothing is left
//! over.

mod blocks;
mod host;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mortar::api::{BrickInfo, NodeInfo, VolumeInfo};
use mortar::client::{Topology, TopologyCluster};
use mortar::executor::sim::{HostDump, SimPeers};
use serde_json::Value;

use crate::support::server::Lab;

/// The logical volume and the thin pool of each brick, which only the dump tells.
#[derive(Debug, Default)]
struct Parts(BTreeMap<String, [String; 2]>);

impl Parts {
    fn of_dump(dump: &Value) -> Parts {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parts = |(id, entry): (&String, &Value)| {
            let volume = Some(text(&entry["LvmLv"])).filter(|name| !name.is_empty());
            (id.clone(), [volume.unwrap_or_else(|| format!("brick_{id}")), text(&entry["LvmThinPool"])])
        };
        Parts(dump["brickentries"].as_object().into_iter().flatten().map(parts).collect())
    }

    fn of(&self, brick: &str) -> [&str; 2] {
        self.0.get(brick).map_or(["", ""], |[volume, pool]| [volume, pool])
    }
}

/// An audit and what it leaves out.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    foreign_volumes: BTreeSet<String>,
    foreign_groups: BTreeSet<String>,
    foreign_peers: BTreeSet<String>,
    gone: BTreeSet<String>,
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

    /// Leaves out a peer that somebody took into the trusted pool by hand.
    pub fn besides_peer(mut self, host: &str) -> Audit {
        self.foreign_peers.insert(host.to_owned());
        self
    }

    /// Leaves out what is on a host that nobody will see again.
    pub fn without(mut self, host: &str) -> Audit {
        self.gone.insert(host.to_owned());
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
        let check = lab.get("/db/check").json();
        if check["totalinconsistencies"] != 0 {
            return vec![format!("the database contradicts itself: {check}")];
        }
        let peers = lab.peers();
        let mut found = self.compare(&topology, &Parts::of_dump(&lab.get("/db/dump").json()), &peers);
        let volumes: Vec<&VolumeInfo> =
            topology.clusters.iter().flat_map(|cluster| cluster.volumes.iter()).collect();
        blocks::compare(&lab.blocks(), &volumes, &peers, &mut found);
        found
    }

    fn compare(&self, topology: &Topology, parts: &Parts, peers: &SimPeers) -> Vec<String> {
        let snapshots = peers.snapshots.iter();
        let mut found: Vec<String> =
            snapshots.map(|left| format!("snapshot {} of {} is left over", left.name, left.volume)).collect();
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
        for cluster in topology.clusters.iter() {
            self.compare_pool(cluster, &nodes, peers, &mut found);
        }
        let is_there = |host: &HostDump| !host.names.iter().any(|name| self.gone.contains(name));
        for (name, host) in peers.hosts.iter().filter(|(_, host)| is_there(host)) {
            let node = nodes
                .iter()
                .find(|node| node.hostnames.manage.iter().any(|known| host.names.contains(known)));
            self.compare_host(name, host, node.copied(), (&bricks, parts), &mut found);
        }
        found
    }

    /// The nodes of a cluster are one trusted pool, and nobody else is in it.
    fn compare_pool(
        &self,
        cluster: &TopologyCluster,
        nodes: &[&NodeInfo],
        peers: &SimPeers,
        found: &mut Vec<String>,
    ) {
        let host_of = |node: &NodeInfo| {
            let names = node.hostnames.storage.iter().chain(node.hostnames.manage.iter());
            names.into_iter().find_map(|name| peers.host(name))
        };
        let pools: Vec<_> = cluster.nodes.iter().filter_map(host_of).map(|host| host.pool).collect();
        // Where they are not all in one pool, those in the smaller part are missing.
        let Some(pool) =
            pools.iter().copied().max_by_key(|pool| pools.iter().filter(|other| *other == pool).count())
        else {
            return;
        };
        let names = |host: &HostDump| host.names.first().cloned().unwrap_or_default();
        let is_foreign = |host: &HostDump| host.names.iter().any(|name| self.foreign_peers.contains(name));
        let there: BTreeSet<String> =
            peers.hosts.values().filter(|host| host.pool == pool && !is_foreign(host)).map(names).collect();
        let in_pool = |node: &&NodeInfo| host_of(node).is_some_and(|host| host.pool == pool);
        let of_cluster = cluster.nodes.iter();
        // Two clusters may share a pool: what others have in it is not left over.
        let wanted: BTreeSet<String> = of_cluster
            .chain(nodes.iter().copied().filter(in_pool))
            .filter(|node| host_of(node).is_none_or(|host| !is_foreign(host)))
            .map(|node| host_of(node).map_or_else(|| node.id.clone(), names))
            .collect();
        differ(&format!("trusted pool of cluster {}", cluster.id), &there, &wanted, found);
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
