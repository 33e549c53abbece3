//! What a server that was killed left running on the peers.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::peers::{ADDRESSES, on};
use crate::server::{PATIENCE, wait_until};

/// The longest that a changing command may run.
const LONGEST: Duration = Duration::from_secs(900);

/// The commands of a dead server, watched until they have ended.
pub struct Orphans {
    commands: Vec<String>,
    watched: JoinHandle<Instant>,
}

impl Orphans {
    /// Finds them. To be called while no server runs: all that holds or awaits a lock is an orphan then.
    pub fn watch() -> Orphans {
        let left = all_running();
        eprintln!("left running on the peers: {:?}", left.iter().map(BTreeSet::len).collect::<Vec<_>>());
        let commands = left.iter().flatten().cloned().collect();
        let watch = move || {
            for (peer, left) in (1..).zip(&left) {
                let what = format!("the end of {left:?} on peer {peer}");
                wait_until(LONGEST, &what, || left.is_empty() || running(peer).is_disjoint(left));
            }
            Instant::now()
        };
        Orphans { commands, watched: std::thread::spawn(watch) }
    }

    /// Whether one of them is such a command.
    pub fn has(&self, command: &str) -> bool {
        self.commands.iter().any(|line| line.contains(command))
    }

    /// When the last of them had ended.
    pub fn ended(self) -> Instant {
        self.watched.join().expect("the orphans end")
    }
}

/// Waits until such a command runs on a peer.
pub fn wait_until_runs(command: &str) {
    wait_until(PATIENCE, &format!("{command} on a peer"), || {
        all_running().iter().flatten().any(|line| line.contains(command))
    });
}

/// On all peers, asked at the same time: what is found must not have ended when the last one has answered.
fn all_running() -> Vec<BTreeSet<String>> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = (1..=ADDRESSES.len()).map(|peer| scope.spawn(move || running(peer))).collect();
        asked.into_iter().map(|running| running.join().expect("a peer answers")).collect()
    })
}

/// The numbers of the processes that hold or await a lock of a changing command, each with when it began.
fn running(peer: usize) -> BTreeSet<String> {
    let processes = on(peer, "ps -ww -e -o pid=,lstart=,args=");
    let changing =
        processes.lines().filter(|line| line.contains("flock ") && line.contains("/run/lock/mortar-"));
    changing.map(|line| line.trim().to_owned()).collect()
}
