//! What a dump says, if it can be kept as it is.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::{
    BlockInfo, BlockVolumeEntry, BrickEntry, ClusterEntry, DeviceEntry, Dump, NodeEntry, OperationEntry,
    StoredVolume, VolumeEntry,
};
use crate::api::pending::PendingType;
use crate::model::block_volume::{BlockAccess, BlockVolume, Login};
use crate::model::brick::{self, Brick, BrickRole, BrickSpace};
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::device::{Device, Storage};
use crate::model::durability::{Durability, DurabilityKind, RequestedDurability};
use crate::model::everything::{Everything, Imported, Unfinished};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::VolumeId;
use crate::model::node::Node;
use crate::model::operation::OperationKind;
use crate::model::sizes::{GiB, KiB};
use crate::model::state::{EntryState, Phase};
use crate::model::volume::{Snapshot, Volume};

/// Why a dump cannot be kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DumpError(String);

type Result<T> = std::result::Result<T, DumpError>;

fn refused<T>(text: impl Display) -> Result<T> {
    Err(DumpError(text.to_string()))
}

/// Where a brick is in its volume.
type Places<'a> = BTreeMap<&'a str, (u32, u32)>;

impl Dump {
    /// What the dump says.
    ///
    /// # Errors
    /// Names the object that cannot be kept, and why.
    pub fn read(&self) -> Result<Imported> {
        let unfinished = each(&self.pendingoperations, operation)?;
        let mut places = Places::new();
        for entry in self.volumeentries.values() {
            place(entry, &self.brickentries, &mut places)?;
        }
        let objects = Everything {
            generation: String::new(),
            clusters: each(&self.clusterentries, cluster)?,
            nodes: each(&self.nodeentries, node)?,
            devices: each(&self.deviceentries, device)?,
            volumes: each(&self.volumeentries, |entry| volume(entry, &unfinished, &self.blockvolumeentries))?,
            bricks: each(&self.brickentries, |entry| brick(entry, &places, &unfinished))?,
            block_volumes: each(&self.blockvolumeentries, block_volume)?,
            operations: Vec::new(),
        };
        pools_agree(&objects.bricks)?;
        Ok(Imported { objects, unfinished })
    }
}

fn each<E, T>(entries: &BTreeMap<String, E>, read: impl Fn(&E) -> Result<T>) -> Result<Vec<T>> {
    entries
        .iter()
        .map(|(key, entry)| read(entry).map_err(|error| DumpError(format!("entry {key}: {error}"))))
        .collect()
}

/// A pool is accounted once, by whichever of its bricks: all must say the same of it.
fn pools_agree(bricks: &[Brick]) -> Result<()> {
    let mut pools: BTreeMap<_, &Brick> = BTreeMap::new();
    for brick in bricks {
        let other = pools.entry((brick.device, &brick.thin_pool)).or_insert(brick);
        if other.space.total() != brick.space.total() {
            let (one, two, pool) = (other.id, brick.id, &brick.thin_pool);
            return refused(format!("bricks {one} and {two} are both in {pool} and differ in its size"));
        }
    }
    Ok(())
}

fn id<Id: FromStr<Err: Display>>(text: &str) -> Result<Id> {
    text.parse().or_else(refused)
}

fn kib(size: u64) -> Result<KiB> {
    KiB::new(size).map_or_else(|| refused(format!("{size} KiB is too large")), Ok)
}

fn state(word: &str) -> Result<EntryState> {
    match word {
        "online" => Ok(EntryState::Online),
        "offline" => Ok(EntryState::Offline),
        "failed" => Ok(EntryState::Failed),
        other => refused(format!("{other} is not valid state")),
    }
}

fn cluster(entry: &ClusterEntry) -> Result<Cluster> {
    let flags = ClusterFlags { file: entry.info.file, block: entry.info.block };
    Ok(Cluster { id: id(&entry.info.id)?, flags })
}

fn node(entry: &NodeEntry) -> Result<Node> {
    let info = &entry.info;
    if info.hostnames.manage.is_empty() || info.hostnames.storage.is_empty() {
        return refused("the node has no manage or no storage name");
    }
    Ok(Node {
        id: id(&info.id)?,
        cluster: id(&info.cluster)?,
        zone: info.zone,
        manage: info.hostnames.manage.to_vec(),
        storage: info.hostnames.storage.to_vec(),
        tags: info.tags.clone(),
        state: state(&entry.state)?,
        phase: Phase::Ready,
    })
}

