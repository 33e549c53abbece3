//! Refusals: heketi's text for its clients, and an explanation for people.

use super::candidates::SearchEnd;
use super::filters::NotTaken;
use super::options::InvalidTagRule;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::sizes::KiB;

/// Why there is no placement. Its text is heketi's, byte for byte; an expansion shows it as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// All brick sizes were tried; the next one is too small.
    #[error("Minimum brick size limit reached.  Out of space.")]
    MinBrickSize,
    /// All brick sizes were tried; with the next one the volume would have too many bricks.
    #[error("Maximum number of bricks reached.")]
    MaxBricks,
    /// The cluster has no node.
    #[error("No nodes in cluster")]
    EmptyCluster,
    /// No device of the cluster can be used at all.
    #[error("No online storage devices in cluster")]
    NoOnlineDevices,
    /// No device can take a brick that leaves its own.
    #[error("No Replacement was found for resource requested to be removed")]
    NoReplacement,
    /// The volume's tag rule cannot be read.
    #[error("{0}")]
    TagRule(InvalidTagRule),
    /// An arbiter would hold less than one file.
    #[error("Average file size ({}) is greater than Brick size ({})", average.get(), brick.get())]
    AverageFileSize {
        /// The size of files.
        average: KiB,
        /// The size of data bricks.
        brick: KiB,
    },
}

impl RefusalReason {
    /// The text for the creation of a volume, where heketi names all kinds of lack of space alike.
    pub fn create_text(&self) -> String {
        match self {
            RefusalReason::MinBrickSize | RefusalReason::MaxBricks => "No space".to_owned(),
            RefusalReason::EmptyCluster
            | RefusalReason::NoOnlineDevices
            | RefusalReason::NoReplacement
            | RefusalReason::TagRule(_)
            | RefusalReason::AverageFileSize { .. } => self.to_string(),
        }
    }

    /// Whether a creation stops here: the request is at fault, and another cluster would not do better.
    pub fn ends_the_request(&self) -> bool {
        matches!(self, RefusalReason::TagRule(_) | RefusalReason::AverageFileSize { .. })
    }
}

impl From<SearchEnd> for RefusalReason {
    fn from(end: SearchEnd) -> RefusalReason {
        match end {
            SearchEnd::MinBrickSize => RefusalReason::MinBrickSize,
            SearchEnd::MaxBricks => RefusalReason::MaxBricks,
        }
    }
}

/// A device that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceReason {
    /// The device.
    pub device: DeviceId,
    /// Its path.
    pub name: String,
    /// Its node.
    pub node: NodeId,
    /// The name of its node; empty where the node is not known.
    pub host: String,
    /// Why it was not taken.
    pub why: NotTaken,
}

/// There is no placement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PlacementRefusal {
    /// Why, in heketi's words.
    pub reason: RefusalReason,
    /// Why, in a sentence for people.
    pub summary: String,
    /// Why not this device, for every device of the cluster, by host and path.
    pub devices: Vec<DeviceReason>,
}

impl PlacementRefusal {
    pub(super) fn of(reason: impl Into<RefusalReason>, summary: impl Into<String>) -> Self {
        PlacementRefusal { reason: reason.into(), summary: summary.into(), devices: Vec::new() }
    }

    /// The explanation for people: the summary, and a line for each device.
    pub fn explanation(&self) -> String {
        let mut lines = vec![self.summary.clone()];
        lines.extend(self.devices.iter().map(DeviceReason::line));
        lines.join("\n")
    }
}

impl DeviceReason {
    fn line(&self) -> String {
        let DeviceReason { device, name, node, host, why } = self;
        if host.is_empty() {
            format!("{name} (device {device}) on node {node}: {why}")
        } else {
            format!("{name} (device {device}) on {host} (node {node}): {why}")
        }
    }
}
