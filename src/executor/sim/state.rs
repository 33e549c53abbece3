//! All simulated peers, as the sum of records: the journal has nothing that is not here, and the other way round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::block_volumes::Block;
use super::objects::{
    Disk, Entry, GlusterVolume, Group, GroupHead, LogicalVolume, Machine, MachineId, Mount, PoolId, Snapshot,
    split_brick,
};
use super::text_file::TextFile;

/// One key with its new value; none removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A machine. Never removed.
    Machine(MachineId, Machine),
    /// A disk by its path.
    Disk(MachineId, Box<str>, Option<Disk>),
    /// A volume group. Its logical volumes are records of their own.
    Group(MachineId, Box<str>, Option<GroupHead>),
    /// A logical volume by group and name.
    Volume(MachineId, Box<str>, Box<str>, Option<LogicalVolume>),
    /// A file or directory of the root file system.
    Entry(MachineId, Box<str>, Option<Entry>),
    /// A mount by its mount point.
    Mount(MachineId, Box<str>, Option<Mount>),
    /// A line of a text file.
    Line(MachineId, Box<str>, u64, Option<Box<str>>),
    /// A gluster volume of a trusted pool.
    Gluster(PoolId, Box<str>, Option<GlusterVolume>),
    /// A snapshot of a trusted pool.
    Snapshot(PoolId, Box<str>, Option<Snapshot>),
    /// How much of the control file is applied, in bytes.
    Control(u64),
    /// A block volume of a trusted pool, by the volume that it is in and its name.
    Block(PoolId, Box<str>, Box<str>, Option<Block>),
}

/// A machine with all that it has.
#[derive(Debug, Default)]
pub struct Host {
    /// Its own state.
    pub machine: Machine,
    /// Disks that are not as they came.
    pub disks: BTreeMap<Box<str>, Disk>,
    /// Volume groups.
    pub groups: BTreeMap<Box<str>, Group>,
    /// Files and directories of the root file system.
    pub root: BTreeMap<Box<str>, Entry>,
    /// Mounts by mount point.
    pub mounts: BTreeMap<Box<str>, Mount>,
    /// Text files by path.
    pub files: BTreeMap<Box<str>, TextFile>,
    /// Bricks of volumes on it; counted, not stored.
    pub bricks: usize,
}

/// The block volumes of a volume, by name.
pub type Blocks = BTreeMap<Box<str>, Block>;

/// All machines and all volumes.
#[derive(Debug, Default)]
pub struct State {
    /// Machines by number.
    pub hosts: BTreeMap<MachineId, Host>,
    /// Volumes by pool and name.
    pub volumes: BTreeMap<PoolId, BTreeMap<Box<str>, GlusterVolume>>,
    /// Snapshots by pool and name.
    pub snapshots: BTreeMap<PoolId, BTreeMap<Box<str>, Snapshot>>,
    /// Block volumes by pool, volume and name.
    pub blocks: BTreeMap<PoolId, BTreeMap<Box<str>, Blocks>>,
    /// How much of the control file is applied, in bytes.
    pub control: u64,
    names: BTreeMap<String, MachineId>,
    next_pool: PoolId,
    records: u64,
    applied: u64,
}

impl State {
    /// Applies a record.
    pub fn apply(&mut self, record: Record) {
        self.applied += 1;
        let (was, is) = match record {
            Record::Machine(id, machine) => self.apply_machine(id, machine),
            Record::Disk(id, path, disk) => put(&mut self.host_mut(id).disks, path, disk),
            Record::Group(id, name, head) => self.apply_group(id, name, head),
            Record::Volume(id, group, name, volume) => self.apply_volume(id, &group, name, volume),
            Record::Entry(id, path, entry) => put(&mut self.host_mut(id).root, path, entry),
            Record::Mount(id, at, mount) => put(&mut self.host_mut(id).mounts, at, mount),
            Record::Line(id, path, number, line) => {
                self.host_mut(id).files.entry(path).or_default().set(number, line.as_deref())
            }
            Record::Gluster(pool, name, volume) => self.apply_gluster(pool, name, volume),
            Record::Snapshot(pool, name, snapshot) => {
                put(self.snapshots.entry(pool).or_default(), name, snapshot)
            }
            Record::Block(pool, volume, name, block) => {
                put(self.blocks.entry(pool).or_default().entry(volume).or_default(), name, block)
            }
            Record::Control(offset) => {
                self.control = offset;
                (true, true)
            }
        };
        self.records = self.records + u64::from(is) - u64::from(was);
    }

