//! Creating volumes: placed and reserved in one transaction, built in three stages, tried again elsewhere.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::configured_options::bad_options;
use super::engine::Engine;
use super::locks::{Mode, ObjectKey};
use super::repeated::remember;
use super::volume_plan::{brick_steps, volume_plan};
use super::{Caller, OpError, Operations};
use crate::executor::gluster::BadOption;
use crate::model::brick::{Brick, MOUNTS};
use crate::model::device::Device;
use crate::model::hosting::Hosting;
use crate::model::ids::{BrickId, ClusterId, DeviceId, FreshId, JobId, VolumeId};
use crate::model::node::Node;
use crate::model::operation::OperationKind;
use crate::model::sizes::KiB;
use crate::model::state::Phase;
use crate::model::step::Step;
use crate::model::volume::{Volume, VolumeSpec, default_name};
use crate::placement::{
    self, Avoid, ClusterFacts, ClusterView, FailedStage, NodeView, Placement, PlacementRefusal,
    PlacementRequest, VolumeUse,
};
use crate::store::cluster::Prospect;
use crate::store::{Result as StoreResult, StoreError, cluster, topology};

/// What heketi puts before a refusal.
const REFUSED: &str = "Failed to allocate new volume: ";

/// A cluster that could take the volume, as placement sees it.
pub(super) struct Candidate {
    pub(super) nodes: Vec<Node>,
    pub(super) devices: Vec<Device>,
    /// Those about which an import has found something that nobody has cleared.
    pub(super) held: Vec<DeviceId>,
}

impl Operations {
    /// Creates a volume.
    ///
    /// # Errors
    /// When no cluster can take it, too much is under way, or the database refuses.
    pub async fn create_volume(&self, spec: VolumeSpec, caller: Caller) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.create_volume(spec, caller).await }).await
    }
}

impl Engine {
    async fn create_volume(self: &Arc<Self>, spec: VolumeSpec, caller: Caller) -> Result<JobId, OpError> {
        let mut new = self.draft(&spec);
        let (mut tx, prospects) = cluster::begin_with_prospects(&self.store, &new.name).await?;
        if let Some(known) = self.answer_again(&mut tx, &caller).await? {
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(known);
        }
        let clusters = candidates(prospects, &spec.clusters)?;
        new.asked_clusters = asked(&spec.clusters, &clusters);
        self.check_size(&spec)?;
        self.check_options(&spec)?;
        let ticket = self.limits.try_enter()?;
        let chosen = self.choose(&mut tx, &mut new, &clusters).await;
        let (placed, candidate) = chosen.map_err(|error| error.prefixed(REFUSED))?;
        let bricks = self.bricks(&new, &placed);
        let stages = stages(&new, &bricks, &candidate.nodes, placed.arbiter)?;
        let mut decision =
            self.decision(OperationKind::VolumeCreate, new.id, stages, locks(new.cluster, new.id));
        decision.clusters = new.asked_clusters.clone();
        remember(&mut tx, caller.key, &decision).await?;
        let turn = self.limits.queue(ticket, new.cluster)?;
        (decision.volume, decision.bricks) = (Some(new), bricks);
        self.launch(tx, decision, caller.is_user, Some(turn)).await
    }

    pub(super) fn check_size(&self, spec: &VolumeSpec) -> Result<(), OpError> {
        let bricks = spec.durability.data_bricks();
        let minimum = self.settings.placement.min_brick.get().saturating_mul(bricks);
        if KiB::from(spec.size).get() >= minimum {
            return Ok(());
        }
        let size = spec.size.get();
        let text = format!(
            "Requested volume size ({size} GB) is smaller than the minimum supported volume size ({minimum})"
        );
        let explanation = Some(format!("the smallest volume of this kind has {minimum} KiB"));
        Err(OpError::BadRequest { text, explanation })
    }

    /// What no gluster would take as a name or an option is refused here, before anything is made for it. heketi's mock takes all.
    pub(super) fn check_options(&self, spec: &VolumeSpec) -> Result<(), OpError> {
        if self.settings.any_option {
            return Ok(());
        }
        let bad = |bad: BadOption| OpError::BadRequest {
            text: bad.to_string(),
            explanation: Some(
                "each option is a key, a blank and a value, as `gluster volume set` takes them".to_owned(),
            ),
        };
        self.check_name(spec.name.as_deref())?;
        if let Some(found) = bad_options(&spec.options).next() {
            return Err(bad(found));
        }
        // gluster would refuse those of the configuration: they are not left out in silence.
        let Some((key, found)) = self.settings.bad_options(spec.block).next() else { return Ok(()) };
        let explanation = format!(
            "it stands under `{key}` in the configuration of the server; a comma there separates options, so that no value can have one"
        );
        Err(OpError::refused(found.to_string(), Some(explanation)))
    }

