//! The consistency check: what contradicts itself in a dump, in heketi's words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dump::{
    BlockVolumeEntry, BrickEntry, DeviceEntry, Dump, NodeEntry, OperationEntry, PendingMark, VolumeEntry,
};
use super::list::List;
use super::pending::ChangeType;

/// What a check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DbCheck)]
pub struct CheckReport {
    /// Of clusters.
    #[schema(required = true)]
    pub clusters: CheckBucket,
    /// Of volumes.
    #[schema(required = true)]
    pub volumes: CheckBucket,
    /// Of bricks.
    #[schema(required = true)]
    pub bricks: CheckBucket,
    /// Of nodes.
    #[schema(required = true)]
    pub nodes: CheckBucket,
    /// Of devices.
    #[schema(required = true)]
    pub devices: CheckBucket,
    /// Of block volumes.
    #[schema(required = true)]
    pub blockvolumes: CheckBucket,
    /// Never filled, as in heketi.
    #[schema(required = true)]
    pub dbattributes: CheckBucket,
    /// Of unfinished operations.
    #[schema(required = true)]
    pub pendingoperations: CheckBucket,
    /// All together.
    #[schema(required = true)]
    pub totalinconsistencies: u64,
}

/// What a check has found among the objects of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CheckBucket {
    /// How many there are.
    #[schema(required = true)]
    pub total: u64,
    /// How many an operation holds.
    #[schema(required = true)]
    pub pending: u64,
    /// How many agree with all that they name.
    #[schema(required = true)]
    pub ok: u64,
    /// How many do not.
    #[schema(required = true)]
    pub notok: u64,
    /// What does not agree; `null` if everything does.
    #[schema(value_type = Option<Vec<String>>, required = true)]
    pub inconsistencies: List<String>,
}

impl CheckReport {
    /// Checks a dump.
    pub fn new(dump: &Dump) -> CheckReport {
        let unmarked = |_: &_| false;
        let mut report = CheckReport {
            clusters: bucket(&dump.clusterentries, unmarked, |id, _| cluster(dump, id)),
            volumes: bucket(&dump.volumeentries, |v| is_marked(&v.pending), |id, v| volume(dump, id, v)),
            bricks: bucket(&dump.brickentries, |b| is_marked(&b.pending), |id, b| brick(dump, id, b)),
            nodes: bucket(&dump.nodeentries, |_| false, |id, entry| node(dump, id, entry)),
            devices: bucket(&dump.deviceentries, |_| false, |id, entry| device(dump, id, entry)),
            blockvolumes: bucket(
                &dump.blockvolumeentries,
                |b| is_marked(&b.pending),
                |id, b| block_volume(dump, id, b),
            ),
            pendingoperations: bucket(&dump.pendingoperations, |_| false, |id, op| operation(dump, id, op)),
            ..CheckReport::default()
        };
        let checked = [&report.clusters, &report.volumes, &report.bricks, &report.nodes, &report.devices];
        let found = checked.into_iter().chain([&report.blockvolumes, &report.pendingoperations]);
        report.totalinconsistencies = found.map(|bucket| bucket.inconsistencies.len() as u64).sum();
        report
    }
}

fn bucket<E>(
    entries: &BTreeMap<String, E>,
    is_pending: impl Fn(&E) -> bool,
    check: impl Fn(&str, &E) -> Vec<String>,
) -> CheckBucket {
    let (mut counted, mut all) = (CheckBucket::default(), Vec::new());
    for (id, entry) in entries {
        let found = check(id, entry);
        counted.total += 1;
        counted.pending += u64::from(is_pending(entry));
        counted.ok += u64::from(found.is_empty());
        counted.notok += u64::from(!found.is_empty());
        all.extend(found);
    }
    if !all.is_empty() {
        counted.inconsistencies = List::from(all);
    }
    counted
}

fn is_marked(mark: &PendingMark) -> bool {
    !mark.id.is_empty()
}

/// Whether a sorted list has an id.
fn lists(ids: &[String], id: &str) -> bool {
    ids.binary_search_by(|listed| listed.as_str().cmp(id)).is_ok()
}

/// How one object names another one: it may be unknown, or not know that.
fn link(what: (&str, &str), other: (&str, &str), found: Option<bool>, named: &str) -> Option<String> {
    let ((kind, id), (other_kind, other_id)) = (what, other);
    match found {
        None => Some(format!("{kind} {id} unknown {other_kind} {other_id}")),
        Some(false) => Some(format!("{kind} {id} no link back to {named} from {other_kind} {other_id}")),
        Some(true) => None,
    }
}

