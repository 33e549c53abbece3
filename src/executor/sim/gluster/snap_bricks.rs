//! The bricks of snapshots and of clones: thin snapshots of logical volumes, mounted where glusterd wants them.

use super::super::blocks::{Block, node};
use super::super::mounts::{attach, detach};
use super::super::objects::{Entry, FileSystem, LogicalVolume, MachineId, split_brick};
use super::super::state::Record;
use super::super::world::Peer;

/// Where they are mounted: below it a directory by UUID, then one by number.
const MOUNTS: &str = "/run/gluster/snaps";

/// A brick of a volume with what glusterd counts to name its copy.
struct Numbered<'b> {
    machine: MachineId,
    path: &'b str,
    /// Its number in the volume, from 1: names the mount point.
    of_volume: usize,
    /// Its number on its machine, from 0: names the logical volume.
    of_machine: usize,
}

fn numbered<'b>(peer: &Peer<'_>, bricks: &'b [Box<str>]) -> Vec<Numbered<'b>> {
    let mut all: Vec<Numbered<'b>> = Vec::with_capacity(bricks.len());
    for (at, brick) in bricks.iter().enumerate() {
        let Some((host, path)) = split_brick(brick) else { continue };
        let Some(machine) = peer.world.state.find(host) else { continue };
        let of_machine = all.iter().filter(|other| other.machine == machine).count();
        all.push(Numbered { machine, path, of_volume: at + 1, of_machine });
    }
    all
}

fn point(uuid: &str, brick: &Numbered<'_>) -> String {
    format!("{MOUNTS}/{uuid}/brick{}", brick.of_volume)
}

/// The group and the logical volume that a brick is on, if that is thin.
fn thin_volume(on: &Peer<'_>, path: &str) -> Option<(Box<str>, Box<str>)> {
    let mount = on.mount_point_of(path).and_then(|at| on.host().mounts.get(at))?;
    let Some(Block::Volume(group, name)) = on.block(&mount.device) else { return None };
    on.group(&group)?.volumes.get(&name)?.pool.as_ref()?;
    Some((group, name))
}

/// The group that has a logical volume.
fn group_of(on: &Peer<'_>, name: &str) -> Option<Box<str>> {
    let groups = on.host().groups.iter();
    groups.filter(|(_, group)| group.volumes.contains_key(name)).map(|(found, _)| found.clone()).next()
}

fn copy_volume(on: &mut Peer<'_>, group: &str, from: &str, to: &str) {
    let Some(origin) = on.group(group).and_then(|found| found.volumes.get(from)).cloned() else { return };
    // A snapshot has the file system write all before it is taken.
    let fs = origin.fs.map(|fs| Box::new(FileSystem { mounted: false, unwritten: false, ..*fs }));
    let copy = LogicalVolume { origin: Some(from.into()), fs, thins: 0, ..origin };
    let at = on.at;
    on.set(Record::Volume(at, group.into(), to.into(), Some(copy)));
}

/// A brick that is no thin volume.
pub fn thick<'b>(peer: &mut Peer<'_>, bricks: &'b [Box<str>]) -> Option<&'b str> {
    for brick in bricks {
        let Some((host, path)) = split_brick(brick) else { return Some(brick) };
        let Some(id) = peer.world.state.find(host) else { return Some(brick) };
        if thin_volume(&peer.on(id), path).is_none() {
            return Some(brick);
        }
    }
    None
}

/// Makes thin snapshots of the bricks of a volume.
pub fn take(peer: &mut Peer<'_>, bricks: &[Box<str>], uuid: &str) {
    for brick in numbered(peer, bricks) {
        let mut on = peer.on(brick.machine);
        let Some((group, name)) = thin_volume(&on, brick.path) else { continue };
        copy_volume(&mut on, &group, &name, &format!("{uuid}_{}", brick.of_machine));
    }
}

/// Makes thin snapshots of those of a snapshot.
pub fn take_again(peer: &mut Peer<'_>, bricks: &[Box<str>], from: &str, to: &str) {
    for brick in numbered(peer, bricks) {
        let mut on = peer.on(brick.machine);
        let origin = format!("{from}_{}", brick.of_machine);
        let Some(group) = group_of(&on, &origin) else { continue };
        copy_volume(&mut on, &group, &origin, &format!("{to}_{}", brick.of_machine));
    }
}

