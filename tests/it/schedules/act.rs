//! What a client or an operator does, drawn by chance, and the routes that it asks.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
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

    /// Any: two of five concern nodes, devices, clusters, or the server.
    pub fn draw(dice: &mut StdRng) -> Act {
        if dice.random_bool(0.4) { Act::draw_operators(dice) } else { Act::draw_clients(dice) }
    }

    fn draw_clients(dice: &mut StdRng) -> Act {
        let keyed = dice.random_bool(0.3);
        match (dice.random_range(0..12), Act::draw_work(dice)) {
            (0, _) => Act::CreateHosting { gib: dice.random_range(30..=60) },
            (1, _) => Act::Restrict { which: dice.random_range(0..100), locked: dice.random_bool(0.5) },
            (2, _) => Act::CreateTaken { which: dice.random_range(0..100) },
            (_, Act::Create { gib, layout, .. }) => {
                Act::Create { gib, layout, with: With::draw(dice, keyed) }
            }
            (_, Act::Expand { which, gib, .. }) => Act::Expand { which, gib, keyed },
            (_, Act::Clone { which, .. }) => Act::Clone { which, keyed },
            (_, Act::CreateBlock { gib, .. }) => {
                let (hosts, auth) = (dice.random_range(0..=2), dice.random_bool(0.5));
                Act::CreateBlock { gib, with: BlockWith { hosts, auth, keyed } }
            }
            (_, Act::ExpandBlock { which, gib, .. }) => Act::ExpandBlock { which, gib, keyed },
            (_, act) => act,
        }
    }

    fn draw_operators(dice: &mut StdRng) -> Act {
        let (which, tagged) = (dice.random_range(0..100), dice.random_bool(0.5));
        let flags = Flags { file: dice.random_bool(0.5), block: dice.random_bool(0.5) };
        let (state, tagging) = (State::draw(dice), Tagging::draw(dice));
        match dice.random_range(0..26) {
            0..=2 => Act::AddDevice { which, tagged },
            3..=4 => Act::DeviceState { which, state },
            5..=6 => Act::TagDevice { which, tagging },
            7 => Act::DeleteDevice { which },
            8..=9 => Act::RemoveDevice { which },
            10..=12 => Act::AddNode { which, tagged },
            13 => Act::NodeState { which, state },
            14..=15 => Act::TagNode { which, tagging },
            16 => Act::DeleteNode { which },
            17..=18 => Act::RemoveNode { which },
            19 => Act::AddCluster { flags },
            20 => Act::SetFlags { which, flags },
            21 => Act::DeleteCluster { which },
            22..=23 => Act::CleanUp,
            24 => Act::SetLogLevel { debug: tagged },
            _ => Act::SetAdminState { local: tagged },
        }
    }

    /// What is done to volumes, and what moves their bricks.
    pub fn draw_work(dice: &mut StdRng) -> Act {
        let which = dice.random_range(0..100);
        let gib = dice.random_range(1..=20);
        match dice.random_range(0..20) {
            0..=6 => Act::Create { gib, layout: Layout::draw(dice), with: With::default() },
            7..=8 => Act::Expand { which, gib, keyed: false },
            9..=11 => Act::Delete { which },
            12 => Act::Clone { which, keyed: false },
            13 => Act::Evict { which, brick: dice.random_range(0..6) },
            14..=15 => Act::CreateBlock { gib, with: BlockWith::default() },
            16 => Act::ExpandBlock { which, gib, keyed: false },
            17 => Act::DeleteBlock { which },
            18 => Act::Drain { which },
            _ => Act::Resync { which },
        }
    }

    /// The acts of a soak.
    pub fn draw_plain(dice: &mut StdRng) -> Act {
        let (which, gib) = (dice.random_range(0..100), dice.random_range(1..=5));
        match dice.random_range(0..3) {
            0 => Act::Create { gib, layout: Layout::draw(dice), with: With::default() },
            1 => Act::Expand { which, gib, keyed: false },
            _ => Act::Delete { which },
        }
    }
}

impl Layout {
    fn draw(dice: &mut StdRng) -> Layout {
        let all = [
            Layout::Replica3,
            Layout::Replica3,
            Layout::Arbiter,
            Layout::Disperse,
            Layout::Replica2,
            Layout::Alone,
        ];
        all.choose(dice).copied().unwrap_or(Layout::Replica3)
    }
}

impl With {
    fn draw(dice: &mut StdRng, keyed: bool) -> With {
        let gid = if dice.random_bool(0.3) { dice.random_range(1..5000) } else { 0 };
        With { gid, options: dice.random_range(0..=2), snapshot: dice.random_bool(0.2), keyed }
    }
}

impl State {
    fn draw(dice: &mut StdRng) -> State {
        let all = [State::Online, State::Online, State::Online, State::Offline, State::Failed];
        all.choose(dice).copied().unwrap_or(State::Online)
    }
}

impl Tagging {
    fn draw(dice: &mut StdRng) -> Tagging {
        let number = dice.random_range(0..4);
        [Tagging::Set(number), Tagging::Update(number), Tagging::Delete(number)]
            .choose(dice)
            .copied()
            .unwrap_or(Tagging::Set(number))
    }
}
