//! `topology diff`: what a load of a file would add, what the file says otherwise, and what it does not name.

use std::collections::{BTreeMap, BTreeSet};

use console::Style;

use super::args::TopologyFileFlag;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::topology_file::{TopologyFile, read};
use super::topology_load::known;
use super::topology_plan::{ClusterPlan, DevicePlan, NodePlan, Place, Plan};
use crate::api::NodeInfo;
use crate::client::Topology;

/// A line of the comparison.
#[derive(Debug, PartialEq, Eq)]
enum Difference {
    /// A load would add this.
    Added(String),
    /// The file says otherwise; a load leaves it as it is.
    Differs(String),
    /// The file does not name it; a load leaves it alone.
    NotInFile(String),
    /// The file does not say where it belongs; a load does nothing at all.
    Doubtful(String),
}

pub(super) fn run(
    arguments: &TopologyFileFlag,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let path = &arguments.file;
    let (file, unknown) = read(path)?;
    unknown.iter().try_for_each(|key| output.note(&format!("{path}: {key}\n")))?;
    let client = session.client()?;
    let known = known(&client)?;
    let differences = differences(&file, &known);
    let colours = output.screen().is_some_and(|screen| screen.colours);
    differences.iter().try_for_each(|difference| output.line(&line(difference, colours)))?;
    output.hint(match differences[..] {
        _ if differences.iter().any(|one| matches!(one, Difference::Doubtful(_))) => {
            "A load is refused as long as there are lines with a !.\n"
        }
        [] => "The server has what the file says.\n",
        _ => "A load adds what has a +, and changes nothing else.\n",
    })
}

fn line(difference: &Difference, colours: bool) -> String {
    let (sign, text, style) = match difference {
        Difference::Added(text) => ('+', text, Style::new().green()),
        Difference::Differs(text) => ('~', text, Style::new().yellow()),
        Difference::NotInFile(text) => ('-', text, Style::new().red()),
        Difference::Doubtful(text) => ('!', text, Style::new().red().bold()),
    };
    style.force_styling(colours).apply_to(format!("{sign} {text}")).to_string()
}

fn differences(file: &TopologyFile, known: &Topology) -> Vec<Difference> {
    let plan = Plan::new(file, known);
    let mut found: Vec<Difference> = plan.doubts.into_iter().map(Difference::Doubtful).collect();
    for cluster in &plan.clusters {
        cluster_differences(cluster, known, &mut found);
    }
    not_in_file(&plan.clusters, known, &mut found);
    found
}

fn cluster_differences(cluster: &ClusterPlan<'_>, known: &Topology, found: &mut Vec<Difference>) {
    let mut current = "a new cluster".to_owned();
    let mut seen = BTreeSet::new();
    for node in &cluster.nodes {
        match node.place {
            Place::NewCluster => {
                let kinds = kinds(cluster.entry.file, cluster.entry.block);
                found.push(Difference::Added(format!("cluster for {kinds}")));
            }
            Place::Joins(cluster) => current = format!("cluster {cluster}"),
            Place::SameCluster => {}
            Place::Found(info) => {
                current = format!("cluster {}", info.cluster);
                if seen.insert(&info.cluster) {
                    flag_differences(cluster, &info.cluster, known, found);
                }
            }
        }
        node_differences(node, &current, found);
    }
    if seen.len() > 1 {
        let ids: Vec<&str> = seen.iter().map(|id| id.as_str()).collect();
        found
            .push(Difference::Differs(format!("nodes of one cluster in the file are in {}", ids.join(", "))));
    }
}

fn kinds(file: bool, block: bool) -> &'static str {
    match (file, block) {
        (true, true) => "file and block volumes",
        (true, false) => "file volumes",
        (false, true) => "block volumes",
        (false, false) => "no volumes",
    }
}

