//! Bricks as glusterd checks them before it takes them, and marks them when it does.

use std::collections::BTreeSet;

use super::super::answer::{Refused, refuse};
use super::super::objects::{Entry, GlusterVolume, MachineId, split_brick};
use super::super::tree::parent;
use super::super::world::Peer;

/// Whether bricks may be where they should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// They may not.
    Usual,
    /// `force`: on the root file system, at a mount point, several of a set on one machine.
    Forced,
}

/// Checks bricks for a new set; gives back the machines they are on.
pub fn check(
    peer: &mut Peer<'_>,
    what: &str,
    bricks: &[&str],
    care: Care,
) -> Result<Vec<MachineId>, Refused> {
    let mut seen = BTreeSet::new();
    let mut machines = Vec::new();
    for brick in bricks {
        let failed = |why: &str| refuse(1, format!("{what}: failed: {why}"));
        let (host, path) = split_brick(brick).ok_or_else(|| {
            refuse(1, format!("Wrong brick type: {brick}, use <HOSTNAME>:<export-dir-abs-path>"))
        })?;
        if !seen.insert(*brick) {
            return Err(failed(&format!("Found duplicate exports {brick}")));
        }
        let id = member(peer, host)
            .ok_or_else(|| failed(&format!("Host {host} is not in 'Peer in Cluster' state")))?;
        let connected = peer.world.state.hosts.get(&id).is_some_and(|host| host.machine.is_connected());
        if !connected && id != peer.at {
            return Err(failed(&format!("Host {host} is not connected")));
        }
        if what == "volume add-brick" && is_listed(&peer.on(id), brick, path) {
            let why = format!(
                "Brick: {brick} not available. Brick may be containing or be contained by an existing brick."
            );
            return Err(failed(&why));
        }
        let strict = peer.is_strict();
        let checked = check_directory(&peer.on(id), brick, path)
            .and_then(|()| check_place(&peer.on(id), brick, path, strict, care));
        checked.map_err(|why| failed(&why))?;
        machines.push(id);
    }
    Ok(machines)
}

/// The machine of that name, if it is in the pool.
pub fn member(peer: &Peer<'_>, name: &str) -> Option<MachineId> {
    let id = peer.world.state.find(name)?;
    let pool = peer.world.state.hosts.get(&id)?.machine.pool;
    if pool == peer.host().machine.pool { Some(id) } else { None }
}

fn check_directory(peer: &Peer<'_>, brick: &str, path: &str) -> Result<(), String> {
    match peer.entry(path) {
        Some(entry) if !entry.directory => Err(format!("Brick path {path} is not a directory")),
        Some(Entry { volume: Some(_), .. }) => Err(format!("{path} is already part of a volume")),
        Some(_) => Ok(()),
        // glusterd makes the last directory itself, but none above it.
        None if parent(path).is_some_and(|above| peer.is_directory(above)) => Ok(()),
        None => Err(format!(
            "Failed to create brick directory for brick {brick}. Reason : No such file or directory "
        )),
    }
}

fn check_place(peer: &Peer<'_>, brick: &str, path: &str, strict: bool, care: Care) -> Result<(), String> {
    if care == Care::Forced {
        return Ok(());
    }
    match peer.mount_point_of(path) {
        Some(point) if point == path => Err(format!(
            "The brick {brick} is a mount point. Please create a sub-directory under the mount point and use that as the brick directory. Or use 'force' at the end of the command if you want to override this behavior."
        )),
        None if strict => Err(format!(
            "The brick {brick} is being created in the root partition. It is recommended that you don't use the system's root partition for storage backend. Or use 'force' at the end of the command if you want to override this behavior."
        )),
        _ => Ok(()),
    }
}

/// Whether a volume of the pool has this brick now; the mark alone stays for ever.
pub fn is_listed(peer: &Peer<'_>, brick: &str, path: &str) -> bool {
    let marked = peer.entry(path).and_then(|entry| entry.volume);
    let volume = marked.and_then(|name| peer.volume(&name));
    volume.is_some_and(|volume| volume.bricks.iter().any(|listed| &**listed == brick))
}

