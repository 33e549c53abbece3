//! What is looked at before the first connection: the program, the key, the files, and what an earlier server
//! left behind.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::error::StartError;
use super::{HostKeys, SshConfig, master};

/// The longest directory for control sockets. The address of a socket holds 107 bytes; `ssh` needs 17 for the
/// temporary name it makes of one, and the name itself is at most 21 after its slash.
const LONGEST_DIRECTORY: usize = 107 - 17 - 21 - 1;

/// The ending of control sockets.
const SOCKET: &str = "s";

/// A configuration that has been found usable.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) config: SshConfig,
    control: PathBuf,
    /// What our sockets begin with. Of another server, which was killed while it connected, a socket may come to be when
    /// ours are made: under the same name commands would go to the peer of that one.
    own: String,
    /// Whether a later server may be there.
    over: Arc<AtomicBool>,
    next: AtomicU64,
    /// The copy of the key, if `ssh` gets one, for as long as the file is open.
    _key: Option<fs::File>,
}

impl Setup {
    /// Checks everything that can be checked without a peer, and ends what an earlier server left.
    pub(super) fn new(mut config: SshConfig) -> Result<Setup, StartError> {
        check_program()?;
        let copy = match check_key(&config.key) {
            Err(open @ StartError::KeyOpenToOthers { .. }) => {
                warn!("{open}");
                Some(private_copy(&config.key)?)
            }
            checked => checked.map(|()| None)?,
        };
        if let Some(copy) = &copy {
            config.key = path_of(copy);
            check_passphrase(&config.key)?;
        }
        check_known_hosts(&config)?;
        if config.host_keys == HostKeys::Unchecked {
            warn!("host keys are not checked: anybody who answers in a peer's place gets its commands");
        }
        let control = control_directory(&config.control)?;
        let own = format!("{:08x}-", rand::random::<u32>());
        let over = Arc::new(AtomicBool::new(false));
        end_others(&control, &own, &over);
        Ok(Setup { config, control, own, over, next: AtomicU64::new(0), _key: copy })
    }

    /// Ends what an earlier server left, also what came to be after our start. Blocks for some milliseconds.
    pub(super) fn end_earlier(&self) -> impl Fn() + Clone + Send + 'static {
        let (control, own, over) = (self.control.clone(), self.own.clone(), Arc::clone(&self.over));
        move || end_others(&control, &own, &over)
    }

    /// From now on others are no earlier ones.
    pub(super) fn is_over(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// A path for another control socket.
    pub(super) fn fresh_socket(&self) -> PathBuf {
        // Ten digits are enough for a connection a second over three hundred years.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.control.join(format!("{}{number}.{SOCKET}", self.own))
    }
}

fn check_program() -> Result<(), StartError> {
    let run = Command::new("ssh").arg("-V").stdin(Stdio::null()).output();
    run.map(drop).map_err(|error| StartError::NoSsh(error.to_string()))
}

pub(super) fn check_key(file: &Path) -> Result<(), StartError> {
    let refused = |reason: String| StartError::Key { file: file.to_owned(), reason };
    let metadata = fs::metadata(file).map_err(|error| refused(error.to_string()))?;
    if !metadata.is_file() {
        return Err(refused("it is no file".to_owned()));
    }
    let mode = metadata.mode() & 0o7777;
    // The rule of `ssh`: it minds only where the file is the user's own.
    if own_uid().is_none_or(|uid| uid == metadata.uid()) && mode & 0o077 != 0 {
        return Err(StartError::KeyOpenToOthers { file: file.to_owned(), mode });
    }
    fs::File::open(file).map_err(|error| refused(error.to_string()))?;
    master::token(file)?;
    check_passphrase(file)
}

/// A copy of the key in memory that is its owner's alone, and gone with this process: heketi does not look at
/// permissions, so that keys are mounted with those that Kubernetes gives to secrets by default.
fn private_copy(key: &Path) -> Result<fs::File, StartError> {
    let copied = || -> io::Result<fs::File> {
        let text = fs::read(key)?;
        let copy = fs::File::from(memfd_create("key", MemfdFlags::CLOEXEC)?);
        copy.set_permissions(fs::Permissions::from_mode(0o600))?;
        (&copy).write_all(&text)?;
        Ok(copy)
    };
    copied().map_err(|error| StartError::Key { file: key.to_owned(), reason: error.to_string() })
}

/// Where other programs of this user find a file that is open here.
fn path_of(file: &fs::File) -> PathBuf {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()).into()
}

/// A key with a passphrase, or no key at all, would fail at each connection and look like a refusal of the peer.
fn check_passphrase(file: &Path) -> Result<(), StartError> {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-y", "-P", "", "-f"]).arg(file).env("LC_ALL", "C").stdin(Stdio::null());
    match keygen.output() {
        Ok(output) if !output.status.success() => {
            let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
            let reason = format!("it is no private key without a passphrase ({said})");
            Err(StartError::Key { file: file.to_owned(), reason })
        }
        // Without `ssh-keygen` the first connection tells.
        _ => Ok(()),
    }
}

