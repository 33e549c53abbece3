//! `topology info`: everything, in heketi-cli's layout of line feeds, blanks and tabs.

use std::collections::BTreeMap;

use super::args::TopologyInfo;
use super::device::{brick_columns, gib, space_columns, state_word};
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::volume::mount_options;
use crate::api::{BrickInfo, DeviceInfo, Durability, NodeInfo, VolumeInfo};
use crate::client::{Topology, TopologyCluster};

pub(super) fn run(
    arguments: &TopologyInfo,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    if !arguments.template.is_empty() && !session.json {
        return Err(Failure::new("failed to parse template: templates are not supported; use --json"));
    }
    let topology = session.client()?.topology()?;
    if session.json { output.json(&topology) } else { output.text(&text(&topology)) }
}

pub(super) fn text(topology: &Topology) -> String {
    let clusters: String = topology.clusters.iter().map(cluster).collect();
    format!("{clusters}\n")
}

fn cluster(cluster: &TopologyCluster) -> String {
    let volumes: String = cluster.volumes.iter().map(volume).collect();
    let nodes: String = cluster.nodes.iter().map(node).collect();
    format!(
        "\nCluster Id: {}\n\n    File:  {}\n    Block: {}\n\n    Volumes:\n{volumes}\n\n    Nodes:\n{nodes}",
        cluster.id, cluster.file, cluster.block
    )
}

fn volume(volume: &VolumeInfo) -> String {
    let snapshot = match volume.snapshot.enable {
        true => format!("Enabled\n\tSnapshot Factor: {:.2}", volume.snapshot.factor),
        false => "Disabled".to_owned(),
    };
    let bricks: String = volume.bricks.iter().map(volume_brick).collect();
    format!(
        "\n\tName: {}\n\tSize: {}\n\tId: {}\n\tCluster Id: {}\n\tMount: {}\n\tMount Options: {}\n\
         \tDurability Type: {}{}\n\tSnapshot: {snapshot}\n\n\t\tBricks:{bricks}\n",
        volume.name,
        volume.size,
        volume.id,
        volume.cluster,
        volume.mount.glusterfs.device,
        mount_options(volume),
        volume.durability.kind,
        counts(&volume.durability)
    )
}

fn counts(durability: &Durability) -> String {
    let Durability { kind, replicate, disperse } = durability;
    match kind.as_str() {
        "replicate" => format!("\n\tReplica: {}", replicate.replica),
        "disperse" => {
            format!("\n\tDisperse Data: {}\n\tDisperse Redundancy: {}", disperse.data, disperse.redundancy)
        }
        _ => String::new(),
    }
}

fn volume_brick(brick: &BrickInfo) -> String {
    format!(
        "\n\t\t\tId: {}\n\t\t\tPath: {}\n\t\t\tSize (GiB): {}\n\t\t\tNode: {}\n\t\t\tDevice: {}\n",
        brick.id,
        brick.path,
        gib(brick.size),
        brick.node,
        brick.device
    )
}

fn node(node: &NodeInfo) -> String {
    let devices: String = node.devices.iter().map(device).collect();
    format!(
        "\n\tNode Id: {}\n\tState: {}\n\tCluster Id: {}\n\tZone: {}\n\tManagement Hostnames: {}\n\
         \tStorage Hostnames: {}{}\n\tDevices:{devices}\n",
        node.id,
        state_word(&node.state),
        node.cluster,
        node.zone,
        node.hostnames.manage.join(", "),
        node.hostnames.storage.join(", "),
        tags(&node.tags, "\t")
    )
}

fn device(device: &DeviceInfo) -> String {
    let paths = if device.paths.is_empty() { device.name.clone() } else { device.paths.join(" ") };
    let bricks: String =
        device.bricks.iter().map(|brick| format!("\n\t\t\t\t{}", brick_columns(brick))).collect();
    format!(
        "\n\t\tId:{:<35}{}{}\n\t\t\tKnown Paths: {paths}\n\n\t\t\tBricks:{bricks}",
        device.id,
        space_columns(device),
        tags(&device.tags, "\t\t\t")
    )
}

/// Tags on one line, with an empty line behind; nothing where there are none.
fn tags(tags: &BTreeMap<String, String>, indent: &str) -> String {
    if tags.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = tags.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("\n{indent}Tags: {}\n", pairs.join(" "))
}
