//! One peer: its connection, made on demand and again when it has died, and how many commands it takes at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openssh::{KnownHosts, Session, SessionBuilder, Stdio};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Mutex, Semaphore};
use tracing::{debug, info};

use super::outcome::{Ended, judge};
use super::quoting::{quote, words};
use super::{HostKeys, SshConfig};
use crate::executor::{Command, Output, RemoteError};
use crate::model::host::Host;

/// Commands at once on one connection: sshd allows ten sessions.
const AT_ONCE: usize = 8;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a peer that could not be reached is not tried again: those who wait get the same answer at once.
const REMEMBER_FAILURE: Duration = Duration::from_secs(2);

/// How often ssh asks a silent peer whether it is there; after three times it gives the connection up.
const ALIVE: Duration = Duration::from_secs(10);

/// How much longer than the peer's own limits a command is waited for.
const GRACE: Duration = Duration::from_secs(15);

/// A peer.
pub(super) struct Connection {
    host: Host,
    config: Arc<SshConfig>,
    slots: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    failure: Option<(Instant, String)>,
}

impl Connection {
    pub(super) fn new(host: Host, config: Arc<SshConfig>) -> Connection {
        Connection { host, config, slots: Semaphore::new(AT_ONCE), state: Mutex::default() }
    }

    /// Runs a command to its end.
    pub(super) async fn run(&self, command: &Command) -> Result<Output, RemoteError> {
        let words = words(command, self.config.lock_wait, self.config.sudo);
        let quoted: Option<Vec<String>> = words.iter().map(|word| quote(word)).collect();
        let Some(quoted) = quoted else {
            return Err(self.unreachable("an argument holds a NUL byte; nothing was sent".to_owned()));
        };
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await.map_err(|closed| self.unreachable(closed.to_string()))?;
        let session = self.session().await?;
        let limit =
            command.time_limit() + command.lock().map_or(Duration::ZERO, |_| self.config.lock_wait) + GRACE;
        let ended = match tokio::time::timeout(limit, send(&session, &quoted, command.stdin())).await {
            Ok(ended) => ended,
            Err(_) => Ended::Lost(format!("no answer within {} s", limit.as_secs())),
        };
        if matches!(ended, Ended::Lost(_) | Ended::NotBegun(_)) {
            self.drop_dead(&session).await;
        }
        judge(&self.host, command, ended)
    }

    /// The connection, made where there is none. Those who need it at the same time wait for one attempt.
    async fn session(&self) -> Result<Arc<Session>, RemoteError> {
        let mut state = self.state.lock().await;
        if let Some(session) = &state.session {
            return Ok(Arc::clone(session));
        }
        if let Some((at, reason)) = &state.failure
            && at.elapsed() < REMEMBER_FAILURE
        {
            return Err(self.unreachable(reason.clone()));
        }
        let begun = Instant::now();
        let builder = self.builder();
        let connecting = builder.connect_mux(self.host.as_str());
        let made = match tokio::time::timeout(CONNECT + Duration::from_secs(2), connecting).await {
            Ok(made) => made.map_err(|error| self.explain(&error)),
            Err(_) => Err(format!("no answer within {} s", CONNECT.as_secs())),
        };
        match made {
            Ok(session) => {
                info!(duration_ms = begun.elapsed().as_millis(), "connected to {}", self.host);
                let session = Arc::new(session);
                *state = State { session: Some(Arc::clone(&session)), failure: None };
                Ok(session)
            }
            Err(reason) => {
                state.failure = Some((Instant::now(), reason.clone()));
                Err(self.unreachable(reason))
            }
        }
    }

    fn builder(&self) -> SessionBuilder {
        let config = &self.config;
        let mut builder = SessionBuilder::default();
        // Nothing of the user's own configuration of ssh plays a part.
        builder.config_file("none").user(config.user.clone()).port(config.port).keyfile(&config.key);
        builder.connect_timeout(CONNECT).server_alive_interval(ALIVE).control_directory(&config.control);
        match &config.host_keys {
            HostKeys::Learn => {
                builder.known_hosts_check(KnownHosts::Add).user_known_hosts_file(&config.known_hosts)
            }
            HostKeys::Strict(files) => {
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                builder.known_hosts_check(KnownHosts::Strict);
                match files.is_empty() {
                    true => builder.user_known_hosts_file(&config.known_hosts),
                    false => builder.user_known_hosts_file(files.join(" ")),
                }
            }
            HostKeys::Unchecked => {
                builder.known_hosts_check(KnownHosts::Accept).user_known_hosts_file("/dev/null")
            }
        };
        builder
    }

    /// What ssh said, with the cure.
    fn explain(&self, error: &openssh::Error) -> String {
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            said = format!("{said}: {}", inner.to_string().trim());
            cause = inner.source();
        }
        let (host, config) = (&self.host, &self.config);
        if said.contains("IDENTIFICATION HAS CHANGED") || said.contains("Host key verification failed") {
            let file = config.known_hosts.display();
            return format!(
                "the host key of {host} is not the one that is known. If {host} was installed anew, run `ssh-keygen -R {host} -f {file}`; if not, somebody is between it and us. ssh said: {said}"
            );
        }
        if said.contains("Permission denied") {
            return format!(
                "{host} refused the key {} for user {}. Put its public part into that user's authorized_keys. ssh said: {said}",
                config.key.display(),
                config.user
            );
        }
        said
    }

    fn unreachable(&self, reason: String) -> RemoteError {
        RemoteError::Unreachable { host: self.host.clone(), source: reason.into() }
    }

    /// Forgets a connection that has died, unless another one has taken its place already.
    async fn drop_dead(&self, dead: &Arc<Session>) {
        let check = tokio::time::timeout(GRACE, dead.check()).await;
        if matches!(check, Ok(Ok(()))) && !matches!(self.config.host_keys, HostKeys::Unchecked) {
            debug!("the master of {} still answers; its connection is given up all the same", self.host);
        }
        let mut state = self.state.lock().await;
        if state.session.as_ref().is_some_and(|current| Arc::ptr_eq(current, dead)) {
            state.session = None;
        }
    }
}

/// Sends a line and waits for the end of what it began.
async fn send(session: &Arc<Session>, quoted: &[String], input: Option<&str>) -> Ended {
    let Some((program, arguments)) = quoted.split_first() else {
        return Ended::NotBegun("nothing to run".to_owned());
    };
    let mut remote = Arc::clone(session).arc_raw_command(program);
    remote.raw_args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    remote.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = match remote.spawn().await {
        Ok(child) => child,
        Err(error) => return Ended::NotBegun(error.to_string()),
    };
    if let (Some(text), Some(mut stdin)) = (input, child.stdin().take()) {
        // A program that does not read to the end says so by its status.
        stdin.write_all(text.as_bytes()).await.ok();
        stdin.shutdown().await.ok();
    }
    match child.wait_with_output().await {
        Ok(output) => Ended::Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        },
        Err(openssh::Error::Remote(_)) => {
            Ended::Ran { code: Some(127), stdout: String::new(), stderr: "command not found".to_owned() }
        }
        Err(error) => Ended::Lost(error.to_string()),
    }
}
