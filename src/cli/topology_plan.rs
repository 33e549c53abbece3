//! What the load of a file comes to, by what the server had when it began: decided before anything is sent, and the
//! same for a load, a dry run and a comparison.

use std::collections::BTreeMap;

use super::topology_file::{ClusterEntry, DeviceEntry, DeviceSpec, NodeEntry, NodeSpec, TopologyFile};
use crate::api::{DeviceInfo, NodeInfo};
use crate::client::Topology;

/// One cluster of the file.
pub(super) struct ClusterPlan<'a> {
    pub(super) entry: &'a ClusterEntry,
    pub(super) nodes: Vec<NodePlan<'a>>,
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
    /// There already. What comes behind it in the file goes into its cluster.
    Found(&'a NodeInfo),
    /// In a cluster that is made for it.
    NewCluster,
    /// In the cluster of the one before it.
    SameCluster,
}

/// One device, and what the server has of that name on this node.
pub(super) struct DevicePlan<'a> {
    pub(super) spec: &'a DeviceSpec,
    pub(super) found: Option<&'a DeviceInfo>,
}

/// The clusters of the file in its order.
pub(super) fn plan<'a>(file: &'a TopologyFile, known: &'a Topology) -> Vec<ClusterPlan<'a>> {
    let by_host = by_host(known);
    file.clusters.iter().map(|entry| ClusterPlan { entry, nodes: nodes(entry, &by_host) }).collect()
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

fn nodes<'a>(entry: &'a ClusterEntry, by_host: &BTreeMap<&str, &'a NodeInfo>) -> Vec<NodePlan<'a>> {
    let plan = |(at, node): (usize, &'a NodeEntry)| {
        let place = match by_host.get(node.node.host()) {
            Some(found) => Place::Found(found),
            None if at == 0 => Place::NewCluster,
            None => Place::SameCluster,
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
