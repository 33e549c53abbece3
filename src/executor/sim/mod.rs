//! Simulated peers with state: disks, LVM, file systems, mounts, fstab, glusterd. They interpret the commands that
//! real peers get, and print and refuse as the real programs do. heketi's `mock`.
//!
//! A command is carried out under one lock, wholly or not at all: two of them never overlap, whatever locks they name.

mod answer;
mod block_tools;
mod block_volumes;
mod blocks;
mod boot;
mod control;
mod control_disks;
mod control_file;
mod dump;
mod files;
mod gluster;
mod journal;
mod lvm;
#[cfg(test)]
mod measure;
mod mounts;
mod objects;
mod pool;
mod programs;
mod seed;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod text_file;
mod texts;
mod tree;
mod world;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use control::{Action, ControlError, ControlOp, NewVolume};
pub use control_file::SimHandle;
pub use dump::{
    BlockDump, GroupDump, HostDump, LogicalVolumeDump, PhysicalVolumeDump, SimPeers, SnapshotDump, VolumeDump,
};
pub use objects::Refusal;
pub use seed::{Seed, SeedBlock, SeedDevice, SeedHost, SeedVolume};

use self::answer::Refused;
use self::journal::Journal;
use self::world::World;
use super::{Command, Executor, Output, RemoteError};
use crate::files::beside;
use crate::model::host::Host;

/// How often a command asks whether its machine still hangs.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How true to real peers the simulated ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// As heketi's mock: a group is as large as its disk, volumes take any option, there is no udev and no UUID of
    /// a physical volume.
    Mock,
    /// As real peers.
    Strict,
}

/// Why the simulated peers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of the file is none of ours.
    #[error("line {line} of {} is no record of simulated peers", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Simulated peers that live in a file. Any host name exists, and so does any disk.
#[derive(Debug)]
pub struct SimCluster {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    journal: Journal,
    control: PathBuf,
}

impl SimCluster {
    /// Opens the peers that live in a file, or makes new ones.
    ///
    /// # Errors
    /// When the file cannot be used, or is another file.
    pub fn open(state_file: &Path, flavour: Flavour) -> Result<SimCluster, SimError> {
        let (journal, state) = Journal::open(state_file)?;
        let control = beside(state_file, ".control");
        let inner = Inner { world: World::new(state, flavour), journal, control };
        Ok(SimCluster { inner: Mutex::new(inner) })
    }

    /// Whether nothing was ever done on them: then they can be seeded. Names may have been introduced.
    pub fn is_fresh(&self) -> bool {
        self.inner().world.state.is_bare()
    }

    /// Tells that commands go to `manage` and gluster says `storage` for the same machine.
    pub fn introduce(&self, manage: &str, storage: &str) {
        let mut inner = self.inner();
        inner.world.introduce(manage, storage);
        inner.write_down();
    }

    /// Makes what a database knows of, all at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn seed(&self, seed: &Seed) -> Result<(), SimError> {
        let mut inner = self.inner();
        seed::plant(&mut inner.world, seed);
        // The records go into the rewritten file.
        inner.world.take_line();
        let Inner { world, journal, .. } = &mut *inner;
        journal
            .compact(&world.state)
            .map_err(|source| SimError::File { path: journal.path().to_owned(), source })
    }

    /// Does to the peers what a test wants done.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn control(&self, op: &ControlOp) -> Result<(), ControlError> {
        let mut inner = self.inner();
        inner.follow_control_file();
        let done = control::apply(&mut inner.world, op);
        inner.write_down();
        done
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a machine did with a command.
enum Reply {
    Ran(Result<String, Refused>),
    Unreachable(&'static str),
    Silence,
    /// It ran, but the file cannot be written.
    NotKept(std::io::Error),
}

impl Inner {
    fn carry_out(&mut self, host: &Host, command: &Command) -> Reply {
        self.follow_control_file();
        let at = self.world.machine(host.as_str());
        let mut peer = self.world.peer(at, command.stdin().unwrap_or_default());
        let machine = &peer.host().machine;
        if machine.off {
            return Reply::Unreachable("connect: No route to host");
        }
        match machine.refuses {
            Some(Refusal::Key) => return Reply::Unreachable("Permission denied (publickey)."),
            Some(Refusal::HostKey) => return Reply::Unreachable("Host key verification failed."),
            None => {}
        }
        if machine.hangs {
            return Reply::Silence;
        }
        let answer = programs::run(&mut peer, command.program(), command.arguments());
        match self.write_down() {
            None => Reply::Ran(answer),
            Some(error) => Reply::NotKept(error),
        }
    }

    /// Writes what a command changed, before it answers.
    fn write_down(&mut self) -> Option<std::io::Error> {
        let (line, records) = self.world.take_line()?;
        let written = self.journal.append(&line, records);
        written.and_then(|()| self.journal.compact_if_grown(&self.world.state)).err()
    }

    fn follow_control_file(&mut self) {
        control_file::follow(&self.control, &mut self.world);
        self.write_down();
    }
}

#[async_trait]
impl Executor for SimCluster {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        // Each guard is gone before anything is waited for.
        let answered = async {
            loop {
                let reply = self.inner().carry_out(host, command);
                // What was sent to a machine that hangs is done when it goes on.
                if !matches!(reply, Reply::Silence) {
                    break reply;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let reply = tokio::time::timeout(command.time_limit(), answered).await.unwrap_or(Reply::Silence);
        let unknown = |source| RemoteError::OutcomeUnknown {
            host: host.clone(),
            command: Box::new(command.clone()),
            source,
        };
        match reply {
            Reply::Ran(Ok(stdout)) => Ok(Output { stdout, stderr: String::new() }),
            Reply::Ran(Err(Refused { code, stdout, stderr })) => Err(RemoteError::Exited {
                host: host.clone(),
                command: Box::new(command.clone()),
                code,
                stdout,
                stderr,
            }),
            Reply::Unreachable(why) => {
                Err(RemoteError::Unreachable { host: host.clone(), source: why.into() })
            }
            Reply::NotKept(error) => Err(unknown(error.into())),
            Reply::Silence => {
                Err(unknown(format!("no answer within {} s", command.time_limit().as_secs()).into()))
            }
        }
    }

    fn introduce(&self, manage: &str, storage: &str) {
        SimCluster::introduce(self, manage, storage);
    }
}