fn cluster(dump: &Dump, id: &str) -> Vec<String> {
    let Some(entry) = dump.clusterentries.get(id) else { return Vec::new() };
    let nodes = entry.info.nodes.iter().filter_map(|other| {
        let found = dump.nodeentries.get(other).map(|node| node.info.cluster == id);
        link(("Cluster", id), ("node", other), found, "cluster")
    });
    let volumes = entry.info.volumes.iter().filter_map(|other| {
        let found = dump.volumeentries.get(other).map(|volume| volume.info.cluster == id);
        link(("Cluster", id), ("volume", other), found, "cluster")
    });
    let blocks = entry.info.blockvolumes.iter().filter_map(|other| {
        let found = dump.blockvolumeentries.get(other).map(|block| block.info.cluster == id);
        link(("Cluster", id), ("blockvolume", other), found, "cluster")
    });
    nodes.chain(volumes).chain(blocks).collect()
}

fn block_volume(dump: &Dump, id: &str, entry: &BlockVolumeEntry) -> Vec<String> {
    let (what, info) = (("BlockVolume", id), &entry.info);
    let cluster = dump.clusterentries.get(&info.cluster);
    let cluster = cluster.map(|cluster| lists(&cluster.info.blockvolumes, id));
    let volume = dump.volumeentries.get(&info.blockhostingvolume);
    let volume = volume.map(|volume| lists(&volume.info.blockinfo.blockvolume, id));
    let found = [
        unrecorded(dump, "BlockVolume", id, &entry.pending),
        link(what, ("cluster", &info.cluster), cluster, "blockVolume"),
        link(what, ("volume", &info.blockhostingvolume), volume, "blockVolume"),
    ];
    found.into_iter().flatten().collect()
}

fn node(dump: &Dump, id: &str, entry: &NodeEntry) -> Vec<String> {
    let devices = entry.devices.iter().filter_map(|other| {
        let found = dump.deviceentries.get(other).map(|device| device.node_id == id);
        link(("Node", id), ("device", other), found, "node")
    });
    let cluster = &entry.info.cluster;
    let found = dump.clusterentries.get(cluster).map(|cluster| lists(&cluster.info.nodes, id));
    devices.chain(link(("Node", id), ("cluster", cluster), found, "node")).collect()
}

fn device(dump: &Dump, id: &str, entry: &DeviceEntry) -> Vec<String> {
    let what = ("Device", id);
    let found = dump.nodeentries.get(&entry.node_id).map(|node| lists(&node.devices, id));
    let node = link(what, ("node", &entry.node_id), found, "device");
    let bricks = entry.bricks.iter().filter_map(|other| {
        let found = dump.brickentries.get(other).map(|brick| brick.info.device == id);
        link(what, ("brick", other), found, "device")
    });
    let mut pools = BTreeSet::new();
    let taken = entry.bricks.iter().filter_map(|brick| dump.brickentries.get(brick));
    // Clones are in the pools of what they are copies of: each takes its space once. (heketi counts it for each brick.)
    let taken = taken.filter(|brick| pools.insert(pool_of(brick)));
    let taken = taken.map(|brick| brick.tp_size.saturating_add(brick.pool_metadata_size));
    let taken = taken.fold(0_u64, u64::saturating_add);
    let size = entry.info.storage;
    let differ = |text: String| format!("Device {id} size values differ {text}");
    let (total, free, used) = (size.total, size.free, size.used);
    let whole = (total != free.saturating_add(used))
        .then(|| differ(format!("Total({total}) != Free({free}) + Used({used})")));
    let sum = (used != taken).then(|| differ(format!("Used({used}) != aggregateBricksSize({taken})")));
    node.into_iter().chain(bricks).chain(whole).chain(sum).collect()
}

fn pool_of(brick: &BrickEntry) -> String {
    match brick.lvm_thin_pool.as_str() {
        "" => format!("tp_{}", brick.info.id),
        name => name.to_owned(),
    }
}

fn unrecorded(dump: &Dump, kind: &str, id: impl Display, mark: &PendingMark) -> Option<String> {
    let missing = is_marked(mark) && !dump.pendingoperations.contains_key(&mark.id);
    missing.then(|| format!("{kind} {id} marked pending but no pending op {}", mark.id))
}

fn brick(dump: &Dump, id: &str, entry: &BrickEntry) -> Vec<String> {
    let (what, info) = (("Brick", id), &entry.info);
    let node = dump.nodeentries.get(&info.node).map(|_| true);
    let volume = dump.volumeentries.get(&info.volume).map(|volume| lists(&volume.bricks, id));
    let device = dump.deviceentries.get(&info.device).map(|device| lists(&device.bricks, id));
    let found = [
        unrecorded(dump, "Brick", id, &entry.pending),
        link(what, ("node", &info.node), node, "brick"),
        link(what, ("volume", &info.volume), volume, "brick"),
        link(what, ("device", &info.device), device, "brick"),
    ];
    found.into_iter().flatten().collect()
}

