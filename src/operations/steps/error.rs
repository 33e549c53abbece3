//! Why a step or its undo did not come to its end.

use std::time::Duration;

use crate::executor::command::Command;
use crate::executor::{RemoteError, gluster};
use crate::model::host::Host;

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A command did not succeed.
    #[error("a command failed")]
    Remote(#[from] RemoteError),
    /// The peer could not be reached for the first command of the step: this run of it has changed nothing.
    #[error("the step did not begin")]
    NotBegun(#[source] RemoteError),
    /// What is asked for must not or cannot be done.
    #[error("{text}")]
    Refused {
        /// What clients compare.
        text: String,
        /// What happened, where, and what to do.
        explanation: String,
    },
    /// There is nothing it could be made of: this run of it has changed nothing.
    #[error("{text}")]
    NothingMade {
        /// What the program said.
        text: String,
        /// What happened, where, and what to do.
        explanation: String,
    },
    /// It is in the way of others for now.
    #[error("{text}")]
    InUse {
        /// What the program said.
        text: String,
        /// What happened, where, and what to do.
        explanation: String,
    },
    /// Something of that name is there that is not ours.
    #[error("{text}")]
    Foreign {
        /// What the program said.
        text: String,
        /// What happened, where, and what to do.
        explanation: String,
    },
    /// Undoing would remove what somebody has written.
    #[error("{path} on {host} holds data")]
    HoldsData {
        /// The peer.
        host: Host,
        /// The brick.
        path: String,
    },
    /// glusterd was busy with something else all the time.
    #[error("glusterd on {host} was busy with another transaction for {} s", waited.as_secs())]
    GlusterBusy {
        /// The peer.
        host: Host,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A program answered what cannot be read.
    #[error("`{command}` on {host} answered what cannot be read: {output:?}")]
    Unreadable {
        /// The peer.
        host: Host,
        /// The command.
        command: Box<Command>,
        /// The beginning of its answer.
        output: String,
    },
    /// Those that answer do not know of it, and one that does not may: nothing may be taken away as long as that is so.
    #[error("{host} may know more of volume {volume} than the other peers, and does not answer")]
    MayKnowBetter {
        /// The volume.
        volume: String,
        /// The peer.
        host: Host,
        /// Why it said nothing.
        source: Box<StepError>,
    },
    /// It has happened and cannot be taken back.
    #[error("it cannot be taken back")]
    Irreversible,
    /// The server stops in the middle of a wait: this run of it has changed nothing.
    #[error("the server was stopped meanwhile")]
    Interrupted,
}

/// How much of an unreadable answer is kept.
const KEPT: usize = 200;

impl StepError {
    /// An answer that cannot be read.
    pub(super) fn unreadable(host: &Host, command: &Command, output: &str) -> StepError {
        let output = output.chars().take(KEPT).collect();
        StepError::Unreadable { host: host.clone(), command: Box::new(command.clone()), output }
    }

    /// The peer it happened on, where it happened on one.
    pub fn host(&self) -> Option<&Host> {
        match self {
            StepError::Remote(error) | StepError::NotBegun(error) => Some(error.host()),
            StepError::HoldsData { host, .. }
            | StepError::GlusterBusy { host, .. }
            | StepError::MayKnowBetter { host, .. }
            | StepError::Unreadable { host, .. } => Some(host),
            StepError::Refused { .. }
            | StepError::NothingMade { .. }
            | StepError::InUse { .. }
            | StepError::Foreign { .. }
            | StepError::Irreversible
            | StepError::Interrupted => None,
        }
    }

    /// What the client gets: what the program printed on standard error, where one refused, byte for byte as heketi
    /// does.
    pub fn text(&self) -> String {
        match self {
            StepError::Remote(RemoteError::Exited { stderr, code, .. }) => {
                if stderr.is_empty() {
                    format!("Process exited with status {code}")
                } else {
                    stderr.clone()
                }
            }
            StepError::Remote(error) | StepError::NotBegun(error) => error.to_string(),
            other => other.to_string(),
        }
    }

    /// What happened, where, and what to do.
    pub fn explanation(&self) -> Option<String> {
        Some(match self {
            StepError::Remote(error) | StepError::NotBegun(error) => explain_remote(error),
            StepError::Refused { explanation, .. }
            | StepError::NothingMade { explanation, .. }
            | StepError::InUse { explanation, .. }
            | StepError::Foreign { explanation, .. } => explanation.clone(),
            StepError::HoldsData { host, path } => format!(
                "{path} on {host} holds files that somebody wrote, and an undo never removes data. Look at the volume; delete it (`volume delete ID`) if the files are not needed, which takes them with it"
            ),
            StepError::GlusterBusy { host, .. } => {
                format!("{self}. If no other change runs in the pool, restart glusterd on {host}")
            }
            StepError::Unreadable { .. } => format!("{self}. Run the command by hand and look at its answer"),
            StepError::MayKnowBetter { host, volume, source } => format!(
                "{host} does not answer ({}), and gluster may have carried out there what the other peers have not heard of: they take it over when {host} is back, so that no brick of volume {volume} is taken away until then. Start {host}; if it is gone for good, take its node out of service (`node disable ID`) and remove it",
                source.text().trim()
            ),
            StepError::Irreversible | StepError::Interrupted => return None,
        })
    }

    /// Its kind in a word, for those who count.
    pub fn kind(&self) -> &'static str {
        match self {
            StepError::NotBegun(_)
            | StepError::MayKnowBetter { .. }
            | StepError::Remote(RemoteError::Unreachable { .. }) => "step_unreachable",
            StepError::Remote(RemoteError::OutcomeUnknown { .. }) => "step_unknown_outcome",
            StepError::Remote(RemoteError::StillRunning { .. } | RemoteError::NotLocked { .. }) => {
                "step_locked"
            }
            StepError::Remote(RemoteError::Exited { .. }) => "step_command",
            StepError::Refused { .. } | StepError::NothingMade { .. } => "step_refused",
            StepError::InUse { .. } => "step_in_use",
            StepError::Foreign { .. } => "step_foreign",
            StepError::HoldsData { .. } => "step_holds_data",
            StepError::GlusterBusy { .. } => "step_gluster_busy",
            StepError::Unreadable { .. } => "step_unreadable",
            StepError::Irreversible | StepError::Interrupted => "step_other",
        }
    }

    /// Whether it may be otherwise later, without anybody changing the request.
    pub fn is_temporary(&self) -> bool {
        match self {
            StepError::Remote(RemoteError::Exited { stderr, stdout, .. }) => {
                gluster::is_peer_down(stderr) || gluster::is_peer_down(stdout)
            }
            StepError::Remote(_)
            | StepError::NotBegun(_)
            | StepError::MayKnowBetter { .. }
            | StepError::GlusterBusy { .. }
            | StepError::InUse { .. }
            | StepError::Unreadable { .. }
            | StepError::Interrupted => true,
            StepError::Refused { .. }
            | StepError::NothingMade { .. }
            | StepError::Foreign { .. }
            | StepError::HoldsData { .. }
            | StepError::Irreversible => false,
        }
    }

    /// Whether glusterd was busy with another change.
    pub fn is_gluster_busy(&self) -> bool {
        matches!(self, StepError::GlusterBusy { .. })
    }

    /// Whether the peer could not be worked with at all.
    pub fn host_failed(&self) -> bool {
        matches!(
            self,
            StepError::NotBegun(_)
                | StepError::Remote(
                    RemoteError::Unreachable { .. }
                        | RemoteError::OutcomeUnknown { .. }
                        | RemoteError::StillRunning { .. }
                        | RemoteError::NotLocked { .. }
                )
        )
    }

    /// Whether the peer could not be reached: the command did not run.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, StepError::NotBegun(_) | StepError::Remote(RemoteError::Unreachable { .. }))
    }

    /// The same, of the first command of a step.
    pub(super) fn of_first_command(self) -> StepError {
        match self {
            StepError::Remote(error @ RemoteError::Unreachable { .. }) => StepError::NotBegun(error),
            other => other,
        }
    }

    /// Whether this run of the step has changed nothing, for certain.
    pub fn has_not_begun(&self) -> bool {
        matches!(self, StepError::NotBegun(_) | StepError::NothingMade { .. })
    }

    /// Whether other devices or peers may give another answer.
    pub fn depends_on_place(&self) -> bool {
        matches!(
            self,
            StepError::Remote(_)
                | StepError::NotBegun(_)
                | StepError::NothingMade { .. }
                | StepError::Foreign { .. }
                | StepError::Unreadable { .. }
        )
    }

    /// Whether nobody knows if something was changed. A look whose answer was lost has changed nothing.
    pub fn is_unknown(&self) -> bool {
        matches!(self, StepError::Remote(RemoteError::OutcomeUnknown { command, .. }) if command.lock().is_some())
    }

    /// Whether the rest of it waits for something that is in the way.
    pub fn is_half_done(&self) -> bool {
        matches!(self, StepError::InUse { .. })
    }

    /// Whether an undo found that there is no way back.
    pub fn is_irreversible(&self) -> bool {
        matches!(self, StepError::Irreversible)
    }

    /// Whether an undo stopped before it would have removed data.
    pub fn holds_data(&self) -> bool {
        matches!(self, StepError::HoldsData { .. })
    }
}

fn explain_remote(error: &RemoteError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    let host = error.host();
    let cure = match error {
        RemoteError::Exited { stderr, stdout, .. }
            if gluster::is_peer_down(stderr) || gluster::is_peer_down(stdout) =>
        {
            format!(
                "`gluster peer status` on {host} says which peers are down: bring them back. A peer that is gone for good goes with its node: set it offline, then failed"
            )
        }
        RemoteError::Exited { .. } => format!("Run the command on {host} by hand to see what is in its way"),
        RemoteError::Unreachable { .. } => {
            format!("Check that {host} is up and that `ssh` reaches it with the configured user and key")
        }
        RemoteError::StillRunning { lock, .. } => {
            format!(
                "Look on {host} which process holds /run/lock/{lock} (`fuser`); it is tried again until that ends"
            )
        }
        RemoteError::NotLocked { .. } => "Nothing was changed there by it".to_owned(),
        RemoteError::OutcomeUnknown { .. } => {
            format!("Check that {host} is up; what had begun there is looked at again")
        }
    };
    format!("{words}. {cure}")
}
