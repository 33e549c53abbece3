//! One command over one connection: sent, fed, read, and its end understood.

use std::time::Duration;

use openssh::{Child, Session, Stdio};
use openssh_mux_client::Error as MuxError;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::error::{LockRefused, Lost};
use super::line::{LOCK_TAKEN, seconds};
use crate::executor::error::Cause;
use crate::executor::{Command, Output, RemoteError};
use crate::model::host::Host;

/// How long a peer may take to open a channel.
const OPEN: Duration = Duration::from_secs(20);

/// How much longer than the peer's own `timeout` we wait for its answer.
const GRACE: Duration = Duration::from_secs(10);

/// As much as is read of what a command prints, of each of its two outputs. The longest is what gluster says of all volumes
/// at once, some KiB each; a peer that never ends must not fill the memory that all others need, too.
const MOST_PRINTED: u64 = 16 * MIB;
const MIB: u64 = 1024 * 1024;

/// The status of `timeout` when it had to end the program.
const TIMED_OUT: i32 = 124;

/// The statuses of `flock` itself, of sysexits: 66 or 73 where it cannot open its file, 69 where it cannot start the
/// program, 65 and 71 where the system refuses the lock or a process. Programs may use them, too.
const FLOCK_REFUSED: [i32; 5] = [65, 66, 69, 71, 73];

/// One command for one host.
pub(super) struct Exchange<'a> {
    pub(super) host: &'a Host,
    pub(super) user: &'a str,
    pub(super) command: &'a Command,
    pub(super) lock_wait: Duration,
}

