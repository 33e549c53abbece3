//! One connection to a peer: an `ssh` process that holds it and takes commands through a socket.
//!
//! The `openssh` crate could start that process too, but neither kill one that hangs before it has logged in, nor
//! pass it all the options below; so only the commands go through the crate.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use openssh::Session;
use tracing::{info, warn};

use super::error::ConnectError;
use super::start::Setup;
use super::{HostKeys, SshConfig};
use crate::model::host::Host;

/// How long TCP and the peer's greeting may take.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// How long everything until the login may take: a peer can fall silent after its greeting, too.
const LOGIN: Duration = Duration::from_secs(15);

/// How long a connection may take to say that it lives. It is a local process.
const CHECK: Duration = Duration::from_secs(3);

/// How long a connection may take to end.
const END: Duration = Duration::from_secs(2);

/// What is the same for every connection. Nothing of the user's or the machine's own configuration is read.
const OPTIONS: [&str; 16] = [
    "BatchMode=yes",
    "CheckHostIP=no",
    "ConnectTimeout=10",
    "ConnectionAttempts=1",
    "ControlPersist=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "GlobalKnownHostsFile=/dev/null",
    "HashKnownHosts=no",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "PermitLocalCommand=no",
    "PreferredAuthentications=publickey",
    // A peer that is gone is noticed after half a minute.
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "UpdateHostKeys=no",
];

/// How `ssh` tells that it could not make its socket; it goes on without one.
const NO_MULTIPLEXING: &str = "disabling multiplexing";

/// A connection. It ends when the last owner drops it.
#[derive(Debug)]
pub(super) struct Master {
    session: Session,
    socket: PathBuf,
}

impl Master {
    /// Connects and logs in.
    pub(super) async fn launch(setup: &Setup, host: &Host) -> Result<Master, ConnectError> {
        let socket = setup.fresh_socket();
        let log = log_of(&socket);
        let (config, port) = (&setup.config, setup.config.port);
        let failed = |said: String| ConnectError::Failed { host: host.clone(), port, said };
        let Some(name) = plain_name(host) else { return Err(failed("that is no name of a host".to_owned())) };
        let arguments = arguments(config, &socket, name).map_err(|error| failed(error.to_string()))?;
        let mut ssh = tokio::process::Command::new("ssh");
        ssh.args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Until it has logged in it is our child; then it goes to the background, and `-O exit` ends it.
        let ended = tokio::time::timeout(LOGIN, ssh.kill_on_drop(true).status()).await;
        let said = tokio::fs::read_to_string(&log).await.unwrap_or_default();
        let error = match ended {
            // Whoever has the socket is another one: for another peer, perhaps.
            Ok(Ok(_)) if said.contains(NO_MULTIPLEXING) => {
                let said = format!(
                    "{} was there already; an ssh process without a socket stays, end it by hand",
                    socket.display()
                );
                return Err(failed(said));
            }
            Ok(Ok(status)) if status.success() => {
                if said.contains("Permanently added") && config.host_keys == HostKeys::Learn {
                    info!("learnt the host key of {host}, now in {}", config.known_hosts.display());
                }
                let session = Session::resume_mux(socket.clone().into_boxed_path(), None);
                return Ok(Master { session, socket });
            }
            Ok(Ok(_)) => ConnectError::from_log(config, host, &said),
            Ok(Err(error)) => failed(format!("`ssh` cannot be started: {error}")),
            Err(_) => ConnectError::Silent { host: host.clone(), port, seconds: LOGIN.as_secs() },
        };
        // It may have logged in at the last moment and gone to the background.
        tokio::task::spawn_blocking(move || end(&socket));
        Err(error)
    }

    /// Takes commands.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the process is there and answers. That says nothing of the peer: `ssh` itself asks it.
    pub(super) async fn is_alive(&self) -> bool {
        matches!(tokio::time::timeout(CHECK, self.session.check()).await, Ok(Ok(())))
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        end(&self.socket);
    }
}

/// Ends the connection behind a control socket, also one that an earlier server left, and removes the socket.
/// Blocks for some milliseconds.
pub(super) fn end(socket: &Path) {
    if socket.exists() && !asked_to_exit(socket) {
        warn!(
            "the ssh process behind {} did not answer; end it by hand if it is still there",
            socket.display()
        );
    }
    remove(socket);
}

/// Whether the process ended, or was gone before.
fn asked_to_exit(socket: &Path) -> bool {
    let mut ssh = std::process::Command::new("ssh");
    // A host has to be given, but is not used.
    ssh.arg("-F").arg("none").arg("-S").arg(socket).args(["-O", "exit", "--", "peer"]);
    let started = ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = started else { return false };
    let begin = Instant::now();
    while begin.elapsed() < END {
        if let Ok(Some(_)) = child.try_wait() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().and_then(|()| child.wait()).ok();
    false
}

fn remove(socket: &Path) {
    // What is not there need not be removed.
    std::fs::remove_file(socket).ok();
    std::fs::remove_file(log_of(socket)).ok();
}

fn log_of(socket: &Path) -> PathBuf {
    socket.with_extension("log")
}

fn arguments(config: &SshConfig, socket: &Path, name: &str) -> Result<Vec<OsString>, super::StartError> {
    let strictness = match config.host_keys {
        HostKeys::Learn => "accept-new",
        HostKeys::Strict(_) => "yes",
        HostKeys::Unchecked => "no",
    };
    let known: Result<Vec<String>, _> = config.trusted_files().iter().map(|file| token(file)).collect();
    let own = [
        format!("StrictHostKeyChecking={strictness}"),
        format!("UserKnownHostsFile={}", known?.join(" ")),
        format!("IdentityFile={}", token(&config.key)?),
    ];
    let mut words: Vec<OsString> = ["-F", "none", "-M", "-f", "-N"].map(OsString::from).to_vec();
    words.extend(["-S".into(), socket.into(), "-E".into(), log_of(socket).into()]);
    let options = OPTIONS.iter().map(|option| (*option).to_owned()).chain(own);
    words.extend(options.flat_map(|option| ["-o".into(), option.into()]));
    words.extend(["-p".into(), config.port.to_string().into(), "-l".into(), config.user.clone().into()]);
    words.extend(["--".into(), name.into()]);
    Ok(words)
}

/// A path as a value of an option: quoted, and with `%` doubled, which `ssh` would replace.
pub(super) fn token(path: &Path) -> Result<String, super::StartError> {
    let refused = || super::StartError::Path(path.to_owned());
    let text = path.to_str().ok_or_else(refused)?;
    if text.contains(['"', '\\', '\n', '\r']) || text.contains("${") {
        return Err(refused());
    }
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

/// The name as `ssh` takes it: an address of IPv6 without brackets, and nothing that it would take for a user or
/// a URI.
fn plain_name(host: &Host) -> Option<&str> {
    let name = host.as_str();
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_hosts_reach_ssh() {
        let name = |text: &str| Host::new(text).and_then(|host| plain_name(&host).map(str::to_owned));
        assert_eq!(name("[fe80::1%eth0]").as_deref(), Some("fe80::1%eth0"));
        assert_eq!(name("gluster1.example.org").as_deref(), Some("gluster1.example.org"));
        for bad in ["a@b", "ssh://a", "a b", "[]", "[-oProxyCommand=x]", "a\nb"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn paths_are_quoted_for_ssh() {
        assert_eq!(token(Path::new("/a b/c%d")).unwrap(), "\"/a b/c%%d\"");
        assert!(token(Path::new("/a\"b")).is_err());
        assert!(token(Path::new("/${HOME}")).is_err());
    }
}
