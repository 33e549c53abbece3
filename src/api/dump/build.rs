//! A dump of the state.

use std::collections::{BTreeMap, HashMap};

use super::{
    ActionEntry, AttributeEntry, BlockVolumeEntry, BrickEntry, ClusterEntry, DeviceEntry, Dump, NodeEntry,
    OperationEntry, PendingMark, StoredDevice, StoredNode, StoredVolume, VolumeEntry,
};
use crate::api::block_volume::BlockVolumeInfo;
use crate::api::cluster::{ClusterInfo, sorted};
use crate::api::device::DeviceInfo;
use crate::api::list::List;
use crate::api::node::NodeInfo;
use crate::api::pending::{self, Pending};
use crate::api::volume::VolumeInfo;
use crate::model::block_volume::BlockVolume;
use crate::model::brick::{Brick, BrickRole};
use crate::model::cluster::Cluster;
use crate::model::device::Device;
use crate::model::everything::Everything;
use crate::model::ids::{BlockVolumeId, BrickId, ClusterId, DeviceId, NodeId, VolumeId};
use crate::model::node::Node;
use crate::model::operation::{Detail, Operation};
use crate::model::state::Phase;
use crate::model::volume::Volume;

/// The mark of what an operation should hold, where there is no such operation.
const NO_OPERATION: &str = "00000000000000000000000000000000";

/// What a database of heketi 10 says of itself; ours never was any older.
const ATTRIBUTES: [&str; 4] = [
    "DB_BRICK_HAS_SUBTYPE_FIELD",
    "DB_CLUSTER_HAS_FILE_BLOCK_FLAG",
    "DB_DEVICE_HAS_ID_META",
    "DB_HAS_PENDING_OPS_BUCKET",
];

/// Who belongs to whom: rows name their parents, dumps list the children too.
#[derive(Default)]
struct Links<'a> {
    nodes: HashMap<ClusterId, Vec<&'a Node>>,
    volumes: HashMap<ClusterId, Vec<VolumeId>>,
    devices: HashMap<NodeId, Vec<DeviceId>>,
    on_device: HashMap<DeviceId, Vec<BrickId>>,
    of_volume: HashMap<VolumeId, Vec<BrickId>>,
    blocks: HashMap<ClusterId, Vec<BlockVolumeId>>,
    blocks_in: HashMap<VolumeId, Vec<BlockVolumeId>>,
    operations: HashMap<String, String>,
    /// The operations that clone a volume: heketi marks the volume, too.
    clones: HashMap<VolumeId, String>,
}

impl Dump {
    /// Shows everything. Nodes and devices that are still being added are left out, as they are elsewhere.
    pub fn new(all: &Everything) -> Dump {
        let links = Links::of(all);
        let nodes = all.nodes.iter().filter(|node| node.phase != Phase::Creating);
        let devices = all.devices.iter().filter(|device| device.phase != Phase::Creating);
        let operations = all.operations.iter().filter_map(OperationEntry::new);
        Dump {
            clusterentries: by_id(&all.clusters, |c| (c.id.to_string(), links.cluster(c))),
            volumeentries: by_id(&all.volumes, |v| (v.id.to_string(), links.volume(v))),
            brickentries: by_id(&all.bricks, |b| (b.id.to_string(), links.brick(b))),
            nodeentries: by_id(nodes, |n| (n.id.to_string(), links.node(n))),
            deviceentries: by_id(devices, |d| (d.id.to_string(), links.device(d))),
            blockvolumeentries: by_id(&all.block_volumes, |b| (b.id.to_string(), links.block_volume(b))),
            dbattributeentries: attributes(&all.generation),
            pendingoperations: by_id(operations, |op| (op.id.clone(), op)),
        }
    }
}

