//! Peers made from what a database knows, when their own file is missing.

use super::lvm::{enter_group, lvm_uuid};
use super::objects::{
    Content, Disk, Entry, FileSystem, Filled, GlusterVolume, Layout, LogicalVolume, Machine, Mount,
};
use super::shared::Shared;
use super::state::Record;
use super::tree::parent;
use super::world::{Peer, World};
use super::{block_volumes, blocks, gluster};
use crate::model::block_volume::BlockAccess;
use crate::model::brick::{logical_volume, mount_point};
use crate::model::device::volume_group;
use crate::model::durability::Durability;
use crate::model::ids::DeviceId;
use crate::model::sizes::{GiB, KiB};
use crate::model::step::{BrickPlan, VolumePlan};

/// A device as the database has it.
#[derive(Debug, Clone)]
pub struct SeedDevice {
    /// Its id, which names its group.
    pub device: DeviceId,
    /// Its path.
    pub path: String,
    /// The UUID of its physical volume.
    pub pv_uuid: Option<String>,
    /// The size of its group.
    pub total: KiB,
    /// The extent of its group.
    pub extent: KiB,
}

/// A node as the database has it.
#[derive(Debug, Clone)]
pub struct SeedHost {
    /// Where commands go.
    pub manage: String,
    /// What gluster calls it.
    pub storage: String,
    /// Hosts with the same text are one trusted pool: the id of the cluster.
    pub pool: String,
    /// Its devices.
    pub devices: Vec<SeedDevice>,
}

/// A volume as the database has it.
#[derive(Debug, Clone)]
pub struct SeedVolume {
    /// What it is made of.
    pub plan: VolumePlan,
    /// Whether it is started.
    pub started: bool,
}

/// A block volume as the database has it.
#[derive(Debug, Clone)]
pub struct SeedBlock {
    /// The host that is asked for it first.
    pub host: String,
    /// The volume that it is in.
    pub hosting: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: GiB,
    /// How clients reach it.
    pub access: BlockAccess,
}

/// All that exists.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The file system table that the bricks stand in.
    pub fstab: String,
    /// The mount options of bricks; the table has them, too.
    pub mount_options: String,
    /// Nodes with their devices.
    pub hosts: Vec<SeedHost>,
    /// Bricks.
    pub bricks: Vec<BrickPlan>,
    /// Volumes.
    pub volumes: Vec<SeedVolume>,
    /// Block volumes.
    pub blocks: Vec<SeedBlock>,
}

/// Makes all of it.
pub fn plant(world: &mut World, seed: &Seed) {
    let mut pools = std::collections::BTreeMap::new();
    for host in &seed.hosts {
        world.introduce(&host.manage, &host.storage);
        let at = world.machine(&host.manage);
        let peer = &mut world.peer(at, "");
        let pool = *pools.entry(host.pool.as_str()).or_insert(peer.host().machine.pool);
        let machine = Machine { pool, ..peer.host().machine.clone() };
        peer.set(Record::Machine(at, machine));
        host.devices.iter().for_each(|device| plant_device(peer, device));
    }
    for brick in &seed.bricks {
        let at = world.machine(brick.peer.host.as_str());
        plant_brick(&mut world.peer(at, ""), brick, seed);
    }
    for volume in &seed.volumes {
        plant_volume(world, volume);
    }
    for seeded in &seed.blocks {
        let at = world.machine(&seeded.host);
        block_volumes::plant(&mut world.peer(at, ""), seeded);
    }
}

fn plant_device(peer: &mut Peer<'_>, device: &SeedDevice) {
    let uuid = device.pv_uuid.clone().unwrap_or_else(|| lvm_uuid(peer, &device.path));
    let group = volume_group(device.device);
    let extent = device.extent.get().max(1);
    // The disk is as large as it must be, so that the group is as large as it was.
    let content = Content::PhysicalVolume { uuid, start_kib: 0, group: None };
    let disk = Disk { size_kib: device.total.get(), content, pulled: false };
    peer.set(Record::Disk(peer.at, device.path.as_str().into(), Some(disk)));
    enter_group(peer, &group, &device.path, extent);
    peer.make_directories(&format!("{}/{group}", crate::model::brick::MOUNTS));
}

