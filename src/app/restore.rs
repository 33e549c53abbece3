//! `mortard restore`: a backup takes the place of the database, unless that would go back behind the peers.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use self::changes::changes;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::store::restore::Restoring;
use crate::store::{OpenError, peek, restore};

mod changes;

/// So many differences are named; where there are more, it is another array or a very old backup.
const NAMED: usize = 50;

/// What became of a restore.
#[derive(Debug)]
pub struct Restored {
    /// The database that it is now.
    pub database: PathBuf,
    /// Where the database from before is kept, if there was one.
    pub kept: Option<PathBuf>,
    /// What could not be compared.
    pub notes: Vec<String>,
    /// What the peers or the database from before have that the backup does not know, or the other way round.
    pub differences: Vec<String>,
}

/// What a backup is compared with says.
#[derive(Debug, Default)]
struct Compared {
    differences: Vec<String>,
    /// Peers that could not be asked, or not for everything.
    unasked: Vec<String>,
    notes: Vec<String>,
}

/// Puts a backup in the place of the database that the configuration names. `go_back`: also where peers have changed
/// since the backup was made.
///
/// # Errors
/// When a server runs on the database, the backup is damaged, or what it says is not what the peers have. Nothing is
/// changed then.
pub async fn restore(config: &Config, backup: &Path, go_back: bool) -> anyhow::Result<Restored> {
    let database = super::moving_in::locate(&config.database.path);
    let restoring = restore::prepare(backup, &database).await?;
    let compared = compare(config, &restoring).await;
    let compared = compared.with_context(|| format!("{} was not restored", backup.display()))?;
    let Compared { differences, unasked, notes } = compared;
    if !go_back {
        refuse(backup, &differences, &unasked)?;
    }
    let database = restoring.database().to_owned();
    let kept = restoring.publish().await?;
    Ok(Restored { database, kept, notes, differences: [unasked, differences].concat() })
}

fn refuse(backup: &Path, differences: &[String], unasked: &[String]) -> anyhow::Result<()> {
    let backup = backup.display();
    if !differences.is_empty() {
        let mut lines = [differences, unasked].concat();
        let more = lines.len().saturating_sub(NAMED);
        lines.truncate(NAMED);
        lines.extend((more > 0).then(|| format!("and {more} more")));
        bail!(
            "{backup} was not restored, since it is older than what is there now, or not of these peers:\n{}\nWhat a server does not know it can neither show nor delete nor count. Restore a newer backup; or, with --go-back, this one all the same, and mend by hand what is listed (`mortard offline state examine gluster` lists what the peers have)",
            lines.join("\n")
        );
    }
    if !unasked.is_empty() {
        bail!(
            "{backup} was not restored, since nobody knows whether the peers have changed since it was made:\n{}\nSee to it that they answer, and try again; or, with --go-back, restore it without that look",
            unasked.join("\n")
        );
    }
    Ok(())
}

/// What a server on the copy would not agree about with the peers, or with the database that it takes the place of.
async fn compare(config: &Config, restoring: &Restoring) -> anyhow::Result<Compared> {
    let database = restoring.database();
    let store = super::open_at(config, restoring.copy()).await?;
    // What belongs to the peers is beside the database, whatever that is.
    let executor = super::executor(&config.executor, database, &store).await?;
    let operations = super::engine(config, &store, executor, Metrics::new()?);
    let found = operations.examine().await;
    operations.stop().await;
    store.close().await;
    let found = found.context("the peers could not be compared with the backup")?;
    let mut compared = Compared { differences: found.differences, unasked: found.unasked, notes: Vec::new() };
    if found.database.nodes.is_empty() {
        compared.unasked.push("the backup knows no peer: none could be asked".to_owned());
    }
    compared.differences.extend(found.database.operations.iter().map(|op| {
        format!(
            "{} of {} was under way when the backup was made: a server on the backup goes on with it from there, or undoes it, whatever has become of it since",
            op.kind.as_str(),
            op.target
        )
    }));
    if database.exists() {
        let now = match restoring.refuse_damaged_log() {
            Ok(()) => peek::read(database).await,
            Err(refused) => Err(refused),
        };
        match now {
            Ok(now) => compared.differences.extend(changes(&found.database, &now)),
            // A damaged database is what backups are for.
            Err(damaged @ OpenError::Damaged { .. }) => {
                compared
                    .notes
                    .push(format!("nothing could be compared with the database from before: {damaged}"));
            }
            Err(error) => compared
                .unasked
                .push(format!("the database that is there now could not be compared: {error}")),
        }
    }
    Ok(compared)
}
