//! Devices, and whether their books agree with what is on them.

use std::collections::{BTreeMap, BTreeSet};

use super::notes::Notes;
use super::values::{id, kib, state, tags, text, texts};
use crate::heketi_db::Database;
use crate::heketi_db::entities::device::DeviceEntry;
use crate::model::brick::taken_by_device;
use crate::model::device::{Device, Storage};
use crate::model::everything::Everything;
use crate::model::finding::Subject;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::node::Node;
use crate::model::sizes::KiB;
use crate::model::state::Phase;

/// What heketi makes of volume groups unless it is told otherwise.
const EXTENT: u64 = 4096;

/// The devices of nodes that are kept, with what heketi says of their space.
pub(super) fn devices(database: &Database, nodes: &[Node], notes: &mut Notes) -> Vec<Device> {
    let mut names: BTreeSet<(NodeId, String)> = BTreeSet::new();
    let mut found = Vec::new();
    for (key, entry) in &database.devices {
        let Some(own): Option<DeviceId> = id(Subject::Device, key, notes) else { continue };
        let Some(node) = nodes.iter().find(|node| node.id.to_string() == entry.node_id) else {
            let why = format!("is in node `{}`, which is not there", text(&entry.node_id));
            notes.left_out(Subject::Device, key, &why);
            continue;
        };
        let mut device = device(own, node.id, entry, notes);
        if device.name.is_empty() || !names.insert((node.id, device.name.clone())) {
            let what = format!("is called `{}`, as no device or another one of its node", device.name);
            device.name = device.lasting_name();
            let taken = format!("it is called {} here until its disk is found", device.name);
            notes.on(Subject::Device, key, (&what, &taken, SAME_DISK), &[own]);
            names.insert((node.id, device.name.clone()));
        }
        found.push(device);
    }
    found
}

const SAME_DISK: &str =
    "look by `pvs` on the peer whether both are one disk. When that is known, clear the finding";

fn device(own: DeviceId, node: NodeId, entry: &DeviceEntry, notes: &mut Notes) -> Device {
    let info = &entry.info;
    let key = own.to_string();
    if entry.extent_size == 0 {
        let taken = "it was taken for 4 MiB; a resync of the device asks for it";
        notes.on(
            Subject::Device,
            &key,
            ("has no extent size", taken, "resync the device, then clear the finding"),
            &[own],
        );
    }
    let size = info.storage;
    Device {
        id: own,
        node,
        name: text(&info.name),
        tags: tags(&info.tags),
        state: state((Subject::Device, &key), &entry.state, notes),
        phase: Phase::Ready,
        storage: Storage { total: kib(size.total), free: kib(size.free), used: kib(size.used) },
        extent: kib(if entry.extent_size == 0 { EXTENT } else { entry.extent_size }),
        pv_uuid: Some(text(&info.pv_uuid)).filter(|uuid| !uuid.is_empty()),
        paths: texts(&info.paths),
        brick_count: 0,
    }
}

/// Makes the books of devices such that they can be kept: what bricks take is used, and what is not used is free.
pub(super) fn account(objects: &mut Everything, notes: &mut Notes) {
    let taken = taken_by_device(objects.bricks.iter());
    let certain = taken_by_device(objects.bricks.iter().filter(|brick| !brick.is_in_unknown_pool()));
    for device in &mut objects.devices {
        let of = |sums: &BTreeMap<DeviceId, KiB>| sums.get(&device.id).copied().unwrap_or_default();
        let (taken, said) = (of(&taken), device.storage);
        let kept = balanced(said, taken);
        // Where only pools that nobody knows make a difference, their bricks have been told already.
        let is_told = balanced(said, of(&certain)) == said && kept.total == said.total;
        if kept != said && is_told {
            notes.is_of_another(Subject::Device, &device.id.to_string());
            device.storage = kept;
        } else if kept != said {
            let what = format!(
                "has {} in all, {} free and {} in use, and its bricks take {taken}",
                said.total, said.free, said.used
            );
            let consequence =
                format!("{} in all, {} free and {} in use are charged", kept.total, kept.free, kept.used);
            let cure =
                "look what is on it (`server state examine gluster`), resync it, then clear the finding";
            notes.on(Subject::Device, &device.id.to_string(), (&what, &consequence, cure), &[device.id]);
            device.storage = kept;
        }
    }
}

/// Never less in use than is known to be.
fn balanced(said: Storage, taken: KiB) -> Storage {
    let used = said.used.max(taken);
    let total = said.total.max(used);
    let free = total.checked_sub(used).unwrap_or_default();
    Storage { total, free, used }
}
