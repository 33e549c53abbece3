//! A file in memory.

use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::Path;

use super::error::LoadError;

/// Larger files are refused; heketi's have some tens of MiB at most.
pub const MAX_BYTES: u64 = 1 << 30;

/// Opens a file for reading only, and reads all of it. It holds the lock that bolt takes for readers meanwhile: while heketi
/// runs, pages change under whoever reads them.
///
/// # Errors
/// When it cannot be read, heketi has it open, or it is too large to be heketi's.
pub fn load(path: &Path) -> Result<Vec<u8>, LoadError> {
    let io = |why| LoadError::Io { path: path.to_owned(), why };
    let file = File::open(path).map_err(io)?;
    // Where files cannot be locked, bolt could not have locked this one either.
    if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
        return Err(LoadError::InUse(path.to_owned()));
    }
    load_open(&file, path)
}

/// Reads all of a file that is open, for a caller who holds a lock of its own on it; `path` is for the errors.
///
/// # Errors
/// When it cannot be read, or is too large to be heketi's.
pub fn load_open(file: &File, path: &Path) -> Result<Vec<u8>, LoadError> {
    let io = |why| LoadError::Io { path: path.to_owned(), why };
    let bytes = file.metadata().map_err(io)?.len();
    if bytes > MAX_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes });
    }
    // It may grow, or be no regular file.
    let content = at_most(file, MAX_BYTES.saturating_add(1)).map_err(io)?;
    let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if bytes > MAX_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes });
    }
    Ok(content)
}

fn at_most(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_unless_someone_writes_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heketi.db");
        assert!(matches!(load(&path), Err(LoadError::Io { .. })));
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(load(&path).unwrap(), b"abc");
        let reader = File::open(&path).unwrap();
        reader.lock_shared().unwrap();
        assert_eq!(load(&path).unwrap(), b"abc");
        drop(reader);
        let writer = File::options().write(true).open(&path).unwrap();
        writer.lock().unwrap();
        let text = load(&path).unwrap_err().to_string();
        assert!(text.ends_with("heketi.db is in use: stop heketi, or whatever else has it open for writing"));
        // Whoever holds the lock can read it.
        let own = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(load_open(&own, &path).unwrap(), b"abc");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        // A hole: it takes no space.
        File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(load(&path), Err(LoadError::TooLarge { .. })));
    }
}
