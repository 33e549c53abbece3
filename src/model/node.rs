//! Nodes.

use std::collections::BTreeMap;

use super::host::Host;
use super::ids::{ClusterId, NodeId};
use super::state::{EntryState, Phase};

/// Labels of a node or a device, by name.
pub type Tags = BTreeMap<String, String>;

/// A peer that holds devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// The cluster it belongs to.
    pub cluster: ClusterId,
    /// Its failure zone, 1 or more.
    pub zone: i64,
    /// Names under which commands reach it; the first one is used. Never empty.
    pub manage: Vec<String>,
    /// Names that gluster uses for it; the first one is used. Never empty.
    pub storage: Vec<String>,
    /// Labels.
    pub tags: Tags,
    /// Whether it takes new bricks.
    pub state: EntryState,
    /// Where it is in its life.
    pub phase: Phase,
}

impl Node {
    /// The peer that commands go to; `None` for a stored name that could be taken for an option.
    pub fn host(&self) -> Option<Host> {
        self.manage.first().and_then(|name| Host::new(name.as_str()))
    }

    /// The name that gluster uses.
    pub fn storage_name(&self) -> &str {
        self.storage.first().map_or("", String::as_str)
    }
}

/// What is done to tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagChange {
    /// These and no others.
    Set(Tags),
    /// These in addition, or instead of those of the same name.
    Update(Tags),
    /// Without those of these names.
    Delete(Tags),
}

impl TagChange {
    /// The tags after the change.
    pub fn apply(self, mut current: Tags) -> Tags {
        match self {
            TagChange::Set(tags) => tags,
            TagChange::Update(tags) => {
                current.extend(tags);
                current
            }
            TagChange::Delete(tags) => {
                current.retain(|name, _| !tags.contains_key(name));
                current
            }
        }
    }
}
