//! Which devices may be taken at all, and why the others may not.

use std::collections::HashMap;

use super::options::TagRule;
use super::{ClusterView, PlacementRequest};
use crate::model::device::Device;
use crate::model::ids::NodeId;
use crate::model::node::Node;
use crate::model::state::{EntryState, Phase};

/// The tag that says which bricks of arbiter volumes a device takes.
const ARBITER_TAG: &str = "arbiter";

/// Which bricks of an arbiter volume a device takes. Source: heketi; unknown values count as `supported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArbiterTag {
    /// Arbiter bricks only.
    Required,
    /// Both.
    Supported,
    /// Data bricks only.
    Disabled,
}

/// A device that may be taken, with what the choice among them needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usable<'a> {
    pub(super) device: &'a Device,
    pub(super) zone: i64,
    pub(super) arbiter: ArbiterTag,
}

/// Why a device may not be taken, whatever the brick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unusable {
    NodeState(EntryState),
    NodePending,
    NodeDown,
    NodeFailedBefore,
    DeviceState(EntryState),
    DevicePending,
    Tag(String),
}

impl Unusable {
    pub(super) fn in_words(&self) -> String {
        match self {
            Unusable::NodeState(state) => format!("its node is {}", state.as_str()),
            Unusable::NodePending => "its node is being added or deleted".to_owned(),
            Unusable::NodeDown => "its node does not answer".to_owned(),
            Unusable::NodeFailedBefore => "its node failed in an earlier try".to_owned(),
            Unusable::DeviceState(state) => format!("it is {}", state.as_str()),
            Unusable::DevicePending => "it is being added or deleted".to_owned(),
            Unusable::Tag(rule) => format!("its tags do not match {rule}"),
        }
    }
}

/// Sorts the devices of a cluster into those that may be taken and those that may not.
pub(super) fn sort<'a>(
    cluster: &ClusterView<'a>,
    request: &PlacementRequest<'_>,
    rule: Option<&TagRule>,
) -> (Vec<Usable<'a>>, Vec<(&'a Device, Unusable)>) {
    let nodes: HashMap<NodeId, &Node> = cluster.nodes.iter().map(|node| (node.id, node)).collect();
    let (mut usable, mut unusable) = (Vec::with_capacity(cluster.devices.len()), Vec::new());
    for device in cluster.devices {
        let Some(node) = nodes.get(&device.node) else {
            unusable.push((device, Unusable::NodePending));
            continue;
        };
        match check(device, node, cluster, request, rule) {
            Some(reason) => unusable.push((device, reason)),
            None => usable.push(Usable { device, zone: node.zone, arbiter: arbiter_tag(device, node) }),
        }
    }
    (usable, unusable)
}

fn check(
    device: &Device,
    node: &Node,
    cluster: &ClusterView<'_>,
    request: &PlacementRequest<'_>,
    rule: Option<&TagRule>,
) -> Option<Unusable> {
    if node.phase != Phase::Ready {
        return Some(Unusable::NodePending);
    }
    if node.state != EntryState::Online {
        return Some(Unusable::NodeState(node.state));
    }
    if cluster.down.contains(&node.id) {
        return Some(Unusable::NodeDown);
    }
    if request.avoid.nodes.contains(&node.id) {
        return Some(Unusable::NodeFailedBefore);
    }
    if device.phase != Phase::Ready {
        return Some(Unusable::DevicePending);
    }
    if device.state != EntryState::Online {
        return Some(Unusable::DeviceState(device.state));
    }
    let rule = rule.filter(|rule| !rule.accepts(tag(device, node, &rule.key)))?;
    Some(Unusable::Tag(format!("{}{}{}", rule.key, if rule.differs { "!=" } else { "=" }, rule.value)))
}

/// A tag of a device, or else of its node.
fn tag<'a>(device: &'a Device, node: &'a Node, key: &str) -> Option<&'a str> {
    device.tags.get(key).or_else(|| node.tags.get(key)).map(String::as_str)
}

fn arbiter_tag(device: &Device, node: &Node) -> ArbiterTag {
    match tag(device, node, ARBITER_TAG) {
        Some("required") => ArbiterTag::Required,
        Some("disabled") => ArbiterTag::Disabled,
        _ => ArbiterTag::Supported,
    }
}
