//! Trying a volume create again elsewhere.

use sqlx::SqliteConnection;
use tracing::info;

use super::engine::Engine;
use super::records::records;
use super::volume_create::{Candidate, load, stages};
use crate::model::ids::ClusterId;
use crate::model::operation::{Direction, Failure, Operation};
use crate::model::volume::Volume;
use crate::placement::{Avoid, Placement};
use crate::store::cluster::Prospect;
use crate::store::rows::{self, NewRows};
use crate::store::{Result as StoreResult, brick, cluster, operation, volume};

/// Plans another try of a create that was wholly undone, on a fresh placement. Returns whether there is one.
pub(super) async fn try_again(engine: &Engine, op: &mut Operation) -> StoreResult<bool> {
    let Some(cause) = op.failure.clone().filter(|cause| cause.try_elsewhere) else { return Ok(false) };
    // A parked one has been answered, and the client of one that an earlier server took on has gone: they may have asked
    // again already.
    let is_waited_for = op.parked.is_none() && engine.progress.job(op.job).is_some();
    if !is_waited_for || op.attempt > engine.settings.volume_create_retries || engine.is_stopping() {
        return Ok(false);
    }
    let mut tx = engine.store.write().await?;
    let Some(mut new) = find_target(&mut tx, op).await? else { return Ok(false) };
    brick::delete_of_volume(&mut tx, new.id).await?;
    let Some((placed, candidate)) = engine.choose_again(&mut tx, &mut new, op, &avoid(&cause)).await? else {
        // Dropping the transaction keeps the reserved space until the operation is abandoned.
        return Ok(false);
    };
    let bricks = engine.bricks(&new, &placed);
    rows::insert(&mut tx, NewRows { bricks: &bricks, ..NewRows::default() }).await?;
    let mut again = op.clone();
    again.attempt += 1;
    again.direction = Direction::Forward;
    again.steps = records(&stages(&new, &bricks, &candidate.nodes, placed.arbiter)?);
    operation::begin_again(&mut tx, &again).await?;
    tx.commit().await?;
    info!("trying {} again elsewhere, attempt {}: {}", op.target, again.attempt, cause.text.trim());
    *op = again;
    Ok(true)
}

impl Engine {
    /// The cluster that the volume was in, if it can take it elsewhere, else the next one of the request that can.
    /// Cluster locks are shared by volumes, and that of another cluster is not taken: what would hold it alone meets
    /// the volume in the database.
    async fn choose_again(
        &self,
        conn: &mut SqliteConnection,
        new: &mut Volume,
        op: &Operation,
        avoid: &Avoid,
    ) -> StoreResult<Option<(Placement, Candidate)>> {
        let all = cluster::prospects(conn, &new.name).await?;
        for prospect in in_order(&all, &op.clusters, new.cluster) {
            let id = prospect.cluster.id;
            if id != new.cluster && self.eligible(new, prospect).is_err() {
                continue;
            }
            let candidate = load(conn, id).await?;
            if let Ok(placed) = self.place(new, &candidate, avoid, 0) {
                if id != new.cluster {
                    volume::set_cluster(conn, new.id, id).await?;
                    new.cluster = id;
                }
                return Ok(Some((placed, candidate)));
            }
        }
        Ok(None)
    }
}

/// The clusters of the request, or all; the one that was tried first.
fn in_order<'a>(all: &'a [Prospect], asked: &[ClusterId], first: ClusterId) -> Vec<&'a Prospect> {
    let place = |prospect: &Prospect| asked.iter().position(|id| *id == prospect.cluster.id);
    let allowed = all.iter().filter(|prospect| asked.is_empty() || place(prospect).is_some());
    let mut found: Vec<_> = allowed.collect();
    found.sort_by_key(|prospect| (prospect.cluster.id != first, place(prospect)));
    found
}

fn avoid(cause: &Failure) -> Avoid {
    Avoid { nodes: cause.avoid_nodes.clone(), devices: cause.avoid_devices.clone() }
}

async fn find_target(conn: &mut SqliteConnection, op: &Operation) -> StoreResult<Option<Volume>> {
    match op.target.parse() {
        Ok(id) => volume::find(conn, id).await,
        Err(_) => Ok(None),
    }
}
