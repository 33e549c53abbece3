//! What a backup and the database that is there now say differently, of what people know.

use std::collections::BTreeMap;

use crate::model::everything::Everything;
use crate::model::node::Tags;
use crate::model::state::Phase;

/// An object in words, and what may be set of it.
struct Object {
    name: String,
    facts: Vec<(&'static str, String)>,
}

/// What came, went or was set between a backup and a later state.
pub(super) fn changes(backup: &Everything, now: &Everything) -> Vec<String> {
    let (then, now) = (objects(backup), objects(now));
    let made = now.iter().filter(|(id, _)| !then.contains_key(*id));
    let made =
        made.map(|(_, object)| format!("{} is in the present database and not in the backup", object.name));
    let gone = then.iter().filter(|(id, _)| !now.contains_key(*id));
    let gone =
        gone.map(|(_, object)| format!("{} is in the backup and not in the present database", object.name));
    let both = then.iter().filter_map(|(id, before)| Some((before, now.get(id)?)));
    let set = both.flat_map(|(before, after)| {
        let pairs = before.facts.iter().zip(&after.facts).filter(|(before, after)| before.1 != after.1);
        pairs.map(|((what, then), (_, now))| {
            format!("{}: its {what} is {now} at present, and {then} in the backup", before.name)
        })
    });
    made.chain(gone).chain(set).collect()
}

/// All that a person knows of, by id.
fn objects(all: &Everything) -> BTreeMap<String, Object> {
    let mut found = BTreeMap::new();
    let mut add = |id: String, name: String, facts: Vec<(&'static str, String)>| {
        found.insert(id, Object { name, facts });
    };
    for cluster in &all.clusters {
        let flags = format!("file {}, block {}", cluster.flags.file, cluster.flags.block);
        add(cluster.id.to_string(), format!("cluster {}", cluster.id), vec![("purpose", flags)]);
    }
    for node in all.nodes.iter().filter(|node| node.phase == Phase::Ready) {
        let facts = vec![("state", node.state.as_str().to_owned()), ("tags", tags(&node.tags))];
        add(node.id.to_string(), format!("node {} ({})", node.manage.join(", "), node.id), facts);
    }
    for device in all.devices.iter().filter(|device| device.phase == Phase::Ready) {
        let facts = vec![("state", device.state.as_str().to_owned()), ("tags", tags(&device.tags))];
        let name = format!("device {} of node {} ({})", device.name, device.node, device.id);
        add(device.id.to_string(), name, facts);
    }
    for volume in all.volumes.iter().filter(|volume| volume.phase == Phase::Ready) {
        let facts = vec![("size", format!("{} GiB", volume.size.get()))];
        add(volume.id.to_string(), format!("volume {} ({})", volume.name, volume.id), facts);
    }
    for block in all.block_volumes.iter().filter(|block| block.phase == Phase::Ready) {
        let facts = vec![("size", format!("{} GiB", block.size.get()))];
        add(block.id.to_string(), format!("block volume {} ({})", block.name, block.id), facts);
    }
    found
}

fn tags(tags: &Tags) -> String {
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}