    /// The alphabet of names has a hyphen: at the beginning gluster would take the name for a flag.
    pub(super) fn check_name(&self, name: Option<&str>) -> Result<(), OpError> {
        if self.settings.any_option || !name.is_some_and(|name| name.starts_with('-')) {
            return Ok(());
        }
        let text = "validation failed: name: must be in a valid format.".to_owned();
        let explanation = Some("the name of a volume must not begin with a hyphen".to_owned());
        Err(OpError::BadRequest { text, explanation })
    }

    pub(super) fn draft(&self, spec: &VolumeSpec) -> Volume {
        let id = VolumeId::from_uuid(self.ids.draw());
        let hosting: &[String] = if spec.block { &self.settings.block_hosting_options } else { &[] };
        let parts = [&self.settings.pre_options[..], hosting, &spec.options, &self.settings.post_options];
        Volume {
            id,
            // Overwritten by the choice of the cluster.
            cluster: ClusterId::from_uuid(id.uuid()),
            name: spec.name.clone().unwrap_or_else(|| default_name(id)),
            size: spec.size,
            requested: spec.requested,
            durability: spec.durability,
            gid: spec.gid,
            options: parts.concat(),
            hosting: spec.block.then(|| Hosting::empty(spec.size)),
            snapshot: spec.snapshot,
            asked_clusters: Vec::new(),
            phase: Phase::Creating,
        }
    }

    /// The first cluster that may and can take the volume, in the order of the request. Those in which too many wait are
    /// passed over: their peers may hang.
    pub(super) async fn choose(
        &self,
        conn: &mut SqliteConnection,
        new: &mut Volume,
        clusters: &[Prospect],
    ) -> Result<(Placement, Candidate), OpError> {
        let mut ineligible = Vec::new();
        let mut full = Vec::new();
        let mut busy = false;
        for prospect in clusters {
            let id = prospect.cluster.id;
            if let Err(reason) = self.eligible(new, prospect) {
                ineligible.push((id, reason));
                continue;
            }
            if self.limits.is_full(id) {
                busy = true;
                continue;
            }
            let candidate = load(conn, id).await?;
            match self.place(new, &candidate, &Avoid::default(), 0) {
                Ok(placed) => {
                    new.cluster = id;
                    return Ok((placed, candidate));
                }
                Err(refusal) if refusal.reason.ends_the_request() => {
                    return Err(refused(&refusal.reason.create_text(), &refusal));
                }
                Err(refusal) => full.push((id, refusal)),
            }
        }
        Err(if busy { OpError::Busy } else { no_cluster(&ineligible, &full) })
    }

    pub(super) fn eligible(&self, new: &Volume, prospect: &Prospect) -> Result<(), String> {
        let Prospect { cluster, volumes, name_taken } = *prospect;
        let facts = ClusterFacts { flags: cluster.flags, name_taken, volumes };
        let wanted = if new.hosting.is_some() { VolumeUse::BlockHosting } else { VolumeUse::File };
        let limit = self.settings.max_volumes_per_cluster;
        placement::eligible(&facts, wanted, &new.name, limit).map_err(|reason| reason.to_string())
    }

    pub(super) fn place(
        &self,
        new: &Volume,
        candidate: &Candidate,
        avoid: &Avoid,
        existing_bricks: usize,
    ) -> Result<Placement, PlacementRefusal> {
        self.warn_of_zone_word(new);
        let request = PlacementRequest {
            size: new.size,
            durability: new.durability,
            snapshot_factor: new.snapshot.factor,
            options: &new.options,
            existing_bricks,
            avoid,
        };
        let mut nodes: Vec<NodeView<'_>> = usable(&candidate.nodes, avoid)
            .map(|node| NodeView { node, down: self.is_down(node.id) })
            .collect();
        let place = |nodes: &[NodeView<'_>]| {
            let view = ClusterView { nodes, devices: &candidate.devices, unreconciled: &candidate.held };
            placement::place(&request, &view, &self.settings.placement)
        };
        let placed = place(&nodes);
        if placed.is_ok() || nodes.iter().all(|view| !view.down) {
            return placed;
        }
        // They were down when they were asked last, minutes ago perhaps: trying says more than refusing.
        nodes.iter_mut().for_each(|view| view.down = false);
        place(&nodes)
    }

