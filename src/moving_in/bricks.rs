//! Bricks.

use std::collections::{BTreeMap, BTreeSet};

use super::notes::{Notes, STAYS};
use super::pending::{Task, Work};
use super::values::{id, is_absurd, kib, text};
use crate::heketi_db::Database;
use crate::heketi_db::entities::BrickEntry;
use crate::model::brick::{Brick, BrickRole, BrickSpace, logical_volume};
use crate::model::device::Device;
use crate::model::finding::{POOL_UNKNOWN, Subject};
use crate::model::ids::{BrickId, DeviceId};
use crate::model::node::Node;
use crate::model::sizes::KiB;
use crate::model::state::Phase;
use crate::model::volume::Volume;

const LOST_CLONE: &str = "look on a peer for a snapshot and a volume that the clone has made (`gluster snapshot list`, `gluster volume list`), and remove them; then clear the finding";
const CURE: &str = "look on the peer whether it is there (`server state examine gluster`), take it away by hand, then clear the finding";

/// The bricks of volumes on devices that are kept. Their places in their volumes follow later.
pub(super) fn bricks(
    database: &Database,
    works: &[Work],
    objects: (&[Node], &[Device], &[Volume]),
    notes: &mut Notes,
) -> Vec<Brick> {
    let context = Context::new(database, works, objects);
    let mut found = Vec::new();
    for (key, entry) in &database.bricks {
        if context.copies.contains(entry.pending.id.as_str()) {
            // Of a clone that was not finished: its operation is told, and it takes no space of its own.
            continue;
        }
        let Some(own) = id(Subject::Brick, key, notes) else { continue };
        match context.brick(own, entry, notes) {
            Ok(brick) => found.push(brick),
            Err(why) => context.left_out(key, entry, &why, notes),
        }
    }
    agree(&mut found, notes);
    found
}

struct Context<'a> {
    database: &'a Database,
    nodes: BTreeMap<String, &'a Node>,
    devices: BTreeMap<String, &'a Device>,
    volumes: BTreeMap<String, &'a Volume>,
    /// The bricks that volumes list.
    listed: BTreeSet<(&'a str, &'a str)>,
    /// The bricks that are to take the place of others.
    successors: BTreeMap<&'a str, BrickId>,
    /// The clones that were not finished.
    copies: BTreeSet<&'a str>,
}

impl<'a> Context<'a> {
    fn new(
        database: &'a Database,
        works: &'a [Work],
        (nodes, devices, volumes): (&'a [Node], &'a [Device], &'a [Volume]),
    ) -> Context<'a> {
        let listed = database.volumes.iter();
        let listed = listed
            .flat_map(|(id, entry)| entry.bricks.iter().map(move |brick| (id.as_str(), brick.as_str())));
        let successor = |work: &'a Work| match &work.task {
            Task::Evict { old, new: Some(new), .. } => Some((new.as_str(), old.parse().ok()?)),
            _ => None,
        };
        let copy = |work: &&Work| matches!(work.task, Task::Clone { .. });
        Context {
            database,
            nodes: nodes.iter().map(|node| (node.id.to_string(), node)).collect(),
            devices: devices.iter().map(|device| (device.id.to_string(), device)).collect(),
            volumes: volumes.iter().map(|volume| (volume.id.to_string(), volume)).collect(),
            listed: listed.collect(),
            successors: works.iter().filter_map(successor).collect(),
            copies: works.iter().filter(copy).map(|work| work.key.as_str()).collect(),
        }
    }

    /// What becomes of the space of a brick that is not kept.
    fn left_out(&self, key: &str, entry: &BrickEntry, why: &str, notes: &mut Notes) {
        let Some(device) = self.devices.get(&entry.info.device) else {
            return notes.left_out(Subject::Brick, key, why);
        };
        match self.source_of_lost_clone(key, entry) {
            None => notes.on(Subject::Brick, key, (why, STAYS, CURE), &[device.id]),
            Some(source) => {
                let what = format!(
                    "is of a clone that failed: it has the path of brick {source}, and its volume is not there"
                );
                notes.add(Subject::Brick, key, &what, "it was left out; it takes no space", LOST_CLONE);
            }
        }
    }

    /// The brick that one of a clone was to be a copy of, where that clone has failed: heketi leaves the new entry as it began,
    /// with the path of the other one.
    fn source_of_lost_clone(&self, key: &str, entry: &BrickEntry) -> Option<&'a str> {
        let (database, info) = (self.database, &entry.info);
        let is_lost = !entry.pending.id.is_empty() && !database.operations.contains_key(&entry.pending.id);
        if !is_lost || info.path.is_empty() || database.volumes.contains_key(&info.volume) {
            return None;
        }
        let is_source = |(id, other): &(&String, &BrickEntry)| {
            *id != key && other.info.path == info.path && other.info.device == info.device
        };
        database.bricks.iter().find(is_source).map(|(id, _)| id.as_str())
    }

    fn brick(&self, own: BrickId, entry: &BrickEntry, notes: &mut Notes) -> Result<Brick, String> {
        let (info, key) = (&entry.info, own.to_string());
        let missing = |what: &str, id: &str| format!("names {what} `{}`, which is not there", text(id));
        let volume = self.volumes.get(&info.volume).ok_or_else(|| missing("volume", &info.volume))?;
        let device = self.devices.get(&info.device).ok_or_else(|| missing("device", &info.device))?;
        let node = self.nodes.get(&device.node.to_string()).ok_or_else(|| missing("node", &info.node))?;
        if node.cluster != volume.cluster {
            return Err(format!(
                "is on a node of cluster {}, and its volume {} is in cluster {}",
                node.cluster, volume.id, volume.cluster
            ));
        }
        let replaces = self.successors.get(key.as_str()).copied();
        if replaces.is_none() && !self.listed.contains(&(info.volume.as_str(), key.as_str())) {
            return Err(format!("names volume {}, which does not list it", volume.id));
        }
        let sizes = [info.size, entry.tp_size, entry.pool_metadata_size];
        if info.size == 0 || sizes.into_iter().any(is_absurd) {
            return Err(format!(
                "has a size of {} KiB, in a pool of {} and {} KiB",
                sizes[0], sizes[1], sizes[2]
            ));
        }
        if info.node != node.id.to_string() {
            let what = format!("names node `{}`, and its device is in node {}", text(&info.node), node.id);
            notes.changed(Subject::Brick, &key, &what, "it was taken for one of that node");
        }
        let (thin_pool, logical_volume) = names(own, entry, notes);
        Ok(Brick {
            id: own,
            volume: volume.id,
            device: device.id,
            node: node.id,
            set: 0,
            position: 0,
            role: if entry.sub_type == 2 { BrickRole::Arbiter } else { BrickRole::Data },
            space: space(own, entry, notes),
            thin_pool,
            logical_volume,
            path: text(&info.path),
            replaces,
            phase: Phase::Ready,
        })
    }
}

