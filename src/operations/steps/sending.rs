//! How the commands of steps are sent: again where that does no harm, and for gluster to whichever peer answers.

use std::time::Duration;

use tracing::debug;

use super::{Result, SENDS, StepError, StepRunner};
use crate::executor::command::Command;
use crate::executor::{Output, RemoteError, gluster};
use crate::model::host::Host;
use crate::model::step::Peer;

/// How long a glusterd that is busy is waited for.
const BUSY_BUDGET: Duration = Duration::from_secs(120);

/// How long glusterd is left alone after its command line gave up waiting for it: it still works on the change, and
/// nothing tells when it is through. Two looks that agree follow.
const AFTER_CUT_OFF: Duration = Duration::from_secs(10);

impl StepRunner {
    pub(super) async fn run(
        &self,
        host: &Host,
        command: &Command,
    ) -> std::result::Result<Output, RemoteError> {
        self.executor.run(host, command).await
    }

    /// Looks, and reads the answer.
    pub(super) async fn read<T>(
        &self,
        host: &Host,
        command: &Command,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let output = self.run(host, command).await?;
        parse(&output.stdout).ok_or_else(|| StepError::unreadable(host, command, &output.stdout))
    }

    /// Runs a command that may be repeated without harm, again where nobody knows whether it ran.
    pub(super) async fn repeat(&self, host: &Host, command: &Command) -> Result<Output> {
        let mut sends = 1;
        loop {
            match self.run(host, command).await {
                Err(RemoteError::OutcomeUnknown { source, .. }) if sends < SENDS => {
                    debug!("`{command}` on {host} is sent again: {source}");
                    sends += 1;
                }
                other => return Ok(other?),
            }
        }
    }

    /// Does what begins with a look, again from that look where nobody knows whether a command ran: the peer may have
    /// been restarted meanwhile, and a path be another disk's.
    pub(super) async fn look_again<T, Attempt: Future<Output = Result<T>> + Send>(
        &self,
        attempt: impl Fn() -> Attempt + Send + Sync,
    ) -> Result<T> {
        let mut sends = 1;
        loop {
            match attempt().await {
                Err(StepError::Remote(RemoteError::OutcomeUnknown { .. })) if sends < SENDS => sends += 1,
                other => return other,
            }
        }
    }

    /// Runs a command until `is_done` holds. It is asked where the program says `smells` (it found something that
    /// is there already), and where nobody knows whether it ran. Returns whether something was there already.
    pub(super) async fn ensure<Look: Future<Output = Result<bool>> + Send>(
        &self,
        host: &Host,
        command: &Command,
        smells: fn(&str) -> bool,
        is_done: impl Fn() -> Look + Send + Sync,
    ) -> Result<bool> {
        let mut sends = 1;
        loop {
            let refused = match self.run(host, command).await {
                Ok(_) => return Ok(false),
                Err(error) => error,
            };
            match &refused {
                RemoteError::Exited { stderr, .. } if smells(stderr) => {
                    return if is_done().await? { Ok(true) } else { Err(refused.into()) };
                }
                RemoteError::OutcomeUnknown { .. } => {
                    if is_done().await? {
                        return Ok(true);
                    }
                    if sends >= SENDS {
                        return Err(refused.into());
                    }
                    sends += 1;
                }
                _ => return Err(refused.into()),
            }
        }
    }

