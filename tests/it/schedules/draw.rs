//! Acts drawn by chance.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::act::{Act, BlockWith, Flags, Layout, State, Tagging, With};

impl Act {
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
