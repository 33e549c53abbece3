//! The processes that hold connections: what they need, and closing those that an earlier server left.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tracing::info;

use super::SshError;

/// What openssh calls the directory of a connection.
const PREFIX: &str = ".ssh-connection";

/// The socket in it.
const SOCKET: &str = "master";

/// The longest path of a directory in which ssh can still make a socket: the kernel takes 108 bytes, of which the
/// names below the directory and ssh's random suffix take 50.
const LONGEST: usize = 55;

pub(super) fn require_ssh() -> Result<(), SshError> {
    let status = Command::new("ssh").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.map(drop).map_err(SshError::NoSsh)
}

/// ssh refuses a key that others can read, long after the start and in words of its own.
pub(super) fn require_private(key: &Path) -> Result<(), SshError> {
    match key.metadata() {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => Err(SshError::OpenKey(key.to_owned())),
        // That it cannot be read at all was said when the configuration was read.
        _ => Ok(()),
    }
}

/// Makes the directory for control sockets; a short one elsewhere where the wanted path is too long for a socket.
pub(super) fn prepare_directory(wanted: &Path) -> Result<PathBuf, SshError> {
    let wanted = std::path::absolute(wanted).unwrap_or_else(|_| wanted.to_owned());
    let directory = if wanted.as_os_str().len() <= LONGEST {
        wanted
    } else {
        // One for each database: the name is made of the path.
        let digest = wanted
            .to_string_lossy()
            .bytes()
            .fold(5381_u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
        std::env::temp_dir().join(format!("mortar-ssh-{digest:08x}"))
    };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|source| SshError::Control { path: directory.clone(), source })?;
    Ok(directory)
}

/// Closes connections whose server is gone. Best effort: a connection that stays open does no harm.
pub(super) fn close_old(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX)) {
            continue;
        }
        let exit = Command::new("ssh")
            .arg("-S")
            .arg(path.join(SOCKET))
            .args(["-O", "exit", "none"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        info!("closed the connection of an earlier server at {}: {exit:?}", path.display());
        std::fs::remove_dir_all(&path).ok();
    }
}
