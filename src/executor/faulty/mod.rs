//! Faults around another executor: heketi's `injectexec`, and the ways in which a remote command can end badly. It
//! also records commands. The patterns match the bare command, without any wrapper.

mod config;
mod death;
mod faults;
mod hooks;
mod late;
mod locks;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

pub use config::{Fault, FaultKind, FaultyConfig, Hook, Hooks, Reaction};

use self::faults::FaultSet;
use self::hooks::HookSet;
use self::locks::PeerLocks;
use super::{Command, Executor, Output, RemoteError};
use crate::files;
use crate::model::host::Host;

/// What a command prints instead of what it has to say.
const GARBAGE: &str = "\u{fffd}\u{fffd}<<{ this is not what you asked for\n\0";

/// The pause between two looks whether a command that is held may go on.
const LOOK_AT_GATE: Duration = Duration::from_millis(5);

/// Why faults cannot be injected.
#[derive(Debug, thiserror::Error)]
pub enum FaultyError {
    /// A pattern is none.
    #[error("a fault has no valid pattern")]
    Pattern(#[from] regex::Error),
    /// A file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A late command has nowhere to wait.
    #[error("a fault is `late`: `late_file` or `record` must say where the command waits")]
    NoLateFile,
}

/// Another executor with faults.
pub struct Faulty<E> {
    inner: Arc<E>,
    hooks: HookSet,
    faults: FaultSet,
    record: Option<File>,
    late_file: Option<PathBuf>,
    locks: PeerLocks,
    lock_wait: Option<Duration>,
}

impl<E: Executor + 'static> Faulty<E> {
    /// Wraps an executor. Commands that the last server left as `late` begin to wait for their time: this needs a
    /// runtime.
    ///
    /// # Errors
    /// When a pattern is wrong or a file cannot be used.
    pub fn new(inner: E, config: FaultyConfig) -> Result<Faulty<E>, FaultyError> {
        let beside = |suffix: &str| config.record.as_deref().map(|record| files::beside(record, suffix));
        let late_file = config.late_file.clone().or_else(|| beside(".late"));
        if late_file.is_none() && config.faults.iter().any(|fault| fault.fault == FaultKind::Late) {
            return Err(FaultyError::NoLateFile);
        }
        let open = |path: &PathBuf| {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|source| FaultyError::File { path: path.clone(), source })
        };
        let faulty = Faulty {
            inner: Arc::new(inner),
            hooks: HookSet::new(config.hooks),
            record: config.record.as_ref().map(open).transpose()?,
            faults: FaultSet::new(config.faults, beside(".spent"))?,
            late_file,
            locks: PeerLocks::default(),
            lock_wait: config.lock_wait_ms.map(Duration::from_millis),
        };
        if let Some(path) = &faulty.late_file {
            late::resume(path, &faulty.inner, &faulty.locks)
                .map_err(|source| FaultyError::File { path: path.clone(), source })?;
        }
        Ok(faulty)
    }

    fn write_down(&self, host: &Host, command: &Command, text: &str) -> io::Result<()> {
        let Some(mut file) = self.record.as_ref() else { return Ok(()) };
        let words: Vec<&str> = std::iter::once(command.program())
            .chain(command.arguments().iter().map(String::as_str))
            .collect();
        let changing = command.lock().is_some();
        let line = json!({ "host": host, "command": text, "words": words, "changing": changing });
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Runs a command with its lock.
    async fn run_locked(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let _held = self.locks.take(host, command, self.lock_wait).await?;
        self.inner.run(host, command).await
    }

    async fn meet(&self, fault: &Fault, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let boxed = || Box::new(command.clone());
        let unknown = |what: &str| RemoteError::OutcomeUnknown {
            host: host.clone(),
            command: boxed(),
            source: what.into(),
        };
        match fault.fault {
            FaultKind::Refuse => Err(RemoteError::Exited {
                host: host.clone(),
                command: boxed(),
                code: fault.code,
                stdout: String::new(),
                stderr: fault.stderr.clone(),
            }),
            FaultKind::Unreachable => Err(unreachable(host, "unreachable by fault injection".into())),
            FaultKind::LoseReply => match self.run_locked(host, command).await {
                Ok(_) | Err(RemoteError::Exited { .. }) => {
                    Err(unknown("the reply was lost by fault injection"))
                }
                other => other,
            },
            FaultKind::Stall => {
                tokio::time::sleep(fault.stall_ms.map_or(command.time_limit(), Duration::from_millis)).await;
                Err(unknown("stalled by fault injection"))
            }
            FaultKind::Hold => {
                let held = while_there(fault.cond_file.as_deref());
                match tokio::time::timeout(command.time_limit(), held).await {
                    Ok(()) => self.run_locked(host, command).await,
                    Err(_) => Err(unknown("held by fault injection")),
                }
            }
            FaultKind::Garbage => garbled(self.run_locked(host, command).await),
            FaultKind::Panic => death::of_task(&format!("`{command}` on {host}")),
            FaultKind::KillBefore => death::kill(),
            FaultKind::KillAfter => {
                drop(self.run_locked(host, command).await);
                death::kill()
            }
            FaultKind::Late => {
                let Some(file) = &self.late_file else {
                    return Err(unknown("there is no file for late commands"));
                };
                match late::postpone(file, host, command, fault.late_ms) {
                    Ok(()) => death::kill(),
                    Err(error) => Err(unreachable(host, error.into())),
                }
            }
        }
    }
}

fn unreachable(host: &Host, source: super::error::Cause) -> RemoteError {
    RemoteError::Unreachable { host: host.clone(), source }
}

/// Returns as soon as a file is gone.
async fn while_there(file: Option<&Path>) {
    while file.is_some_and(Path::exists) {
        tokio::time::sleep(LOOK_AT_GATE).await;
    }
}

/// The same outcome with other words.
fn garbled(result: Result<Output, RemoteError>) -> Result<Output, RemoteError> {
    match result {
        Ok(_) => Ok(Output { stdout: GARBAGE.to_owned(), stderr: String::new() }),
        Err(RemoteError::Exited { host, command, code, .. }) => Err(RemoteError::Exited {
            host,
            command,
            code,
            stdout: GARBAGE.to_owned(),
            stderr: GARBAGE.to_owned(),
        }),
        other => other,
    }
}

#[async_trait]
impl<E: Executor + 'static> Executor for Faulty<E> {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let text = command.to_string();
        self.write_down(host, command, &text).map_err(|error| unreachable(host, error.into()))?;
        if let Some(reaction) = self.hooks.instead_of(&text) {
            return hooks::react(reaction, host, command).await;
        }
        let fault = self.faults.meet(host, &text).map_err(|error| unreachable(host, error.into()))?;
        let result = match fault {
            Some(fault) => return self.meet(fault, host, command).await,
            None => self.run_locked(host, command).await,
        };
        match self.hooks.instead_of_result(&text, &result) {
            Some(reaction) => hooks::react(reaction, host, command).await,
            None => result,
        }
    }

    fn introduce(&self, manage: &str, storage: &str) {
        self.inner.introduce(manage, storage);
    }
}
