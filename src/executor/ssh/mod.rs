//! Real peers over SSH: one connection a peer, shared by all commands, kept alive and made again when it dies.

mod connection;
mod masters;
mod outcome;
mod quoting;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tracing::debug;

use self::connection::Connection;
use super::{Command, Executor, Output, RemoteError};
use crate::model::host::Host;

/// How the peers' host keys are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeys {
    /// The first contact is believed, and remembered; a key that changes is refused.
    Learn,
    /// Only keys in these files are believed; with no file, those learnt before.
    Strict(Vec<PathBuf>),
    /// Nothing is checked.
    Unchecked,
}

/// What is needed to reach peers.
#[derive(Debug, Clone)]
pub struct SshConfig {
    /// The user on the peers.
    pub user: String,
    /// The private key.
    pub key: PathBuf,
    /// The port on the peers.
    pub port: u16,
    /// Whether programs run under sudo.
    pub sudo: bool,
    /// How host keys are checked.
    pub host_keys: HostKeys,
    /// Where host keys are remembered.
    pub known_hosts: PathBuf,
    /// A directory for the control sockets.
    pub control: PathBuf,
    /// How long a command waits on the peer for an earlier one on the same object.
    pub lock_wait: Duration,
}

/// Why peers cannot be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// There is no `ssh` to reach them with.
    #[error("the program `ssh` cannot be run ({0}); install openssh-client")]
    NoSsh(#[source] std::io::Error),
    /// The key is readable by others, which ssh refuses.
    #[error("the private key {} can be read by others, which ssh refuses; run `chmod 600 {}`", .0.display(), .0.display())]
    OpenKey(PathBuf),
    /// The directory for control sockets cannot be used.
    #[error("cannot use {} for the sockets of ssh", path.display())]
    Control {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Runs commands on real peers.
pub struct Ssh {
    config: Arc<SshConfig>,
    connections: Mutex<HashMap<Host, Arc<Connection>>>,
}

impl Ssh {
    /// Makes ready to reach peers; connections of an earlier server are closed.
    ///
    /// # Errors
    /// When there is no ssh, or the key or the directory cannot be used.
    pub fn new(mut config: SshConfig) -> Result<Ssh, SshError> {
        masters::require_ssh()?;
        masters::require_private(&config.key)?;
        config.control = masters::prepare_directory(&config.control)?;
        masters::close_old(&config.control);
        Ok(Ssh { config: Arc::new(config), connections: Mutex::default() })
    }

    fn connection(&self, host: &Host) -> Arc<Connection> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Connection::new(host.clone(), Arc::clone(&self.config)));
        Arc::clone(connections.entry(host.clone()).or_insert_with(fresh))
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        masters::close_old(&self.config.control);
    }
}

#[async_trait]
impl Executor for Ssh {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let begun = Instant::now();
        debug!("runs `{command}` on {host}");
        let result = self.connection(host).run(command).await;
        let duration_ms = begun.elapsed().as_millis();
        match &result {
            Ok(output) if command.is_quiet() => {
                debug!(duration_ms, bytes = output.stdout.len(), "ran `{command}` on {host}")
            }
            Ok(output) => debug!(
                duration_ms,
                stdout = output.stdout,
                stderr = output.stderr,
                "ran `{command}` on {host}"
            ),
            Err(error) => debug!(
                duration_ms,
                error = error as &dyn std::error::Error,
                "`{command}` on {host} did not succeed"
            ),
        }
        result
    }
}