    /// Runs a gluster command on the first of `peers` that can be reached and has a glusterd, and waits while glusterd is busy.
    /// One that did not come to the end of its last command in time is asked last.
    pub(super) async fn gluster(
        &self,
        peers: &[Peer],
        command: &Command,
    ) -> std::result::Result<Output, GlusterFailure> {
        let mut waited = Duration::ZERO;
        loop {
            let (host, refused) = match self.on_any(peers, command).await {
                Ok(output) => return Ok(output),
                Err(failed) => failed,
            };
            let RemoteError::Exited { stderr, stdout, .. } = &refused else {
                return Err(GlusterFailure::Remote(refused));
            };
            if gluster::is_cut_off(stderr) || gluster::is_cut_off(stdout) {
                self.stuck.add(&host);
                tokio::time::sleep(AFTER_CUT_OFF).await;
                let source = "gluster stopped waiting for glusterd, which goes on".into();
                let command = Box::new(command.clone());
                return Err(GlusterFailure::Remote(RemoteError::OutcomeUnknown { host, command, source }));
            }
            if !gluster::is_busy(stderr) && !gluster::is_busy(stdout) {
                return Err(GlusterFailure::Remote(refused));
            }
            if waited >= BUSY_BUDGET {
                return Err(GlusterFailure::Busy { host, waited });
            }
            // With jitter: those that collide must not collide again.
            let pause = Duration::from_millis(rand::random_range(500..1500));
            tokio::time::sleep(pause).await;
            waited += pause;
        }
    }

    async fn on_any(
        &self,
        peers: &[Peer],
        command: &Command,
    ) -> std::result::Result<Output, (Host, RemoteError)> {
        let mut last = None;
        for peer in self.stuck.last(peers) {
            match heard(&peer.host, command, self.run(&peer.host, command).await) {
                Ok(output) => return Ok(output),
                Err(error @ RemoteError::Unreachable { .. }) => last = Some((peer.host.clone(), error)),
                // No glusterd there, or one that ended in the middle: done twice, every command of ours says so.
                Err(error) if error.stderr().is_some_and(gluster::is_unanswered) => {
                    last = Some((peer.host.clone(), error));
                }
                Err(error) => return Err((peer.host.clone(), error)),
            }
        }
        Err(last.unwrap_or_else(|| nobody(command)))
    }
}

/// What gluster said. Under `--xml` its refusal is in the answer, whatever the exit status is, and nothing on standard
/// error: it is put there, so that a refusal is a refusal.
pub(super) fn heard(
    host: &Host,
    command: &Command,
    result: std::result::Result<Output, RemoteError>,
) -> std::result::Result<Output, RemoteError> {
    if !command.arguments().iter().any(|arg| arg == "--xml") {
        return result;
    }
    let (code, stdout) = match result {
        Ok(Output { stdout, .. }) if gluster::refusal_in_xml(&stdout).is_some() => (0, stdout),
        Err(RemoteError::Exited { code, stdout, stderr, .. }) if stderr.trim().is_empty() => (code, stdout),
        other => return other,
    };
    let stderr = gluster::refusal_in_xml(&stdout).unwrap_or_default();
    Err(RemoteError::Exited { host: host.clone(), command: Box::new(command.clone()), code, stdout, stderr })
}

/// A command of a step that names no peer: a fault of the plan, told as what it looks like from outside.
fn nobody(command: &Command) -> (Host, RemoteError) {
    let host = Host::nobody();
    let source = format!("there is no peer that could run `{command}`").into();
    (host.clone(), RemoteError::Unreachable { host, source })
}

/// Why gluster did not do it.
pub(super) enum GlusterFailure {
    Remote(RemoteError),
    Busy { host: Host, waited: Duration },
}

impl GlusterFailure {
    /// What gluster printed, where it refused.
    pub(super) fn refusal(&self) -> Option<String> {
        match self {
            GlusterFailure::Remote(RemoteError::Exited { stdout, stderr, .. }) => {
                Some(format!("{stderr}\n{stdout}"))
            }
            _ => None,
        }
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, GlusterFailure::Remote(RemoteError::OutcomeUnknown { .. }))
    }
}

impl From<GlusterFailure> for StepError {
    fn from(failure: GlusterFailure) -> StepError {
        match failure {
            GlusterFailure::Remote(error) => StepError::Remote(error),
            GlusterFailure::Busy { host, waited } => StepError::GlusterBusy { host, waited },
        }
    }
}
