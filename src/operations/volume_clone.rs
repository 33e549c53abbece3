//! Cloning volumes: a snapshot, a gluster volume made of it, and the snapshot removed again. The clone's bricks are
//! where gluster puts them: in the thin pools of the bricks that they are copies of, whose space is taken already.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::Engine;
use super::finish::{corrupt, id};
use super::locks::{Mode, ObjectKey};
use super::repeated::remember;
use super::volume_plan::{has_arbiter, volume_plan};
use super::{Caller, IN_USE, OpError, Operations};
use crate::model::brick::Brick;
use crate::model::cluster::ClusterFlags;
use crate::model::ids::{BrickId, ClusterId, FreshId, JobId, VolumeId};
use crate::model::operation::{Detail, Operation, OperationKind};
use crate::model::state::Phase;
use crate::model::step::{ClonePlan, ClonedBrick, Step, StepOutput};
use crate::model::volume::{Volume, default_name};
use crate::placement::{self, ClusterFacts, VolumeUse};
use crate::store::rows::{self, NewRows};
use crate::store::{Result as StoreResult, StoreError, brick, cluster, node, volume};

impl Operations {
    /// Makes a copy of a volume as it is now; `vol_` and its id is its name where none is given.
    ///
    /// # Errors
    /// When there is no such volume, it cannot be cloned, too much is under way, or the database refuses.
    pub async fn clone_volume(
        &self,
        id: VolumeId,
        name: Option<String>,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.clone_volume(id, name, caller).await }).await
    }
}

impl Engine {
    async fn clone_volume(
        self: &Arc<Self>,
        id: VolumeId,
        name: Option<String>,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        self.check_name(name.as_deref())?;
        self.know_sets(id).await.map_err(|why| why.refusal(&format!("Failed clone volume {id}: ")))?;
        let mut tx = self.store.write().await?;
        // First: the source may have gone since.
        if let Some(known) = self.answer_again(&mut tx, &caller).await? {
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(known);
        }
        let found = volume::find(&mut tx, id).await?.filter(|volume| volume.phase == Phase::Ready);
        let source = found.ok_or(OpError::NotFound)?;
        let turn = self.limits.try_enter_in(source.cluster)?;
        let clone = self.draft_clone(&source, name);
        self.refuse_clone(&mut tx, &source, &clone).await?;
        let bricks = brick::of_volume(&mut tx, id).await?;
        let nodes = node::of_cluster(&mut tx, source.cluster).await?;
        let plan = ClonePlan {
            source: volume_plan(&source, &bricks, &nodes, has_arbiter(&bricks))?,
            clone: clone.id,
            name: clone.name.clone(),
            snapshot: format!("tmpsnap_{}", FreshId::from_uuid(self.ids.draw())),
        };
        let locks = locks(source.cluster, id, clone.id);
        let mut decision = self.decision(OperationKind::VolumeClone, clone.id, stages(plan), locks);
        decision.detail = Detail::Clone { source: id };
        decision.volume = Some(clone);
        remember(&mut tx, caller.key, &decision).await?;
        self.launch(tx, decision, false, Some(turn)).await
    }

    fn draft_clone(&self, source: &Volume, name: Option<String>) -> Volume {
        let id = VolumeId::from_uuid(self.ids.draw());
        let name = name.unwrap_or_else(|| default_name(id));
        Volume { id, name, phase: Phase::Creating, ..source.clone() }
    }

    async fn refuse_clone(
        &self,
        conn: &mut SqliteConnection,
        source: &Volume,
        clone: &Volume,
    ) -> Result<(), OpError> {
        let refused = |why: String, explanation| {
            Err(OpError::refused(format!("Failed clone volume {}: {why}", source.id), explanation))
        };
        if source.hosting.is_some() {
            return refused("Cloning of block hosting volumes is not supported".to_owned(), None);
        }
        if !brick::pending_of_volume(conn, source.id).await?.is_empty() {
            let name = &source.name;
            let explanation =
                format!("volume {name} grows, or a brick of it moves; ask again when that is done");
            return refused(IN_USE.to_owned(), Some(explanation));
        }
        let prospects = cluster::prospects(conn, &clone.name).await?;
        let Some(own) = prospects.iter().find(|found| found.cluster.id == source.cluster) else {
            return Err(OpError::NotFound);
        };
        // heketi does not ask whether the cluster still takes volumes of this kind.
        let flags = ClusterFlags { file: true, block: true };
        let facts = ClusterFacts { flags, name_taken: own.name_taken, volumes: own.volumes };
        let limit = self.settings.max_volumes_per_cluster;
        placement::eligible(&facts, VolumeUse::File, &clone.name, limit)
            .or_else(|reason| refused(reason.to_string(), None))
    }
}

fn stages(plan: ClonePlan) -> Vec<Vec<Step>> {
    vec![
        vec![Step::SnapshotVolume(plan.clone())],
        vec![Step::CloneSnapshot(plan.clone())],
        vec![Step::DropSnapshot(plan)],
    ]
}

pub(super) fn locks(cluster: ClusterId, source: VolumeId, clone: VolumeId) -> Vec<(ObjectKey, Mode)> {
    vec![
        (ObjectKey::Cluster(cluster), Mode::Shared),
        (ObjectKey::Volume(source), Mode::Exclusive),
        (ObjectKey::Volume(clone), Mode::Exclusive),
    ]
}

/// Why a volume is not changed now.
pub(super) fn being_cloned(source: &Volume) -> String {
    format!(
        "volume {} is being cloned, or what a clone that failed has left of it is removed; ask again when that is done (`GET /operations/pending` lists it)",
        source.name
    )
}

/// Records the bricks that gluster has made, and shows the clone. Returns what its owner had better know.
pub(super) async fn make_visible(
    engine: &Engine,
    conn: &mut SqliteConnection,
    op: &Operation,
    source: VolumeId,
) -> StoreResult<Option<String>> {
    let clone: VolumeId = id(op)?;
    let origins = brick::of_volume(conn, source).await?;
    let made = made(op).filter(|made| made.len() == origins.len()).ok_or_else(|| corrupt(op))?;
    let copies: Vec<Brick> =
        origins.iter().zip(made).map(|(origin, made)| engine.copy_of(origin, clone, made)).collect();
    rows::insert(conn, NewRows { bricks: &copies, ..NewRows::default() }).await?;
    volume::set_phase(conn, clone, Phase::Creating, Phase::Ready).await?;
    let source = volume::find(conn, source).await?;
    Ok(source.filter(|source| source.snapshot.factor <= 1.0).map(|source| without_room(&source)))
}

/// The bricks of the clone, in the order of those of its source.
fn made(op: &Operation) -> Option<&[ClonedBrick]> {
    op.steps.iter().find_map(|record| match &record.output {
        StepOutput::Clone { bricks } => Some(&bricks[..]),
        _ => None,
    })
}

impl Engine {
    fn copy_of(&self, origin: &Brick, clone: VolumeId, made: &ClonedBrick) -> Brick {
        Brick {
            id: BrickId::from_uuid(self.ids.draw()),
            volume: clone,
            logical_volume: Some(made.logical_volume.clone()),
            path: made.path.clone(),
            phase: Phase::Creating,
            ..origin.clone()
        }
    }
}

/// heketi clones such volumes, too, and says nothing.
fn without_room(source: &Volume) -> String {
    format!(
        "volume {} has no room for snapshots: it and its clones share the space of one volume, and all of them stop where what is written to them fills it. Make volumes that are to be cloned with a snapshot factor above 1",
        source.name
    )
}
