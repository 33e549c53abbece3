//! What can go wrong before a command runs, in sentences that say what to do.

use std::path::PathBuf;

use super::SshConfig;
use crate::executor::command::LOCK_DIRECTORY;
use crate::model::host::Host;

/// Why the SSH executor cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no `ssh`.
    #[error(
        "`ssh` cannot be started ({0}): install the OpenSSH client, on Debian with `apt-get install openssh-client`"
    )]
    NoSsh(String),
    /// The private key is missing, or is none that can be used without a passphrase.
    #[error("Unable to read private key file {}: {reason}", file.display())]
    Key {
        /// The key.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// Others than its owner may read the private key.
    #[error(
        "others may read the private key file {0} (mode {mode:04o}), and ssh refuses such a key: it gets a copy in memory. \
         Run: chmod 600 {0} (for a secret in Kubernetes, set its defaultMode to 0400)",
        file.display()
    )]
    KeyOpenToOthers {
        /// The key.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file of host keys cannot be read.
    #[error("error parsing SSH_KNOWN_HOSTS \"{list}\": {reason}")]
    KnownHosts {
        /// All the files.
        list: String,
        /// Which of them, and why.
        reason: String,
    },
    /// A path that `ssh` would read as something else.
    #[error("ssh cannot be given the path {0:?}: it holds a quote, a line break, or `${{`")]
    Path(PathBuf),
    /// There is no place for the control sockets.
    #[error("no directory for the control sockets of ssh: {}: {reason}", directory.display())]
    Control {
        /// The directory tried last.
        directory: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Why a peer could not be connected to. No command was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The peer shows another key than the one that is known.
    #[error(
        "the host key of {host} has changed: it is not the one in {file}. If the peer was installed anew, run: \
         ssh-keygen -R '{entry}' -f {file}. If not, somebody may be answering in its place"
    )]
    HostKeyChanged {
        /// The peer.
        host: Host,
        /// Its name in the file.
        entry: String,
        /// The file of known keys.
        file: String,
    },
    /// Only known peers are trusted, and this one is not known.
    #[error(
        "the host key of {host} is not known, and `strict` trusts known ones only. Compare what `ssh-keyscan -p \
         {port} {host}` prints with the peer's own key, and add it to {file}"
    )]
    HostKeyUnknown {
        /// The peer.
        host: Host,
        /// The port.
        port: u16,
        /// The file of known keys.
        file: String,
    },
    /// The peer does not let this user in with this key.
    #[error(
        "{host} does not let user {user} in with the key {key}: add its public half to authorized_keys of {user} \
         there ({said})"
    )]
    KeyRefused {
        /// The peer.
        host: Host,
        /// The user there.
        user: String,
        /// The private key.
        key: String,
        /// What `ssh` said.
        said: String,
    },
    /// Nothing answered in time.
    #[error("{host} did not answer within {seconds} s on port {port}")]
    Silent {
        /// The peer.
        host: Host,
        /// The port.
        port: u16,
        /// How long was waited.
        seconds: u64,
    },
    /// Anything else.
    #[error("ssh to {host} on port {port} failed: {said}")]
    Failed {
        /// The peer.
        host: Host,
        /// The port.
        port: u16,
        /// What `ssh` said.
        said: String,
    },
}

impl ConnectError {
    /// Understands what `ssh` wrote when it gave up.
    pub(super) fn from_log(config: &SshConfig, host: &Host, log: &str) -> ConnectError {
        let (host, port, said) = (host.clone(), config.port, last_words(log));
        let changed =
            log.contains("IDENTIFICATION HAS CHANGED") || log.contains("has changed and you have requested");
        if changed {
            let file = offending_file(log).unwrap_or_else(|| config.known_hosts.display().to_string());
            return ConnectError::HostKeyChanged { entry: entry(&host, port), host, file };
        }
        if log.contains("host key is known for") || log.contains("Host key verification failed") {
            return ConnectError::HostKeyUnknown {
                host,
                port,
                file: config.trusted_files().remove(0).display().to_string(),
            };
        }
        if log.contains("Permission denied (") {
            let (user, key) = (config.user.clone(), config.key.display().to_string());
            return ConnectError::KeyRefused { host, user, key, said };
        }
        if log.contains("timed out") {
            return ConnectError::Silent { host, port, seconds: super::master::CONNECT.as_secs() };
        }
        ConnectError::Failed { host, port, said }
    }
}

