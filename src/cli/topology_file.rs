//! Topology files: heketi's format, looked through before anything is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::failure::Failure;
use super::raw;
use crate::api::Hostnames;
use crate::json;
use crate::words::go::os_reason;
use crate::words::near::nearest;

/// A whole file. Null and missing lists are empty.
#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct TopologyFile {
    pub(super) clusters: Vec<ClusterEntry>,
}

/// One cluster; its flags count only where it is made.
#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct ClusterEntry {
    pub(super) nodes: Vec<NodeEntry>,
    pub(super) file: bool,
    pub(super) block: bool,
}

impl Default for ClusterEntry {
    fn default() -> ClusterEntry {
        ClusterEntry { nodes: Vec::new(), file: true, block: true }
    }
}

/// One node with its devices.
#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct NodeEntry {
    pub(super) node: NodeSpec,
    pub(super) devices: Vec<DeviceEntry>,
}

/// What is sent to add a node, but for its cluster.
#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct NodeSpec {
    pub(super) hostnames: Hostnames,
    pub(super) zone: Option<i64>,
    pub(super) tags: BTreeMap<String, String>,
}

impl NodeSpec {
    /// The name that a node is known by.
    pub(super) fn host(&self) -> &str {
        self.hostnames.manage.first().map_or("", String::as_str)
    }
}

/// One device: a path, or an object with a `name`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct DeviceEntry(pub(super) DeviceSpec);

/// What is sent to add a device, but for its node.
#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct DeviceSpec {
    pub(super) name: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) destroydata: bool,
}

impl<'de> Deserialize<'de> for DeviceEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DeviceEntry, D::Error> {
        // As a struct, so that its field names are found in any case.
        deserializer.deserialize_struct("DeviceEntry", &["name", "tags", "destroydata"], DeviceVisitor)
    }
}

struct DeviceVisitor;

impl<'de> Visitor<'de> for DeviceVisitor {
    type Value = DeviceEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or an object")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<DeviceEntry, E> {
        Ok(DeviceEntry(DeviceSpec { name: name.to_owned(), ..DeviceSpec::default() }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DeviceEntry, A::Error> {
        DeviceSpec::deserialize(MapAccessDeserializer::new(map)).map(DeviceEntry)
    }
}

/// Reads and checks a file; with it comes a line for each key that nothing reads.
///
/// # Errors
/// In heketi-cli's words, with the place and the reason behind them.
pub(super) fn read(path: &str) -> Result<(TopologyFile, Vec<String>), Failure> {
    if path.is_empty() {
        return Err(Failure::new("Missing configuration file"));
    }
    let mut file = std::fs::File::open(raw::path(path)).map_err(|error| Failure {
        explanation: Some(format!("{path}: {}", os_reason(&error))),
        ..Failure::new("Unable to open config file")
    })?;
    let broken =
        |reason: String| Failure::because("Unable to parse config file", format!("{path}: {reason}"));
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut text).map_err(|error| broken(os_reason(&error)))?;
    let parsed = parse(&text).map_err(&broken)?;
    let whole = json::decode_first(&text).map_err(|error| broken(error.to_string()))?;
    let mut unknown = Vec::new();
    unknown_keys(&whole, &FILE, "", &mut unknown);
    Ok((parsed, unknown))
}

/// The keys of an object, and what is below them.
struct Keys(&'static [(&'static str, Option<&'static Keys>)]);

const FILE: Keys = Keys(&[("clusters", Some(&CLUSTER))]);
const CLUSTER: Keys = Keys(&[("nodes", Some(&NODE)), ("file", None), ("block", None)]);
const NODE: Keys = Keys(&[("node", Some(&SPEC)), ("devices", Some(&DEVICE))]);
const SPEC: Keys = Keys(&[("hostnames", Some(&NAMES)), ("zone", None), ("tags", None), ("cluster", None)]);
const NAMES: Keys = Keys(&[("manage", None), ("storage", None)]);
const DEVICE: Keys = Keys(&[("name", None), ("tags", None), ("destroydata", None)]);

/// Collects the keys that are not read, as heketi-cli does not read them, with what was probably meant. Those that
/// begin with a sign are remarks.
fn unknown_keys(value: &Value, keys: &Keys, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                unknown_keys(item, keys, &format!("{place}[{at}]"), found);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                let known = keys.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                match known {
                    Some((_, Some(below))) => unknown_keys(value, below, &place, found),
                    Some((_, None)) => {}
                    None if key.starts_with(|first: char| !first.is_alphanumeric()) => {}
                    None => {
                        let meant = nearest(key, keys.0.iter().map(|(name, _)| *name));
                        let meant = meant.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                        found.push(format!("{place} is not read{meant}"));
                    }
                }
            }
        }
        _ => {}
    }
}