    fn host_mut(&mut self, id: MachineId) -> &mut Host {
        self.hosts.entry(id).or_default()
    }

    fn apply_machine(&mut self, id: MachineId, machine: Machine) -> (bool, bool) {
        self.next_pool = self.next_pool.max(machine.pool + 1);
        let was = self.hosts.contains_key(&id);
        self.names.retain(|_, known| *known != id);
        self.names.extend(machine.names.iter().map(|name| (name.clone(), id)));
        self.host_mut(id).machine = machine;
        (was, true)
    }

    fn apply_group(&mut self, id: MachineId, name: Box<str>, head: Option<GroupHead>) -> (bool, bool) {
        let groups = &mut self.host_mut(id).groups;
        let was = groups.contains_key(&name);
        let Some(head) = head else {
            groups.remove(&name);
            return (was, false);
        };
        groups.entry(name).or_default().head = head;
        (was, true)
    }

    fn apply_volume(
        &mut self,
        id: MachineId,
        group: &str,
        name: Box<str>,
        volume: Option<LogicalVolume>,
    ) -> (bool, bool) {
        let Some(group) = self.host_mut(id).groups.get_mut(group) else { return (false, false) };
        let extent = group.head.extent_kib;
        let before = group.volumes.remove(&name);
        if let Some(before) = &before {
            group.used = group.used.saturating_sub(before.extents(extent));
            count_thin(group, before, false);
        }
        let (was, is) = (before.is_some(), volume.is_some());
        if let Some(mut volume) = volume {
            group.used += volume.extents(extent);
            volume.thins = before.map_or(0, |before| before.thins);
            count_thin(group, &volume, true);
            group.volumes.insert(name, volume);
        }
        (was, is)
    }

    fn apply_gluster(&mut self, pool: PoolId, name: Box<str>, volume: Option<GlusterVolume>) -> (bool, bool) {
        self.next_pool = self.next_pool.max(pool + 1);
        if let Some(volume) = &volume {
            self.count_bricks(&volume.bricks, 1);
        }
        let volumes = self.volumes.entry(pool).or_default();
        let is = volume.is_some();
        let before = match volume {
            Some(volume) => volumes.insert(name, volume),
            None => volumes.remove(&name),
        };
        if let Some(before) = &before {
            self.count_bricks(&before.bricks, -1);
        }
        (before.is_some(), is)
    }

    fn count_bricks(&mut self, bricks: &[Box<str>], by: isize) {
        for (name, _) in bricks.iter().filter_map(|brick| split_brick(brick)) {
            let Some(id) = self.names.get(name) else { continue };
            if let Some(host) = self.hosts.get_mut(id) {
                host.bricks = host.bricks.saturating_add_signed(by);
            }
        }
    }

    /// Counts again what is counted but not stored: records may have come in another order than things were made.
    pub fn recount(&mut self) {
        for host in self.hosts.values_mut() {
            host.bricks = 0;
            host.groups.values_mut().for_each(recount_thins);
        }
        let volumes = std::mem::take(&mut self.volumes);
        for volume in volumes.values().flat_map(BTreeMap::values) {
            self.count_bricks(&volume.bricks, 1);
        }
        self.volumes = volumes;
    }

    /// The machine of that name.
    pub fn find(&self, name: &str) -> Option<MachineId> {
        self.names.get(name).copied()
    }

