//! Where the state is: in the file that is named, or in what was made of that.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{MoveError, SUFFIX};
use crate::files::{beside, real_name};
use crate::heketi_db::ReadError;
use crate::heketi_db::bolt::{self, Looks, OpenError};

/// What a start on a file would find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A database of ours, by the name that was given; there may be none yet.
    Own(PathBuf),
    /// A database of heketi's that was imported.
    Imported {
        /// heketi's file.
        old: PathBuf,
        /// What was made of it.
        made: PathBuf,
    },
    /// What was made of a database of heketi's that has been taken away, or emptied, since.
    LeftAlone {
        /// heketi's file, that is gone.
        old: PathBuf,
        /// What was made of it.
        made: PathBuf,
    },
    /// A database of heketi's that is to be imported.
    New {
        /// heketi's file.
        old: PathBuf,
        /// What will be made of it.
        made: PathBuf,
    },
}

impl Found {
    /// The file that has the state, or will have it.
    pub fn into_state(self) -> PathBuf {
        match self {
            Found::Own(path)
            | Found::Imported { made: path, .. }
            | Found::LeftAlone { made: path, .. }
            | Found::New { made: path, .. } => path,
        }
    }
}

/// Looks what is there. Of the content of a file no more is read than says whose it is.
///
/// # Errors
/// When that is neither a database nor a place for one, or what was made of heketi's has been lost.
pub(in crate::app) fn find(database: &Path) -> Result<Found, MoveError> {
    let real = real_name(database).map_err(|source| MoveError::io("find", database, source))?;
    if !is_heketis(&real) {
        refuse_others(&real)?;
        return Ok(match left_alone(&real) {
            Some(made) => Found::LeftAlone { old: real, made },
            None => Found::Own(database.to_owned()),
        });
    }
    let made = beside(&real, SUFFIX);
    if made.exists() {
        return Ok(Found::Imported { old: real, made });
    }
    refuse_lost(&real, &made)?;
    Ok(Found::New { old: real, made })
}

/// The file that has the state, without a judgement on it: what was made of heketi's, where the name is that of one.
pub fn locate(database: &Path) -> PathBuf {
    let Ok(real) = real_name(database) else { return database.to_owned() };
    if is_heketis(&real) {
        beside(&real, SUFFIX)
    } else {
        left_alone(&real).unwrap_or_else(|| database.to_owned())
    }
}

/// What was made of heketi's file, where that has been taken away, or emptied, since. To begin with an empty database would
/// forget all.
fn left_alone(real: &Path) -> Option<PathBuf> {
    let is_there = real.metadata().is_ok_and(|found| !found.is_file() || found.len() > 0);
    Some(beside(real, SUFFIX)).filter(|made| !is_there && made.exists())
}

/// Whether a file is a BoltDB file.
pub fn is_heketis(path: &Path) -> bool {
    let is_bolt =
        |file: File| Ok(!starts(&file)?.starts_with(b"SQLite format 3\0") && bolt::is_marked(&file)?);
    File::open(path).and_then(is_bolt).unwrap_or(false)
}

fn starts(file: &File) -> std::io::Result<Vec<u8>> {
    const START: u64 = 4096;
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start)?;
    Ok(start)
}

/// What heketi makes of its database besides, given in the place of that. Whatever else is no SQLite file may be a damaged
/// one: opening it says so.
fn refuse_others(real: &Path) -> Result<(), MoveError> {
    let io = |source| MoveError::io("read", real, source);
    if !real.is_file() {
        return Ok(());
    }
    let looks = Looks::of(&File::open(real).and_then(|file| starts(&file)).map_err(io)?);
    if !matches!(looks, Looks::Gzip | Looks::Json | Looks::BigEndian) {
        return Ok(());
    }
    Err(MoveError::Unreadable { path: real.to_owned(), why: ReadError::Open(OpenError::NotBolt(looks)) })
}

/// A server has worked on an import that is not there any more: a second one would forget all that it did.
fn refuse_lost(old: &Path, made: &Path) -> Result<(), MoveError> {
    let left = ["-wal", ".lock"].map(|suffix| beside(made, suffix)).into_iter().find(|left| left.exists());
    match left {
        None => Ok(()),
        Some(left) => Err(MoveError::Lost { old: old.to_owned(), new: made.to_owned(), left }),
    }
}
