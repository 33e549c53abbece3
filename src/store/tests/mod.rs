//! The store, with the connections it has on a local file system and with the one it has on a remote one.

mod given_up;
mod refused;
mod room;
mod thread_gone;

use sqlx::SqliteConnection;
use tempfile::TempDir;

use super::*;
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::device::{Device, Storage};
use crate::model::durability::{Durability, RequestedDurability};
use crate::model::everything::Everything;
use crate::model::host::Host;
use crate::model::ids::{Ids as _, RandomIds};
use crate::model::node::{Node, Tags};
use crate::model::operation::{Detail, Direction, Operation, OperationKind, StepRecord};
use crate::model::sizes::GiB;
use crate::model::state::{EntryState, Phase};
use crate::model::step::{Peer, Step, StepOutput, StepState};
use crate::model::volume::{Snapshot, Volume};

/// An open store, and where its database is.
struct Opened {
    store: Store,
    _folder: TempDir,
}

impl Opened {
    async fn new(sharing: Sharing) -> Opened {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("x.db"), sharing).await.unwrap();
        Opened { store, _folder: folder }
    }

    /// One of each kind.
    async fn both() -> [Opened; 2] {
        [Opened::new(Sharing::AsFileSystem).await, Opened::new(Sharing::Alone).await]
    }

    /// The whole state and the number of jobs, as those see it who read.
    async fn state(&self) -> (Everything, i64) {
        let mut tx = self.store.snapshot().await.unwrap();
        let jobs = sqlx::query_scalar("SELECT count(*) FROM job").fetch_one(&mut *tx).await.unwrap();
        (everything::read(&mut tx).await.unwrap(), jobs)
    }

    async fn clusters(&self) -> usize {
        self.state().await.0.clusters.len()
    }
}

/// A change of two statements: whoever sees an odd number of clusters sees half of it.
async fn add_pair(store: &Store) -> Result<()> {
    let mut tx = store.write().await?;
    cluster::insert(&mut tx, &new_cluster()).await?;
    cluster::insert(&mut tx, &new_cluster()).await?;
    Ok(tx.commit().await?)
}

fn new_cluster() -> Cluster {
    let flags = ClusterFlags { file: true, block: true };
    Cluster { id: crate::model::ids::ClusterId::from_uuid(RandomIds.draw()), flags }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(digit: char) -> T {
    digit.to_string().repeat(32).parse().unwrap()
}

/// A cluster of one node, whose only device has room for one brick.
async fn furnish(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let flags = ClusterFlags { file: true, block: true };
    cluster::insert(&mut tx, &Cluster { id: id('c'), flags }).await.unwrap();
    let node = Node {
        id: id('a'),
        cluster: id('c'),
        zone: 1,
        manage: vec!["m1".to_owned()],
        storage: vec!["s1".to_owned()],
        tags: Tags::new(),
        state: EntryState::Online,
        phase: Phase::Ready,
    };
    node::insert(&mut tx, &node).await.unwrap();
    let room = KiB::of(1_500);
    let device = Device {
        id: id('d'),
        node: id('a'),
        name: "/dev/vdd".to_owned(),
        tags: Tags::new(),
        state: EntryState::Online,
        phase: Phase::Ready,
        storage: Storage { total: room, free: room, used: KiB::of(0) },
        extent: KiB::of(4),
        pv_uuid: None,
        paths: Vec::new(),
        brick_count: 0,
    };
    device::insert(&mut tx, &device).await.unwrap();
    tx.commit().await.unwrap();
}

fn volume(digit: char, name: &str) -> Volume {
    Volume {
        id: id(digit),
        cluster: id('c'),
        name: name.to_owned(),
        size: GiB::new(1).unwrap(),
        requested: RequestedDurability::default(),
        durability: Durability::Distribute,
        gid: 0,
        options: Vec::new(),
        hosting: None,
        snapshot: Snapshot::default(),
        asked_clusters: Vec::new(),
        phase: Phase::Creating,
    }
}

fn brick(digit: char, of: &Volume) -> Brick {
    Brick {
        id: id(digit),
        volume: of.id,
        device: id('d'),
        node: id('a'),
        set: 0,
        position: 0,
        role: BrickRole::Data,
        space: BrickSpace { size: KiB::of(990), thin_pool: KiB::of(990), metadata: KiB::of(10) },
        thin_pool: format!("tp_{digit}"),
        logical_volume: None,
        path: format!("/brick/{digit}"),
        phase: of.phase,
        replaces: None,
    }
}

fn operation(digit: char, of: &Volume) -> Operation {
    let peer = Peer { node: id('a'), host: Host::new("m1").unwrap(), storage: "s1".to_owned() };
    let step = StepRecord {
        seq: 0,
        stage: 0,
        step: Step::DetachPeer { peer, via: Vec::new(), retired: Vec::new(), unwanted: Vec::new() },
        state: StepState::Planned,
        output: StepOutput::Nothing,
    };
    Operation {
        id: id(digit),
        kind: OperationKind::VolumeCreate,
        target: of.id.to_string(),
        job: id(digit),
        direction: Direction::Forward,
        attempt: 1,
        parked: None,
        failure: None,
        created_ms: 1,
        detail: Detail::Nothing,
        clusters: Vec::new(),
        steps: vec![step],
    }
}
