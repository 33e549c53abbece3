//! Nodes on the wire, with the requests that nodes and devices share: states and tags.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::device::DeviceInfo;
use super::list::List;
use super::validate::{Invalid, Validate};
use super::words::{EntryStateName, HealCheckName, TagChangeName};
use crate::model::node::{Node, TagChange};
use crate::model::state::EntryState;

/// The names of a node; the first one of each list is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Hostnames {
    /// Names under which the server reaches it over SSH.
    #[schema(value_type = Vec<String>, required = true)]
    pub manage: List<String>,
    /// Addresses under which gluster and its clients reach it.
    #[schema(value_type = Vec<String>, required = true)]
    pub storage: List<String>,
}

/// Adds a node to a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeAddRequest {
    /// Its failure zone, 1 or more.
    #[schema(required = true)]
    pub zone: i64,
    /// Its names.
    #[schema(required = true)]
    pub hostnames: Hostnames,
    /// The cluster it joins.
    #[schema(required = true)]
    pub cluster: String,
    /// Labels, up to 32.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeInfo {
    /// Its failure zone.
    #[schema(required = true)]
    pub zone: i64,
    /// Its names.
    #[schema(required = true)]
    pub hostnames: Hostnames,
    /// The cluster it belongs to.
    #[schema(required = true)]
    pub cluster: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
    /// Whether it takes bricks.
    #[schema(value_type = EntryStateName, required = true)]
    pub state: String,
    /// Its devices, sorted by id.
    #[schema(value_type = Vec<DeviceInfo>, required = true)]
    pub devices: List<DeviceInfo>,
}

impl NodeInfo {
    /// Shows a node with its devices, in whatever order they come.
    pub fn new(node: &Node, mut devices: Vec<DeviceInfo>) -> NodeInfo {
        devices.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        NodeInfo {
            zone: node.zone,
            hostnames: Hostnames {
                manage: List::from(node.manage.clone()),
                storage: List::from(node.storage.clone()),
            },
            cluster: node.cluster.to_string(),
            tags: node.tags.clone(),
            id: node.id.to_string(),
            state: node.state.as_str().to_owned(),
            devices: List::from(devices),
        }
    }
}

/// Sets the state of a node or a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StateRequest {
    /// `failed` moves all bricks away.
    #[schema(value_type = EntryStateName, required = true)]
    pub state: String,
    /// `disable` moves bricks without looking whether they are healed. Empty is the same as nothing.
    #[schema(value_type = HealCheckName)]
    pub healcheck: String,
}

impl StateRequest {
    /// The state that is asked for, after validation.
    ///
    /// # Errors
    /// When the request is not valid.
    pub fn entry_state(&self) -> Result<EntryState, Invalid> {
        self.validate()?;
        match self.state.as_str() {
            "online" => Ok(EntryState::Online),
            "offline" => Ok(EntryState::Offline),
            _ => Ok(EntryState::Failed),
        }
    }

    /// Whether bricks may be moved without looking whether they are healed.
    pub fn skips_heal_check(&self) -> bool {
        self.healcheck == "disable"
    }
}

/// Changes the tags of a node or a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TagsRequest {
    /// Labels; for `delete` only their names matter.
    pub tags: BTreeMap<String, String>,
    /// What becomes of them.
    #[schema(value_type = TagChangeName, required = true)]
    pub change_type: String,
}

impl TryFrom<TagsRequest> for TagChange {
    type Error = Invalid;

    fn try_from(request: TagsRequest) -> Result<TagChange, Invalid> {
        request.validate()?;
        Ok(match request.change_type.as_str() {
            "set" => TagChange::Set(request.tags),
            "update" => TagChange::Update(request.tags),
            _ => TagChange::Delete(request.tags),
        })
    }
}