fn plant_brick(peer: &mut Peer<'_>, brick: &BrickPlan, seed: &Seed) {
    let (name, point) = match &brick.logical_volume {
        None => (logical_volume(brick.brick), mount_point(brick.device, brick.brick)),
        // Of a clone: gluster mounts it, and no table has it.
        Some(name) => (name.clone(), parent(&brick.path).unwrap_or_default().to_owned()),
    };
    let group = volume_group(brick.device);
    let device = blocks::node(&group, &name);
    plant_logical_volumes(peer, brick, &group, &name, &point);
    peer.make_directories(&point);
    if brick.logical_volume.is_none() {
        let line = format!("{device} {point} xfs {} 1 2\n", seed.mount_options);
        super::texts::append(peer, &seed.fstab, &line);
    }
    let options = seed.mount_options.as_str().into();
    let mount = Mount { device: device.into(), kind: "xfs".into(), options };
    peer.set(Record::Mount(peer.at, point.into(), Some(mount)));
}

/// The brick's volume, and the pool it is in: once, where it shares it with its clones.
fn plant_logical_volumes(peer: &mut Peer<'_>, brick: &BrickPlan, group: &str, name: &str, point: &str) {
    let mut fs = FileSystem { mounted: true, ..FileSystem::new("xfs") };
    let mode = if brick.gid == 0 { 755 } else { 2775 };
    if let Some(below) = brick.path.strip_prefix(&format!("{point}/")) {
        fs.set(below, Some(Entry { gid: brick.gid, mode, ..Entry::directory() }));
    }
    let volume =
        |size: KiB, metadata: Option<KiB>, pool: Option<&str>, fs: Option<FileSystem>| LogicalVolume {
            size_kib: size.get(),
            pool: pool.map(Into::into),
            metadata_kib: metadata.map(KiB::get),
            origin: None,
            fs: fs.map(Box::new),
            filled: Filled::default(),
            thins: 0,
        };
    let at = peer.at;
    if peer.group(group).is_none_or(|found| !found.volumes.contains_key(brick.thin_pool.as_str())) {
        let pool = volume(brick.space.thin_pool, Some(brick.space.metadata), None, None);
        peer.set(Record::Volume(at, group.into(), brick.thin_pool.as_str().into(), Some(pool)));
    }
    let thin = volume(brick.space.size, None, Some(&brick.thin_pool), Some(fs));
    peer.set(Record::Volume(at, group.into(), name.into(), Some(thin)));
}

fn plant_volume(world: &mut World, volume: &SeedVolume) {
    let plan = &volume.plan;
    let layout = match plan.durability {
        Durability::Distribute => Layout { replica: 1, ..Layout::default() },
        Durability::Replicate(copies) => {
            Layout { replica: copies.into(), arbiter: u32::from(plan.arbiter), ..Layout::default() }
        }
        Durability::Disperse { data, redundancy } => {
            Layout { replica: 1, data: data.into(), redundancy: redundancy.into(), ..Layout::default() }
        }
    };
    let Some(first) = plan.bricks.first() else { return };
    let at = world.machine(first.host.as_str());
    let options = plan.options.iter().filter_map(|option| option.split_once(' '));
    let mut options: Vec<(Shared, Box<str>)> =
        options.map(|(key, value)| (key.into(), value.into())).collect();
    options.push(("user.heketi.id".into(), plan.volume.to_string().into()));
    let bricks: Vec<Box<str>> =
        plan.bricks.iter().map(|brick| format!("{}:{}", brick.storage, brick.path).into()).collect();
    let made = GlusterVolume {
        uuid: world.uuid(&plan.name).to_string(),
        started: volume.started,
        was_started: volume.started,
        layout,
        bricks,
        options,
        pending: Vec::new(),
        rebalance: None,
    };
    gluster::plant(&mut world.peer(at, ""), &plan.name, made);
}
