//! `volume replace-brick … commit force`, and `volume remove-brick … force`.

use super::super::answer::{Answer, refuse};
use super::super::objects::{GlusterVolume, MachineId, Pending, split_brick};
use super::super::tree::parent;
use super::super::world::Peer;
use super::bricks;

/// What every brick of a set has for a new one in it. It takes as many looks to be healed.
const TO_HEAL: u64 = 2;

/// Puts a brick in the place of another one; its set is healed onto it by and by.
pub fn replace_brick(peer: &mut Peer<'_>, name: &str, old: &str, new: &str) -> Answer {
    let failed = |why: String| refuse(1, format!("volume replace-brick: failed: {why}"));
    let volume = check_volume(peer, name, old).map_err(failed)?;
    let machine = check_new(peer, new).map_err(failed)?;
    bricks::mark(peer, name, &[new], &[machine]);
    let volume = exchange(volume, old, new);
    bricks::start_processes(peer, &volume);
    peer.set_volume(name, Some(volume));
    Ok("volume replace-brick: success: replace-brick commit force operation successful\n".to_owned())
}

/// Takes bricks out of a volume without copies, with what is in them. (Of others gluster takes one of each set, with the
/// number that stay; that is not simulated.)
pub fn remove_bricks(peer: &mut Peer<'_>, name: &str, leave: &[&str]) -> Answer {
    let what = "volume remove-brick commit force";
    let failed = |why: String| refuse(1, format!("{what}: failed: {why}"));
    let mut volume = peer.need_volume(what, name)?;
    if let Some(stranger) = leave.iter().find(|brick| volume.set_of(brick).is_none()) {
        return Err(failed(format!("Incorrect brick {stranger} for volume {name}")));
    }
    if volume.layout.set_size() > 1 {
        return Err(failed("Removing bricks from replicate configuration is not allowed without reducing replica count explicitly.".to_owned()));
    }
    if volume.bricks.len() == leave.len() {
        return Err(failed("Deleting all the bricks of the volume is not allowed".to_owned()));
    }
    volume.bricks.retain(|brick| !leave.contains(&&**brick));
    peer.set_volume(name, Some(volume));
    Ok(format!("{what}: success\n"))
}

fn check_volume(peer: &Peer<'_>, name: &str, old: &str) -> Result<GlusterVolume, String> {
    let volume = peer.volume(name).ok_or_else(|| format!("volume: {name} does not exist"))?;
    if !volume.started {
        return Err(format!("volume: {name} is not started"));
    }
    if volume.set_of(old).is_none() {
        return Err(format!("brick: {old} does not exist in volume: {name}"));
    }
    if volume.layout.set_size() < 2 {
        return Err("replace-brick is not permitted on distribute only volumes. Please use add-brick and remove-brick operations instead.".to_owned());
    }
    Ok(volume.clone())
}

/// The machine of the new brick. `force` takes a directory with a mark of before, also one on the root file system.
fn check_new(peer: &mut Peer<'_>, new: &str) -> Result<MachineId, String> {
    let (host, path) = split_brick(new)
        .ok_or_else(|| format!("wrong brick type: {new}, use <HOSTNAME>:<export-dir-abs-path>"))?;
    let id =
        bricks::member(peer, host).ok_or_else(|| format!("Host {host} is not in 'Peer in Cluster' state"))?;
    let at = peer.at;
    let on = peer.on(id);
    if id != at && !on.host().machine.is_connected() {
        return Err(format!("Host {host} not connected"));
    }
    if bricks::is_listed(&on, new, path) {
        return Err(format!(
            "Brick: {new} not available. Brick may be containing or be contained by an existing brick."
        ));
    }
    match on.entry(path) {
        Some(entry) if entry.directory => Ok(id),
        Some(_) => Err(format!("Brick path {path} is not a directory")),
        // glusterd makes the last directory itself, but none above it.
        None if parent(path).is_some_and(|above| on.is_directory(above)) => Ok(id),
        None => Err(format!(
            "Failed to create brick directory for brick {new}. Reason : No such file or directory "
        )),
    }
}

fn exchange(mut volume: GlusterVolume, old: &str, new: &str) -> GlusterVolume {
    let set: Vec<Box<str>> = volume.set_of(old).unwrap_or_default().to_vec();
    volume.pending.retain(|found| &*found.brick != old && found.onto.as_deref() != Some(old));
    for brick in set.into_iter().filter(|brick| &**brick != old) {
        volume.pending.push(Pending { brick, entries: TO_HEAL, onto: Some(new.into()) });
    }
    for brick in &mut volume.bricks {
        if &**brick == old {
            *brick = new.into();
        }
    }
    volume
}
