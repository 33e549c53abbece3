//! Commands on real peers over SSH: one connection a peer, made when it is first needed and made again when it
//! has died; eight commands at once on it, and one that tells whether the peer is well.
//!
//! A changing command holds a lock on the peer until its program has really ended, whatever becomes of us. See
//! `line` for what is sent and `exchange` for what its end means.

mod error;
mod exchange;
mod holder;
mod line;
mod master;
mod peer;
mod start;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::task::AbortHandle;
use tracing::debug;

pub use error::{Busy, ConnectError, LockRefused, Lost, StartError};
use exchange::Exchange;
use peer::Peer;
use start::Setup;

use super::{Command, Executor, Output, RemoteError, under_way};
use crate::model::host::Host;

/// The exit status of what cannot be run at all, as shells say it.
const NOT_RUNNABLE: i32 = 126;

/// How peers are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshConfig {
    /// The user on the peers.
    pub user: String,
    /// The private key; without a passphrase, and for its owner only.
    pub key: PathBuf,
    /// The port on the peers.
    pub port: u16,
    /// Whether programs run through `sudo -n`.
    pub sudo: bool,
    /// Whose keys are trusted.
    pub host_keys: HostKeys,
    /// The file of the keys that are learnt.
    pub known_hosts: PathBuf,
    /// The directory of the control sockets. It is ours alone: one server's.
    pub control: PathBuf,
    /// How long a command waits on the peer for an earlier one on the same object.
    pub lock_wait: Duration,
}

/// Which host keys are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeys {
    /// The first one a peer shows, and from then on no other.
    Learn,
    /// Those in these files; in the file of learnt ones, if there are none.
    Strict(Vec<PathBuf>),
    /// All.
    Unchecked,
}

impl SshConfig {
    /// The files of trusted keys; at least one.
    fn trusted_files(&self) -> Vec<PathBuf> {
        match &self.host_keys {
            HostKeys::Strict(files) if !files.is_empty() => files.clone(),
            HostKeys::Learn | HostKeys::Strict(_) => vec![self.known_hosts.clone()],
            HostKeys::Unchecked => vec![PathBuf::from("/dev/null")],
        }
    }
}

/// How often is looked for connections that a server had begun which was killed: nothing else ends them, and they may come to be
/// late.
const STRAYS: Duration = Duration::from_secs(10);

/// Real peers.
#[derive(Debug)]
pub struct Ssh {
    setup: Setup,
    peers: Mutex<HashMap<Host, Arc<Peer>>>,
    /// Ends what killed servers leave.
    strays: Option<AbortHandle>,
}

impl Drop for Ssh {
    fn drop(&mut self) {
        self.leave_strays();
    }
}

/// Whether a private key can be used.
///
/// # Errors
/// With the reason and the cure.
pub fn check_key(file: &Path) -> Result<(), StartError> {
    start::check_key(file)
}

impl Ssh {
    /// Checks the configuration and ends the connections that an earlier server left. Blocks for some
    /// milliseconds; no peer is asked.
    ///
    /// # Errors
    /// When `ssh` is missing, or the key, a file or a directory cannot be used; the text has the cure.
    pub fn new(config: SshConfig) -> Result<Ssh, StartError> {
        let setup = Setup::new(config)?;
        let strays = tokio::runtime::Handle::try_current().ok().map(|runtime| {
            let end_earlier = setup.end_earlier();
            let again = async move {
                loop {
                    tokio::time::sleep(STRAYS).await;
                    let end_earlier = end_earlier.clone();
                    tokio::task::spawn_blocking(end_earlier).await.ok();
                }
            };
            runtime.spawn(again).abort_handle()
        });
        Ok(Ssh { setup, peers: Mutex::default(), strays })
    }

    /// What is there from now on may be a later server's.
    fn leave_strays(&self) {
        self.setup.is_over();
        if let Some(strays) = &self.strays {
            strays.abort();
        }
    }

    /// Ends all connections. A connection with a command on it ends with that command; a later command makes a
    /// new one. Dropping the executor does the same, but blocks.
    pub async fn close(&self) {
        self.leave_strays();
        let peers: Vec<Arc<Peer>> = self.lock_peers().drain().map(|(_, peer)| peer).collect();
        join_all(peers.iter().map(|peer| peer.close())).await;
    }

    fn peer(&self, host: &Host) -> Arc<Peer> {
        Arc::clone(self.lock_peers().entry(host.clone()).or_insert_with(|| Arc::new(Peer::new())))
    }

