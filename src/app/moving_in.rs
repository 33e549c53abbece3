//! A server that is given heketi's database: it is imported into a file beside it and left untouched.
//!
//! heketi's lock on the old file is held for as long as the server runs, and what the file was is written down: if it is
//! another one at a later start, somebody went back to heketi, and neither of the two states is the whole truth.

mod error;
mod origin;
mod plan;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use tracing::{info, warn};

pub use self::error::MoveError;
pub use self::plan::{Plan, Source, plan};
pub(super) use self::plan::{finding_json, line, read_export};

use self::origin::Origin;
use super::beside;
use crate::heketi_db::bolt;
use crate::model::everything::Imported;
use crate::model::ids::RandomIds;
use crate::operations;
use crate::store::{Sharing, Store, StoreError, attribute};

/// What the name of the database gets that is made of heketi's.
const SUFFIX: &str = ".mortar";

/// The same while it is being made.
const UNFINISHED: &str = ".mortar.importing";

/// So many findings are logged; all of them are in the database.
const LOGGED: usize = 20;

/// Whether what cannot be read of heketi's file is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Nothing is imported then.
    Refused,
    /// It is listed, and the rest is imported.
    Accepted,
}

/// The file that has the state.
#[derive(Debug)]
pub struct Home {
    /// Its name.
    pub path: PathBuf,
    /// heketi's file, where the state was made of one. It is locked as long as this lives.
    old: Option<Old>,
}

/// heketi's file.
#[derive(Debug)]
struct Old {
    file: File,
    /// What it is now; none where nobody counts on it any more.
    now: Option<Origin>,
}

/// The file that has the state, without a look into it: what was made of heketi's, where the name is that of one.
pub fn locate(database: &Path) -> PathBuf {
    match database.canonicalize() {
        Ok(real) if is_heketis(&real) => beside(&real, SUFFIX),
        _ => left_alone(database).unwrap_or_else(|| database.to_owned()),
    }
}

/// What was made of heketi's file, where that has been taken away, or emptied, since. To begin with an empty database would forget all.
fn left_alone(database: &Path) -> Option<PathBuf> {
    let is_gone = database.metadata().map_or(true, |found| found.is_file() && found.len() == 0);
    Some(beside(database, SUFFIX)).filter(|made| is_gone && made.exists())
}

/// Whether a file is a BoltDB file.
pub fn is_heketis(path: &Path) -> bool {
    // Its first two pages say so, each in the same place: one of them may be damaged.
    const PAGE: usize = 4096;
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(2 * PAGE as u64).read_to_end(&mut head));
    let says_so = |page: usize| head.get(page + 16..page + 20) == Some(&bolt::MAGIC);
    read.is_ok() && !head.starts_with(b"SQLite format 3\0") && (says_so(0) || says_so(PAGE))
}

/// The file that has the state. Where `database` is heketi's and was not imported yet, it is.
///
/// # Errors
/// When heketi has its file open, that is damaged or was changed since it was imported, or the new one cannot be made.
pub async fn settle(database: &Path, damage: Damage) -> Result<Home, MoveError> {
    let real = match database.canonicalize() {
        Ok(real) if is_heketis(&real) => real,
        _ => {
            if let Some(path) = left_alone(database) {
                warn!(
                    "{} is gone; going on with {}, which was made of it",
                    database.display(),
                    path.display()
                );
            }
            return Ok(Home { path: locate(database), old: given_up(database) });
        }
    };
    let (old, path) = (lock(&real)?, beside(&real, SUFFIX));
    if path.exists() {
        let known = Origin::seen(&old, &real)?;
        return Ok(Home { path, old: Some(Old { file: old, now: Some(known) }) });
    }
    refuse_lost(&real, &path)?;
    let bytes = bolt::load_open(&old, &real)?;
    let origin = Origin::of(&old, &real, &bytes)?;
    let imported = plan::understood(&real, &bytes, damage)?;
    drop(bytes);
    make(&real, &path, &imported, &origin).await?;
    tell(&real, &path, &imported);
    Ok(Home { path, old: Some(Old { file: old, now: Some(origin) }) })
}

