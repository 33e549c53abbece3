//! Nodes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::{Fields, same};
use super::shape::null_if_empty;

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NodeEntry {
    /// `online`, `offline` or `failed`.
    pub state: String,
    /// What it is.
    pub info: NodeInfo,
    /// The ids of its devices, sorted.
    pub devices: Vec<String>,
}

/// What a node is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NodeInfo {
    /// Its failure zone.
    pub zone: i64,
    /// Its names.
    pub hostnames: Hostnames,
    /// The id of its cluster.
    pub cluster: String,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its id.
    pub id: String,
}

/// The names of a node, as they were given; heketi uses the first of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hostnames {
    /// Where commands are run.
    #[serde(serialize_with = "null_if_empty")]
    pub manage: Vec<String>,
    /// Where gluster is reached.
    #[serde(serialize_with = "null_if_empty")]
    pub storage: Vec<String>,
}

impl NodeEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> NodeEntry {
        NodeEntry {
            state: fields.embedded("Entry", |entry| entry.text(same("State"))),
            info: fields.inside(same("Info"), NodeInfo::read),
            devices: fields.texts(same("Devices")),
        }
    }
}

impl NodeInfo {
    fn read(fields: &mut Fields<'_, '_>) -> NodeInfo {
        let requested = fields.embedded("NodeAddRequest", |request| NodeInfo {
            zone: request.int(("Zone", "zone")),
            hostnames: request.inside(("Hostnames", "hostnames"), Hostnames::read),
            cluster: request.text(("ClusterId", "cluster")),
            tags: request.text_map(("Tags", "tags")),
            id: String::new(),
        });
        NodeInfo { id: fields.text(("Id", "id")), ..requested }
    }
}

impl Hostnames {
    fn read(fields: &mut Fields<'_, '_>) -> Hostnames {
        Hostnames {
            manage: fields.texts(("Manage", "manage")),
            storage: fields.texts(("Storage", "storage")),
        }
    }
}
