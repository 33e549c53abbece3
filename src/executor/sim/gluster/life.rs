//! `volume start`, `volume stop` and `volume delete`.

use super::super::answer::{Answer, refuse};
use super::super::objects::{GlusterVolume, split_brick};
use super::super::world::Peer;
use super::bricks;

/// `volume start NAME [force]`.
pub fn start(peer: &mut Peer<'_>, name: &str, force: bool) -> Answer {
    let what = format!("volume start: {name}");
    let volume = peer.need_volume(&what, name)?;
    if volume.started && !force {
        return Err(refuse(1, format!("{what}: failed: Volume {name} already started")));
    }
    if !force && let Some(path) = missing_directory(peer, &volume) {
        let text = format!(
            "{what}: failed: Failed to find brick directory {path} for volume {name}. Reason : No such file or directory"
        );
        return Err(refuse(1, text));
    }
    if force {
        bricks::mark_again(peer, name, &volume);
    } else if let Some(path) = bricks::without_mark(peer, &volume) {
        let text = format!(
            "{what}: failed: Failed to get extended attribute trusted.glusterfs.volume-id for brick dir {path}. Reason : No data available"
        );
        return Err(refuse(1, text));
    }
    let volume = GlusterVolume { started: true, was_started: true, ..volume };
    bricks::start_processes(peer, &volume);
    peer.set_volume(name, Some(volume));
    Ok(format!("{what}: success\n"))
}

/// A brick that is not there, on a peer that can be asked.
fn missing_directory(peer: &mut Peer<'_>, volume: &GlusterVolume) -> Option<String> {
    for brick in &volume.bricks {
        let (host, path) = split_brick(brick)?;
        let Some(id) = peer.world.state.find(host) else { continue };
        let on = peer.on(id);
        if on.host().machine.is_connected() && !on.is_directory(path) {
            return Some(path.to_owned());
        }
    }
    None
}

/// `volume stop NAME [force]`.
pub fn stop(peer: &mut Peer<'_>, name: &str) -> Answer {
    let what = format!("volume stop: {name}");
    let volume = peer.need_volume(&what, name)?;
    if !volume.started {
        return Err(refuse(1, format!("{what}: failed: Volume {name} is not in the started state")));
    }
    peer.set_volume(name, Some(GlusterVolume { started: false, ..volume }));
    Ok(format!("{what}: success\n"))
}

/// `volume delete NAME`. The bricks keep their marks and what is in them.
pub fn delete(peer: &mut Peer<'_>, name: &str) -> Answer {
    let what = format!("volume delete: {name}");
    let volume = peer.need_volume(&what, name)?;
    if volume.started {
        let text = format!(
            "{what}: failed: Volume {name} has been started.Volume needs to be stopped before deletion."
        );
        return Err(refuse(1, text));
    }
    let snapshots = peer.snapshots_of(name);
    if snapshots > 0 {
        let text = format!(
            "{what}: failed: Cannot delete Volume {name} ,as it has {snapshots} snapshots. To delete the volume, first delete all the snapshots under it."
        );
        return Err(refuse(1, text));
    }
    if !peer.whole_pool() {
        return Err(refuse(1, format!("{what}: failed: Some of the peers are down")));
    }
    peer.set_volume(name, None);
    Ok(format!("{what}: success\n"))
}
