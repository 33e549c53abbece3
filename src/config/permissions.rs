//! Files with keys that others can read.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::file::{File, Value};
use super::keys;
use super::parts::Config;
use super::problem::{Problem, ProblemKind};

/// What others can read: the file itself, where it has keys in it, and the files of keys that it names.
pub(super) fn problems(path: &Path, file: &File, config: &Config) -> Vec<Problem> {
    let mut found = Vec::new();
    if holds_keys(file) {
        found.extend(problem("", "the configuration, which has keys of tokens in it,", path));
    }
    if let Some(ssh) = &config.executor.ssh {
        found.extend(problem("glusterfs.sshexec.keyfile", "the key of ssh", &ssh.key));
    }
    if let Some(tls) = &config.tls {
        found.extend(problem("key_file", "the key of the certificate", &tls.key));
    }
    found
}

fn holds_keys(file: &File) -> bool {
    keys::all().iter().filter(|key| key.secret).any(|key| {
        file.values.get(&key.path()).is_some_and(|given| given.value != Value::Text(String::new()))
    })
}

fn problem(key: &str, what: &str, path: &Path) -> Option<Problem> {
    let mode = open_to_others(path)?;
    let (shown, closed) = (path.display(), mode & !0o007);
    let text = format!(
        "{what} can be read by everybody on this machine: {shown} has mode {mode:04o}; chmod {closed:04o} {shown}"
    );
    Some(Problem { kind: ProblemKind::Permissions, key: key.to_owned(), line: None, text, suggestion: None })
}

/// The mode of a file that others than its owner and its group can read or change, if all directories above it let them
/// through. The group is the owner's choice: it may be that of the service.
fn open_to_others(path: &Path) -> Option<u32> {
    let real = path.canonicalize().ok()?;
    let mode = |path: &Path| path.metadata().ok().map(|found| found.permissions().mode() & 0o7777);
    let of_file = mode(&real).filter(|mode| mode & 0o006 != 0)?;
    let reachable = real.ancestors().skip(1).all(|directory| mode(directory).is_some_and(|m| m & 0o001 != 0));
    reachable.then_some(of_file)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn what_nobody_can_reach_is_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        set(&file, 0o644);
        set(folder.path(), 0o700);
        assert_eq!(open_to_others(&file), None);
        set(folder.path(), 0o755);
        assert_eq!(open_to_others(&file), Some(0o644));
        set(&file, 0o602);
        assert_eq!(open_to_others(&file), Some(0o602));
        set(&file, 0o640);
        assert_eq!(open_to_others(&file), None);
        assert_eq!(open_to_others(&folder.path().join("none")), None);
    }
}
