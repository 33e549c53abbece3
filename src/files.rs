//! Names of files.

use std::io;
use std::path::{Path, PathBuf};

/// As many links are followed as Linux follows.
const MOST_LINKS: usize = 40;

/// A file that belongs to another one: its name, with something behind it.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The name of a file with all links followed, also where it is not there: who comes to it through a link means the same
/// one as before it was made, and after it was taken away.
///
/// # Errors
/// When its directory is not there, or cannot be looked at.
pub fn real_name(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = name.read_link() else { break };
        name = directory(&name).join(next);
    }
    match name.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        real => return real,
    }
    match name.file_name() {
        Some(own) => Ok(directory(&name).canonicalize()?.join(own)),
        None => Ok(name),
    }
}

/// What the system says of a file, with the cure where there is one.
pub fn refusal(error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; run it as the user of the server, who has to own the file and to be allowed to write into its directory"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room there",
        io::ErrorKind::ReadOnlyFilesystem => "; it has to be mounted for writing",
        _ => "",
    };
    format!("{error}{cure}")
}

/// The directory that a file is in.
pub fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_whether_something_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("real")).unwrap();
        symlink("real/file", at("link")).unwrap();
        symlink(at("link"), at("far")).unwrap();
        symlink("round", at("round")).unwrap();
        let real = folder.path().canonicalize().unwrap().join("real/file");
        for there in [false, true] {
            if there {
                std::fs::write(at("real/file"), "").unwrap();
            }
            for name in ["link", "far", "real/file", "real/../far"] {
                assert_eq!(real_name(&at(name)).unwrap(), real, "{name}, {there}");
            }
        }
        assert!(real_name(&at("none/file")).is_err());
        assert!(real_name(&at("round")).is_err());
        assert_eq!(beside(Path::new("a/b"), ".c"), Path::new("a/b.c"));
        assert_eq!(
            (directory(Path::new("a/b")), directory(Path::new("b"))),
            (Path::new("a"), Path::new("."))
        );
    }
}
