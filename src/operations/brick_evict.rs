//! Moving a brick to another device: its copies must be whole before, and are waited for after.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::{Decision, Engine};
use super::leftovers::is_volume_changing;
use super::unknown_sets::Unlearnt;
use super::volume_create::{Candidate, load, locks};
use super::volume_plan::{brick_steps, destroy_steps, has_arbiter, volume_plan};
use super::{IN_USE, OpError, Operations};
use crate::model::brick::Brick;
use crate::model::durability::Durability;
use crate::model::ids::{BrickId, FreshId, JobId, OperationId};
use crate::model::node::Node;
use crate::model::operation::{Detail, JobOutcome, JobSubject, OperationKind};
use crate::model::state::Phase;
use crate::model::step::{ReplacePlan, Step};
use crate::model::volume::Volume;
use crate::placement::{self, ClusterView, NodeView, PlacedBrick, PlacementRefusal, ReplacementRequest};
use crate::store::{Result as StoreResult, StoreError, brick, operation, volume};

/// Why a brick is not moved.
pub(super) enum CannotMove {
    /// An operation works on it or on others of its volume.
    Pending(String),
    /// It cannot be moved as things are.
    Not(JobOutcome),
    /// The request is refused.
    Refused(OpError),
}

impl<E: Into<OpError>> From<E> for CannotMove {
    fn from(error: E) -> CannotMove {
        CannotMove::Refused(error.into())
    }
}

/// What moving a brick is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Eviction {
    pub(super) brick: BrickId,
    pub(super) check_heal: bool,
    /// The operation that empties its device or node.
    pub(super) parent: Option<OperationId>,
}

impl Operations {
    /// Moves a brick to another device. `check_heal`: only where gluster says that the other copies are whole.
    ///
    /// # Errors
    /// When there is no such brick, it is being worked on, too much is under way, or the database refuses.
    pub async fn evict_brick(&self, id: BrickId, check_heal: bool) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.evict_brick(id, check_heal).await }).await
    }
}

impl Engine {
    async fn evict_brick(self: &Arc<Self>, id: BrickId, check_heal: bool) -> Result<JobId, OpError> {
        self.know_sets_of(id).await.map_err(|why| why.refusal("Failed to set up brick eviction: "))?;
        let mut tx = self.store.write().await?;
        if brick::find(&mut tx, id).await?.is_none_or(|found| is_unlisted(&found)) {
            return Err(OpError::NotFound);
        }
        let ticket = self.limits.try_enter()?;
        match self.decide_eviction(&mut tx, Eviction { brick: id, check_heal, parent: None }).await {
            Ok((decision, moved)) => {
                let turn = self.limits.queue(ticket, moved.cluster)?;
                self.launch(tx, decision, false, Some(turn)).await
            }
            Err(CannotMove::Pending(text)) => {
                Err(OpError::refused(format!("Failed to set up brick eviction: {text}"), None))
            }
            Err(CannotMove::Not(outcome)) => {
                let subject = JobSubject::new(OperationKind::BrickEvict.as_str(), id);
                self.finished_job(tx, subject, outcome).await
            }
            Err(CannotMove::Refused(error)) => Err(error),
        }
    }

    /// Begins to move a brick for an operation that empties its device.
    pub(super) async fn begin_eviction(self: &Arc<Self>, eviction: Eviction) -> Result<JobId, CannotMove> {
        self.know_sets_of(eviction.brick).await.map_err(|why| match why {
            Unlearnt::Store(error) => CannotMove::Refused(error.into()),
            why => {
                let text = format!("Can not evict brick {}: {IN_USE}", eviction.brick);
                CannotMove::Not(JobOutcome::Failed { text, explanation: Some(why.to_string()) })
            }
        })?;
        let mut tx = self.store.write().await?;
        let (decision, _) = self.decide_eviction(&mut tx, eviction).await?;
        Ok(self.launch(tx, decision, false, None).await?)
    }

    /// Chooses the device and reserves its space.
    async fn decide_eviction(
        &self,
        tx: &mut SqliteConnection,
        eviction: Eviction,
    ) -> Result<(Decision, Volume), CannotMove> {
        let (old, volume) = movable(tx, eviction.brick).await?;
        if let Some((text, explanation)) = only_copy(&old, &volume, eviction.check_heal) {
            return Err(CannotMove::Not(JobOutcome::Failed { text, explanation: Some(explanation) }));
        }
        let there = brick::of_volume(tx, volume.id).await?;
        let set: Vec<&Brick> = there.iter().filter(|brick| brick.set == old.set).collect();
        let candidate = load(tx, volume.cluster).await?;
        let placed = self.replacement(&old, &volume, &set, &candidate).map_err(|refusal| {
            let explanation = Some(refusal.explanation());
            CannotMove::Not(JobOutcome::Failed { text: refusal.reason.to_string(), explanation })
        })?;
        let new = self.successor(&old, placed);
        brick::set_phase(tx, &[old.id], Phase::Ready, Phase::Deleting).await?;
        let mut stages = stages(&volume, &there, &old, &new, &candidate.nodes, eviction.check_heal)?;
        let shared = brick::in_shared_pools(tx, volume.id).await?;
        let leaving = brick_steps(&volume, std::slice::from_ref(&old), &candidate.nodes)?;
        stages.push(destroy_steps(leaving, &shared));
        let locks = locks(volume.cluster, volume.id);
        let mut decision = self.decision(OperationKind::BrickEvict, old.id, stages, locks);
        decision.detail = Detail::Evict { new: new.id, parent: eviction.parent };
        decision.bricks = vec![new];
        Ok((decision, volume))
    }

