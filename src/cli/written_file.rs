//! A file that a command writes when the server has done its part: looked at before that, as it cannot be taken back
//! what the server has done by then.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use super::raw;

/// A file that can be written, as it was until it is.
pub(super) struct WrittenFile {
    path: PathBuf,
    file: File,
    /// Whether it is gone again unless it gets written.
    is_new: bool,
}

impl WrittenFile {
    /// Opens a file, or makes it, and changes nothing that is in it.
    pub(super) fn open(path: &str) -> io::Result<WrittenFile> {
        let path = raw::path(path);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => Ok(WrittenFile { path, file, is_new: true }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                // A link may lead to where nothing is yet.
                let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
                Ok(WrittenFile { path, file, is_new: false })
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a text in the place of what it held.
    pub(super) fn write(mut self, text: &[u8]) -> io::Result<()> {
        self.is_new = false;
        // Pipes and terminals have no length.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.file.write_all(text)?;
        self.file.flush()
    }
}

impl Drop for WrittenFile {
    fn drop(&mut self) {
        if self.is_new {
            // What is left is empty; the command tells what matters.
            std::fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_is_as_it_was_until_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (new, old) = (path("new"), path("old"));
        std::fs::write(&old, "a long text of before").unwrap();
        drop((WrittenFile::open(&new).unwrap(), WrittenFile::open(&old).unwrap()));
        assert!(!Path::new(&new).exists());
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "a long text of before");
        for name in [&new, &old] {
            WrittenFile::open(name).unwrap().write(b"short").unwrap();
            assert_eq!(std::fs::read_to_string(name).unwrap(), "short");
        }
        WrittenFile::open("/dev/null").unwrap().write(b"x").unwrap();
        let refused = WrittenFile::open("/dev/full").unwrap().write(b"x").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::StorageFull);
        assert!(WrittenFile::open(&path("no/such/folder")).is_err());
    }
}
