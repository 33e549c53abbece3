//! Clusters and nodes.

use std::collections::BTreeMap;

use super::notes::Notes;
use super::values::{id, state, tags, text};
use crate::heketi_db::Database;
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::finding::Subject;
use crate::model::host::Host;
use crate::model::ids::NodeId;
use crate::model::node::Node;
use crate::model::state::Phase;

/// All clusters.
pub(super) fn clusters(database: &Database, notes: &mut Notes) -> Vec<Cluster> {
    let cluster = |(key, entry): (&String, &crate::heketi_db::entities::ClusterEntry)| {
        let flags = ClusterFlags { file: entry.info.file, block: entry.info.block };
        Some(Cluster { id: id(Subject::Cluster, key, notes)?, flags })
    };
    database.clusters.iter().filter_map(cluster).collect()
}

/// The nodes of clusters that are kept.
pub(super) fn nodes(database: &Database, clusters: &[Cluster], notes: &mut Notes) -> Vec<Node> {
    let (mut manage, mut storage) = (Names::new("manage"), Names::new("storage"));
    let mut found = Vec::new();
    for (key, entry) in &database.nodes {
        let info = &entry.info;
        let Some(own): Option<NodeId> = id(Subject::Node, key, notes) else { continue };
        let Some(cluster) = clusters.iter().find(|cluster| cluster.id.to_string() == info.cluster) else {
            let why = format!("is in cluster `{}`, which is not there", text(&info.cluster));
            notes.left_out(Subject::Node, key, &why);
            continue;
        };
        let names = (
            manage.free(own, &info.hostnames.manage, notes),
            storage.free(own, &info.hostnames.storage, notes),
        );
        if names.0.is_empty() || names.1.is_empty() {
            notes.left_out(Subject::Node, key, "has no manage or no storage name that is its own");
            continue;
        }
        found.push(Node {
            id: own,
            cluster: cluster.id,
            zone: zone(key, info.zone, notes),
            manage: names.0,
            storage: names.1,
            tags: tags(&info.tags),
            state: state((Subject::Node, key), &entry.state, notes),
            phase: Phase::Ready,
        });
    }
    found
}

fn zone(key: &str, zone: i64, notes: &mut Notes) -> i64 {
    if zone < 1 {
        notes.changed(Subject::Node, key, &format!("is in zone {zone}"), "it was taken for zone 1");
    }
    zone.max(1)
}

/// The names of one use: each belongs to one node.
struct Names {
    usage: &'static str,
    taken: BTreeMap<String, NodeId>,
}

impl Names {
    fn new(usage: &'static str) -> Names {
        Names { usage, taken: BTreeMap::new() }
    }

    /// Those that nobody else has, and that can be names of hosts.
    fn free(&mut self, node: NodeId, wanted: &[String], notes: &mut Notes) -> Vec<String> {
        let mut own = Vec::new();
        for name in wanted {
            let name = text(name);
            let usage = self.usage;
            if Host::new(name.as_str()).is_none() || name.chars().any(char::is_control) {
                let what = format!("has the {usage} name `{}`, which no host can have", name.escape_debug());
                notes.changed(Subject::Node, &node.to_string(), &what, "the name was left out");
            } else if let Some(other) = self.taken.get(&name) {
                let what = format!("has the {usage} name {name}, as node {other} has");
                notes.changed(Subject::Node, &node.to_string(), &what, "the name was left to that one");
            } else {
                self.taken.insert(name.clone(), node);
                own.push(name);
            }
        }
        own
    }
}
