//! What the load of a file comes to, by what the server had when it began: decided before anything is sent, and the
//! same for a load, a dry run and a comparison.

use std::collections::{BTreeMap, BTreeSet};

use super::topology_file::{ClusterEntry, DeviceEntry, DeviceSpec, NodeEntry, NodeSpec, TopologyFile};
use crate::api::{DeviceInfo, NodeInfo};
use crate::client::Topology;

/// What a load does.
pub(super) struct Plan<'a> {
    /// The clusters of the file in its order.
    pub(super) clusters: Vec<ClusterPlan<'a>>,
    /// New nodes of which the file does not say in which cluster they are to be; where there are any, nothing is
    /// done: a node cannot be moved to another cluster later.
    pub(super) doubts: Vec<String>,
}

/// One cluster of the file.
pub(super) struct ClusterPlan<'a> {
    pub(super) entry: &'a ClusterEntry,
    pub(super) nodes: Vec<NodePlan<'a>>,
}

impl<'a> ClusterPlan<'a> {
    /// The clusters that its known nodes are in; one, unless the file and the server disagree.
    pub(super) fn homes(&self) -> BTreeSet<&'a str> {
        let mut homes = BTreeSet::new();
        for node in &self.nodes {
            if let Place::Found(found) = node.place {
                homes.insert(found.cluster.as_str());
            }
        }
        homes
    }
}

/// One node with its devices.
pub(super) struct NodePlan<'a> {
    pub(super) spec: &'a NodeSpec,
    pub(super) place: Place<'a>,
    pub(super) devices: Vec<DevicePlan<'a>>,
}

/// Where a node is, or comes to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// There already.
    Found(&'a NodeInfo),
    /// In the cluster with this id, which has other nodes of its entry.
    Joins(&'a str),
    /// In a cluster that is made for it.
    NewCluster,
    /// In the cluster that was made for the first one.
    SameCluster,
}

/// One device, and what the server has of that name on this node.
pub(super) struct DevicePlan<'a> {
    pub(super) spec: &'a DeviceSpec,
    pub(super) found: Option<&'a DeviceInfo>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(file: &'a TopologyFile, known: &'a Topology) -> Plan<'a> {
        let by_host = by_host(known);
        let homes: Vec<_> = file.clusters.iter().map(|entry| homes(entry, &by_host)).collect();
        let doubts =
            file.clusters.iter().enumerate().filter_map(|(at, entry)| doubt(at, entry, &by_host, &homes));
        let doubts = doubts.collect();
        let clusters = file.clusters.iter().zip(&homes).map(|(entry, homes)| {
            let home = homes.first().copied();
            ClusterPlan { entry, nodes: nodes(entry, home, &by_host) }
        });
        Plan { clusters: clusters.collect(), doubts }
    }
}

/// The clusters that the known nodes of an entry are in.
fn homes<'a>(entry: &ClusterEntry, by_host: &BTreeMap<&str, &'a NodeInfo>) -> BTreeSet<&'a str> {
    let known = entry.nodes.iter().filter_map(|node| by_host.get(node.node.host()));
    known.map(|node| node.cluster.as_str()).collect()
}

/// Why it cannot be told where the new nodes of an entry belong, if there are any.
fn doubt(
    at: usize,
    entry: &ClusterEntry,
    by_host: &BTreeMap<&str, &NodeInfo>,
    homes: &[BTreeSet<&str>],
) -> Option<String> {
    let hosts = entry.nodes.iter().map(|node| node.node.host());
    let new: Vec<&str> = hosts.filter(|host| !by_host.contains_key(host)).collect();
    let own = homes.get(at)?;
    let named = |homes: &BTreeSet<&str>| homes.iter().copied().collect::<Vec<_>>().join(" and ");
    let others = |home: &str| {
        let others = homes.iter().enumerate().filter(|(other, homes)| *other != at && homes.contains(home));
        others.map(|(other, _)| format!("clusters[{other}]")).collect::<Vec<_>>().join(", ")
    };
    let why = match own.iter().copied().collect::<Vec<_>>()[..] {
        _ if new.is_empty() => return None,
        [] => return None,
        [home] if others(home).is_empty() => return None,
        [home] => format!("cluster {home} has nodes of {} as well", others(home)),
        _ => format!("its other nodes are in clusters {}", named(own)),
    };
    Some(format!(
        "clusters[{at}]: {} may be in any of several clusters, as {why}: list new nodes in an entry with nodes of one \
         cluster, and all nodes of that cluster in the same entry",
        new.join(", ")
    ))
}

/// A node is known by the first of its names, by which the server reaches it.
fn by_host(known: &Topology) -> BTreeMap<&str, &NodeInfo> {
    let mut hosts = BTreeMap::new();
    for node in known.clusters.iter().flat_map(|cluster| cluster.nodes.iter()) {
        if let Some(host) = node.hostnames.manage.first() {
            hosts.entry(host.as_str()).or_insert(node);
        }
    }
    hosts
}

/// The nodes of an entry; new ones go `home`.
fn nodes<'a>(
    entry: &'a ClusterEntry,
    home: Option<&'a str>,
    by_host: &BTreeMap<&str, &'a NodeInfo>,
) -> Vec<NodePlan<'a>> {
    let plan = |(at, node): (usize, &'a NodeEntry)| {
        let place = match (by_host.get(node.node.host()), home) {
            (Some(found), _) => Place::Found(found),
            (None, Some(home)) => Place::Joins(home),
            (None, None) if at == 0 => Place::NewCluster,
            (None, None) => Place::SameCluster,
        };
        NodePlan { spec: &node.node, place, devices: devices(&node.devices, place) }
    };
    entry.nodes.iter().enumerate().map(plan).collect()
}

fn devices<'a>(devices: &'a [DeviceEntry], place: Place<'a>) -> Vec<DevicePlan<'a>> {
    let known: &[DeviceInfo] = if let Place::Found(node) = place { &node.devices } else { &[] };
    let plan = |DeviceEntry(spec): &'a DeviceEntry| DevicePlan {
        spec,
        found: known.iter().find(|device| device.name == spec.name),
    };
    devices.iter().map(plan).collect()
}

/// How much a load would add.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Additions {
    pub(super) clusters: usize,
    pub(super) nodes: usize,
    pub(super) devices: usize,
}

impl Additions {
    pub(super) fn of(plan: &[ClusterPlan<'_>]) -> Additions {
        let nodes = || plan.iter().flat_map(|cluster| &cluster.nodes);
        Additions {
            clusters: nodes().filter(|node| matches!(node.place, Place::NewCluster)).count(),
            nodes: nodes().filter(|node| !matches!(node.place, Place::Found(_))).count(),
            devices: nodes().flat_map(|node| &node.devices).filter(|device| device.found.is_none()).count(),
        }
    }

    /// As words: `1 cluster, 3 nodes, 6 devices`.
    pub(super) fn words(self) -> String {
        let one = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let Additions { clusters, nodes, devices } = self;
        [one(clusters, "cluster"), one(nodes, "node"), one(devices, "device")].join(", ")
    }
}