fn check_known_hosts(config: &SshConfig) -> Result<(), StartError> {
    let files = config.trusted_files();
    for file in &files {
        master::token(file)?;
    }
    let HostKeys::Strict(given) = &config.host_keys else { return Ok(()) };
    let list = given.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(":");
    for file in given {
        fs::File::open(file).map_err(|error| StartError::KnownHosts {
            list: list.clone(),
            reason: format!("open {}: {error}", file.display()),
        })?;
    }
    Ok(())
}

/// The directory that is asked for, or, where no socket of `ssh` fits or can be made there, one of the same name
/// every time among the temporary files: the next server has to find what this one leaves.
fn control_directory(wanted: &Path) -> Result<PathBuf, StartError> {
    let refused = |directory: &Path, error: io::Error| StartError::Control {
        directory: directory.to_owned(),
        reason: error.to_string(),
    };
    let wanted = std::path::absolute(wanted).map_err(|error| refused(wanted, error))?;
    let usable = fits(&wanted).and_then(|()| private(&wanted)).and_then(|()| probe(&wanted));
    let Err(error) = usable else { return Ok(wanted) };
    let digest = Sha256::digest(wanted.as_os_str().as_encoded_bytes());
    let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let directory = std::env::temp_dir().join(format!("mortar-{}-{digits}", own_uid().unwrap_or_default()));
    info!("control sockets of ssh are in {}, because {}: {error}", directory.display(), wanted.display());
    let usable = fits(&directory).and_then(|()| private(&directory)).and_then(|()| probe(&directory));
    usable.map(|()| directory.clone()).map_err(|error| refused(&directory, error))
}

/// Whether the path is short, and has nothing in it that `ssh` would replace.
fn fits(directory: &Path) -> io::Result<()> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,@=".contains(byte);
    let bytes = directory.as_os_str().as_encoded_bytes();
    if bytes.len() <= LONGEST_DIRECTORY && bytes.iter().all(plain) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "the path is too long for a socket or has odd characters in it",
    ))
}

/// Makes the directory, for us alone. A link, or a directory of somebody else's, is refused.
fn private(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let metadata = fs::symlink_metadata(directory)?;
    if !metadata.is_dir() || own_uid().is_some_and(|uid| uid != metadata.uid()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a directory of our own"));
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

/// Some file systems know no sockets, or no links to them; `ssh` needs both.
fn probe(directory: &Path) -> io::Result<()> {
    let (first, second) = (directory.join("probe"), directory.join("probe2"));
    let clean = || [&first, &second].map(|path| fs::remove_file(path).ok());
    clean();
    let made = UnixListener::bind(&first).and_then(|_listener| fs::hard_link(&first, &second));
    clean();
    made
}

/// Our user: that of our own process.
fn own_uid() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|metadata| metadata.uid())
}

/// Ends the connections whose sockets do not begin like our own, until we are over ourselves.
fn end_others(control: &Path, own: &str, over: &AtomicBool) {
    let entries = fs::read_dir(control).into_iter().flatten().flatten();
    let others = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with(own));
    for path in others.map(|entry| entry.path()).take_while(|_| !over.load(Ordering::Acquire)) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(SOCKET) => {
                info!("ending a connection that an earlier server left: {}", path.display());
                master::end(&path);
            }
            Some("log") => drop(fs::remove_file(&path)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_falls_back_to_a_short_one_that_stays_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("x".repeat(90));
        let first = control_directory(&long).unwrap();
        assert!(first.as_os_str().len() <= LONGEST_DIRECTORY, "{first:?}");
        assert_eq!(control_directory(&long).unwrap(), first);
        fs::remove_dir(&first).unwrap();
    }

    #[test]
    fn the_directory_is_private_and_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let control = directory.path().join("c");
        assert_eq!(control_directory(&control).unwrap(), control);
        assert_eq!(fs::metadata(&control).unwrap().mode() & 0o777, 0o700);
        let link = directory.path().join("l");
        std::os::unix::fs::symlink(&control, &link).unwrap();
        assert!(private(&link).is_err());
    }

    #[test]
    fn a_key_that_others_may_read_is_taken_as_a_copy() {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("key");
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        assert!(made.unwrap().success());
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        // What ssh-keygen takes ssh does, too: both look at the permissions.
        assert!(check_passphrase(&key).unwrap_err().to_string().contains("0644"));
        let copy = private_copy(&key).unwrap();
        check_passphrase(&path_of(&copy)).unwrap();
        assert_eq!(fs::read(path_of(&copy)).unwrap(), fs::read(&key).unwrap());
    }

    #[test]
    fn a_key_that_others_may_read_is_told_with_the_cure() {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("key");
        fs::write(&key, "no key").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let text = check_key(&key).unwrap_err().to_string();
        assert!(text.contains("mode 0644") && text.contains("chmod 600"), "{text}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let text = check_key(&key).unwrap_err().to_string();
        assert!(
            text.starts_with("Unable to read private key file") && text.contains("no private key"),
            "{text}"
        );
        assert!(check_key(&directory.path().join("none")).is_err());
    }
}
