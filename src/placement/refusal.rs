//! Why a volume has no place: heketi's text for clients, and an explanation that names every device.

use std::fmt;

use crate::model::ids::ClusterId;

/// Devices that an explanation names; the rest is counted.
const NAMED: usize = 40;

/// How the search for a brick size ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchEnd {
    /// Bricks would be smaller than allowed.
    TooSmall,
    /// There would be more bricks than allowed.
    TooMany,
    /// The cluster has no node.
    NoNodes,
    /// No device of the cluster takes bricks.
    NoDevices,
    /// The rule for tags cannot be read.
    BadTagRule(String),
    /// Files are expected to be larger than a brick.
    FilesTooLarge {
        /// Expected size of a file in KiB.
        average_kib: u64,
        /// Size of a brick in KiB.
        brick_kib: u64,
    },
}

impl fmt::Display for SearchEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SearchEnd::TooSmall => f.write_str("Minimum brick size limit reached.  Out of space."),
            SearchEnd::TooMany => f.write_str("Maximum number of bricks reached."),
            SearchEnd::NoNodes => f.write_str("No nodes in cluster"),
            SearchEnd::NoDevices => f.write_str("No online storage devices in cluster"),
            SearchEnd::BadTagRule(rule) => {
                write!(f, "Invalid tag matching rule: Invalid tag match rule: {rule}")
            }
            SearchEnd::FilesTooLarge { average_kib, brick_kib } => {
                write!(f, "Average file size ({average_kib}) is greater than Brick size ({brick_kib})")
            }
        }
    }
}

/// Why a volume has no place in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementRefusal {
    /// How the search ended.
    pub end: SearchEnd,
    /// What was tried last, in words.
    pub tried: Option<String>,
    /// Each device and why it was not taken for that.
    pub devices: Vec<String>,
}

impl PlacementRefusal {
    /// The text that an expansion shows.
    pub fn raw_text(&self) -> String {
        self.end.to_string()
    }

    /// The text that a create shows: heketi calls all that has to do with sizes `No space`.
    pub fn create_text(&self) -> String {
        match self.end {
            SearchEnd::TooSmall | SearchEnd::TooMany => "No space".to_owned(),
            _ => self.raw_text(),
        }
    }

    /// Whether other clusters would give the same answer.
    pub fn ends_search(&self) -> bool {
        matches!(self.end, SearchEnd::BadTagRule(_) | SearchEnd::FilesTooLarge { .. })
    }

    /// What was tried, and why each device was not taken.
    pub fn explanation(&self) -> String {
        let mut lines = vec![self.end.to_string()];
        lines.extend(self.tried.clone());
        lines.extend(self.devices.iter().take(NAMED).cloned());
        if let Some(more) = self.devices.len().checked_sub(NAMED).filter(|more| *more > 0) {
            lines.push(format!("and {more} more devices"));
        }
        lines.join("\n")
    }
}

/// heketi's text for several clusters: a single reason stands alone, several follow a line that sums them up.
pub fn combined(summary: &str, reasons: &[(ClusterId, String)]) -> String {
    match reasons {
        [(_, only)] => only.clone(),
        several => {
            let lines = several.iter().map(|(id, reason)| format!("\nCluster {id}: {reason}"));
            format!("{summary}{}", lines.collect::<String>())
        }
    }
}
