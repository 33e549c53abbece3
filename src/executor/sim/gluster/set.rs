//! `volume set`.

use super::super::Flavour;
use super::super::answer::{Answer, refuse};
use super::super::objects::GlusterVolume;
use super::super::world::Peer;
use super::{options, snap_bricks};

/// `volume set NAME KEY VALUE…`: all pairs or none.
pub fn set(peer: &mut Peer<'_>, name: &str, pairs: &[&str]) -> Answer {
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(refuse(1, "Usage:\nvolume set <VOLNAME> <KEY> <VALUE>"));
    }
    let mut volume = peer.need_volume("volume set", name)?;
    for pair in pairs.chunks(2) {
        let [key, value] = pair else { continue };
        if *key == "group" {
            set_group(peer, &mut volume, value)?;
        } else {
            if peer.world.flavour == Flavour::Strict {
                options::check(key, value).map_err(|why| refuse(1, format!("volume set: failed: {why}")))?;
            }
            put(&mut volume, key, value);
        }
    }
    if !volume.was_started && snap_bricks::uuid_of(&volume.bricks).is_some() {
        // Of gluster 10.3: a clone gets the files that a change of options compares with its first start.
        let why = "Commit failed on localhost. Please check the log file for more details.";
        return Err(refuse(1, format!("volume set: failed: {why}")));
    }
    peer.set_volume(name, Some(volume));
    Ok("volume set: success\n".to_owned())
}

fn set_group(peer: &Peer<'_>, volume: &mut GlusterVolume, group: &str) -> Result<(), super::Refused> {
    match options::group(group) {
        Some(pairs) => pairs.iter().for_each(|(key, value)| put(volume, key, value)),
        None if peer.is_strict() => {
            let text = format!(
                "volume set: failed: Unable to open file '/var/lib/glusterd/groups/{group}'. Error: No such file or directory"
            );
            return Err(refuse(1, text));
        }
        None => {}
    }
    Ok(())
}

fn put(volume: &mut GlusterVolume, key: &str, value: &str) {
    match volume.options.iter_mut().find(|(known, _)| &**known == key) {
        Some((_, known)) => *known = value.into(),
        None => volume.options.push((key.into(), value.into())),
    }
}
