//! The outcomes of a remote command that did not simply succeed.

use std::error::Error as StdError;

use super::command::Command;
use crate::model::host::Host;

/// A cause from below: a connection, a channel.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// What became of a command that did not end with status 0.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// It ran and refused: repeating changes nothing.
    #[error("`{command}` on {host} exited with {code}: {}", shown(command, stderr))]
    Exited {
        /// The peer.
        host: Host,
        /// The command.
        command: Box<Command>,
        /// Its exit status.
        code: i32,
        /// What it printed on standard output.
        stdout: String,
        /// What it printed on standard error.
        stderr: String,
    },
    /// It did not run: safe to repeat.
    #[error("cannot reach {host}")]
    Unreachable {
        /// The peer.
        host: Host,
        /// Why.
        #[source]
        source: Cause,
    },
    /// It did not run, because an earlier command on the same object is still running there: safe to repeat.
    #[error(
        "an earlier command on {host} still holds {lock}{}; `{command}` was not started",
        .since.as_ref().map(|time| format!(" since {time}")).unwrap_or_default()
    )]
    StillRunning {
        /// The peer.
        host: Host,
        /// The command that waited.
        command: Box<Command>,
        /// The lock that stays taken.
        lock: String,
        /// When that command began, by the peer's clock, where the peer tells.
        since: Option<String>,
    },
    /// It did not run, because its lock cannot be taken on the peer at all: safe to repeat when that is mended.
    #[error("`{command}` was not started on {host}")]
    NotLocked {
        /// The peer.
        host: Host,
        /// The command.
        command: Box<Command>,
        /// Why, and what to do.
        #[source]
        source: Cause,
    },
    /// Nobody knows whether it ran: the connection broke, or it was ended at its deadline. Look before acting again.
    #[error("lost {host} during `{command}`")]
    OutcomeUnknown {
        /// The peer.
        host: Host,
        /// The command.
        command: Box<Command>,
        /// What was seen.
        #[source]
        source: Cause,
    },
}

/// What a program printed on standard error, unless it may be what nobody is to read.
fn shown<'a>(command: &Command, stderr: &'a str) -> &'a str {
    if command.is_quiet() { "what it printed is not shown, it may hold a password" } else { stderr.trim() }
}

impl RemoteError {
    /// The peer it happened on.
    pub fn host(&self) -> &Host {
        match self {
            RemoteError::Exited { host, .. }
            | RemoteError::Unreachable { host, .. }
            | RemoteError::StillRunning { host, .. }
            | RemoteError::NotLocked { host, .. }
            | RemoteError::OutcomeUnknown { host, .. } => host,
        }
    }

    /// What the program printed on standard error, if it ran to its end.
    pub fn stderr(&self) -> Option<&str> {
        match self {
            RemoteError::Exited { stderr, .. } => Some(stderr),
            _ => None,
        }
    }
}