/// What came back.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Exchange<'_> {
    /// Sends the line and waits for its end.
    pub(super) async fn run(&self, session: &Session, line: &str) -> Result<Output, RemoteError> {
        let child = self.open(session, line).await?;
        let limit = self.limit();
        match tokio::time::timeout(limit, self.finish(child)).await {
            Ok(Ok(ended)) => self.understand(ended),
            Ok(Err(lost)) => Err(self.unknown(lost)),
            Err(_) => Err(self.unknown(Lost::Silence(limit.as_secs()))),
        }
    }

    fn limit(&self) -> Duration {
        let lock = if self.command.lock().is_some() { self.lock_wait } else { Duration::ZERO };
        Duration::from_secs(seconds(self.command.time_limit())) + lock + GRACE
    }

    async fn open<'s>(&self, session: &'s Session, line: &str) -> Result<Child<&'s Session>, RemoteError> {
        let mut command = session.raw_command(line);
        let input = if self.command.stdin().is_some() { Stdio::piped() } else { Stdio::null() };
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        match tokio::time::timeout(OPEN, command.spawn()).await {
            Ok(Ok(child)) => Ok(child),
            // The peer said no: that is the one answer here that proves that nothing ran.
            Ok(Err(openssh::Error::SshMux(
                refused @ (MuxError::RequestFailure(_) | MuxError::PermissionDenied(_)),
            ))) => Err(RemoteError::Unreachable { host: self.host.clone(), source: Box::new(refused) }),
            Ok(Err(error)) => Err(self.unknown(Lost::Channel(error))),
            Err(_) => Err(self.unknown(Lost::Silence(OPEN.as_secs()))),
        }
    }

    /// Writes and reads at the same time, so that no full pipe stops the program. It is not waited for where it prints too
    /// much: its channel is closed with the child, as at the end of its time.
    async fn finish(&self, mut child: Child<&Session>) -> Result<Ended, Lost> {
        let (input, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let write = async {
            if let (Some(mut input), Some(text)) = (input, self.command.stdin()) {
                // A program need not read all it is given; its status says whether that matters.
                input.write_all(text.as_bytes()).await.ok();
            }
            Ok(())
        };
        let ((), stdout, stderr) = tokio::try_join!(write, read(stdout), read(stderr))?;
        let code = match child.wait().await {
            // Without a code a signal ended it, and that is as good as no status.
            Ok(status) => status.code().ok_or(Lost::Channel(openssh::Error::RemoteProcessTerminated))?,
            // The crate makes an error of what is a status like any other.
            Err(openssh::Error::Remote(_)) => 127,
            Err(error) => return Err(Lost::Channel(error)),
        };
        Ok(Ended { code, stdout, stderr })
    }

    fn understand(&self, ended: Ended) -> Result<Output, RemoteError> {
        let (host, command) = (self.host.clone(), Box::new(self.command.clone()));
        let Ended { code, stdout, stderr } = ended;
        match (code, self.command.lock()) {
            (0, _) => Ok(Output { stdout, stderr }),
            (LOCK_TAKEN, Some(lock)) => {
                Err(RemoteError::StillRunning { host, command, lock: lock.as_str().to_owned(), since: None })
            }
            (_, Some(_)) if FLOCK_REFUSED.contains(&code) && stderr.starts_with("flock: ") => {
                let refused = LockRefused::new(self.host, self.user, &stderr);
                Err(RemoteError::NotLocked { host, command, source: Box::new(refused) })
            }
            (TIMED_OUT, _) => Err(self.unknown(Lost::Deadline(seconds(self.command.time_limit())))),
            // 128 + N: `timeout` and the shell say so that signal N ended the program.
            (129..=192, _) => Err(self.unknown(Lost::Signal(code))),
            _ => Err(RemoteError::Exited { host, command, code, stdout, stderr }),
        }
    }

    fn unknown(&self, lost: Lost) -> RemoteError {
        let source: Cause = Box::new(lost);
        RemoteError::OutcomeUnknown {
            host: self.host.clone(),
            command: Box::new(self.command.clone()),
            source,
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Result<String, Lost> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let broken = |error| Lost::Channel(openssh::Error::ChildIo(error));
        let read = stream.take(MOST_PRINTED + 1).read_to_end(&mut bytes).await.map_err(broken)?;
        if read as u64 > MOST_PRINTED {
            return Err(Lost::TooMuch(MOST_PRINTED / MIB));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::LockName;

    fn kind(command: &Command, code: i32) -> &'static str {
        kind_of(command, code, "")
    }

    fn kind_of(command: &Command, code: i32, stderr: &str) -> &'static str {
        let host = Host::new("h").unwrap();
        let exchange = Exchange { host: &host, user: "u", command, lock_wait: Duration::from_secs(1) };
        match exchange.understand(Ended { code, stdout: String::new(), stderr: stderr.to_owned() }) {
            Ok(_) => "ok",
            Err(RemoteError::Exited { .. }) => "exited",
            Err(RemoteError::StillRunning { .. }) => "still running",
            Err(RemoteError::NotLocked { .. }) => "not locked",
            Err(RemoteError::OutcomeUnknown { .. }) => "unknown",
            Err(RemoteError::Unreachable { .. }) => "unreachable",
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let look = Command::look("x");
        let change = Command::change("x", LockName::fstab(), Duration::from_secs(1));
        for command in [&look, &change] {
            assert_eq!(kind(command, 0), "ok");
            for code in [1, 5, 75, 125, 126, 127, 128, 255] {
                assert_eq!(kind(command, code), "exited", "{code}");
            }
            for code in [124, 130, 137, 139, 143] {
                assert_eq!(kind(command, code), "unknown", "{code}");
            }
        }
        assert_eq!((kind(&change, 213), kind(&look, 213)), ("still running", "exited"));
        // Only flock's own words tell that it was flock.
        for code in FLOCK_REFUSED {
            assert_eq!(kind_of(&change, code, "flock: cannot open lock file /x"), "not locked", "{code}");
            assert_eq!(kind_of(&change, code, "x: no"), "exited", "{code}");
            assert_eq!(kind_of(&look, code, "flock: cannot open lock file /x"), "exited", "{code}");
        }
    }
}
