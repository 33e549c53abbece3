//! Creating block volumes: room is taken of a hosting volume, which is made with it where none has room.

use std::sync::Arc;

use super::block_hosting::Home;
use super::block_plan::{block_plan, locks};
use super::engine::Engine;
use super::locks::{Mode, ObjectKey};
use super::repeated::remember;
use super::volume_create::{asked, candidates};
use super::{Caller, OpError, Operations};
use crate::model::block_volume::{BlockAccess, BlockVolume, BlockVolumeSpec, default_name};
use crate::model::ids::{BlockVolumeId, ClusterId, JobId};
use crate::model::operation::{Detail, OperationKind};
use crate::model::state::Phase;
use crate::model::step::{BlockPlan, Step};
use crate::store::{StoreError, block_volume, cluster};

/// What heketi puts before a refusal.
const REFUSED: &str = "Failed to allocate new block volume: ";

impl Operations {
    /// Creates a block volume.
    ///
    /// # Errors
    /// When no hosting volume has room and none can be made, too much is under way, or the database refuses.
    pub async fn create_block_volume(&self, spec: BlockVolumeSpec, caller: Caller) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.create_block_volume(spec, caller).await }).await
    }
}

impl Engine {
    async fn create_block_volume(
        self: &Arc<Self>,
        spec: BlockVolumeSpec,
        caller: Caller,
    ) -> Result<JobId, OpError> {
        self.check_name(spec.name.as_deref())?;
        let mut tx = self.store.write().await?;
        if let Some(known) = self.answer_again(&mut tx, &caller).await? {
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(known);
        }
        // A name is unique in its hosting volume only: that of a volume it may be, too.
        let clusters = candidates(cluster::prospects(&mut tx, "").await?, &spec.clusters)?;
        let ticket = self.limits.try_enter()?;
        let mut new = self.draft_block(&spec, asked(&spec.clusters, &clusters));
        let home = self.home(&mut tx, &clusters, new.size, &new.name).await;
        let home = home.map_err(|error| error.prefixed(REFUSED))?;
        (new.hosting, new.cluster) = (home.volume, home.cluster);
        let exported = block_volume::exported(&mut tx).await?;
        let plan = BlockPlan {
            fresh_hosting: home.made.is_some(),
            ..block_plan(&new, &home.name, &home.nodes, &exported)?
        };
        let mut locks = locks(home.cluster, new.id);
        if home.made.is_some() {
            locks.push((ObjectKey::Volume(home.volume), Mode::Exclusive));
        }
        let stages = stages(plan, &home);
        let mut decision = self.decision(OperationKind::BlockVolumeCreate, new.id, stages, locks);
        decision.detail = Detail::BlockCreate { hosting: home.volume, makes_hosting: home.made.is_some() };
        remember(&mut tx, caller.key, &decision).await?;
        let turn = self.limits.queue(ticket, home.cluster)?;
        decision.block_volume = Some(new);
        if let Some(made) = home.made {
            (decision.volume, decision.bricks) = (Some(made.volume), made.bricks);
        }
        self.launch(tx, decision, false, Some(turn)).await
    }

    /// Where it is, is written into it when that is known.
    fn draft_block(&self, spec: &BlockVolumeSpec, asked_clusters: Vec<ClusterId>) -> BlockVolume {
        let id = BlockVolumeId::from_uuid(self.ids.draw());
        BlockVolume {
            id,
            cluster: ClusterId::from_uuid(id.uuid()),
            hosting: crate::model::ids::VolumeId::from_uuid(id.uuid()),
            name: spec.name.clone().unwrap_or_else(|| default_name(id)),
            size: spec.size,
            usable: spec.size,
            taken: spec.size,
            ha_count: spec.ha_count,
            auth: spec.auth,
            access: BlockAccess::default(),
            asked_clusters,
            phase: Phase::Creating,
        }
    }
}

/// The look comes first: where gluster-block does not work nothing is made at all.
fn stages(plan: BlockPlan, home: &Home) -> Vec<Vec<Step>> {
    let mut stages = vec![vec![Step::CheckBlockVolume(plan.clone())]];
    stages.extend(home.made.iter().flat_map(|made| made.stages.iter().cloned()));
    stages.push(vec![Step::CreateBlockVolume(plan)]);
    stages
}
