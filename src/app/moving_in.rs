//! A server that is given heketi's database: it is imported into a file beside it and left untouched.
//!
//! heketi's lock on the old file is held for as long as the server runs, and what the file was is written down: if it is
//! another one at a later start, somebody went back to heketi, and neither of the two states is the whole truth.

mod error;
mod find;
mod origin;
mod plan;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use tracing::{info, warn};

pub use self::error::MoveError;
pub use self::find::{Found, is_heketis, locate};
pub use self::plan::{Plan, Source, plan};
pub(super) use self::plan::{finding_json, line, read_export, refuse_export};

pub(super) use self::find::find;
use self::origin::Origin;
use crate::files::{beside, directory, real_name};
use crate::heketi_db::bolt;
use crate::model::everything::Imported;
use crate::model::ids::RandomIds;
use crate::operations;
use crate::store::{Sharing, Store, StoreError, attribute, peek};

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
    /// heketi's file, where the state was made of one.
    #[expect(dead_code, reason = "it is locked as long as this lives")]
    old: Option<File>,
}

/// The file that has the state. Where `database` is heketi's and was not imported yet, it is.
///
/// # Errors
/// When heketi has its file open, that is damaged or was changed since it was imported, or the new one cannot be made.
pub async fn settle(database: &Path, damage: Damage) -> Result<Home, MoveError> {
    match find(database)? {
        Found::Own(path) => Ok(Home { old: given_up(&path), path }),
        Found::LeftAlone { old, made } => {
            warn!("{} is gone; going on with {}, which was made of it", old.display(), made.display());
            Ok(Home { path: made, old: None })
        }
        Found::Imported { old, made } => {
            let file = lock(&old)?;
            verify(&old, &file, &made).await?;
            Ok(Home { path: made, old: Some(file) })
        }
        Found::New { old, made } => {
            let file = lock(&old)?;
            let bytes = bolt::load_open(&file, &old)?;
            let origin = Origin::of(&file, &old, &bytes)?;
            let imported = plan::understood(&old, &bytes, damage)?;
            drop(bytes);
            make(&old, &made, &imported, &origin).await?;
            tell(&old, &made, &imported);
            Ok(Home { path: made, old: Some(file) })
        }
    }
}

/// What a server would do with `database` when it starts now. Nothing is changed.
///
/// # Errors
/// As for [`settle`].
pub async fn foresee(database: &Path) -> Result<Found, MoveError> {
    let found = find(database)?;
    match &found {
        Found::Own(_) | Found::LeftAlone { .. } => {}
        Found::Imported { old, made } => verify(old, &lock(old)?, made).await?,
        Found::New { old, .. } => {
            let file = lock(old)?;
            plan::understood(old, &bolt::load_open(&file, old)?, Damage::Refused)?;
        }
    }
    Ok(found)
}

/// heketi's file must still be what the database was made of.
async fn verify(old: &Path, file: &File, made: &Path) -> Result<(), MoveError> {
    let now = Origin::seen(file, old)?;
    let stored = peek::attribute(made, attribute::ORIGIN).await?.and_then(|text| Origin::from_text(&text));
    let (old, new) = (old.to_owned(), made.to_owned());
    match stored {
        None => Err(MoveError::NotOfIt { old, new }),
        Some(then) if then.is_still(file, &now)? => Ok(()),
        Some(_) => Err(MoveError::Changed { old, new }),
    }
}

/// heketi's file, where what was made of it is named instead of it: it may have changed, but no heketi is to be started on
/// the same peers by accident.
fn given_up(made: &Path) -> Option<File> {
    let made = real_name(made).ok()?;
    let old = made.to_str()?.strip_suffix(SUFFIX).map(PathBuf::from).filter(|old| is_heketis(old))?;
    match lock(&old) {
        Ok(file) => Some(file),
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
    give_to_owner_of(old, &unfinished)?;
    std::fs::rename(&unfinished, path).map_err(io("make", path))?;
    let folder = directory(path);
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems have nothing of that kind.
        Err(source) if !matches!(source.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            return Err(MoveError::io("write", folder, source));
        }
        _ => {}
    }
    sweep(&unfinished)
}

/// Where root imports, the server that goes on with it is heketi's user all the same.
fn give_to_owner_of(old: &Path, made: &Path) -> Result<(), MoveError> {
    let owner = old.metadata().map_err(|source| MoveError::io("look at", old, source))?;
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let given = chown(made, Some(owner.uid()), Some(owner.gid()));
    given.map_err(|source| MoveError::io("change the owner of", made, source))
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