    /// A machine number that is free.
    pub fn free_machine(&self) -> MachineId {
        self.hosts.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// A pool number that was never used.
    pub fn free_pool(&self) -> PoolId {
        self.next_pool.max(1)
    }

    /// A number that is different for every change.
    pub fn serial(&self) -> u64 {
        self.applied
    }

    /// The number of records that there are.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether there is nothing but machines.
    pub fn is_bare(&self) -> bool {
        self.hosts.values().all(Host::is_bare) && self.volumes.values().all(BTreeMap::is_empty)
    }

    /// The machines of a pool.
    pub fn members(&self, pool: PoolId) -> impl Iterator<Item = (MachineId, &Machine)> {
        let machines = self.hosts.iter().map(|(id, host)| (*id, &host.machine));
        machines.filter(move |(_, machine)| machine.pool == pool)
    }

    /// Everything as records, in an order in which they can be applied.
    pub fn each_record<E>(&self, mut emit: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        emit(Record::Control(self.control))?;
        for (id, host) in &self.hosts {
            host.each_record(*id, &mut emit)?;
        }
        for (pool, volumes) in &self.volumes {
            for (name, volume) in volumes {
                emit(Record::Gluster(*pool, name.clone(), Some(volume.clone())))?;
            }
        }
        for (pool, snapshots) in &self.snapshots {
            for (name, snapshot) in snapshots {
                emit(Record::Snapshot(*pool, name.clone(), Some(snapshot.clone())))?;
            }
        }
        for (pool, volumes) in &self.blocks {
            for (volume, blocks) in volumes {
                for (name, block) in blocks {
                    emit(Record::Block(*pool, volume.clone(), name.clone(), Some(block.clone())))?;
                }
            }
        }
        Ok(())
    }
}

impl Host {
    /// Whether nothing was done on it.
    pub fn is_bare(&self) -> bool {
        self.disks.is_empty() && self.groups.is_empty() && self.root.is_empty() && self.files.is_empty()
    }

    fn each_record<E>(&self, id: MachineId, emit: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        emit(Record::Machine(id, self.machine.clone()))?;
        for (path, disk) in &self.disks {
            emit(Record::Disk(id, path.clone(), Some(disk.clone())))?;
        }
        for (name, group) in &self.groups {
            emit(Record::Group(id, name.clone(), Some(group.head.clone())))?;
            for (volume, value) in &group.volumes {
                emit(Record::Volume(id, name.clone(), volume.clone(), Some(value.clone())))?;
            }
        }
        for (path, entry) in &self.root {
            emit(Record::Entry(id, path.clone(), Some(entry.clone())))?;
        }
        for (at, mount) in &self.mounts {
            emit(Record::Mount(id, at.clone(), Some(mount.clone())))?;
        }
        for (path, file) in &self.files {
            for (number, line) in file.lines() {
                emit(Record::Line(id, path.clone(), number, Some(line.into())))?;
            }
        }
        Ok(())
    }
}

fn put<V>(map: &mut BTreeMap<Box<str>, V>, key: Box<str>, value: Option<V>) -> (bool, bool) {
    match value {
        Some(value) => (map.insert(key, value).is_some(), true),
        None => (map.remove(&key).is_some(), false),
    }
}

fn count_thin(group: &mut Group, volume: &LogicalVolume, more: bool) {
    let Some(pool) = volume.pool.as_ref().and_then(|pool| group.volumes.get_mut(pool)) else { return };
    pool.thins = if more { pool.thins + 1 } else { pool.thins.saturating_sub(1) };
}

fn recount_thins(group: &mut Group) {
    let mut counts: BTreeMap<Box<str>, u32> = BTreeMap::new();
    for pool in group.volumes.values().filter_map(|volume| volume.pool.as_ref()) {
        *counts.entry(pool.clone()).or_default() += 1;
    }
    for (name, volume) in &mut group.volumes {
        volume.thins = counts.get(name).copied().unwrap_or(0);
    }
}
