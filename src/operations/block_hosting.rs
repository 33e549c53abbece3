//! Where a block volume goes: into a hosting volume that has room for it, or into one that is made with it.

use sqlx::SqliteConnection;

use super::OpError;
use super::engine::Engine;
use super::volume_create::{Candidate, load, stages};
use crate::model::brick::Brick;
use crate::model::durability::{Durability, DurabilityKind, RequestedDurability};
use crate::model::hosting::Hosting;
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::node::Node;
use crate::model::sizes::GiB;
use crate::model::step::Step;
use crate::model::volume::{Snapshot, Volume, VolumeSpec};
use crate::placement::{self, ClusterFacts, FailedStage, HostingRoom, VolumeUse};
use crate::store::cluster::Prospect;
use crate::store::hosting;

/// Copies of a hosting volume that is made by itself. Source: heketi.
const COPIES: u8 = 3;

/// The hosting volume of a new block volume.
pub(super) struct Home {
    pub(super) volume: VolumeId,
    pub(super) name: String,
    pub(super) cluster: ClusterId,
    /// The nodes of its cluster.
    pub(super) nodes: Vec<Node>,
    /// What makes it, where it is not there yet.
    pub(super) made: Option<NewHosting>,
}

/// A hosting volume that is made.
pub(super) struct NewHosting {
    pub(super) volume: Volume,
    pub(super) bricks: Vec<Brick>,
    pub(super) stages: Vec<Vec<Step>>,
}

impl Engine {
    /// Finds a place for a block volume of this size and name in one of these clusters.
    pub(super) async fn home(
        &self,
        conn: &mut SqliteConnection,
        clusters: &[Prospect],
        size: GiB,
        name: &str,
    ) -> Result<Home, OpError> {
        let mut clusters = with_flag(clusters)?;
        // Those in which too many wait are passed over, as with volumes: their peers may hang.
        clusters.retain(|prospect| !self.limits.is_full(prospect.cluster.id));
        if clusters.is_empty() {
            return Err(OpError::Busy);
        }
        let ids: Vec<ClusterId> = clusters.iter().map(|prospect| prospect.cluster.id).collect();
        let rooms = hosting::rooms(conn, &ids, size, name).await?;
        let views: Vec<HostingRoom> =
            rooms.iter().map(|room| HostingRoom { volume: room.volume, free: room.free }).collect();
        let chosen = placement::choose_hosting(&views, size);
        match rooms.into_iter().find(|room| Some(room.volume) == chosen) {
            Some(room) => {
                let Candidate { nodes, .. } = load(conn, room.cluster).await?;
                Ok(Home { volume: room.volume, name: room.name, cluster: room.cluster, nodes, made: None })
            }
            None => match self.new_home(conn, &clusters, &ids, size).await {
                Err(OpError::Refused { text, explanation }) => {
                    let named = hosting::with_name(conn, &ids, size, name).await?;
                    let explanation = name_taken(&named, name).or(explanation);
                    Err(OpError::Refused { text, explanation })
                }
                made => made,
            },
        }
    }

    async fn new_home(
        &self,
        conn: &mut SqliteConnection,
        clusters: &[Prospect],
        ids: &[ClusterId],
        size: GiB,
    ) -> Result<Home, OpError> {
        let spec = self.hosting_spec();
        let mut new = self.draft(&spec);
        let full =
            |prospect: &Prospect| self.eligible(&new, prospect).err().map(|why| (prospect.cluster.id, why));
        let reasons: Vec<_> = clusters.iter().filter_map(full).collect();
        if reasons.len() == clusters.len() {
            return Err(OpError::refused(placement::combined_text(FailedStage::Eligibility, &reasons), None));
        }
        self.may_make_hosting(conn, ids, size).await?;
        self.check_options(&spec)?;
        self.check_size(&spec).map_err(|error| OpError::refused(error.to_string(), None))?;
        let (placed, candidate) = self.choose(conn, &mut new, clusters).await?;
        new.asked_clusters = ids.to_vec();
        let bricks = self.bricks(&new, &placed);
        let stages = stages(&new, &bricks, &candidate.nodes, placed.arbiter)?;
        let (volume, name, cluster) = (new.id, new.name.clone(), new.cluster);
        let made = Some(NewHosting { volume: new, bricks, stages });
        Ok(Home { volume, name, cluster, nodes: candidate.nodes, made })
    }

    /// Whether a hosting volume may be made for a block volume of this size.
    async fn may_make_hosting(
        &self,
        conn: &mut SqliteConnection,
        clusters: &[ClusterId],
        size: GiB,
    ) -> Result<(), OpError> {
        let (whole, room) = (self.settings.hosting_size, Hosting::empty(self.settings.hosting_size).free);
        if size > room {
            let (whole, room) = (whole.get(), room.get());
            let text = format!(
                "The size configured for automatic creation of block hosting volumes ({whole}) is too small to host the requested block volume of size {}. The available size on this block hosting volume, minus overhead, is {room}. Please create a sufficiently large block hosting volume manually.",
                size.get()
            );
            let explanation = "make one with `volume create --block --size=GIB`, or configure a larger block_hosting_volume_size";
            return Err(OpError::refused(text, Some(explanation.to_owned())));
        }
        if hosting::is_one_changing(conn, clusters).await? {
            return Err(OpError::Busy);
        }
        if self.settings.auto_hosting {
            return Ok(());
        }
        let text = "Block Hosting Volume Creation is disabled. Create a Block hosting volume and try again."
            .to_owned();
        let explanation = "no block hosting volume has that much room and is not locked. Make one with `volume create --block --size=GIB`, or set auto_create_block_hosting_volume in the configuration";
        Err(OpError::refused(text, Some(explanation.to_owned())))
    }

    /// What heketi asks for when it makes a hosting volume.
    fn hosting_spec(&self) -> VolumeSpec {
        let requested = RequestedDurability {
            kind: DurabilityKind::Replicate,
            replica: COPIES.into(),
            ..RequestedDurability::default()
        };
        VolumeSpec {
            size: self.settings.hosting_size,
            name: None,
            clusters: Vec::new(),
            requested,
            durability: Durability::Replicate(COPIES),
            gid: 0,
            options: Vec::new(),
            block: true,
            snapshot: Snapshot::default(),
        }
    }
}

/// That the name is in the way, where it is: heketi's texts say only that no hosting volume can be made.
fn name_taken(hosting: &[String], name: &str) -> Option<String> {
    let (first, more) = hosting.split_first()?;
    let others = more.iter().map(|name| format!(", {name}")).collect::<String>();
    Some(format!(
        "a block volume is called {name} already in each block hosting volume that has room for another one: {first}{others}. Choose another name"
    ))
}

/// Those clusters that take block volumes. Neither names nor limits count here.
fn with_flag(clusters: &[Prospect]) -> Result<Vec<Prospect>, OpError> {
    let mut reasons = Vec::new();
    let mut found = Vec::new();
    for prospect in clusters {
        let facts = ClusterFacts { flags: prospect.cluster.flags, name_taken: false, volumes: 0 };
        match placement::eligible(&facts, VolumeUse::BlockHosting, "", usize::MAX) {
            Ok(()) => found.push(*prospect),
            Err(reason) => reasons.push((prospect.cluster.id, reason.to_string())),
        }
    }
    if found.is_empty() {
        return Err(OpError::refused(placement::combined_text(FailedStage::Eligibility, &reasons), None));
    }
    Ok(found)
}
