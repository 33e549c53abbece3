//! What happens in a schedule: made of a number, or read from a file.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

/// Everything that clients, peers and the operator do, in the order of the server's lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    pub lives: Vec<Life>,
}

/// From a start of the server to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Life {
    pub faults: Vec<Fault>,
    /// What each client does, one thing after the other, beside the others.
    pub clients: Vec<Vec<Act>>,
    /// After so many requests the server is killed; else it is stopped when all is done.
    pub killed_after: Option<usize>,
}

/// A fault of a command on a peer, as the server's `injectexec` takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    pub command: String,
    pub fault: String,
    pub skip: u64,
    pub times: u64,
}

/// What a client does. `which` counts what the model knows of that kind, modulo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Create {
        gib: u64,
        layout: Layout,
    },
    Expand {
        which: usize,
        gib: u64,
    },
    Delete {
        which: usize,
    },
    Clone {
        which: usize,
    },
    /// Moves a brick.
    Evict {
        which: usize,
        brick: usize,
    },
    CreateBlock {
        gib: u64,
    },
    ExpandBlock {
        which: usize,
        gib: u64,
    },
    DeleteBlock {
        which: usize,
    },
    /// Empties a device, and takes it into service again.
    Drain {
        which: usize,
    },
    Resync {
        which: usize,
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

/// Commands that faults are aimed at, and any.
const COMMANDS: [&str; 12] = [
    ".",
    ".",
    "lvcreate",
    "mkfs",
    "mount",
    "gluster.*volume create",
    "gluster.*volume start",
    "gluster.*volume delete",
    "gluster.*add-brick",
    "gluster.*replace-brick",
    "lvremove",
    "gluster-block",
];

/// One that kills the server ends a life: it is the last one that is drawn.
const FAULTS: [&str; 5] = ["refuse", "lose_reply", "garbage", "stall", "unreachable"];
const KILLING: [&str; 3] = ["kill_before", "kill_after", "late"];

impl Schedule {
    /// The schedule of a number: always the same.
    pub fn of(seed: u64) -> Schedule {
        let mut dice = StdRng::seed_from_u64(seed);
        let lives = dice.random_range(2..=4);
        Schedule { lives: (0..lives).map(|_| Life::draw(&mut dice)).collect() }
    }

    /// Many clients that make, grow and delete `count` volumes in all, over several lives.
    pub fn soak(seed: u64, clients: usize, count: usize) -> Schedule {
        const LIVES: usize = 10;
        let mut dice = StdRng::seed_from_u64(seed);
        let each = count.div_ceil(clients * LIVES);
        let life = |dice: &mut StdRng| Life {
            clients: (0..clients).map(|_| (0..each).map(|_| Act::draw_plain(dice)).collect()).collect(),
            ..Life::draw(dice)
        };
        // The lives that end early leave things undone: all that is asked for is, in the last one.
        Schedule { lives: (0..LIVES).map(|_| life(&mut dice)).collect() }
    }
}

impl Life {
    fn draw(dice: &mut StdRng) -> Life {
        let clients = dice.random_range(2..=6);
        let acts = |dice: &mut StdRng| {
            let count = dice.random_range(2..=6);
            (0..count).map(|_| Act::draw(dice)).collect()
        };
        let clients = (0..clients).map(|_| acts(dice)).collect();
        let mut faults: Vec<Fault> =
            (0..dice.random_range(0..=4)).map(|_| Fault::draw(dice, &FAULTS)).collect();
        if dice.random_bool(0.3) {
            faults.push(Fault { times: 1, ..Fault::draw(dice, &KILLING) });
        }
        let killed_after = dice.random_bool(0.4).then(|| dice.random_range(1..=20));
        Life { faults, clients, killed_after }
    }
}

impl Fault {
    fn draw(dice: &mut StdRng, kinds: &[&str]) -> Fault {
        let of = |dice: &mut StdRng, words: &[&str]| words.choose(dice).copied().unwrap_or(".").to_owned();
        Fault {
            command: of(dice, &COMMANDS),
            fault: of(dice, kinds),
            skip: dice.random_range(0..40),
            times: dice.random_range(1..=3),
        }
    }
}

impl Act {
    fn draw(dice: &mut StdRng) -> Act {
        let which = dice.random_range(0..100);
        let gib = dice.random_range(1..=20);
        match dice.random_range(0..20) {
            0..=6 => Act::Create { gib, layout: Layout::draw(dice) },
            7..=8 => Act::Expand { which, gib },
            9..=11 => Act::Delete { which },
            12 => Act::Clone { which },
            13 => Act::Evict { which, brick: dice.random_range(0..6) },
            14..=15 => Act::CreateBlock { gib },
            16 => Act::ExpandBlock { which, gib },
            17 => Act::DeleteBlock { which },
            18 => Act::Drain { which },
            _ => Act::Resync { which },
        }
    }

    fn draw_plain(dice: &mut StdRng) -> Act {
        let (which, gib) = (dice.random_range(0..100), dice.random_range(1..=5));
        match dice.random_range(0..3) {
            0 => Act::Create { gib, layout: Layout::draw(dice) },
            1 => Act::Expand { which, gib },
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