fn flag_differences(plan: &ClusterPlan<'_>, id: &str, known: &Topology, found: &mut Vec<Difference>) {
    let Some(cluster) = known.clusters.iter().find(|cluster| cluster.id == id) else { return };
    let is = kinds(cluster.file, cluster.block);
    let should_be = kinds(plan.entry.file, plan.entry.block);
    if is != should_be {
        found.push(Difference::Differs(format!("cluster {id}: it is for {is}, the file says {should_be}")));
    }
}

fn node_differences(node: &NodePlan<'_>, cluster: &str, found: &mut Vec<Difference>) {
    let host = node.spec.host();
    if let Place::Found(info) = node.place {
        let what = format!("node {host}");
        attribute(&what, "zone", &info.zone.to_string(), &node.spec.zone.unwrap_or(0).to_string(), found);
        let names = |names: &[String]| names.join(", ");
        let (is, should_be) = (names(&info.hostnames.storage), names(&node.spec.hostnames.storage));
        attribute(&what, "storage host name", &is, &should_be, found);
        tags(&what, &info.tags, &node.spec.tags, found);
    } else {
        let zone = node.spec.zone.unwrap_or(0);
        found.push(Difference::Added(format!("node {host} in zone {zone} of {cluster}")));
    }
    node.devices.iter().for_each(|device| device_differences(device, host, found));
    if let Place::Found(info) = node.place {
        devices_not_in_file(info, node, found);
    }
}

fn device_differences(device: &DevicePlan<'_>, host: &str, found: &mut Vec<Difference>) {
    let what = format!("device {} on {host}", device.spec.name);
    match device.found {
        None => {
            let erased = if device.spec.destroydata { ", erased before" } else { "" };
            found.push(Difference::Added(format!("{what}{erased}")));
        }
        Some(info) => tags(&what, &info.tags, &device.spec.tags, found),
    }
}

fn attribute(what: &str, name: &str, is: &str, should_be: &str, found: &mut Vec<Difference>) {
    if is != should_be {
        found.push(Difference::Differs(format!("{what}: {name} is {is}, the file says {should_be}")));
    }
}

fn tags(
    what: &str,
    is: &BTreeMap<String, String>,
    should_be: &BTreeMap<String, String>,
    found: &mut Vec<Difference>,
) {
    let names: BTreeSet<&String> = is.keys().chain(should_be.keys()).collect();
    for name in names {
        let text = match (is.get(name), should_be.get(name)) {
            (Some(is), Some(should_be)) if is == should_be => continue,
            (Some(is), Some(should_be)) => format!("is {is}, the file says {should_be}"),
            (Some(is), None) => format!("is {is}, the file has none"),
            (None, should_be) => {
                format!("is not there, the file says {}", should_be.map_or("", String::as_str))
            }
        };
        found.push(Difference::Differs(format!("{what}: tag {name} {text}")));
    }
}

fn devices_not_in_file(info: &NodeInfo, node: &NodePlan<'_>, found: &mut Vec<Difference>) {
    for device in &info.devices {
        if !node.devices.iter().any(|planned| planned.spec.name == device.name) {
            let host = node.spec.host();
            found.push(Difference::NotInFile(format!("device {} on {host}", device.name)));
        }
    }
}

/// Nodes that the file does not name, and clusters of which it names none.
fn not_in_file(plan: &[ClusterPlan<'_>], known: &Topology, found: &mut Vec<Difference>) {
    let named: BTreeSet<&str> = plan
        .iter()
        .flat_map(|cluster| &cluster.nodes)
        .filter_map(|node| if let Place::Found(info) = node.place { Some(info.id.as_str()) } else { None })
        .collect();
    for cluster in &known.clusters {
        if !cluster.nodes.iter().any(|node| named.contains(node.id.as_str())) {
            found.push(Difference::NotInFile(format!("cluster {}", cluster.id)));
        }
        for node in cluster.nodes.iter().filter(|node| !named.contains(node.id.as_str())) {
            let host = node.hostnames.manage.first().map_or(node.id.as_str(), String::as_str);
            found.push(Difference::NotInFile(format!("node {host} in cluster {}", cluster.id)));
        }
    }
}
