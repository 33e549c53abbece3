//! From how a command ended to what that means: it ran and refused, it did not run, or nobody knows.

use super::quoting::LOCKED;
use crate::executor::{Command, Output, RemoteError};
use crate::model::host::Host;

/// `timeout`'s status when it has ended the program. Source: timeout(1).
const TIMED_OUT: i32 = 124;

/// The status of a program that was ended by SIGKILL. Source: bash(1), 128 + 9.
const KILLED: i32 = 137;

/// How a command ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The channel brought a status; none where a signal ended the program.
    Ran { code: Option<i32>, stdout: String, stderr: String },
    /// The session was refused: nothing has begun.
    NotBegun(String),
    /// The channel was lost.
    Lost(String),
}

pub(super) fn judge(host: &Host, command: &Command, ended: Ended) -> Result<Output, RemoteError> {
    let unknown = |reason: String| RemoteError::OutcomeUnknown {
        host: host.clone(),
        command: Box::new(command.clone()),
        source: reason.into(),
    };
    match ended {
        Ended::Ran { code: Some(0), stdout, stderr } => Ok(Output { stdout, stderr }),
        Ended::Ran { code: Some(LOCKED), .. } if command.lock().is_some() => Err(RemoteError::StillRunning {
            host: host.clone(),
            command: Box::new(command.clone()),
            lock: command.lock().map(|lock| lock.as_str().to_owned()).unwrap_or_default(),
        }),
        Ended::Ran { code: Some(TIMED_OUT), .. } => {
            Err(unknown(format!("it did not end within {} s", command.time_limit().as_secs())))
        }
        Ended::Ran { code: None | Some(KILLED), .. } => Err(unknown("a signal ended it".to_owned())),
        Ended::Ran { code: Some(code), stdout, stderr } => Err(RemoteError::Exited {
            host: host.clone(),
            command: Box::new(command.clone()),
            code,
            stdout,
            stderr,
        }),
        Ended::NotBegun(reason) => {
            Err(RemoteError::Unreachable { host: host.clone(), source: reason.into() })
        }
        Ended::Lost(reason) => Err(unknown(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::LockName;
    use std::time::Duration;

    #[test]
    fn the_three_outcomes_are_told_apart() {
        let host = Host::new("peer").unwrap();
        let command = Command::change("lvm", LockName::fstab(), Duration::from_secs(5));
        let ran = |code| Ended::Ran { code, stdout: String::new(), stderr: String::new() };
        assert!(judge(&host, &command, ran(Some(0))).is_ok());
        assert!(matches!(judge(&host, &command, ran(Some(5))), Err(RemoteError::Exited { code: 5, .. })));
        assert!(matches!(judge(&host, &command, ran(Some(LOCKED))), Err(RemoteError::StillRunning { .. })));
        for unknown in [ran(None), ran(Some(124)), ran(Some(137)), Ended::Lost(String::new())] {
            assert!(matches!(judge(&host, &command, unknown), Err(RemoteError::OutcomeUnknown { .. })));
        }
        let refused = judge(&host, &command, Ended::NotBegun(String::new()));
        assert!(matches!(refused, Err(RemoteError::Unreachable { .. })));
    }
}