fn volume(dump: &Dump, id: &str, entry: &VolumeEntry) -> Vec<String> {
    let what = ("Volume", id);
    let cluster = &entry.info.cluster;
    let found = dump.clusterentries.get(cluster).map(|cluster| lists(&cluster.info.volumes, id));
    let bricks = entry.bricks.iter().filter_map(|other| {
        let found = dump.brickentries.get(other).map(|brick| brick.info.volume == id);
        link(what, ("brick", other), found, "volume")
    });
    let mark = unrecorded(dump, "Volume", id, &entry.pending);
    let own = mark.into_iter().chain(link(what, ("cluster", cluster), found, "volume"));
    let blocks = entry.info.blockinfo.blockvolume.iter().filter_map(|other| {
        let found = dump.blockvolumeentries.get(other).map(|block| block.info.blockhostingvolume == id);
        link(what, ("blockvolume", other), found, "volume")
    });
    own.chain(bricks).chain(blocks).chain(room(dump, id, entry)).collect()
}

/// Whether a hosting volume's size is what is free, kept back and in block volumes.
fn room(dump: &Dump, id: &str, entry: &VolumeEntry) -> Option<String> {
    let (size, room) = (entry.info.size, &entry.info.blockinfo);
    if !entry.info.block {
        let has_blocks = !room.blockvolume.is_empty();
        return has_blocks.then(|| format!("Volume {id} has blockvolumes but not block flag"));
    }
    let taken = room.blockvolume.iter().map(|block| taken(dump, block)).fold(0_i64, i64::saturating_add);
    let (free, reserved) = (room.freesize, room.reservedsize);
    let differs = size != free.saturating_add(reserved).saturating_add(taken);
    differs.then(|| {
        format!(
            "Volume {id} blocksize differs aggregateSize {taken} != volumeSize {size} - freeSize {free} - reservedSize {reserved}"
        )
    })
}

/// What a block volume takes of the volume that it is in. One that is being made larger has taken that already. (heketi
/// calls that a difference.)
fn taken(dump: &Dump, id: &str) -> i64 {
    let grows = ChangeType::ExpandBlockVolume.number();
    let actions = dump.pendingoperations.values().flat_map(|op| &op.actions);
    let mut wanted =
        actions.filter(|action| action.change == grows && action.id == id).filter_map(|a| a.delta);
    let size = dump.blockvolumeentries.get(id).map_or(0, |block| block.info.size);
    wanted.next().map_or(size, |wanted| wanted.max(size))
}

fn operation(dump: &Dump, id: &str, entry: &OperationEntry) -> Vec<String> {
    let volumes = [
        ChangeType::AddVolume,
        ChangeType::DeleteVolume,
        ChangeType::SnapshotVolume,
        ChangeType::AddVolumeClone,
    ];
    let is_any = |number: i64, kinds: &[ChangeType]| kinds.iter().any(|kind| kind.number() == number);
    let lost = |other: &str, bucket: &str| {
        Some(format!("pending op {id} id in change missing {other} not found in {bucket}"))
    };
    let found = entry.actions.iter().filter_map(|action| {
        let other = action.id.as_str();
        if is_any(action.change, &[ChangeType::AddBrick, ChangeType::DeleteBrick]) {
            let held = dump.brickentries.get(other).is_some_and(|brick| brick.pending.id == id);
            return if held { None } else { lost(other, "bricks") };
        }
        if is_any(action.change, &volumes) {
            let held = dump.volumeentries.get(other).is_some_and(|volume| volume.pending.id == id);
            return if held { None } else { lost(other, "volumes") };
        }
        if is_any(action.change, &[ChangeType::AddBlockVolume, ChangeType::DeleteBlockVolume]) {
            let held = dump.blockvolumeentries.get(other).is_some_and(|block| block.pending.id == id);
            return if held { None } else { lost(other, "blockvolumes") };
        }
        if action.change == ChangeType::ExpandBlockVolume.number() {
            let missing = !dump.blockvolumeentries.contains_key(other);
            return missing
                .then(|| format!("pending op {id}: change id missing {other} not found in blockvolumes"));
        }
        // Several clones of one volume may be made at a time: it can carry the mark of one of them only.
        let stays = is_any(action.change, &[ChangeType::ExpandVolume, ChangeType::CloneVolume]);
        let missing = stays && !dump.volumeentries.contains_key(other);
        missing.then(|| format!("pending op {id}: change id missing {other} not found in volumes"))
    });
    found.collect()
}

#[cfg(test)]
mod tests;
