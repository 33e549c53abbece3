//! Why there is no way from heketi's database to a server.

use std::path::{Path, PathBuf};

use crate::files::refusal;
use crate::heketi_db::ReadError;
use crate::heketi_db::bolt::LoadError;
use crate::heketi_db::json::JsonError;
use crate::operations::import::ImportError;
use crate::store::OpenError;

/// One sentence for each, with the cure.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// heketi runs on it.
    #[error("{} is held open by a running heketi, or by another server on it. Stop that one first, or look at a copy of the file", .0.display())]
    InUse(PathBuf),
    /// Nothing of it can be read.
    #[error("{}: {why}. The file was left untouched", .path.display())]
    Unreadable {
        /// heketi's file.
        path: PathBuf,
        /// Why.
        why: ReadError,
    },
    /// Something in it cannot be read.
    #[error(
        "{} is damaged (findings: {count}). The first: {first}. Nothing was imported, and the file was left untouched. Restore it from a backup; or look at what would be lost by `mortard migrate --plan {0}`, and give that up by `mortard migrate --despite-damage {0}`",
        .path.display()
    )]
    Damaged {
        /// heketi's file.
        path: PathBuf,
        /// In so many places.
        count: usize,
        /// What is wrong in the first of them.
        first: String,
    },
    /// Something in an export does not fit.
    #[error(
        "{} has values that do not fit ({count}). The first: {first}. Nothing was imported. Mend it, or have heketi export it anew; `--despite-damage` imports what is left",
        .path.display()
    )]
    DamagedExport {
        /// The export.
        path: PathBuf,
        /// So many values.
        count: usize,
        /// What is wrong with the first of them.
        first: String,
    },
    /// It is of a version that is not known.
    #[error(
        "{} was written by a heketi that is not known here: it has {what}. Nothing was imported, and the file was left untouched. Have that heketi export it (`heketi db export`) and import the JSON; or go on without what is not known by `mortard migrate --despite-damage {0}`",
        .path.display()
    )]
    Newer {
        /// heketi's file.
        path: PathBuf,
        /// What is not known.
        what: String,
    },
    /// heketi, or somebody else, has worked on the old file since.
    #[error(
        "{} has changed since it was imported into {}: somebody went back to heketi. Neither file knows what the other one does. To go on with what heketi has done, move {1} away, and all whose names begin with that (`{1}*`): then the file is imported anew. To go on without it, name {1} as glusterfs.db",
        .old.display(), .new.display()
    )]
    Changed {
        /// heketi's file.
        old: PathBuf,
        /// What was made of it.
        new: PathBuf,
    },
    /// The database beside heketi's was not made of it.
    #[error(
        "{} stands beside {}, and was not made of it. Name {0} as glusterfs.db, or move it away, and all whose names begin with that (`{0}*`), to import the other file",
        .new.display(), .old.display()
    )]
    NotOfIt {
        /// heketi's file.
        old: PathBuf,
        /// The database.
        new: PathBuf,
    },
    /// What was made of it is gone.
    #[error(
        "{} was imported into {} before, and that is gone: {} is still there. To import the old file anew would forget all that was done since. Restore {1} from a backup (`mortard restore`); or move `{1}*` away, of which {2} is there, to begin with the old file again",
        .old.display(), .new.display(), .left.display()
    )]
    Lost {
        /// heketi's file.
        old: PathBuf,
        /// What was made of it.
        new: PathBuf,
        /// What is left beside that.
        left: PathBuf,
    },
    /// It is neither a database nor an export of heketi's.
    #[error("{} is no export of heketi's: {why}", .path.display())]
    NoExport {
        /// The file.
        path: PathBuf,
        /// Why.
        why: JsonError,
    },
    /// heketi's file cannot be had.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The new database cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The new database does not take what was read.
    #[error("the state cannot be imported")]
    Import(#[from] ImportError),
    /// The file system refused.
    #[error("cannot {action} {}: {}", path.display(), refusal(why))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The answer.
        why: std::io::Error,
    },
}

impl MoveError {
    /// An answer of the file system.
    pub(super) fn io(action: &'static str, path: &Path, why: std::io::Error) -> MoveError {
        MoveError::Io { action, path: path.to_owned(), why }
    }
}
