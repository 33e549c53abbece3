//! What a test can do to the disks of a peer.

use super::blocks::Block;
use super::control::{Done, NewVolume, missing};
use super::lvm::{enter_group, lvm_uuid};
use super::mounts::detach;
use super::objects::{Content, Disk, Filled, GroupHead, LogicalVolume};
use super::state::Record;
use super::world::Peer;

/// Changes a disk.
pub(super) fn set_disk(peer: &mut Peer<'_>, path: &str, change: impl FnOnce(&mut Disk)) {
    let mut disk = peer.disk(path);
    change(&mut disk);
    peer.set(Record::Disk(peer.at, path.into(), Some(disk)));
}

/// Pulls a disk out, or puts it back.
pub(super) fn pull(peer: &mut Peer<'_>, path: &str, pulled: bool) {
    if pulled {
        let on_disk = |device: &str| match peer.block(device) {
            Some(Block::Disk(disk)) => &*disk == path,
            Some(Block::Volume(group, _)) => {
                peer.group(&group).is_some_and(|group| &*group.head.disk == path)
            }
            None => false,
        };
        let points: Vec<Box<str>> = peer
            .host()
            .mounts
            .iter()
            .filter(|(_, mount)| on_disk(&mount.device))
            .map(|(at, _)| at.clone())
            .collect();
        points.iter().for_each(|point| detach(peer, point));
    }
    set_disk(peer, path, |disk| disk.pulled = pulled);
}

/// Two disks change places. What is on them goes with them, and their groups.
pub(super) fn swap_disks(peer: &mut Peer<'_>, path: &str, with: &str) {
    let disks = [(path, peer.disk(with)), (with, peer.disk(path))];
    let moved = |disk: &str| [(path, with), (with, path)].into_iter().find(|(from, _)| *from == disk);
    let groups: Vec<(Box<str>, GroupHead)> = peer
        .host()
        .groups
        .iter()
        .filter_map(|(name, group)| {
            let (_, to) = moved(&group.head.disk)?;
            Some((name.clone(), GroupHead { disk: to.into(), ..group.head.clone() }))
        })
        .collect();
    for (path, disk) in disks {
        peer.set(Record::Disk(peer.at, path.into(), Some(disk)));
    }
    for (name, head) in groups {
        peer.set(Record::Group(peer.at, name, Some(head)));
    }
}

/// Makes a physical volume and a group of a disk, with plain logical volumes.
pub(super) fn foreign_group(peer: &mut Peer<'_>, path: &str, group: &str, volumes: &[NewVolume]) {
    const EXTENT_KIB: u64 = 4096;
    let uuid = lvm_uuid(peer, path);
    let start_kib = if peer.is_strict() { 1024 } else { 0 };
    set_disk(peer, path, |disk| disk.content = Content::PhysicalVolume { uuid, start_kib, group: None });
    enter_group(peer, group, path, EXTENT_KIB);
    for volume in volumes {
        plain_volume(peer, group, &volume.name, volume.size_kib);
    }
}

fn plain_volume(peer: &mut Peer<'_>, group: &str, name: &str, size_kib: u64) {
    let volume = LogicalVolume {
        size_kib,
        pool: None,
        metadata_kib: None,
        origin: None,
        fs: None,
        filled: Filled::default(),
        thins: 0,
    };
    peer.set(Record::Volume(peer.at, group.into(), name.into(), Some(volume)));
}

/// Takes the free space of the group of a disk.
pub(super) fn fill(peer: &mut Peer<'_>, path: &str, leave_kib: u64) -> Done {
    let Content::PhysicalVolume { group: Some(name), .. } = peer.disk(path).content else {
        return Err(missing(format!("{path} is in no volume group")));
    };
    let group = peer.group(&name).ok_or_else(|| missing(format!("there is no volume group {name}")))?;
    let size_kib = (group.free() * group.head.extent_kib).saturating_sub(leave_kib);
    plain_volume(peer, &name, "filler", size_kib);
    Ok(())
}

/// Says how full the thin pools of a disk are.
pub(super) fn fill_pools(peer: &mut Peer<'_>, path: &str, filled: Filled) -> Done {
    let Content::PhysicalVolume { group: Some(name), .. } = peer.disk(path).content else {
        return Err(missing(format!("{path} is in no volume group")));
    };
    let group = peer.group(&name).ok_or_else(|| missing(format!("there is no volume group {name}")))?;
    let pools = group.volumes.iter().filter(|(_, volume)| volume.metadata_kib.is_some());
    let pools: Vec<(Box<str>, LogicalVolume)> =
        pools.map(|(name, pool)| (name.clone(), LogicalVolume { filled, ..pool.clone() })).collect();
    for (pool, volume) in pools {
        peer.set(Record::Volume(peer.at, name.clone(), pool, Some(volume)));
    }
    Ok(())
}
