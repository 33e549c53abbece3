//! Who names whom.

use std::collections::BTreeSet;

use super::super::entities::Database;
use super::super::entities::operation::Change;
use super::super::kind::Kind;

/// The lists that objects have of others, for looking up in.
pub(super) struct Links<'a> {
    lists: BTreeSet<(Kind, &'a str, Kind, &'a str)>,
    /// The block volumes that operations are making larger.
    growing: BTreeSet<&'a str>,
}

impl<'a> Links<'a> {
    pub(super) fn of(database: &'a Database) -> Links<'a> {
        let actions = database.operations.values().flat_map(|operation| &operation.actions);
        let growing = actions.filter(|action| Change::of(action.change) == Some(Change::ExpandBlockVolume));
        let growing = growing.map(|action| action.id.as_str()).collect();
        let mut links = Links { lists: BTreeSet::new(), growing };
        for (id, cluster) in &database.clusters {
            links.add((Kind::Cluster, id), Kind::Node, &cluster.info.nodes);
            links.add((Kind::Cluster, id), Kind::Volume, &cluster.info.volumes);
            links.add((Kind::Cluster, id), Kind::BlockVolume, &cluster.info.blockvolumes);
        }
        for (id, node) in &database.nodes {
            links.add((Kind::Node, id), Kind::Device, &node.devices);
        }
        for (id, device) in &database.devices {
            links.add((Kind::Device, id), Kind::Brick, &device.bricks);
        }
        for (id, volume) in &database.volumes {
            links.add((Kind::Volume, id), Kind::Brick, &volume.bricks);
            links.add((Kind::Volume, id), Kind::BlockVolume, &volume.info.blockinfo.block_volumes);
        }
        links
    }

    fn add(&mut self, parent: (Kind, &'a str), kind: Kind, ids: &'a [String]) {
        self.lists.extend(ids.iter().map(|id| (parent.0, parent.1, kind, id.as_str())));
    }

    /// Whether one object is in a list of another one.
    pub(super) fn has(&self, parent: (Kind, &str), child: (Kind, &str)) -> bool {
        self.lists.contains(&(parent.0, parent.1, child.0, child.1))
    }

    /// Whether a block volume is being made larger.
    pub(super) fn is_growing(&self, block_volume: &str) -> bool {
        self.growing.contains(block_volume)
    }
}

/// Whether there is such an object.
pub(super) fn exists(database: &Database, kind: Kind, id: &str) -> bool {
    match kind {
        Kind::Cluster => database.clusters.contains_key(id),
        Kind::Volume => database.volumes.contains_key(id),
        Kind::Brick => database.bricks.contains_key(id),
        Kind::Node => database.nodes.contains_key(id),
        Kind::Device => database.devices.contains_key(id),
        Kind::BlockVolume => database.block_volumes.contains_key(id),
        Kind::Attribute => database.attributes.contains_key(id),
        Kind::Operation => database.operations.contains_key(id),
    }
}

/// What an object says it belongs to.
pub(super) fn parent_of<'a>(database: &'a Database, child: (Kind, &str), parent: Kind) -> Option<&'a str> {
    let (kind, id) = child;
    let parent = match (parent, kind) {
        (Kind::Cluster, Kind::Node) => &database.nodes.get(id)?.info.cluster,
        (Kind::Cluster, Kind::Volume) => &database.volumes.get(id)?.info.cluster,
        (Kind::Cluster, Kind::BlockVolume) => &database.block_volumes.get(id)?.info.cluster,
        (Kind::Node, Kind::Device) => &database.devices.get(id)?.node_id,
        (Kind::Device, Kind::Brick) => &database.bricks.get(id)?.info.device,
        (Kind::Volume, Kind::Brick) => &database.bricks.get(id)?.info.volume,
        (Kind::Volume, Kind::BlockVolume) => &database.block_volumes.get(id)?.info.blockhostingvolume,
        _ => return None,
    };
    Some(parent)
}
