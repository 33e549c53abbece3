//! `mount`, `umount`, and what a restart of a machine does to mounts.

use super::answer::{Answer, Arguments, refuse, silent};
use super::objects::{FileSystem, Mount};
use super::state::Record;
use super::tree::{from_key, tidy};
use super::world::Peer;

/// mount's and umount's status for what the kernel refused.
const FAILED: i32 = 32;

/// `mount -o OPTIONS DEVICE DIRECTORY`.
pub fn mount(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &[], &["-o", "-t"])
        .map_err(|option| refuse(1, format!("mount: unrecognized option '{option}'")))?;
    let [device, point] = sorted.rest() else {
        return Err(refuse(1, "mount: a device and a directory are expected"));
    };
    attach(peer, device, &tidy(point), sorted.value("-o").unwrap_or("rw"))
}

/// Mounts a device.
pub fn attach(peer: &mut Peer<'_>, device: &str, point: &str, options: &str) -> Answer {
    let failed = |what: &str| refuse(FAILED, format!("mount: {point}: {what}."));
    if !peer.is_directory(point) {
        return Err(failed("mount point does not exist"));
    }
    let Some(block) = peer.block(device) else {
        return Err(failed(&format!("special device {device} does not exist")));
    };
    let Some(fs) = peer.file_system(&block) else {
        let what = format!(
            "wrong fs type, bad option, bad superblock on {device}, missing codepage or helper program, or other error"
        );
        return Err(failed(&what));
    };
    if fs.mounted || peer.host().mounts.contains_key(point) {
        return Err(failed(&format!("{device} already mounted or mount point busy")));
    }
    if fs.unfinished {
        return Err(failed("mount(2) system call failed: Structure needs cleaning"));
    }
    let fs = FileSystem { mounted: true, ..fs.clone() };
    let mount = Mount { device: device.into(), kind: fs.kind.clone(), options: options.into() };
    peer.set_file_system(&block, fs);
    peer.set(Record::Mount(peer.at, point.into(), Some(mount)));
    silent()
}

/// `umount DIRECTORY`.
pub fn umount(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &[], &[])
        .map_err(|option| refuse(1, format!("umount: unrecognized option '{option}'")))?;
    let [point] = sorted.rest() else { return Err(refuse(1, "umount: bad usage")) };
    let point = tidy(point);
    if !peer.host().mounts.contains_key(point.as_str()) {
        let what = if peer.entry(&point).is_some() { "not mounted" } else { "no mount point specified" };
        return Err(refuse(FAILED, format!("umount: {point}: {what}.")));
    }
    if is_busy(peer, &point) {
        return Err(refuse(FAILED, format!("umount: {point}: target is busy.")));
    }
    detach(peer, &point);
    silent()
}

/// Whether something uses a mount: a process a test put there, a brick process, another mount below it.
fn is_busy(peer: &Peer<'_>, point: &str) -> bool {
    let host = peer.host();
    let below = format!("{point}/");
    let nested = from_key(&host.mounts, &below).next().is_some_and(|(next, _)| next.starts_with(&below));
    nested || host.machine.held.contains(point) || has_brick_process(peer, point)
}

fn has_brick_process(peer: &Peer<'_>, point: &str) -> bool {
    let host = peer.host();
    let Some(mount) = host.mounts.get(point) else { return false };
    let Some(fs) = peer.block(&mount.device).and_then(|block| peer.file_system(&block)) else { return false };
    let Some(volumes) = peer.world.state.volumes.get(&host.machine.pool) else { return false };
    fs.entries.iter().any(|(path, entry)| {
        let Some(volume) = entry.volume.as_ref().and_then(|name| volumes.get(&**name)) else { return false };
        let is_here = |brick: &str| {
            super::objects::split_brick(brick).is_some_and(|(name, at)| {
                at.strip_prefix(point).is_some_and(|at| at.trim_start_matches('/') == &**path)
                    && peer.world.state.find(name) == Some(peer.at)
            })
        };
        volume.started && volume.bricks.iter().any(|brick| is_here(brick))
    })
}

/// Takes a mount away.
pub fn detach(peer: &mut Peer<'_>, point: &str) {
    let block = peer.host().mounts.get(point).and_then(|mount| peer.block(&mount.device));
    if let Some(block) = block
        && let Some(fs) = peer.file_system(&block)
    {
        // Unmounting writes all that is left.
        let fs = FileSystem { mounted: false, unwritten: false, ..fs.clone() };
        peer.set_file_system(&block, fs);
    }
    peer.set(Record::Mount(peer.at, point.into(), None));
}

/// `/proc/mounts`.
pub fn table(peer: &Peer<'_>) -> String {
    let mut text = String::from("/dev/vda1 / ext4 rw,relatime 0 0\n");
    for (point, mount) in &peer.host().mounts {
        text.push_str(&format!("{} {point} {} {} 0 0\n", mount.device, mount.kind, mount.options));
    }
    text
}
