//! Filters: why a device does not take a brick.

use std::fmt;

use super::options::VolumeRules;
use super::request::{ClusterView, NodeView};
use crate::model::brick::BrickRole;
use crate::model::device::Device;
use crate::model::node::Node;
use crate::model::sizes::KiB;
use crate::model::state::{EntryState, Phase};

/// Why a device did not take a brick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// Its node is not in the cluster.
    NodeUnknown,
    /// Its node is offline or failed.
    NodeState(EntryState),
    /// Its node is being added or removed.
    NodePhase(Phase),
    /// Its node does not answer.
    NodeDown,
    /// It is offline or failed.
    DeviceState(EntryState),
    /// It is being added or removed.
    DevicePhase(Phase),
    /// Its books do not agree with what is on it.
    Unreconciled,
    /// Nobody knows the extents of its volume group.
    ExtentUnknown,
    /// The brick leaves it.
    Left,
    /// Its tags do not satisfy the volume's rule.
    TagRule(String),
    /// It is tagged to take arbiter bricks only.
    ArbiterOnly,
    /// It is tagged to take no arbiter brick.
    NoArbiter,
    /// A brick of the same set is on its node.
    NodeInUse,
    /// A brick of the same set is in its zone.
    ZoneInUse(i64),
    /// It has too little free space.
    NoRoom {
        /// What a brick takes.
        needed: KiB,
        /// What is free after the bricks that this volume would get.
        free: KiB,
        /// The bricks that this volume would get on it.
        taken_by_volume: u32,
    },
    /// It would take a brick, but others of the set find no place.
    SetIncomplete,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotTaken::NodeUnknown => f.write_str("its node is not in the cluster"),
            NotTaken::NodeState(state) => write!(f, "its node is {}", state.as_str()),
            NotTaken::NodePhase(phase) => write!(f, "its node is {}", phase_words(*phase)),
            NotTaken::NodeDown => f.write_str("its node does not answer"),
            NotTaken::DeviceState(state) => write!(f, "it is {}", state.as_str()),
            NotTaken::DevicePhase(phase) => write!(f, "it is {}", phase_words(*phase)),
            NotTaken::Unreconciled => {
                f.write_str("its records do not agree with what is on it (`mortard db findings`)")
            }
            NotTaken::ExtentUnknown => f.write_str("the extent size of its volume group is not known"),
            NotTaken::Left => f.write_str("it is the one that the brick leaves"),
            NotTaken::TagRule(rule) => write!(f, "its tags do not satisfy `{rule}`"),
            NotTaken::ArbiterOnly => f.write_str("it is tagged `arbiter: required` and takes no data brick"),
            NotTaken::NoArbiter => f.write_str("it is tagged `arbiter: disabled` and takes no arbiter brick"),
            NotTaken::NodeInUse => f.write_str("its node already holds a brick of the set"),
            NotTaken::ZoneInUse(zone) => write!(f, "zone {zone} already holds a brick of the set"),
            NotTaken::NoRoom { needed, free, taken_by_volume } => {
                write!(f, "a brick takes {}, {} is free", readable(*needed), readable(*free))?;
                match taken_by_volume {
                    0 => Ok(()),
                    1 => f.write_str(" beside another brick of the volume"),
                    more => write!(f, " beside {more} other bricks of the volume"),
                }
            }
            NotTaken::SetIncomplete => f.write_str("it has room, but the set cannot be completed"),
        }
    }
}

fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Creating => "being added",
        Phase::Ready => "ready",
        Phase::Deleting => "being removed",
    }
}

/// A size as people read it, with the exact number where it was rounded: free and needed often differ by little.
pub(super) fn readable(size: KiB) -> String {
    const GIB: u128 = 1 << 20;
    let kib = u128::from(size.get());
    if kib < GIB {
        return size.to_string();
    }
    let hundredths = kib * 100 / GIB;
    let exact = if kib * 100 % GIB == 0 { String::new() } else { format!(" ({size})") };
    match hundredths % 100 {
        0 => format!("{} GiB{exact}", hundredths / 100),
        part => format!("{}.{part:02} GiB{exact}", hundredths / 100),
    }
}

/// What holds for every request: states, health, books.
pub(super) fn standing(cluster: &ClusterView<'_>, node: &NodeView<'_>, device: &Device) -> Option<NotTaken> {
    node_state(node).or_else(|| device_state(device)).or_else(|| books(cluster, device))
}

fn node_state(view: &NodeView<'_>) -> Option<NotTaken> {
    match (view.node.phase, view.node.state) {
        (Phase::Creating | Phase::Deleting, _) => Some(NotTaken::NodePhase(view.node.phase)),
        (Phase::Ready, EntryState::Offline | EntryState::Failed) => {
            Some(NotTaken::NodeState(view.node.state))
        }
        (Phase::Ready, EntryState::Online) => view.down.then_some(NotTaken::NodeDown),
    }
}

fn device_state(device: &Device) -> Option<NotTaken> {
    match (device.phase, device.state) {
        (Phase::Creating | Phase::Deleting, _) => Some(NotTaken::DevicePhase(device.phase)),
        (Phase::Ready, EntryState::Offline | EntryState::Failed) => Some(NotTaken::DeviceState(device.state)),
        (Phase::Ready, EntryState::Online) => None,
    }
}

fn books(cluster: &ClusterView<'_>, device: &Device) -> Option<NotTaken> {
    if cluster.unreconciled.contains(&device.id) {
        return Some(NotTaken::Unreconciled);
    }
    (device.extent == KiB::ZERO).then_some(NotTaken::ExtentUnknown)
}

/// The volume's tag rule.
pub(super) fn tag_rule(rules: &VolumeRules, node: &Node, device: &Device) -> Option<NotTaken> {
    let rule = rules.tag_rule.as_ref()?;
    (!rule.accepts(&device.tags, &node.tags)).then(|| NotTaken::TagRule(rule.to_string()))
}

/// What the tag `arbiter` of a device or its node says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArbiterTag {
    /// Any brick.
    Supported,
    /// In arbiter volumes arbiter bricks only; other volumes use it where nothing else is left.
    Required,
    /// No arbiter brick.
    Disabled,
}

impl ArbiterTag {
    /// Reads the tag; the device's goes before the node's, and an unknown word allows everything.
    pub fn of(device: &Device, node: &Node) -> ArbiterTag {
        let tag = device.tags.get("arbiter").or_else(|| node.tags.get("arbiter"));
        match tag.map(String::as_str) {
            Some("required") => ArbiterTag::Required,
            Some("disabled") => ArbiterTag::Disabled,
            _ => ArbiterTag::Supported,
        }
    }

    /// Why a brick of an arbiter volume may not go there.
    pub(super) fn refuses(self, role: BrickRole) -> Option<NotTaken> {
        match (self, role) {
            (ArbiterTag::Required, BrickRole::Data) => Some(NotTaken::ArbiterOnly),
            (ArbiterTag::Disabled, BrickRole::Arbiter) => Some(NotTaken::NoArbiter),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable_and_exact() {
        assert_eq!(readable(KiB::of(20_480)), "20480 KiB");
        assert_eq!(readable(KiB::of(1 << 20)), "1 GiB");
        assert_eq!(readable(KiB::of(1_310_720)), "1.25 GiB");
        assert_eq!(readable(KiB::of(1_048_577)), "1 GiB (1048577 KiB)");
        assert_eq!(readable(KiB::of(10_539_008)), "10.05 GiB (10539008 KiB)");
    }
}