    fn replacement(
        &self,
        old: &Brick,
        volume: &Volume,
        set: &[&Brick],
        candidate: &Candidate,
    ) -> Result<PlacedBrick, PlacementRefusal> {
        self.warn_of_zone_word(volume);
        let stays: Vec<_> = set.iter().filter(|brick| brick.id != old.id).map(|brick| brick.node).collect();
        let nodes: Vec<NodeView<'_>> =
            candidate.nodes.iter().map(|node| NodeView { node, down: self.is_down(node.id) }).collect();
        let view = ClusterView { nodes: &nodes, devices: &candidate.devices, unreconciled: &candidate.held };
        let request = ReplacementRequest {
            size: old.space.size,
            role: old.role,
            durability: volume.durability,
            snapshot_factor: volume.snapshot.factor,
            options: &volume.options,
            leaves: old.device,
            stays: &stays,
        };
        placement::replace(&request, &view, &self.settings.placement)
    }

    fn successor(&self, old: &Brick, placed: PlacedBrick) -> Brick {
        let id = BrickId::from_uuid(self.ids.draw());
        Brick {
            id,
            device: placed.device,
            node: placed.node,
            space: placed.space,
            thin_pool: Brick::thin_pool_for(FreshId::from_uuid(id.uuid())),
            logical_volume: None,
            path: Brick::path_for(placed.device, id),
            phase: Phase::Creating,
            replaces: Some(old.id),
            ..old.clone()
        }
    }
}

/// The brick with its volume, unless an operation works on them.
async fn movable(tx: &mut SqliteConnection, id: BrickId) -> Result<(Brick, Volume), CannotMove> {
    let old = brick::find(tx, id).await?.filter(|brick| !is_unlisted(brick)).ok_or(OpError::NotFound)?;
    let volume = volume::find(tx, old.volume).await?.ok_or(OpError::NotFound)?;
    if old.phase != Phase::Ready || old.replaces.is_some() {
        return Err(CannotMove::Pending(format!("Can not evict brick {id}: brick is pending")));
    }
    if volume.phase != Phase::Ready || is_volume_changing(tx, volume.id).await? {
        let text = format!("Can not evict brick {id} from volume {}: volume has pending bricks", volume.id);
        return Err(CannotMove::Pending(text));
    }
    if operation::clones(tx, volume.id).await? {
        let text = format!("Can not evict brick {id} from volume {}: volume is being cloned", volume.id);
        return Err(CannotMove::Pending(text));
    }
    Ok((old, volume))
}

/// Whether a brick is still to take another one's place: nobody knows of it.
fn is_unlisted(brick: &Brick) -> bool {
    brick.replaces.is_some() && brick.phase == Phase::Creating
}

/// Text and explanation of the refusal of a brick without copies: it cannot be healed anywhere else, and what is on it
/// would be lost, whatever was asked.
pub(super) fn only_copy(old: &Brick, volume: &Volume, check_heal: bool) -> Option<(String, String)> {
    if volume.durability != Durability::Distribute {
        return None;
    }
    let id = old.id;
    let text = if check_heal {
        format!("Cannot replace brick {id} as only 0 of 1 required peer bricks are online")
    } else {
        format!("Cannot replace brick {id} as it holds the only copy of its data")
    };
    let explanation = format!(
        "volume {} ({}) has no copies: what is on brick {id} is nowhere else, and would be lost. Copy its data away and delete it",
        volume.name, volume.id
    );
    Some((text, explanation))
}

/// All stages but the last one, in which the old brick is removed.
pub(super) fn stages(
    volume: &Volume,
    there: &[Brick],
    old: &Brick,
    new: &Brick,
    nodes: &[Node],
    check_heal: bool,
) -> StoreResult<Vec<Vec<Step>>> {
    let plan = volume_plan(volume, there, nodes, has_arbiter(there))?;
    let set = there.iter().filter(|brick| brick.set == old.set).cloned().collect::<Vec<_>>();
    let at = |bricks: &[Brick]| volume_plan(volume, bricks, nodes, false).map(|plan| plan.bricks);
    let one = |brick: &Brick| -> StoreResult<_> {
        let found = at(std::slice::from_ref(brick))?.into_iter().next();
        found.ok_or_else(|| StoreError::Changed { table: "brick", row: brick.id.to_string() })
    };
    let replace = ReplacePlan {
        volume: plan,
        old: one(old)?,
        new: one(new)?,
        set: at(&set)?,
        required: required(volume.durability),
        brick: old.id,
    };
    let create = brick_steps(volume, std::slice::from_ref(new), nodes)?;
    let create = create.into_iter().map(Step::CreateBrick).collect();
    let check = check_heal.then(|| vec![Step::CheckHeal(replace.clone())]);
    let moves = vec![create, vec![Step::ReplaceBrick(replace.clone())], vec![Step::AwaitHeal(replace)]];
    Ok(check.into_iter().chain(moves).collect())
}

/// How many of the other bricks of a set have to be online. Source: heketi.
fn required(durability: Durability) -> u32 {
    match durability {
        Durability::Distribute => 1,
        Durability::Replicate(copies) if copies < 3 => 1,
        Durability::Replicate(copies) => u32::from(copies) / 2 + 1,
        Durability::Disperse { data, .. } => u32::from(data),
    }
}
