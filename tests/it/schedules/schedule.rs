//! What happens in a schedule: made of a number, or read from a file.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::act::Act;

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

/// Those of nodes and devices.
const OF_PLACES: [&str; 6] = ["pvcreate", "vgcreate", "vgremove", "pvs", "peer probe", "peer detach"];

/// How often a life has no faults at all: what the server refuses or fails there it must have a reason for.
const CALM: f64 = 0.25;

/// One that kills the server ends a life: it is the last one that is drawn.
const FAULTS: [&str; 5] = ["refuse", "lose_reply", "garbage", "stall", "unreachable"];
const KILLING: [&str; 3] = ["kill_before", "kill_after", "late"];

impl Schedule {
    /// The schedule of a number: always the same.
    pub fn of(seed: u64) -> Schedule {
        let mut dice = StdRng::seed_from_u64(seed);
        let lives = dice.random_range(2..=4);
        let life = |dice: &mut StdRng| {
            let life = Life::draw(dice, Act::draw).with_faults_of_places(dice);
            if dice.random_bool(CALM) { life.calm() } else { life }
        };
        Schedule { lives: (0..lives).map(|_| life(&mut dice)).collect() }
    }

    /// Many clients that make, grow and delete `count` volumes in all, over several lives.
    pub fn soak(seed: u64, clients: usize, count: usize) -> Schedule {
        const LIVES: usize = 10;
        let mut dice = StdRng::seed_from_u64(seed);
        let each = count.div_ceil(clients * LIVES);
        let life = |dice: &mut StdRng| Life {
            clients: (0..clients).map(|_| (0..each).map(|_| Act::draw_plain(dice)).collect()).collect(),
            ..Life::draw(dice, Act::draw_work)
        };
        // The lives that end early leave things undone: all that is asked for is, in the last one.
        Schedule { lives: (0..LIVES).map(|_| life(&mut dice)).collect() }
    }
}

impl Life {
    fn draw(dice: &mut StdRng, act: fn(&mut StdRng) -> Act) -> Life {
        let clients = dice.random_range(2..=6);
        let acts = |dice: &mut StdRng| {
            let count = dice.random_range(2..=6);
            (0..count).map(|_| act(dice)).collect()
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

    fn with_faults_of_places(mut self, dice: &mut StdRng) -> Life {
        for _ in 0..dice.random_range(0..=1) {
            let command = OF_PLACES.choose(dice).copied().unwrap_or("pvs").to_owned();
            self.faults.push(Fault { command, skip: dice.random_range(0..4), ..Fault::draw(dice, &FAULTS) });
        }
        self
    }

    fn calm(self) -> Life {
        Life { faults: Vec::new(), killed_after: None, ..self }
    }

    /// Whether nothing is in it that could make anything fail.
    pub fn is_calm(&self) -> bool {
        self.faults.is_empty() && self.killed_after.is_none()
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