    fn lock_peers(&self) -> std::sync::MutexGuard<'_, HashMap<Host, Arc<Peer>>> {
        // Nothing that could panic happens under this lock.
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let SshConfig { sudo, lock_wait, .. } = self.setup.config;
        let line = line::compose(command, sudo, lock_wait).map_err(|refused| RemoteError::Exited {
            host: host.clone(),
            command: Box::new(command.clone()),
            code: NOT_RUNNABLE,
            stdout: String::new(),
            stderr: refused.to_string(),
        })?;
        let unreachable = |source| RemoteError::Unreachable { host: host.clone(), source };
        let peer = self.peer(host);
        under_way::waits();
        let _slot = peer.slot(command).await.map_err(|error| unreachable(error.into()))?;
        // From here on it is the peer's time: to connect is to ask it, too.
        under_way::is_sent();
        let master = peer.connection(&self.setup, host).await.map_err(|error| unreachable(error.into()))?;
        let user = self.setup.config.user.as_str();
        under_way::is_sent();
        let mut result = Exchange { host, user, command, lock_wait }.run(master.session(), &line).await;
        if let Err(RemoteError::StillRunning { lock, since, .. }) = &mut result {
            *since = holder::since(host, user, lock, master.session()).await;
        }
        result
    }
}

#[async_trait]
impl Executor for Ssh {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        debug!(%host, "Will run command [{command}] on [{host}]");
        let begin = Instant::now();
        let result = self.send(host, command).await;
        log_end(host, command, begin.elapsed(), &result);
        result
    }
}

/// What a command reads is never logged; what it prints only if it may be.
fn log_end(host: &Host, command: &Command, took: Duration, result: &Result<Output, RemoteError>) {
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (outcome, stdout, stderr) = match result {
        Ok(output) => ("done".to_owned(), output.stdout.as_str(), output.stderr.as_str()),
        Err(RemoteError::Exited { code, stdout, stderr, .. }) => {
            (format!("exited with {code}"), stdout.as_str(), stderr.as_str())
        }
        Err(RemoteError::Unreachable { source, .. }) => (format!("did not run: {source}"), "", ""),
        Err(RemoteError::StillRunning { lock, .. }) => (format!("did not run: {lock} is taken"), "", ""),
        Err(RemoteError::NotLocked { source, .. }) => (format!("did not run: {source}"), "", ""),
        Err(RemoteError::OutcomeUnknown { source, .. }) => (format!("nobody knows: {source}"), "", ""),
    };
    if command.is_quiet() {
        debug!(%host, duration_ms, "Ran command [{command}] on [{host}]: {outcome}: output filtered");
    } else {
        debug!(%host, duration_ms, "Ran command [{command}] on [{host}]: {outcome}: Stdout [{stdout}]: Stderr [{stderr}]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration that names files which are not there.
    pub(super) fn config() -> SshConfig {
        SshConfig {
            user: "root".to_owned(),
            key: "/k/id".into(),
            port: 2222,
            sudo: false,
            host_keys: HostKeys::Learn,
            known_hosts: "/d/h.known_hosts".into(),
            control: "/d/h.ssh".into(),
            lock_wait: Duration::from_secs(60),
        }
    }

    /// What the end of a command writes into the log at its loudest.
    fn logged(command: &Command, result: &Result<Output, RemoteError>) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = std::sync::Arc::new(file.reopen().unwrap());
        let log =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(writer).finish();
        let host = Host::new("h").unwrap();
        tracing::subscriber::with_default(log, || log_end(&host, command, Duration::ZERO, result));
        std::fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn what_a_quiet_command_prints_is_not_logged_however_it_ends() {
        let (loud, quiet) = (Command::look("x"), Command::look("x").quiet());
        let ends = |command: &Command| {
            let (stdout, stderr) = ("to stdout: Tr0ub4dor".to_owned(), "to stderr: Tr0ub4dor".to_owned());
            let (host, command) = (Host::new("h").unwrap(), Box::new(command.clone()));
            let output = Output { stdout: stdout.clone(), stderr: stderr.clone() };
            [Ok(output), Err(RemoteError::Exited { host, command, code: 1, stdout, stderr })]
        };
        for result in ends(&loud) {
            assert!(logged(&loud, &result).contains("to stderr: Tr0ub4dor"));
        }
        for result in ends(&quiet) {
            let text = logged(&quiet, &result);
            assert!(text.contains("output filtered") && !text.contains("Tr0ub4dor"), "{text}");
        }
    }

    #[test]
    fn without_a_key_there_is_no_start() {
        let text = Ssh::new(config()).unwrap_err().to_string();
        assert!(text.starts_with("Unable to read private key file /k/id"), "{text}");
    }
}
