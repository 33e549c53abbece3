//! What heketi's file was when it was imported.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::MoveError;

/// A file by its content. Kept in the database, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Its name, for messages.
    pub(super) file: PathBuf,
    /// Its size in bytes.
    bytes: u64,
    /// When it was changed last, in nanoseconds since 1970; only a shortcut.
    modified_ns: u64,
    /// The digest of its content; empty where it was not read.
    #[serde(default)]
    sha256: String,
}

impl Origin {
    /// A file that was read.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn of(file: &File, path: &Path, content: &[u8]) -> Result<Origin, MoveError> {
        Ok(Origin { sha256: hex(&Sha256::digest(content)), ..Origin::seen(file, path)? })
    }

    /// A file that was only looked at.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn seen(file: &File, path: &Path) -> Result<Origin, MoveError> {
        let io = |source| MoveError::io("look at", path, source);
        let facts = file.metadata().map_err(io)?;
        let modified = facts.modified().map_err(io)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Origin {
            file: path.to_owned(),
            bytes: facts.len(),
            modified_ns: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
            sha256: String::new(),
        })
    }

    /// Whether the file still has the content that it had. One that has only been copied back, or touched, has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn is_still(&self, file: &File, now: &Origin) -> Result<bool, MoveError> {
        if self.bytes != now.bytes {
            return Ok(false);
        }
        if self.modified_ns == now.modified_ns || self.sha256 == now.sha256 {
            return Ok(true);
        }
        let digest = digest(file).map_err(|source| MoveError::io("read", &now.file, source))?;
        Ok(digest == self.sha256)
    }

    pub(super) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    pub(super) fn from_text(text: &str) -> Option<Origin> {
        serde_json::from_str(text).ok()
    }
}

fn digest(mut file: &File) -> std::io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
