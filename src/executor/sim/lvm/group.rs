//! Volume groups.

use super::{FAILED, group, physical, size_kib, sort, usage};
use crate::executor::sim::answer::{Answer, refuse, silent};
use crate::executor::sim::objects::{Content, Disk, GroupHead};
use crate::executor::sim::state::Record;
use crate::executor::sim::world::Peer;

/// The extent if nothing is said.
const USUAL_EXTENT_KIB: u64 = 4096;

/// `vgcreate`.
pub fn create(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let args = sort("vgcreate", args, &["-qq", "-q"], &["--physicalextentsize", "--autobackup"])?;
    let [name, path] = args.rest() else {
        return Err(usage("vgcreate", "please provide a volume group name and one physical volume"));
    };
    let extent_kib = match args.value("--physicalextentsize") {
        None => USUAL_EXTENT_KIB,
        Some(text) => {
            size_kib(text).filter(|size| *size > 0).ok_or_else(|| usage("vgcreate", "invalid size"))?
        }
    };
    if peer.host().groups.contains_key(*name) {
        return Err(refuse(FAILED, format!("  A volume group called {name} already exists.")));
    }
    let disk = physical::take(peer, path, name)?;
    enter(peer, name, &disk, extent_kib);
    silent()
}

/// Makes a group of a physical volume.
pub fn enter(peer: &mut Peer<'_>, name: &str, path: &str, extent_kib: u64) {
    let mut disk = peer.disk(path);
    let Content::PhysicalVolume { start_kib, group, .. } = &mut disk.content else { return };
    *group = Some(name.into());
    let extents = disk.size_kib.saturating_sub(*start_kib) / extent_kib.max(1);
    peer.set(Record::Disk(peer.at, path.into(), Some(disk)));
    let head = GroupHead { disk: path.into(), extent_kib, extents };
    peer.set(Record::Group(peer.at, name.into(), Some(head)));
}

/// `vgremove`. It asks before it removes volumes, and nobody answers.
pub fn remove(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let args = sort("vgremove", args, &["-qq", "-q"], &["--autobackup"])?;
    let [name] = args.rest() else { return Err(usage("vgremove", "please enter one volume group name")) };
    let found = group(peer, name)?;
    let volumes = found.volumes.len();
    if volumes > 0 {
        let text = format!(
            "Do you really want to remove volume group \"{name}\" containing {volumes} logical volumes? [y/n]: [n]\n  Volume group \"{name}\" not removed"
        );
        return Err(refuse(FAILED, text));
    }
    let path = found.head.disk.clone();
    let mut disk: Disk = peer.disk(&path);
    if let Content::PhysicalVolume { group, .. } = &mut disk.content {
        *group = None;
        peer.set(Record::Disk(peer.at, path, Some(disk)));
    }
    peer.set(Record::Group(peer.at, (*name).into(), None));
    silent()
}
