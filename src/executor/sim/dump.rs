//! The peers as a plain listing, read from their file by another process: for audits.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::SimError;
use super::journal;
use super::objects::{Content, Group, LogicalVolume, PoolId};
use super::state::{Host, State};

/// A physical volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhysicalVolumeDump {
    /// Its UUID.
    pub uuid: String,
    /// Its group; none for an orphan.
    pub group: Option<String>,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogicalVolumeDump {
    /// Its size.
    pub size_kib: u64,
    /// Its thin pool.
    pub pool: Option<String>,
    /// Its metadata, for a thin pool.
    pub metadata_kib: Option<u64>,
    /// The file system on it.
    pub fs: Option<String>,
    /// Whether that is mounted.
    pub mounted: bool,
    /// What is in it, with `GID:MODE`.
    pub entries: BTreeMap<String, String>,
}

/// A volume group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupDump {
    /// Its disk.
    pub disk: String,
    /// Its size.
    pub size_kib: u64,
    /// What is free.
    pub free_kib: u64,
    /// Its extent.
    pub extent_kib: u64,
    /// Its logical volumes.
    pub volumes: BTreeMap<String, LogicalVolumeDump>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostDump {
    /// All its names.
    pub names: Vec<String>,
    /// Whether it is on.
    pub on: bool,
    /// Its trusted pool: the same number is the same pool.
    pub pool: PoolId,
    /// Physical volumes by disk.
    pub physical_volumes: BTreeMap<String, PhysicalVolumeDump>,
    /// File systems that are directly on disks.
    pub disk_file_systems: BTreeMap<String, String>,
    /// Volume groups.
    pub groups: BTreeMap<String, GroupDump>,
    /// Devices by mount point.
    pub mounts: BTreeMap<String, String>,
    /// Text files, the file system table among them, by line.
    pub files: BTreeMap<String, Vec<String>>,
    /// Files and directories of the root file system, those that every machine has left out.
    pub root: Vec<String>,
}

/// A gluster volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VolumeDump {
    /// Its trusted pool.
    pub pool: PoolId,
    /// Its name.
    pub name: String,
    /// `Created`, `Started` or `Stopped`.
    pub status: String,
    /// Its bricks, `host:path`.
    pub bricks: Vec<String>,
    /// Its options.
    pub options: BTreeMap<String, String>,
    /// What is to be healed from its bricks, where there is anything.
    pub pending: BTreeMap<String, u64>,
    /// Whether what is in it was spread over its sets since the last one was added.
    pub rebalanced: bool,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotDump {
    /// Its trusted pool.
    pub pool: PoolId,
    /// Its name.
    pub name: String,
    /// The volume it is of.
    pub volume: String,
    /// Whether it is mounted.
    pub active: bool,
}

/// A block volume, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockDump {
    /// Its trusted pool.
    pub pool: PoolId,
    /// The volume that it is in.
    pub volume: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_gib: u64,
    /// What all of its hosts show of it.
    pub usable_gib: u64,
    /// The hosts that export it.
    pub hosts: Vec<String>,
    /// Whether clients have to log in.
    pub auth: bool,
}

/// All peers, as they are in their file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimPeers {
    /// Machines by the name they were first used under.
    pub hosts: BTreeMap<String, HostDump>,
    /// Volumes.
    pub volumes: Vec<VolumeDump>,
    /// Snapshots.
    pub snapshots: Vec<SnapshotDump>,
    /// Block volumes.
    pub blocks: Vec<BlockDump>,
}

impl SimPeers {
    /// Reads the file of running or dead peers; there is none where no command was ever run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(state_file: &Path) -> Result<SimPeers, SimError> {
        let state = journal::read(state_file)?.map(|reading| reading.state).unwrap_or_default();
        Ok(list(&state))
    }

    /// The machine that has this name.
    pub fn host(&self, name: &str) -> Option<&HostDump> {
        self.hosts.values().find(|host| host.names.iter().any(|known| known == name))
    }

    /// The volume of that name, in whichever pool.
    pub fn volume(&self, name: &str) -> Option<&VolumeDump> {
        self.volumes.iter().find(|volume| volume.name == name)
    }
}