impl Home {
    /// Whether heketi's file is still what the database was made of.
    ///
    /// # Errors
    /// When it is not, or the database was made of something else.
    pub async fn verify(&self, store: &Store) -> Result<(), MoveError> {
        let Some(Old { file: old, now: Some(now) }) = &self.old else { return Ok(()) };
        let mut conn = store.read().await?;
        let stored = attribute::get(&mut conn, attribute::ORIGIN).await?;
        let stored = stored.and_then(|text| Origin::from_text(&text));
        let then =
            stored.ok_or_else(|| MoveError::NotOfIt { old: now.file.clone(), new: self.path.clone() })?;
        if then.is_still(old, now)? {
            return Ok(());
        }
        Err(MoveError::Changed { old: now.file.clone(), new: self.path.clone() })
    }
}

/// heketi's file, where what was made of it is named instead of it: it may have changed, but no heketi is to be started on
/// the same peers by accident.
fn given_up(database: &Path) -> Option<Old> {
    let made = database.canonicalize().ok()?;
    let old = made.to_str()?.strip_suffix(SUFFIX).map(PathBuf::from).filter(|old| is_heketis(old))?;
    match lock(&old) {
        Ok(file) => Some(Old { file, now: None }),
        Err(why) => {
            warn!(
                "{why}. {} is served all the same; two servers on the same peers do not know what the other one does",
                made.display()
            );
            None
        }
    }
}

/// heketi's own lock, as bolt takes it for writing. The file is not written to.
fn lock(path: &Path) -> Result<File, MoveError> {
    // Some network file systems lock for writing only what is open for it.
    let file = OpenOptions::new().read(true).write(true).open(path).or_else(|_| File::open(path));
    let file = file.map_err(|source| MoveError::io("open", path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(MoveError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => {
            // bolt could not have locked it either.
            warn!("{} cannot be locked: {source}. See to it that no heketi runs on it", path.display());
            Ok(file)
        }
    }
}

/// A server has worked on an import that is not there any more: a second one would forget all that it did.
fn refuse_lost(old: &Path, path: &Path) -> Result<(), MoveError> {
    let left = ["-wal", ".lock"].map(|suffix| beside(path, suffix)).into_iter().find(|left| left.exists());
    match left {
        None => Ok(()),
        Some(left) => Err(MoveError::Lost { old: old.to_owned(), new: path.to_owned(), left }),
    }
}

/// Makes the database under another name, and gives it its own when all of it is on the disk: an import that is
/// interrupted has left nothing that could be taken for one.
async fn make(old: &Path, path: &Path, imported: &Imported, origin: &Origin) -> Result<(), MoveError> {
    let unfinished = beside(old, UNFINISHED);
    sweep(&unfinished)?;
    let made = fill(&unfinished, imported, &origin.text()).await;
    if made.is_err() {
        // What matters is the error that comes back; the next import sweeps again.
        sweep(&unfinished).ok();
    }
    made?;
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| MoveError::io(action, &path, source)
    };
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(io("write", &unfinished))?;
    std::fs::rename(&unfinished, path).map_err(io("make", path))?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems have nothing of that kind.
        Err(source) if !matches!(source.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            return Err(MoveError::io("write", folder, source));
        }
        _ => {}
    }
    sweep(&unfinished)
}

/// What an import that was interrupted has left.
fn sweep(unfinished: &Path) -> Result<(), MoveError> {
    for left in ["", "-wal", "-shm", "-journal", ".lock"].map(|suffix| beside(unfinished, suffix)) {
        match std::fs::remove_file(&left) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(MoveError::io("remove", &left, source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes a database of what was imported.
///
/// # Errors
/// When it cannot be made, or what was imported contradicts itself.
pub async fn fill(path: &Path, imported: &Imported, origin: &str) -> Result<(), MoveError> {
    let store = Store::open(path, Sharing::default()).await?;
    let origin = Some(origin).filter(|origin| !origin.is_empty());
    let done = operations::import::import(&store, imported, origin, &RandomIds).await;
    store.close().await;
    Ok(done?)
}

fn tell(old: &Path, path: &Path, imported: &Imported) {
    let counts = plan::counts(imported);
    info!("imported {} into {}: {counts}. The old file was left untouched", old.display(), path.display());
    for finding in imported.findings.iter().take(LOGGED) {
        warn!("{}", plan::line(finding));
    }
    if let Some(more) = imported.findings.len().checked_sub(LOGGED).filter(|more| *more > 0) {
        warn!("{more} more findings: `mortard db findings --dbfile={}` lists all", path.display());
    }
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> MoveError {
        MoveError::Import(operations::import::ImportError::Store(error))
    }
}