    pub(super) fn bricks(&self, new: &Volume, placed: &Placement) -> Vec<Brick> {
        let mut bricks = Vec::new();
        for (set, members) in (0..).zip(&placed.sets) {
            for (position, place) in (0..).zip(members) {
                let id = BrickId::from_uuid(self.ids.draw());
                bricks.push(Brick {
                    id,
                    volume: new.id,
                    device: place.device,
                    node: place.node,
                    set,
                    position,
                    role: place.role,
                    space: place.space,
                    thin_pool: Brick::thin_pool_for(FreshId::from_uuid(id.uuid())),
                    logical_volume: None,
                    path: Brick::path_for(place.device, id),
                    phase: Phase::Creating,
                    replaces: None,
                });
            }
        }
        debug_assert!(bricks.iter().all(|brick| brick.path.starts_with(MOUNTS)));
        bricks
    }
}

/// The nodes to place on: those that did not answer are left out.
fn usable<'a>(nodes: &'a [Node], avoid: &'a Avoid) -> impl Iterator<Item = &'a Node> {
    nodes.iter().filter(|node| !avoid.nodes.contains(&node.id))
}

/// The clusters to try, in order.
pub(super) fn candidates(all: Vec<Prospect>, asked: &[String]) -> Result<Vec<Prospect>, OpError> {
    let bad = |text: String| OpError::BadRequest { text, explanation: None };
    if all.is_empty() {
        return Err(bad("No clusters configured".to_owned()));
    }
    if asked.is_empty() {
        return Ok(all);
    }
    let named = |id: ClusterId| all.iter().find(|prospect| prospect.cluster.id == id).copied();
    let find = |text: &String| {
        text.parse().ok().and_then(named).ok_or_else(|| bad(format!("Cluster id {text} not found")))
    };
    asked.iter().map(find).collect()
}

/// The ids of the clusters that a request named.
pub(super) fn asked(named: &[String], candidates: &[Prospect]) -> Vec<ClusterId> {
    if named.is_empty() {
        Vec::new()
    } else {
        candidates.iter().map(|prospect| prospect.cluster.id).collect()
    }
}

pub(super) async fn load(conn: &mut SqliteConnection, id: ClusterId) -> StoreResult<Candidate> {
    let (nodes, devices, held) = topology::with_held(conn, id).await?;
    Ok(Candidate { nodes, devices, held })
}

pub(super) fn stages(
    new: &Volume,
    bricks: &[Brick],
    nodes: &[Node],
    arbiter: bool,
) -> StoreResult<Vec<Vec<Step>>> {
    let plan = volume_plan(new, bricks, nodes, arbiter)?;
    let bricks = brick_steps(new, bricks, nodes)?.into_iter().map(Step::CreateBrick).collect();
    Ok(vec![bricks, vec![Step::CreateVolume(plan.clone())], vec![Step::StartVolume(plan)]])
}

pub(super) fn locks(cluster: ClusterId, volume: VolumeId) -> Vec<(ObjectKey, Mode)> {
    vec![(ObjectKey::Cluster(cluster), Mode::Shared), (ObjectKey::Volume(volume), Mode::Exclusive)]
}

fn refused(text: &str, refusal: &PlacementRefusal) -> OpError {
    OpError::refused(text, Some(refusal.explanation()))
}

/// heketi's texts: one reason stands alone, several follow a line that sums them up.
fn no_cluster(ineligible: &[(ClusterId, String)], full: &[(ClusterId, PlacementRefusal)]) -> OpError {
    if full.is_empty() {
        let text = placement::combined_text(FailedStage::Eligibility, ineligible);
        return OpError::refused(text, None);
    }
    let texts: Vec<_> = full.iter().map(|(id, refusal)| (*id, refusal.reason.create_text())).collect();
    let text = placement::combined_text(FailedStage::Placement, &texts);
    let why =
        |(id, refusal): &(ClusterId, PlacementRefusal)| format!("cluster {id}: {}", refusal.explanation());
    let explanation = full.iter().map(why).collect::<Vec<_>>().join("\n");
    OpError::refused(text, Some(explanation))
}