/// The name of a peer in a file of known hosts.
fn entry(host: &Host, port: u16) -> String {
    if port == 22 { host.to_string() } else { format!("[{host}]:{port}") }
}

/// `Offending ED25519 key in FILE:LINE`.
fn offending_file(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.starts_with("Offending "))?;
    let (_, place) = line.split_once(" key in ")?;
    place.rsplit_once(':').map(|(file, _)| file.to_owned())
}

/// The last lines that say anything, as one.
fn last_words(log: &str) -> String {
    let lines: Vec<&str> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.contains("Permanently added"))
        .collect();
    let last = lines.len().saturating_sub(3);
    if lines.is_empty() { "it said nothing".to_owned() } else { lines[last..].join("; ") }
}

/// Why nobody knows what became of a command.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// It was told to end when its time was over.
    #[error("it did not end within {0} s and was told to")]
    Deadline(u64),
    /// A signal ended it.
    #[error("a signal ended it (status {0})")]
    Signal(i32),
    /// No answer came within its time and that of its lock.
    #[error("no answer came within {0} s; it may still be running")]
    Silence(u64),
    /// It printed more than is read of one command.
    #[error("the peer printed more than {0} MiB, as no command of ours does; no more of it was read")]
    TooMuch(u64),
    /// The channel was closed without a status: a signal there, or a broken connection.
    #[error("the channel was closed without an exit status: a signal ended it, or the connection broke")]
    Channel(#[source] openssh::Error),
}

/// Why `flock` could not lock on a peer: what it said, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}. {cure}")]
pub struct LockRefused {
    said: String,
    cure: String,
}

impl LockRefused {
    pub(super) fn new(host: &Host, user: &str, stderr: &str) -> LockRefused {
        let said = stderr.trim().to_owned();
        let cure = if said.contains("failed to execute") {
            format!(
                "Install the package of that program on {host} (`timeout` is in coreutils, `flock` in util-linux)"
            )
        } else {
            // Where it belongs to root alone, as on RHEL. Of two lines for a path, tmpfiles takes that of the first file.
            format!(
                "User {user} must be able to make files in {LOCK_DIRECTORY} on {host}. As root there run: chmod 1777 \
                 {LOCK_DIRECTORY}; and for the next boot: echo 'd {LOCK_DIRECTORY} 1777 root root -' > \
                 /etc/tmpfiles.d/a-mortar.conf"
            )
        };
        LockRefused { said, cure }
    }
}

/// Why a command had to wait in vain for one of its peer's slots.
#[derive(Debug, thiserror::Error)]
#[error("{running} commands were running there for {seconds} s and none ended")]
pub struct Busy {
    pub(super) running: usize,
    pub(super) seconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::ssh::tests::config;

    fn understood(log: &str) -> ConnectError {
        let host = Host::new("10.10.10.17").unwrap();
        ConnectError::from_log(&config(), &host, log)
    }

    #[test]
    fn what_ssh_says_becomes_a_sentence_with_a_cure() {
        let changed = "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nOffending ED25519 key in \
                       /d/h.known_hosts:3\nHost key verification failed.\r\n";
        let text = understood(changed).to_string();
        assert!(text.contains("host key of 10.10.10.17 has changed"), "{text}");
        assert!(text.contains("ssh-keygen -R '[10.10.10.17]:2222' -f /d/h.known_hosts."), "{text}");
        let unknown = "No ED25519 host key is known for x and you have requested strict checking.\r\nHost key verification failed.";
        assert!(matches!(understood(unknown), ConnectError::HostKeyUnknown { .. }));
        let text = understood("root@h: Permission denied (publickey).\r\n").to_string();
        assert!(["root", "10.10.10.17", "/k/id"].iter().all(|part| text.contains(part)), "{text}");
        let text = understood("ssh: connect to host h port 2222: Connection refused\r\n").to_string();
        assert!(text.ends_with("Connection refused"), "{text}");
        assert!(matches!(
            understood("Connection timed out during banner exchange"),
            ConnectError::Silent { .. }
        ));
        assert!(understood("").to_string().ends_with("it said nothing"));
    }
}
