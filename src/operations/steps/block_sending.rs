//! How commands of gluster-block are sent, and what it says. Its answers may have a password in them: what is not
//! understood of a quiet command is never repeated in an error.

use super::{Result, StepError, StepRunner};
use crate::executor::command::Command;
use crate::executor::gluster_block::{self, Said};
use crate::executor::{Output, RemoteError};
use crate::model::host::Host;
use crate::model::step::Peer;

/// How much is repeated of an answer that cannot be read.
const SHOWN: usize = 200;

/// What gluster-block answered on one host.
pub(super) struct Answer {
    pub(super) host: Host,
    /// Its exit status.
    pub(super) code: i32,
    /// What it printed where it prints answers.
    pub(super) text: String,
    /// Whether the text may be repeated.
    quiet: bool,
}

impl Answer {
    /// Whether it was done; `None` where nobody can read that.
    pub(super) fn said(&self) -> Option<Said> {
        match gluster_block::said(&self.text) {
            // heketi takes the status for it where there is no text at all.
            None if self.text.trim().is_empty() && self.code == 0 => Some(Said::Done),
            // It says that it was done, and ended as if it was not.
            Some(Said::Done) if self.code != 0 => Some(Said::Failed(String::new())),
            said => said,
        }
    }

    /// The answer as it may be shown.
    pub(super) fn shown(&self) -> String {
        if self.quiet {
            return "(not shown: a password may be in it)".to_owned();
        }
        let text = self.text.trim();
        if text.is_empty() {
            return format!("Process exited with status {}", self.code);
        }
        text.chars().take(SHOWN).collect()
    }
}

/// What to do where there is none.
const INSTALL: &str = "block volumes need gluster-block, with tcmu-runner and targetcli. Install it on every peer of the cluster and start gluster-blockd there; Debian has no package of it";

/// The hosts that could not answer, and why.
#[derive(Default)]
struct Silent {
    without: Vec<Host>,
    not_allowed: Vec<Host>,
    stopped: Vec<Host>,
    unreachable: Option<RemoteError>,
}

impl StepRunner {
    /// Runs a command of gluster-block on the first of `peers` that can be reached and on which it works.
    pub(super) async fn block(&self, peers: &[Peer], command: &Command) -> Result<Answer> {
        let mut silent = Silent::default();
        for peer in peers {
            let host = &peer.host;
            let answer = |code, stdout: String, stderr: String| Answer {
                host: host.clone(),
                code,
                text: if stdout.trim().is_empty() { stderr } else { stdout },
                quiet: command.is_quiet(),
            };
            match self.run(host, command).await {
                Ok(Output { stdout, stderr }) => return Ok(answer(0, stdout, stderr)),
                Err(RemoteError::Exited { code, stdout, stderr, .. }) => {
                    if gluster_block::is_not_installed(&stderr) {
                        silent.without.push(host.clone());
                    } else if gluster_block::is_not_allowed(&stderr) {
                        silent.not_allowed.push(host.clone());
                    } else if gluster_block::is_unanswered(&stderr) || gluster_block::is_unanswered(&stdout) {
                        silent.stopped.push(host.clone());
                    } else {
                        return Ok(answer(code, stdout, stderr));
                    }
                }
                Err(error @ RemoteError::Unreachable { .. }) => silent.unreachable = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(silent.explain())
    }
}

impl Silent {
    fn explain(self) -> StepError {
        if let Some(host) = self.stopped.first() {
            let hosts = listed(&self.stopped);
            return StepError::InUse {
                text: format!("gluster-blockd does not answer on {hosts}"),
                explanation: format!(
                    "gluster-block found no daemon on {hosts}. Start it there (`systemctl start gluster-blockd`) and look at /var/log/gluster-block on {host}"
                ),
            };
        }
        if !self.not_allowed.is_empty() {
            let hosts = listed(&[self.without, self.not_allowed].concat());
            return StepError::InUse {
                text: format!("gluster-block is not installed on {hosts}, or sudo does not run it there"),
                explanation: format!(
                    "{INSTALL}; and sudo must let the server's user run it, as packaging/sudoers does for /usr/sbin/gluster-block"
                ),
            };
        }
        if !self.without.is_empty() {
            let hosts = listed(&self.without);
            return StepError::InUse {
                text: format!("gluster-block is not installed on {hosts}"),
                explanation: INSTALL.to_owned(),
            };
        }
        let nobody = || RemoteError::Unreachable {
            host: Host::nobody(),
            source: "there is no peer that could run gluster-block".into(),
        };
        StepError::Remote(self.unreachable.unwrap_or_else(nobody))
    }
}

fn listed(hosts: &[Host]) -> String {
    hosts.iter().map(Host::as_str).collect::<Vec<_>>().join(", ")
}
