//! What a client or an operator does, and the routes that it asks.

use serde::{Deserialize, Serialize};

/// A method and a path of the OpenAPI document.
pub type Route = (&'static str, &'static str);

/// What somebody does. `which` counts what the model knows of that kind, modulo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Create {
        gib: u64,
        layout: Layout,
        #[serde(default, skip_serializing_if = "With::is_nothing")]
        with: With,
    },
    /// Asks for a volume by a name that is taken.
    CreateTaken {
        which: usize,
    },
    Expand {
        which: usize,
        gib: u64,
        #[serde(default, skip_serializing_if = "is_false")]
        keyed: bool,
    },
    Delete {
        which: usize,
    },
    Clone {
        which: usize,
        #[serde(default, skip_serializing_if = "is_false")]
        keyed: bool,
    },
    /// Moves a brick.
    Evict {
        which: usize,
        brick: usize,
    },
    CreateBlock {
        gib: u64,
        #[serde(default, skip_serializing_if = "BlockWith::is_nothing")]
        with: BlockWith,
    },
    ExpandBlock {
        which: usize,
        gib: u64,
        #[serde(default, skip_serializing_if = "is_false")]
        keyed: bool,
    },
    DeleteBlock {
        which: usize,
    },
    /// Makes a volume that hosts block volumes.
    CreateHosting {
        gib: u64,
    },
    /// Keeps block volumes out of a volume, or lets them in.
    Restrict {
        which: usize,
        locked: bool,
    },
    /// Empties a device, and takes it into service again.
    Drain {
        which: usize,
    },
    Resync {
        which: usize,
    },
    AddDevice {
        which: usize,
        tagged: bool,
    },
    DeviceState {
        which: usize,
        state: State,
    },
    TagDevice {
        which: usize,
        tagging: Tagging,
    },
    DeleteDevice {
        which: usize,
    },
    /// Empties a device and releases it.
    RemoveDevice {
        which: usize,
    },
    AddNode {
        which: usize,
        tagged: bool,
    },
    NodeState {
        which: usize,
        state: State,
    },
    TagNode {
        which: usize,
        tagging: Tagging,
    },
    DeleteNode {
        which: usize,
    },
    /// Empties a node, releases its devices, takes it away.
    RemoveNode {
        which: usize,
    },
    AddCluster {
        flags: Flags,
    },
    /// Forbids a cluster what these flags do not have, and allows it again.
    SetFlags {
        which: usize,
        flags: Flags,
    },
    DeleteCluster {
        which: usize,
    },
    CleanUp,
    SetLogLevel {
        debug: bool,
    },
    SetAdminState {
        local: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    Replica3,
    Arbiter,
    Disperse,
    Replica2,
    Alone,
}

/// What a volume is asked for with beside its size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct With {
    pub gid: u32,
    /// How many of the known ones.
    pub options: usize,
    pub snapshot: bool,
    pub keyed: bool,
}

/// The same for a block volume; 0 hosts stand for those of the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockWith {
    pub hosts: usize,
    pub auth: bool,
    pub keyed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Online,
    Offline,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tagging {
    /// These alone.
    Set(u8),
    Update(u8),
    Delete(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    pub file: bool,
    pub block: bool,
}

impl With {
    fn is_nothing(&self) -> bool {
        *self == With::default()
    }
}

impl BlockWith {
    fn is_nothing(&self) -> bool {
        *self == BlockWith::default()
    }
}

// serde asks for it by reference.
fn is_false(flag: &bool) -> bool {
    !flag
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Online => "online",
            State::Offline => "offline",
            State::Failed => "failed",
        }
    }
}

impl Act {
    /// All that it may ask and that changes something.
    pub fn routes(self) -> &'static [Route] {
        const DEVICE_STATE: Route = ("POST", "/devices/{id}/state");
        const NODE_STATE: Route = ("POST", "/nodes/{id}/state");
        const FLAGS: Route = ("POST", "/clusters/{id}/flags");
        match self {
            Act::Create { .. } | Act::CreateTaken { .. } | Act::CreateHosting { .. } => {
                &[("POST", "/volumes")]
            }
            Act::Expand { .. } => &[("POST", "/volumes/{id}/expand")],
            Act::Delete { .. } => &[("DELETE", "/volumes/{id}")],
            Act::Clone { .. } => &[("POST", "/volumes/{id}/clone")],
            Act::Evict { .. } => &[("POST", "/bricks/to-evict/{id}")],
            Act::CreateBlock { .. } => &[("POST", "/blockvolumes")],
            Act::ExpandBlock { .. } => &[("POST", "/blockvolumes/{id}/expand")],
            Act::DeleteBlock { .. } => &[("DELETE", "/blockvolumes/{id}")],
            Act::Restrict { .. } => &[("POST", "/volumes/{id}/block-restriction")],
            Act::Drain { .. } | Act::DeviceState { .. } => &[DEVICE_STATE],
            Act::Resync { .. } => &[("GET", "/devices/{id}/resync")],
            Act::AddDevice { .. } => &[("POST", "/devices")],
            Act::TagDevice { .. } => &[("POST", "/devices/{id}/tags")],
            Act::DeleteDevice { .. } => &[("DELETE", "/devices/{id}")],
            Act::RemoveDevice { .. } => &[DEVICE_STATE, ("DELETE", "/devices/{id}")],
            Act::AddNode { .. } => &[("POST", "/nodes"), ("POST", "/devices")],
            Act::NodeState { .. } => &[NODE_STATE],
            Act::TagNode { .. } => &[("POST", "/nodes/{id}/tags")],
            Act::DeleteNode { .. } => &[("DELETE", "/nodes/{id}")],
            Act::RemoveNode { .. } => &[NODE_STATE, ("DELETE", "/devices/{id}"), ("DELETE", "/nodes/{id}")],
            Act::AddCluster { .. } => &[("POST", "/clusters")],
            Act::SetFlags { .. } => &[FLAGS],
            Act::DeleteCluster { .. } => &[("DELETE", "/clusters/{id}")],
            Act::CleanUp => &[("POST", "/operations/pending/cleanup")],
            Act::SetLogLevel { .. } => &[("POST", "/internal/logging")],
            Act::SetAdminState { .. } => &[("POST", "/admin")],
        }
    }
}