fn device(entry: &DeviceEntry) -> Result<Device> {
    let (info, size) = (&entry.info, entry.info.storage);
    Ok(Device {
        id: id(&info.id)?,
        node: id(&entry.node_id)?,
        name: info.name.clone(),
        tags: info.tags.clone(),
        state: state(&entry.state)?,
        phase: Phase::Ready,
        storage: Storage { total: kib(size.total)?, free: kib(size.free)?, used: kib(size.used)? },
        extent: kib(entry.extent_size)?,
        pv_uuid: Some(info.pv_uuid.clone()).filter(|uuid| !uuid.is_empty()),
        paths: info.paths.to_vec(),
        brick_count: 0,
    })
}

fn operation(entry: &OperationEntry) -> Result<Unfinished> {
    let kind = PendingType::ALL.into_iter().find(|kind| kind.number() == entry.r#type);
    let kind = match kind {
        Some(PendingType::CreateVolume) => OperationKind::VolumeCreate,
        Some(PendingType::DeleteVolume) => OperationKind::VolumeDelete,
        other => {
            let name = other.map_or("unknown", PendingType::name);
            return refused(format!("an unfinished {name}; have heketi clean it up before the export"));
        }
    };
    // The volume comes after its bricks.
    let Some(volume) = entry.actions.last() else { return refused("the operation changes nothing") };
    let created_ms = entry.timestamp.saturating_mul(1000);
    Ok(Unfinished { id: id(&entry.id)?, kind, volume: id(&volume.id)?, created_ms })
}

/// Where what has this mark is in its life.
fn phase(mark: &str, volume: VolumeId, unfinished: &[Unfinished]) -> Result<Phase> {
    if mark.is_empty() {
        return Ok(Phase::Ready);
    }
    let holder = unfinished.iter().find(|one| one.id.to_string() == mark && one.volume == volume);
    match holder.map(|holder| holder.kind) {
        Some(OperationKind::VolumeCreate) => Ok(Phase::Creating),
        Some(OperationKind::VolumeDelete) => Ok(Phase::Deleting),
        _ => refused(format!("it is marked pending but no pending op {mark} of volume {volume}")),
    }
}

fn requested(info: &StoredVolume) -> Result<RequestedDurability> {
    let kind = match info.durability.kind.as_str() {
        "" | "none" => DurabilityKind::None,
        "replicate" => DurabilityKind::Replicate,
        "disperse" => DurabilityKind::Disperse,
        other => return refused(format!("Not a known volume durability type: {other}")),
    };
    let (replicate, disperse) = (&info.durability.replicate, &info.durability.disperse);
    let (data, redundancy) = (disperse.data, disperse.redundancy);
    Ok(RequestedDurability { kind, replica: replicate.replica, data, redundancy })
}

fn layout(info: &StoredVolume) -> Result<Durability> {
    requested(info)?.layout().or_else(refused)
}

fn volume(
    entry: &VolumeEntry,
    unfinished: &[Unfinished],
    blocks: &BTreeMap<String, BlockVolumeEntry>,
) -> Result<Volume> {
    let info = &entry.info;
    let own = id(&info.id)?;
    let Some(size) = GiB::from_sql(info.size) else {
        return refused(format!("{} GiB is no size", info.size));
    };
    Ok(Volume {
        id: own,
        cluster: id(&info.cluster)?,
        name: info.name.clone(),
        size,
        requested: requested(info)?,
        durability: layout(info)?,
        gid: u32::try_from(info.gid).or_else(refused)?,
        options: entry.gluster_volume_options.to_vec(),
        hosting: info.block.then(|| hosting(&info.blockinfo, size, taken(&info.id, blocks)?)).transpose()?,
        asked_clusters: info.clusters.iter().map(|text| id(text)).collect::<Result<_>>()?,
        snapshot: Snapshot { enable: info.snapshot.enable, factor: info.snapshot.factor },
        phase: phase(&entry.pending.id, own, unfinished)?,
    })
}

/// What the block volumes in a volume take of it.
fn taken(volume: &str, blocks: &BTreeMap<String, BlockVolumeEntry>) -> Result<GiB> {
    let own = blocks.values().filter(|block| block.info.blockhostingvolume == volume);
    let sum = own.map(|block| block.info.size).fold(0_i64, i64::saturating_add);
    gib(sum)
}

fn gib(number: i64) -> Result<GiB> {
    GiB::from_sql(number).map_or_else(|| refused(format!("{number} GiB is no size")), Ok)
}

fn block_volume(entry: &BlockVolumeEntry) -> Result<BlockVolume> {
    let (info, access) = (&entry.info, &entry.info.blockvolume);
    if !entry.pending.id.is_empty() {
        return refused("it is being made or deleted; have heketi clean it up before the export");
    }
    let size = gib(info.size)?;
    // Not written by heketi before 9, and 0 where it says nothing.
    let usable = if info.usablesize == 0 { size } else { gib(info.usablesize)?.min(size) };
    let login = Login { username: access.username.clone(), password: access.password.secret() };
    let has_login = !login.username.is_empty() || !login.password.is_empty();
    Ok(BlockVolume {
        id: id(&info.id)?,
        cluster: id(&info.cluster)?,
        hosting: id(&info.blockhostingvolume)?,
        name: info.name.clone(),
        size,
        usable,
        taken: size,
        ha_count: u32::try_from(info.hacount).or_else(refused)?,
        auth: info.auth,
        access: BlockAccess {
            hosts: access.hosts.to_vec(),
            iqn: access.iqn.clone(),
            login: has_login.then_some(login),
        },
        asked_clusters: info.clusters.iter().map(|text| id(text)).collect::<Result<_>>()?,
        phase: Phase::Ready,
    })
}

/// The room in a hosting volume, put right as heketi does when it opens a database.
fn hosting(info: &BlockInfo, size: GiB, taken: GiB) -> Result<Hosting> {
    // What earlier versions of ours have written.
    if *info == BlockInfo::default() && taken == GiB::default() {
        return Ok(Hosting::empty(size));
    }
    let Some(restriction) = Restriction::from_word(&info.restriction) else {
        return refused(format!("Unexpected restriction state: {}", info.restriction));
    };
    let (free, reserved) = (gib(info.freesize)?, gib(info.reservedsize)?);
    if reserved > size {
        return refused(format!("{reserved} of {size} are said to be reserved"));
    }
    let hosting = Hosting { free, reserved, restriction }.put_right(size, taken);
    if hosting.adds_up(size, taken) {
        return Ok(hosting);
    }
    refused(format!(
        "{taken} are in block volumes, {} free and {} reserved, of {size}",
        hosting.free, hosting.reserved
    ))
}

/// Finds the places of a volume's bricks. heketi lists them by id, which says nothing where there are several sets of
/// several bricks.
fn place<'a>(
    entry: &'a VolumeEntry,
    bricks: &BTreeMap<String, BrickEntry>,
    places: &mut Places<'a>,
) -> Result<()> {
    let (count, set) = (entry.bricks.len(), layout(&entry.info)?.set_size());
    if set > 1 && count != set {
        return refused(format!(
            "volume {} has {count} bricks in sets of {set}, and no dump says which belong together; this version does not ask gluster",
            entry.info.id
        ));
    }
    let is_arbiter = |id: &&String| bricks.get(*id).is_some_and(|brick| brick.sub_type == 2);
    let mut ordered: Vec<&String> = entry.bricks.iter().collect();
    // The arbiter is the last of its set.
    ordered.sort_by_key(is_arbiter);
    for (at, id) in (0_u32..).zip(ordered) {
        places.insert(id, if set > 1 { (0, at) } else { (at, 0) });
    }
    Ok(())
}

