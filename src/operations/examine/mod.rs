//! What the peers have, compared with what the database says. Nothing is changed, and no transaction is open while
//! peers are asked.
//!
//! The report begins with heketi's lines, which compare no more than the names of volumes. Those that follow are for
//! people: each names a host and an object, and says what to do. Where all agree there are none.

mod blocks;
mod devices;
mod foreign_bricks;
mod heketi;
mod known;
mod logical_volumes;
mod mounts;
#[cfg(test)]
mod tests;
mod volumes;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;

use self::foreign_bricks::ForeignBricks;
use self::known::Known;
use super::engine::Engine;
use super::{OpError, Operations};
use crate::executor::settings::PeerSettings;
use crate::model::everything::Everything;
use crate::model::finding::{Finding, KeptFinding};
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::inventory::Inventory;
use crate::model::node::Node;
use crate::model::state::Phase;
use crate::store::{Result as StoreResult, everything, finding};

/// What was found.
#[derive(Debug, Clone)]
pub struct Examination {
    /// What the database said before the peers were asked.
    pub database: Everything,
    /// What the nodes of each cluster told.
    pub clusters: Vec<(ClusterId, Vec<Inventory>)>,
    /// What could not be asked, and what disagrees.
    pub report: Vec<String>,
    /// The lines of it that say that peers have something else than the database.
    pub differences: Vec<String>,
    /// What peers could not be asked for, in more detail than the report has it.
    pub unasked: Vec<String>,
}

impl Operations {
    /// Asks all peers what they have, and compares it with the database.
    ///
    /// # Errors
    /// When the database cannot be read. A peer that does not answer is a line of the report.
    pub async fn examine(&self) -> Result<Examination, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.examine().await }).await
    }
}

impl Engine {
    async fn examine(&self) -> Result<Examination, OpError> {
        // One after the other: each asks every peer for all that it has.
        let _turn = self.examining.lock().await;
        let before = self.everything().await?;
        let clusters = self.ask_all(&before).await;
        let after = self.everything().await?;
        let unreconciled = finding::all(&mut *self.store.read().await?).await?;
        let settings = Arc::clone(self.runner.settings());
        let compare = move || {
            let (mut report, differences) = report(&before, &after, &clusters, &settings);
            report.extend(unreconciled.iter().map(of_an_import));
            let unasked = unasked_parts(&before, &clusters);
            Examination { database: before, clusters, report, differences, unasked }
        };
        // There may be much of it: not on the threads that serve others.
        tokio::task::spawn_blocking(compare).await.map_err(|_| OpError::Internal)
    }

    async fn everything(&self) -> StoreResult<Everything> {
        everything::read(&mut *self.store.snapshot().await?).await
    }

    /// Asks all nodes at the same time: one that is off or hangs delays nobody.
    async fn ask_all(&self, all: &Everything) -> Vec<(ClusterId, Vec<Inventory>)> {
        let is_there = |node: &&Node| node.phase != Phase::Creating;
        let asked = all.nodes.iter().filter(is_there).map(async |node| {
            let hosting = hosting(all, node.cluster);
            let told = match node.host() {
                Some(host) => self.runner.inventory(node.id, &host, &hosting).await,
                None => Inventory::unknown(node.id, "its name in the database cannot be that of a host"),
            };
            (node.cluster, told)
        });
        let mut told: HashMap<ClusterId, Vec<Inventory>> = HashMap::new();
        for (cluster, peer) in join_all(asked).await {
            told.entry(cluster).or_default().push(peer);
        }
        all.clusters
            .iter()
            .map(|cluster| (cluster.id, told.remove(&cluster.id).unwrap_or_default()))
            .collect()
    }
}

/// The volumes of a cluster that host block volumes.
fn hosting(all: &Everything, cluster: ClusterId) -> Vec<(VolumeId, String)> {
    let hosts = all.volumes.iter().filter(|volume| volume.hosting.is_some() && volume.cluster == cluster);
    hosts
        .filter(|volume| volume.phase == Phase::Ready)
        .map(|volume| (volume.id, volume.name.clone()))
        .collect()
}

/// The whole report, and the differences in it. `before` and `after` are what the database said around the asking.
fn report(
    before: &Everything,
    after: &Everything,
    clusters: &[(ClusterId, Vec<Inventory>)],
    settings: &PeerSettings,
) -> (Vec<String>, Vec<String>) {
    let known = Known::new(before, after);
    let (mut lines, mut differences, mut bricks) = (Vec::new(), Vec::new(), Vec::new());
    for (id, peers) in clusters {
        lines.extend(heketi::lines(before, &known, *id, peers));
    }
    for (id, peers) in clusters {
        lines.extend(peers.iter().filter_map(|peer| unasked(&known, peer)));
        differences.extend(volumes::findings(&known, *id, peers));
        differences.extend(blocks::findings(&known, *id, peers));
        let foreign = ForeignBricks::of(peers);
        for peer in peers {
            differences.extend(devices::findings(&known, peer));
            let (wrong, used) = logical_volumes::findings(&known, peer, &foreign);
            differences.extend(wrong);
            bricks.extend(used);
            bricks.extend(mounts::findings(&known, peer, settings, &foreign));
        }
    }
    let (unknown, foreign) = volumes::beyond(&known, clusters);
    differences.extend(unknown);
    lines.extend(differences.iter().cloned());
    lines.extend(bricks);
    lines.extend(foreign);
    (lines, differences)
}

/// What was found when this database was made of another's, and nobody has cleared.
fn of_an_import(kept: &KeptFinding) -> String {
    let Finding { subject, id, what, consequence, cure, .. } = &kept.finding;
    let about = format!("{} {id}", subject.as_str());
    let number = kept.number;
    format!("the import left this (finding {number}): {} {what}: {consequence}. {cure}", about.trim_end())
}

/// What of each peer is not known, and why.
fn unasked_parts(all: &Everything, clusters: &[(ClusterId, Vec<Inventory>)]) -> Vec<String> {
    let known = Known::new(all, all);
    let mut lines = Vec::new();
    for peer in clusters.iter().flat_map(|(_, peers)| peers) {
        let host = known.host(peer.node);
        let parts = [
            ("gluster", peer.volumes.as_ref().err()),
            ("LVM's physical volumes", peer.physical_volumes.as_ref().err()),
            ("LVM's volume groups", peer.groups.as_ref().err()),
            ("LVM's logical volumes", peer.logical_volumes.as_ref().err()),
            ("mounts", peer.mounts.as_ref().err()),
        ];
        let parts = parts.into_iter().filter_map(|(what, why)| Some((what.to_owned(), why?)));
        let blocks = peer.blocks.iter().filter_map(|found| {
            Some((format!("block volumes in {}", found.name), found.names.as_ref().err()?))
        });
        for (what, why) in parts.chain(blocks) {
            lines.push(format!("{host} could not be asked for {what}: {why}"));
        }
    }
    lines
}

/// heketi's line for this does not say why.
fn unasked(known: &Known<'_>, peer: &Inventory) -> Option<String> {
    let why = peer.volumes.as_ref().err()?;
    let host = known.host(peer.node);
    Some(format!(
        "gluster on {host} could not be asked: {why}. Check that {host} is up, can be reached with the configured key, and runs glusterd; what should be there was not compared with it"
    ))
}