/// The names of its thin pool, and of its logical volume where gluster has drawn that.
fn names(own: BrickId, entry: &BrickEntry, notes: &mut Notes) -> (String, Option<String>) {
    let (pool, volume) = (text(&entry.lvm_thin_pool), text(&entry.lvm_lv));
    let drawn = Some(volume).filter(|name| !name.is_empty() && *name != logical_volume(own));
    if pool.is_empty() && drawn.is_some() {
        // More is charged than is taken: that harms nobody.
        let taken = "it is charged as if it had one of its own, until a server has asked its peer";
        let cure = "nothing, once a server on this database has reached the peer";
        notes.add(Subject::Brick, &own.to_string(), POOL_UNKNOWN, taken, cure);
    }
    (if pool.is_empty() { format!("tp_{own}") } else { pool }, drawn)
}

/// A pool is at least as large as what is in it.
fn space(own: BrickId, entry: &BrickEntry, notes: &mut Notes) -> BrickSpace {
    let said = BrickSpace {
        size: kib(entry.info.size),
        thin_pool: kib(entry.tp_size),
        metadata: kib(entry.pool_metadata_size),
    };
    let kept = BrickSpace {
        thin_pool: said.thin_pool.max(said.size),
        metadata: said.metadata.max(KiB::of(1)),
        ..said
    };
    if kept != said {
        let what =
            format!("has {}, in a pool of {} with {} of metadata", said.size, said.thin_pool, said.metadata);
        let taken = format!("a pool of {} with {} of metadata is charged", kept.thin_pool, kept.metadata);
        let device: Option<DeviceId> = entry.info.device.parse().ok();
        notes.on(Subject::Brick, &own.to_string(), (&what, &taken, CURE), device.as_slice());
    }
    kept
}

/// A pool is accounted once, by whichever of its bricks: all must say the same of it. The largest one holds.
fn agree(bricks: &mut [Brick], notes: &mut Notes) {
    let mut pools: BTreeMap<(DeviceId, String), (KiB, KiB)> = BTreeMap::new();
    for brick in bricks.iter() {
        let pool = pools.entry((brick.device, brick.thin_pool.clone())).or_default();
        *pool = (pool.0.max(brick.space.thin_pool), pool.1.max(brick.space.metadata));
    }
    for brick in bricks {
        let Some(&(thin_pool, metadata)) = pools.get(&(brick.device, brick.thin_pool.clone())) else {
            continue;
        };
        let kept = BrickSpace { thin_pool, metadata, ..brick.space };
        if kept != brick.space {
            let what = format!("says less of its pool {} than another brick in it", brick.thin_pool);
            let taken = format!("the pool is charged with {thin_pool} and {metadata} of metadata");
            notes.on(Subject::Brick, &brick.id.to_string(), (&what, &taken, CURE), &[brick.device]);
            brick.space = kept;
        }
    }
}
