//! Which bricks of an imported volume belong to one set: heketi keeps it nowhere, gluster lists them set by set. It is
//! asked at the start, and before anything is decided by sets.

use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info, warn};

use super::engine::Engine;
use super::steps::StepError;
use super::volume_plan::{has_arbiter, volume_plan};
use super::{IN_USE, OpError, Operations};
use crate::model::brick::{Brick, BrickRole};
use crate::model::ids::{BrickId, VolumeId};
use crate::model::node::Node;
use crate::model::state::Phase;
use crate::model::volume::Volume;
use crate::store::{StoreError, brick, node, unknown_pools, unknown_sets, volume};

/// How long gluster is waited for before a request is refused.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two rounds of the background: peers may be away for long.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// Why the sets of a volume are still not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unlearnt {
    /// What gluster says cannot be brought together with the database.
    #[error(
        "which bricks of volume {name} belong to one set is not known since it came from heketi, and {why}. Nothing was changed; ask again when that is mended"
    )]
    Why {
        /// The volume.
        name: String,
        /// What stands in the way.
        why: String,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unlearnt {
    /// The refusal of a request that needs them, behind heketi's words for one of its kind.
    pub(super) fn refusal(self, prefix: &str) -> OpError {
        match self {
            Unlearnt::Store(error) => OpError::Store(error),
            Unlearnt::Why { .. } => OpError::refused(format!("{prefix}{IN_USE}"), Some(self.to_string())),
        }
    }
}

impl Operations {
    /// Begins to ask for what an import did not say; ends when all is known, or the server stops.
    pub fn start_learning(&self) {
        let engine = Arc::clone(&self.inner);
        tokio::spawn(async move { engine.learn_all().await });
    }
}

impl Engine {
    async fn learn_all(self: Arc<Self>) {
        while !self.is_stopping() {
            match self.learn_once().await {
                Ok(0) => return,
                Ok(_) => {}
                Err(refused) => {
                    let refused: &StoreError = &refused;
                    error!(
                        error = refused as &dyn std::error::Error,
                        "what an import did not say could not be learnt"
                    );
                }
            }
            self.pause(ASK_EVERY).await;
        }
    }

    /// Asks for all that is not known. Gives how much was asked for.
    async fn learn_once(&self) -> Result<usize, StoreError> {
        let sets = unknown_sets::all(&mut *self.store.read().await?).await?;
        for volume in &sets {
            if let Err(why) = self.know_sets(*volume).await {
                warn!("{why}");
            }
        }
        let pools = unknown_pools::all(&mut *self.store.read().await?).await?;
        self.find_pools(&pools).await;
        Ok(sets.len() + pools.len())
    }

    /// The same of the volume of a brick.
    ///
    /// # Errors
    /// As for [`Engine::know_sets`].
    pub(super) async fn know_sets_of(&self, brick: BrickId) -> Result<(), Unlearnt> {
        let found = brick::find(&mut *self.store.read().await?, brick).await?;
        match found {
            Some(brick) => self.know_sets(brick.volume).await,
            None => Ok(()),
        }
    }

    /// Sees to it that the sets of a volume are known. Costs nothing where they are.
    ///
    /// # Errors
    /// With the reason, where gluster does not say it or contradicts the database.
    pub(super) async fn know_sets(&self, id: VolumeId) -> Result<(), Unlearnt> {
        let mut conn = self.store.read().await?;
        if !unknown_sets::has(&mut conn, id).await? {
            return Ok(());
        }
        let Some(volume) = volume::find(&mut conn, id).await? else { return Ok(()) };
        let bricks = brick::of_volume(&mut conn, id).await?;
        let nodes = node::of_cluster(&mut conn, volume.cluster).await?;
        drop(conn);
        let unlearnt = |why: String| Unlearnt::Why { name: volume.name.clone(), why };
        if volume.phase != Phase::Ready || bricks.iter().any(|brick| brick.phase != Phase::Ready) {
            return Err(unlearnt(
                "it is being made, deleted, made larger, or a brick of it moves".to_owned(),
            ));
        }
        let plan = volume_plan(&volume, &bricks, &nodes, has_arbiter(&bricks))?;
        let look = tokio::time::timeout(PATIENCE, self.runner.look_at_volume(&plan)).await;
        let listed = match look {
            Ok(Ok(Some(listed))) => listed,
            Ok(Ok(None)) => return Err(unlearnt("gluster has no volume of that name".to_owned())),
            Ok(Err(error)) => return Err(unlearnt(format!("gluster does not say it: {}", told(&error)))),
            Err(_) => {
                return Err(unlearnt(format!("gluster has not said it within {} s", PATIENCE.as_secs())));
            }
        };
        let places = places(&volume, &bricks, &nodes, &listed).map_err(unlearnt)?;
        self.write_down(&volume, &bricks, &places).await?;
        Ok(())
    }

    async fn write_down(
        &self,
        volume: &Volume,
        bricks: &[Brick],
        places: &[(BrickId, u32, u32)],
    ) -> Result<(), Unlearnt> {
        let mut tx = self.store.write().await?;
        let now = brick::of_volume(&mut tx, volume.id).await?;
        if now != bricks {
            let why = "its bricks were changed while gluster was asked".to_owned();
            return Err(Unlearnt::Why { name: volume.name.clone(), why });
        }
        unknown_sets::learnt(&mut tx, volume.id, places).await?;
        tx.commit().await.map_err(StoreError::from)?;
        info!("gluster has told which bricks of volume {} belong together", volume.name);
        Ok(())
    }
}

fn told(error: &StepError) -> String {
    error.text().trim().to_owned()
}

/// Where each brick is, by the order in which gluster lists them. All must be there, and no others, and what can be told
/// of the sets by themselves must hold: an arbiter is the last of its set, and the others are of one size.
fn places(
    volume: &Volume,
    bricks: &[Brick],
    nodes: &[Node],
    listed: &[String],
) -> Result<Vec<(BrickId, u32, u32)>, String> {
    let size = volume.durability.set_size();
    if listed.len() != bricks.len() || !listed.len().is_multiple_of(size) {
        return Err(format!(
            "gluster lists {} bricks of it, in sets of {size}, and the database has {}",
            listed.len(),
            bricks.len()
        ));
    }
    let mut found: Vec<&Brick> = Vec::new();
    for place in listed {
        let brick = bricks.iter().find(|brick| is_at(brick, nodes, place));
        let brick = brick.filter(|brick| !found.iter().any(|known| known.id == brick.id));
        found.push(
            brick.ok_or_else(|| format!("gluster lists brick {place}, which the database does not have"))?,
        );
    }
    for set in found.chunks(size) {
        is_plausible(set)?;
    }
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Ok(found.iter().enumerate().map(|(at, brick)| (brick.id, number(at / size), number(at % size))).collect())
}

fn is_plausible(set: &[&Brick]) -> Result<(), String> {
    let last = set.len().saturating_sub(1);
    for (at, brick) in set.iter().enumerate() {
        if brick.role == BrickRole::Arbiter && at != last {
            return Err(format!("gluster has arbiter brick {} in the place of one with data", brick.id));
        }
    }
    let data = || set.iter().filter(|brick| brick.role == BrickRole::Data);
    let first = data().next().map(|brick| brick.space.size);
    match data().find(|brick| Some(brick.space.size) != first) {
        Some(other) => Err(format!(
            "gluster has brick {} of {} in one set with others of another size",
            other.id, other.space.size
        )),
        None => Ok(()),
    }
}

/// Whether a brick is what gluster calls so, by any of the names of its node.
fn is_at(brick: &Brick, nodes: &[Node], place: &str) -> bool {
    let Some(host) = place.strip_suffix(&brick.path).and_then(|host| host.strip_suffix(':')) else {
        return false;
    };
    let node = nodes.iter().find(|node| node.id == brick.node);
    node.is_some_and(|node| node.storage.iter().chain(&node.manage).any(|name| name == host))
}