impl Dump {
    /// The same with the passwords of block volumes: for a file that only its owner can read, by which another server
    /// goes on.
    pub fn with_passwords(all: &Everything) -> Dump {
        let mut dump = Dump::new(all);
        for block in &all.block_volumes {
            if let Some(entry) = dump.blockvolumeentries.get_mut(&block.id.to_string()) {
                entry.info.blockvolume = (&block.access).into();
            }
        }
        dump
    }
}

impl<'a> Links<'a> {
    fn of(all: &'a Everything) -> Links<'a> {
        let mut links = Links::default();
        for node in all.nodes.iter().filter(|node| node.phase != Phase::Creating) {
            links.nodes.entry(node.cluster).or_default().push(node);
        }
        for volume in &all.volumes {
            links.volumes.entry(volume.cluster).or_default().push(volume.id);
        }
        for device in all.devices.iter().filter(|device| device.phase != Phase::Creating) {
            links.devices.entry(device.node).or_default().push(device.id);
        }
        for brick in &all.bricks {
            links.on_device.entry(brick.device).or_default().push(brick.id);
            links.of_volume.entry(brick.volume).or_default().push(brick.id);
        }
        for block in &all.block_volumes {
            links.blocks.entry(block.cluster).or_default().push(block.id);
            links.blocks_in.entry(block.hosting).or_default().push(block.id);
        }
        let recorded = all.operations.iter().filter(|op| Pending::of(op).is_some());
        for op in &all.operations {
            if let Detail::Clone { source } = op.detail {
                links.clones.insert(source, op.id.to_string());
            }
        }
        for op in recorded {
            links.operations.insert(op.target.clone(), op.id.to_string());
            // The volume that is made with a block volume is held by the same operation.
            let hosting = op.detail.own_hosting();
            links.operations.extend(hosting.map(|id| (id.to_string(), op.id.to_string())));
        }
        links
    }

    fn cluster(&self, cluster: &Cluster) -> ClusterEntry {
        let nodes: Vec<NodeId> = self.nodes_of(cluster.id).iter().map(|node| node.id).collect();
        let volumes = self.volumes.get(&cluster.id).map_or(&[][..], Vec::as_slice);
        let blocks = self.blocks.get(&cluster.id).map_or(&[][..], Vec::as_slice);
        ClusterEntry { info: ClusterInfo::new(cluster, &nodes, volumes, blocks) }
    }

    fn block_volume(&self, block: &BlockVolume) -> BlockVolumeEntry {
        let holder = match block.phase {
            Phase::Ready => None,
            _ => Some(self.operations.get(block.id.to_string().as_str())),
        };
        let id = holder.map(|holder| holder.cloned().unwrap_or_else(|| NO_OPERATION.to_owned()));
        let pending = PendingMark { id: id.unwrap_or_default() };
        BlockVolumeEntry { info: BlockVolumeInfo::stored(block), pending }
    }

    fn node(&self, node: &Node) -> NodeEntry {
        let shown = NodeInfo::new(node, Vec::new());
        let info = StoredNode {
            zone: shown.zone,
            hostnames: shown.hostnames,
            cluster: shown.cluster,
            tags: shown.tags,
            id: shown.id,
        };
        NodeEntry { state: shown.state, info, devices: listed(&self.devices, &node.id) }
    }

    fn device(&self, device: &Device) -> DeviceEntry {
        let shown = DeviceInfo::new(device, &[]);
        let info = StoredDevice {
            name: shown.name,
            tags: shown.tags,
            storage: shown.storage,
            id: shown.id,
            paths: shown.paths,
            pv_uuid: shown.pv_uuid,
        };
        DeviceEntry {
            state: shown.state,
            info,
            bricks: listed(&self.on_device, &device.id),
            node_id: device.node.to_string(),
            extent_size: device.extent.get(),
        }
    }

    fn brick(&self, brick: &Brick) -> BrickEntry {
        BrickEntry {
            info: brick.into(),
            tp_size: brick.space.thin_pool.get(),
            pool_metadata_size: brick.space.metadata.get(),
            pending: self.mark_of_brick(brick),
            lvm_thin_pool: brick.thin_pool.clone(),
            lvm_lv: brick.logical_volume.clone().unwrap_or_default(),
            sub_type: match brick.role {
                BrickRole::Data => 1,
                BrickRole::Arbiter => 2,
            },
        }
    }

    fn volume(&self, volume: &Volume) -> VolumeEntry {
        let nodes = self.nodes_of(volume.cluster);
        let hosts = nodes.iter().map(|node| node.storage_name().to_owned()).collect();
        let blocks = self.blocks_in.get(&volume.id).map_or(&[][..], Vec::as_slice);
        let shown = VolumeInfo::new(volume, &[], hosts, blocks);
        let asked = match volume.asked_clusters.as_slice() {
            [] => List::default(),
            asked => sorted(asked),
        };
        let info = StoredVolume {
            size: shown.size,
            clusters: asked,
            name: shown.name,
            durability: shown.durability,
            gid: shown.gid,
            block: shown.block,
            snapshot: shown.snapshot,
            id: shown.id,
            cluster: shown.cluster,
            mount: shown.mount,
            blockinfo: shown.blockinfo,
        };
        VolumeEntry {
            info,
            bricks: listed(&self.of_volume, &volume.id),
            gluster_volume_options: shown.glustervolumeoptions,
            pending: match self.clones.get(&volume.id) {
                Some(id) => PendingMark { id: id.clone() },
                None => self.mark(volume.id, volume.phase),
            },
        }
    }

    fn nodes_of(&self, cluster: ClusterId) -> &[&'a Node] {
        self.nodes.get(&cluster).map_or(&[], Vec::as_slice)
    }

    /// One that moves is held by its move, which is about the one that leaves.
    fn mark_of_brick(&self, brick: &Brick) -> PendingMark {
        let leaves = brick.replaces.unwrap_or(brick.id).to_string();
        match self.operations.get(leaves.as_str()) {
            Some(id) => PendingMark { id: id.clone() },
            None => self.mark(brick.volume, brick.phase),
        }
    }

    /// The operation that holds what belongs to a volume, if it is not as it should be for good.
    fn mark(&self, volume: VolumeId, phase: Phase) -> PendingMark {
        if phase == Phase::Ready {
            return PendingMark::default();
        }
        let holder = self.operations.get(volume.to_string().as_str());
        PendingMark { id: holder.cloned().unwrap_or_else(|| NO_OPERATION.to_owned()) }
    }
}

impl OperationEntry {
    fn new(op: &Operation) -> Option<OperationEntry> {
        let pending = Pending::of(op)?;
        let action = |change: pending::Change| ActionEntry {
            change: change.change.number(),
            id: change.id,
            delta: change.delta,
        };
        Some(OperationEntry {
            id: op.id.to_string(),
            timestamp: op.created_ms.div_euclid(1000),
            r#type: pending.kind.number(),
            actions: pending.changes.into_iter().map(action).collect(),
            status: pending::status(op).to_owned(),
        })
    }
}

fn attributes(generation: &str) -> BTreeMap<String, AttributeEntry> {
    let kept = ATTRIBUTES.into_iter().map(|key| (key, "yes")).chain([("DB_GENERATION_ID", generation)]);
    by_id(kept, |(key, value)| {
        (key.to_owned(), AttributeEntry { key: key.to_owned(), value: value.to_owned() })
    })
}

fn by_id<T, E>(items: impl IntoIterator<Item = T>, entry: impl Fn(T) -> (String, E)) -> BTreeMap<String, E> {
    items.into_iter().map(entry).collect()
}

fn listed<K: std::hash::Hash + Eq, Id: ToString>(links: &HashMap<K, Vec<Id>>, of: &K) -> List<String> {
    sorted(links.get(of).map_or(&[], Vec::as_slice))
}
