//! Machines that are switched off and on.

use std::collections::BTreeSet;

use super::gluster::{remount, start_brick_processes};
use super::mounts::{attach, detach};
use super::objects::Machine;
use super::state::Record;
use super::world::Peer;

/// Cuts a machine off from its power: mounts and processes are gone, and what was not written yet.
pub fn off(peer: &mut Peer<'_>) {
    lose_unwritten(peer);
    shut_down(peer);
}

/// Shuts a machine down in good order: mounts and processes are gone.
pub fn shut_down(peer: &mut Peer<'_>) {
    unmount_all(peer);
    let none = BTreeSet::new;
    let machine = Machine { off: true, held: none(), removed: none(), ..peer.host().machine.clone() };
    peer.set(Record::Machine(peer.at, machine));
}

fn lose_unwritten(peer: &mut Peer<'_>) {
    let devices: Vec<Box<str>> = peer.host().mounts.values().map(|mount| mount.device.clone()).collect();
    for block in devices.iter().filter_map(|device| peer.block(device)).collect::<Vec<_>>() {
        if let Some(mut fs) = peer.file_system(&block).filter(|fs| fs.unwritten).cloned() {
            fs.cut_off();
            peer.set_file_system(&block, fs);
        }
    }
    peer.host().machine.removed.clone().iter().for_each(|directory| peer.make_directories(directory));
}

fn unmount_all(peer: &mut Peer<'_>) {
    let points: Vec<Box<str>> = peer.host().mounts.keys().cloned().collect();
    points.iter().for_each(|point| detach(peer, point));
}

/// Switches a machine on: what its table says is mounted, and glusterd starts its bricks. It stays off, as one in
/// emergency mode, when a device is missing whose line does not say `nofail`.
pub fn on(peer: &mut Peer<'_>) {
    if !peer.host().machine.off {
        return;
    }
    for line in table(peer) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [device, point, _, options, ..] = fields[..] else { continue };
        let words: Vec<&str> = options.split(',').collect();
        if device.starts_with('#') || point == "/" || !point.starts_with('/') || words.contains(&"noauto") {
            continue;
        }
        peer.make_directories(point);
        let mounted = attach(peer, device, point, &kernel_options(&words));
        if mounted.is_err() && !words.contains(&"nofail") {
            return unmount_all(peer);
        }
    }
    let machine = Machine { off: false, ..peer.host().machine.clone() };
    peer.set(Record::Machine(peer.at, machine));
    remount(peer);
    start_brick_processes(peer);
}

/// The file system tables: a containerised glusterd has one of its own.
fn table(peer: &Peer<'_>) -> Vec<String> {
    let tables = peer.host().files.iter().filter(|(path, _)| path.ends_with("fstab"));
    tables.flat_map(|(_, file)| file.lines().map(|(_, line)| line)).collect()
}

/// The options without those that are meant for systemd.
fn kernel_options(words: &[&str]) -> String {
    let kept: Vec<&str> =
        words.iter().copied().filter(|word| !word.starts_with("x-") && *word != "nofail").collect();
    kept.join(",")
}
