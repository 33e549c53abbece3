//! Commands on peers: as values, with three ways of running them. Knows no table and no operation.

pub mod command;
pub mod error;
pub mod faulty;
pub mod filesystem;
pub mod gluster;
pub mod gluster_block;
pub mod inventory;
pub mod lvm;
mod measured;
pub mod settings;
pub mod sim;
pub mod ssh;
pub mod system;
pub mod thin_pool;
mod under_way;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use command::{Command, LockName};
pub use error::RemoteError;
pub use measured::Measured;
pub use under_way::Overdue;

use crate::model::host::Host;

/// What a command printed; it ended with status 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error; bytes that are not UTF-8 are replaced.
    pub stderr: String,
}

/// Runs commands on peers.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Runs one command to its end.
    ///
    /// # Errors
    /// The variant says whether it ran: see [`RemoteError`].
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError>;

    /// Tells under which two names a peer is known: commands go to `manage`, gluster says `storage`. Real peers
    /// know that by themselves.
    fn introduce(&self, _manage: &str, _storage: &str) {}

    /// What a peer should have been through with long ago, if anything.
    fn overdue(&self, _host: &Host) -> Option<Overdue> {
        None
    }

    /// How long a peer has worked on what has been under way there for the longest, but for what is slow by nature; zero where
    /// nothing is.
    fn busy_for(&self, _host: &Host) -> Duration {
        Duration::ZERO
    }

    /// The peers that have given reason to look after them since this was asked last: a command did not come through to
    /// them, or has not ended for seconds.
    fn suspects(&self) -> Vec<Host> {
        Vec::new()
    }
}

#[async_trait]
impl<E: Executor + ?Sized> Executor for Arc<E> {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        (**self).run(host, command).await
    }

    fn introduce(&self, manage: &str, storage: &str) {
        (**self).introduce(manage, storage);
    }

    fn overdue(&self, host: &Host) -> Option<Overdue> {
        (**self).overdue(host)
    }

    fn busy_for(&self, host: &Host) -> Duration {
        (**self).busy_for(host)
    }

    fn suspects(&self) -> Vec<Host> {
        (**self).suspects()
    }
}