/// Mounts them; gives back the directories in which they have what the bricks have, `host:path`.
pub fn mount(peer: &mut Peer<'_>, bricks: &[Box<str>], uuid: &str) -> Vec<Box<str>> {
    let mut places = Vec::with_capacity(bricks.len());
    for (brick, name) in numbered(peer, bricks).iter().zip(bricks) {
        let at = point(uuid, brick);
        let mut on = peer.on(brick.machine);
        attach_copy(&mut on, &at, &format!("{uuid}_{}", brick.of_machine));
        let host = name.split_once(':').map_or("", |(host, _)| host);
        let below = on.mount_point_of(brick.path).map_or("", |origin| &brick.path[origin.len()..]);
        places.push(format!("{host}:{at}{below}").into());
    }
    places
}

fn attach_copy(on: &mut Peer<'_>, at: &str, name: &str) {
    let Some(group) = group_of(on, name) else { return };
    on.make_directories(at);
    // Where its disk is gone it stays unmounted, as with the real one.
    drop(attach(on, &node(&group, name), at, "rw,nouuid"));
}

/// Unmounts them, and removes the directories.
pub fn unmount(peer: &mut Peer<'_>, bricks: &[Box<str>], uuid: &str) {
    for brick in numbered(peer, bricks) {
        let mut on = peer.on(brick.machine);
        let at = point(uuid, &brick);
        if on.host().mounts.contains_key(at.as_str()) {
            detach(&mut on, &at);
        }
        on.set_entry(&at, None);
        let above = format!("{MOUNTS}/{uuid}");
        if !on.has_children(&above) {
            on.set_entry(&above, None);
        }
    }
}

/// Removes their logical volumes.
pub fn remove(peer: &mut Peer<'_>, bricks: &[Box<str>], uuid: &str) {
    for brick in numbered(peer, bricks) {
        let mut on = peer.on(brick.machine);
        let name = format!("{uuid}_{}", brick.of_machine);
        if let Some(group) = group_of(&on, &name) {
            let at = on.at;
            on.set(Record::Volume(at, group, name.into(), None));
        }
    }
}

/// Marks them as bricks of the volume that was made of them.
pub fn mark(peer: &mut Peer<'_>, volume: &str, places: &[Box<str>]) {
    for (host, path) in places.iter().filter_map(|place| split_brick(place)) {
        let Some(id) = peer.world.state.find(host) else { continue };
        let mut on = peer.on(id);
        if let Some(entry) = on.entry(path) {
            on.set_entry(path, Some(Entry { volume: Some(volume.into()), ..entry }));
            on.set_written(path, false);
        }
    }
}

/// Mounts on a machine that was switched on what glusterd had mounted there: snapshots that are active, and clones.
pub fn remount(peer: &mut Peer<'_>) {
    let pool = peer.host().machine.pool;
    let state = &peer.world.state;
    let snapshots = state.snapshots.get(&pool).into_iter().flatten().map(|(_, snapshot)| snapshot);
    let volumes = state.volumes.get(&pool).into_iter().flatten().map(|(_, volume)| volume);
    let mut copies: Vec<(String, Vec<Box<str>>)> = snapshots
        .filter(|snapshot| snapshot.active)
        .map(|snapshot| (snapshot.uuid.to_string(), snapshot.bricks.clone()))
        .collect();
    copies.extend(volumes.filter_map(|volume| Some((uuid_of(&volume.bricks)?, volume.bricks.clone()))));
    let at = peer.at;
    for (uuid, bricks) in copies {
        for brick in numbered(peer, &bricks).iter().filter(|brick| brick.machine == at) {
            let name = format!("{uuid}_{}", brick.of_machine);
            attach_copy(peer, &point(&uuid, brick), &name);
        }
    }
}

/// The UUID of a clone, by where its bricks are.
pub fn uuid_of(bricks: &[Box<str>]) -> Option<String> {
    let (_, path) = split_brick(bricks.first()?)?;
    let below = path.strip_prefix(MOUNTS)?.strip_prefix('/')?;
    below.split('/').next().map(str::to_owned)
}