/// Refuses a set with two bricks on one machine.
pub fn check_spread(what: &str, kind: &str, size: usize, machines: &[MachineId]) -> Result<(), Refused> {
    let same = |set: &[MachineId]| set.iter().collect::<BTreeSet<_>>().len() < set.len();
    if size < 2 || !machines.chunks(size).any(same) {
        return Ok(());
    }
    let text = format!(
        "{what}: failed: Multiple bricks of a {kind} volume are present on the same server. This setup is not optimal. Bricks should be on different nodes to have best fault tolerant configuration. Use 'force' at the end of the command if you want to override this behavior."
    );
    Err(refuse(1, text))
}

/// Marks bricks as those of a volume, in the memory of their peers.
pub fn mark(peer: &mut Peer<'_>, volume: &str, bricks: &[&str], machines: &[MachineId]) {
    for (brick, id) in bricks.iter().zip(machines) {
        let Some((_, path)) = split_brick(brick) else { continue };
        let mut on = peer.on(*id);
        let entry = on.entry(path).unwrap_or_else(Entry::directory);
        on.set_entry(path, Some(Entry { volume: Some(volume.into()), ..entry }));
        on.set_entry(&format!("{path}/.glusterfs"), Some(Entry { mode: 600, ..Entry::directory() }));
        on.set_written(path, false);
    }
}

/// The directories of a volume's bricks that have lost their mark, on peers that can be asked.
fn unmarked(peer: &mut Peer<'_>, volume: &GlusterVolume) -> Vec<(MachineId, String)> {
    let mut found = Vec::new();
    for (host, path) in volume.bricks.iter().filter_map(|brick| split_brick(brick)) {
        let Some(id) = peer.world.state.find(host) else { continue };
        let on = peer.on(id);
        let is_unmarked = on.entry(path).is_some_and(|entry| entry.directory && entry.volume.is_none());
        if is_unmarked && on.host().machine.is_connected() {
            found.push((id, path.to_owned()));
        }
    }
    found
}

/// The directory of a brick that has lost its mark.
pub fn without_mark(peer: &mut Peer<'_>, volume: &GlusterVolume) -> Option<String> {
    unmarked(peer, volume).into_iter().next().map(|(_, path)| path)
}

/// Gives bricks their marks again, as `force` does.
pub fn mark_again(peer: &mut Peer<'_>, name: &str, volume: &GlusterVolume) {
    for (id, path) in unmarked(peer, volume) {
        let mut on = peer.on(id);
        if let Some(entry) = on.entry(&path) {
            on.set_entry(&path, Some(Entry { volume: Some(name.into()), ..entry }));
        }
    }
}

/// Whether the process of a brick can be asked.
pub fn is_online(peer: &mut Peer<'_>, brick: &str) -> bool {
    let Some((host, path)) = split_brick(brick) else { return false };
    let Some(id) = peer.world.state.find(host) else { return false };
    let on = peer.on(id);
    on.host().machine.is_connected() && on.is_directory(&format!("{path}/.glusterfs"))
}

/// What brick processes make when they start, on peers that are up. None starts without the mark of its volume.
pub fn start_processes(peer: &mut Peer<'_>, volume: &GlusterVolume) {
    for brick in &volume.bricks {
        let Some((host, path)) = split_brick(brick) else { continue };
        let Some(id) = peer.world.state.find(host) else { continue };
        let mut on = peer.on(id);
        let is_marked = on.entry(path).is_some_and(|entry| entry.directory && entry.volume.is_some());
        if !is_marked || !on.host().machine.is_connected() {
            continue;
        }
        let own = format!("{path}/.glusterfs");
        let anonymous = format!("{own}-anonymous-inode-{}", volume.uuid);
        let made = if volume.layout.replica > 1 { vec![own, anonymous] } else { vec![own] };
        for directory in made.iter().filter(|directory| on.entry(directory).is_none()).collect::<Vec<_>>() {
            on.set_entry(directory, Some(Entry { mode: 700, ..Entry::directory() }));
        }
    }
}