fn list(state: &State) -> SimPeers {
    let hosts = state.hosts.values().map(|host| {
        let name = host.machine.names.first().cloned().unwrap_or_default();
        (name, list_host(host))
    });
    let volumes =
        state.volumes.iter().flat_map(|(pool, volumes)| volumes.iter().map(move |found| (pool, found)));
    let volumes = volumes.map(|(pool, (name, volume))| VolumeDump {
        pool: *pool,
        name: name.to_string(),
        status: volume.status().to_owned(),
        bricks: volume.bricks.iter().map(ToString::to_string).collect(),
        options: volume.options.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        pending: volume.pending.iter().map(|p| (p.brick.to_string(), volume.pending_of(&p.brick))).collect(),
        rebalanced: volume.rebalance.is_some(),
    });
    SimPeers {
        hosts: hosts.collect(),
        volumes: volumes.collect(),
        snapshots: list_snapshots(state),
        blocks: list_blocks(state),
    }
}

fn list_blocks(state: &State) -> Vec<BlockDump> {
    let mut found = Vec::new();
    for (pool, volumes) in &state.blocks {
        for (volume, blocks) in volumes {
            found.extend(blocks.iter().map(|(name, block)| BlockDump {
                pool: *pool,
                volume: volume.to_string(),
                name: name.to_string(),
                size_gib: block.size_gib,
                usable_gib: block.behind.values().copied().min().unwrap_or(block.size_gib),
                hosts: block.hosts.clone(),
                auth: !block.password.is_empty(),
            }));
        }
    }
    found
}

fn list_snapshots(state: &State) -> Vec<SnapshotDump> {
    let found = state.snapshots.iter().flat_map(|(pool, found)| found.iter().map(move |one| (pool, one)));
    found
        .map(|(pool, (name, snapshot))| SnapshotDump {
            pool: *pool,
            name: name.to_string(),
            volume: snapshot.volume.to_string(),
            active: snapshot.active,
        })
        .collect()
}

fn list_host(host: &Host) -> HostDump {
    let mut physical_volumes = BTreeMap::new();
    let mut disk_file_systems = BTreeMap::new();
    for (path, disk) in &host.disks {
        match &disk.content {
            Content::Blank => {}
            Content::FileSystem(fs) => drop(disk_file_systems.insert(path.to_string(), fs.kind.to_string())),
            Content::PhysicalVolume { uuid, group, .. } => {
                let group = group.as_ref().map(ToString::to_string);
                physical_volumes.insert(path.to_string(), PhysicalVolumeDump { uuid: uuid.clone(), group });
            }
        }
    }
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    HostDump {
        names: host.machine.names.clone(),
        on: !host.machine.off,
        pool: host.machine.pool,
        physical_volumes,
        disk_file_systems,
        groups: host.groups.iter().map(|(name, group)| (name.to_string(), list_group(group))).collect(),
        mounts: host.mounts.iter().map(|(at, mount)| (at.to_string(), mount.device.to_string())).collect(),
        files: host.files.iter().map(|(path, file)| (path.to_string(), lines(file.text()))).collect(),
        root: host.root.keys().map(ToString::to_string).collect(),
    }
}

fn list_group(group: &Group) -> GroupDump {
    GroupDump {
        disk: group.head.disk.to_string(),
        size_kib: group.head.extents * group.head.extent_kib,
        free_kib: group.free() * group.head.extent_kib,
        extent_kib: group.head.extent_kib,
        volumes: group.volumes.iter().map(|(name, volume)| (name.to_string(), list_volume(volume))).collect(),
    }
}

fn list_volume(volume: &LogicalVolume) -> LogicalVolumeDump {
    let entries = volume.fs.iter().flat_map(|fs| &fs.entries);
    LogicalVolumeDump {
        size_kib: volume.size_kib,
        pool: volume.pool.as_ref().map(ToString::to_string),
        metadata_kib: volume.metadata_kib,
        fs: volume.fs.as_ref().map(|fs| fs.kind.to_string()),
        mounted: volume.fs.as_ref().is_some_and(|fs| fs.mounted),
        entries: entries
            .map(|(path, entry)| (path.to_string(), format!("{}:{}", entry.gid, entry.mode)))
            .collect(),
    }
}