/// Reads and checks the text of a file; the error has a line for each thing that is wrong.
pub(super) fn parse(text: &[u8]) -> Result<TopologyFile, String> {
    let file: TopologyFile = json::decode_first(text).map_err(|error| error.to_string())?;
    let faults = faults(&file);
    if faults.is_empty() { Ok(file) } else { Err(faults.join("\n")) }
}

/// What the server could only refuse, or heketi-cli would die of. A host that is named twice is none: the
/// server refuses the second one, and scripts know its text.
fn faults(file: &TopologyFile) -> Vec<String> {
    let mut faults = Vec::new();
    for (c, cluster) in file.clusters.iter().enumerate() {
        for (n, entry) in cluster.nodes.iter().enumerate() {
            let place = format!("clusters[{c}].nodes[{n}]");
            node_faults(&entry.node, &place, &mut faults);
            device_faults(&entry.devices, &place, entry.node.host(), &mut faults);
        }
    }
    faults
}

fn node_faults(node: &NodeSpec, place: &str, faults: &mut Vec<String>) {
    let mut missing = |what: &str| faults.push(format!("{place}.node.{what} is missing"));
    if node.host().is_empty() {
        missing("hostnames.manage");
    }
    if node.hostnames.storage.first().is_none_or(String::is_empty) {
        missing("hostnames.storage");
    }
    if node.zone.is_none() {
        missing("zone");
    }
}

fn device_faults(devices: &[DeviceEntry], place: &str, host: &str, faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (d, DeviceEntry(device)) in devices.iter().enumerate() {
        let place = format!("{place}.devices[{d}]");
        if device.name.is_empty() {
            faults.push(format!("{place}.name is missing"));
        } else if !seen.insert(&device.name) {
            faults.push(format!("{place}: {} is listed twice for node {host}", device.name));
        }
    }
}

/// Hosts that are named more than once; worth telling, but not refused.
pub(super) fn repeated_hosts(file: &TopologyFile) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let nodes = file.clusters.iter().flat_map(|cluster| &cluster.nodes);
    let again = nodes.map(|entry| entry.node.host()).filter(|host| !seen.insert(*host));
    again.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_in_the_repository_are_good() {
        let file = parse(include_bytes!("../../topology/lab.json")).unwrap();
        let nodes = &file.clusters[0].nodes;
        let hosts: Vec<&str> = nodes.iter().map(|entry| entry.node.host()).collect();
        assert_eq!(hosts, ["10.10.10.17", "10.10.10.18", "10.10.10.19"]);
        assert!(nodes.iter().all(|entry| entry.devices.len() == 2 && entry.node.zone == Some(1)));
        assert!(nodes.iter().all(|entry| entry.devices.iter().all(|device| !device.0.destroydata)));
    }

    #[test]
    fn a_host_that_is_named_twice_is_told_but_not_refused() {
        let node = r#"{"node":{"hostnames":{"manage":["n"],"storage":["s"]},"zone":0}}"#;
        let file = parse(format!(r#"{{"clusters":[{{"nodes":[{node},{node}]}}]}}"#).as_bytes()).unwrap();
        assert_eq!(repeated_hosts(&file), ["n"]);
    }

    #[test]
    fn nothing_is_a_topology_too() {
        for text in ["{}", "null", r#"{"clusters":null}"#, r#"{"Clusters":[{"nodes":null}]}"#] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
