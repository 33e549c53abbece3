//! `mortard restore`: a backup takes the place of the database, unless that would go back behind the peers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::model::everything::Everything;
use crate::model::state::Phase;
use crate::store::{peek, restore};

/// What became of a restore.
#[derive(Debug)]
pub struct Restored {
    /// Where the database from before is kept, if there was one.
    pub kept: Option<PathBuf>,
    /// What the peers or the database from before have that the backup does not know, or the other way round.
    pub differences: Vec<String>,
}

/// Puts a backup in the place of the database that the configuration names. `go_back`: also where peers have changed
/// since the backup was made.
///
/// # Errors
/// When a server runs on the database, the backup is damaged, or what it says is not what the peers have. Nothing is
/// changed then.
pub async fn restore(config: &Config, backup: &Path, go_back: bool) -> anyhow::Result<Restored> {
    let restoring = restore::prepare(backup, &config.database.path).await?;
    let differences = match differences(config, restoring.copy(), restoring.database()).await {
        Ok(differences) => differences,
        Err(error) => {
            restoring.give_up();
            return Err(error.context(format!("{} was not restored", backup.display())));
        }
    };
    if !differences.is_empty() && !go_back {
        restoring.give_up();
        bail!(
            "{} was not restored, since it is older than what is there now, or not of these peers:\n{}\nWhat a server does not know it can neither show nor delete nor count. Restore a newer backup; or, with --go-back, this one all the same, and mend what is listed by hand (`mortard offline state examine gluster` lists it again)",
            backup.display(),
            differences.join("\n")
        );
    }
    let kept = restoring.publish().await?;
    Ok(Restored { kept, differences })
}

/// What a server on the copy would not agree about with the peers, or with the database that it takes the place of.
async fn differences(config: &Config, copy: &Path, database: &Path) -> anyhow::Result<Vec<String>> {
    let store = super::open_at(config, copy).await?;
    // What belongs to the peers is beside the database, whatever that is.
    let executor = super::executor(&config.executor, &config.database.path, &store).await?;
    let operations = super::engine(config, &store, executor, Metrics::new()?);
    let found = operations.examine().await;
    operations.stop().await;
    store.close().await;
    let found = found.context("the peers could not be compared with the backup")?;
    let mut lines = found.differences;
    match database.exists() {
        false => {}
        true => match peek::read(database).await {
            Ok(now) => lines.extend(changes(&found.database, &now)),
            // A damaged database is what backups are for.
            Err(error) => tracing::warn!("nothing was compared with the database from before: {error:#}"),
        },
    }
    Ok(lines)
}

/// What came and went between a backup and a later state.
fn changes(backup: &Everything, now: &Everything) -> Vec<String> {
    let (then, now) = (names(backup), names(now));
    let made = now.iter().filter(|(id, _)| !then.contains_key(*id));
    let made = made.map(|(_, what)| format!("{what} is in the present database and not in the backup"));
    let gone = then.iter().filter(|(id, _)| !now.contains_key(*id));
    let gone = gone.map(|(_, what)| format!("{what} is in the backup and not in the present database"));
    made.chain(gone).collect()
}

/// All that a person knows of, by id.
fn names(all: &Everything) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut add = |id: String, what: String| drop(names.insert(id, what));
    for cluster in &all.clusters {
        add(cluster.id.to_string(), format!("cluster {}", cluster.id));
    }
    for node in all.nodes.iter().filter(|node| node.phase == Phase::Ready) {
        add(node.id.to_string(), format!("node {} ({})", node.manage.join(", "), node.id));
    }
    for device in all.devices.iter().filter(|device| device.phase == Phase::Ready) {
        add(device.id.to_string(), format!("device {} of node {} ({})", device.name, device.node, device.id));
    }
    for volume in all.volumes.iter().filter(|volume| volume.phase == Phase::Ready) {
        add(volume.id.to_string(), format!("volume {} ({})", volume.name, volume.id));
    }
    for block in all.block_volumes.iter().filter(|block| block.phase == Phase::Ready) {
        add(block.id.to_string(), format!("block volume {} ({})", block.name, block.id));
    }
    names
}