fn brick(entry: &BrickEntry, places: &Places<'_>, unfinished: &[Unfinished]) -> Result<Brick> {
    let info = &entry.info;
    let (own, volume) = (id(&info.id)?, id(&info.volume)?);
    let logical_volume =
        Some(entry.lvm_lv.clone()).filter(|name| !name.is_empty() && *name != brick::logical_volume(own));
    if logical_volume.is_some() && entry.lvm_thin_pool.is_empty() {
        return refused("it is the brick of a clone, and nothing says which thin pool it is in");
    }
    let Some(&(set, position)) = places.get(info.id.as_str()) else {
        return refused(format!("volume {volume} does not list it"));
    };
    let thin_pool = match entry.lvm_thin_pool.as_str() {
        "" => format!("tp_{own}"),
        name => name.to_owned(),
    };
    Ok(Brick {
        id: own,
        volume,
        device: id(&info.device)?,
        node: id(&info.node)?,
        set,
        position,
        role: if entry.sub_type == 2 { BrickRole::Arbiter } else { BrickRole::Data },
        space: BrickSpace {
            size: kib(info.size)?,
            thin_pool: kib(entry.tp_size)?,
            metadata: kib(entry.pool_metadata_size)?,
        },
        thin_pool,
        logical_volume,
        path: info.path.clone(),
        replaces: None,
        phase: phase(&entry.pending.id, volume, unfinished)?,
    })
}
