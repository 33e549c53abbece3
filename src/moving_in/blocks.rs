//! Block volumes, and the room in the volumes that host them.

use std::collections::{BTreeMap, BTreeSet};

use super::notes::Notes;
use super::pending::{Task, Work};
use super::values::{asked, gib, id, text, texts};
use crate::heketi_db::Database;
use crate::heketi_db::entities::BlockVolumeEntry;
use crate::heketi_db::entities::volume::BlockInfo;
use crate::model::block_volume::{BlockAccess, BlockVolume, Login, default_name};
use crate::model::everything::Everything;
use crate::model::finding::Subject;
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::{BlockVolumeId, VolumeId};
use crate::model::secret::Secret;
use crate::model::sizes::GiB;
use crate::model::state::Phase;

/// Puts the block volumes in that are in volumes which are kept and host some, as far as these have room.
pub(super) fn block_volumes(
    database: &Database,
    works: &[Work],
    objects: &mut Everything,
    notes: &mut Notes,
) {
    let mut names: BTreeSet<(VolumeId, String)> = BTreeSet::new();
    let mut taken: BTreeMap<VolumeId, GiB> = BTreeMap::new();
    for (key, entry) in &database.block_volumes {
        let Some(own) = id(Subject::BlockVolume, key, notes) else { continue };
        let hosting = entry.info.blockhostingvolume.parse::<VolumeId>().ok();
        let hosting = hosting.and_then(|id| objects.volumes.iter().find(|volume| volume.id == id));
        let kept = match hosting.filter(|volume| volume.hosting.is_some()) {
            None => Err(format!(
                "is in volume `{}`, which is not there or hosts no block volumes",
                text(&entry.info.blockhostingvolume)
            )),
            Some(volume) => block_volume(own, entry, works, volume).and_then(|block| {
                let sum = taken.get(&volume.id).copied().unwrap_or_default();
                let sum = sum.get().checked_add(block.taken.get()).and_then(GiB::new);
                let sum = sum.filter(|sum| *sum <= volume.size);
                let sum = sum
                    .ok_or_else(|| format!("does not fit into volume {} with the others in it", volume.id))?;
                if !names.insert((volume.id, block.name.clone())) {
                    return Err(format!(
                        "is called `{}`, as another one in volume {}",
                        block.name, volume.id
                    ));
                }
                taken.insert(volume.id, sum);
                Ok(block)
            }),
        };
        match kept {
            Ok(block) => objects.block_volumes.push(block),
            Err(why) => notes.left_out(Subject::BlockVolume, key, &why),
        }
    }
    rooms(database, objects, &taken, notes);
}

fn block_volume(
    own: BlockVolumeId,
    entry: &BlockVolumeEntry,
    works: &[Work],
    hosting: &crate::model::volume::Volume,
) -> Result<BlockVolume, String> {
    let (info, access) = (&entry.info, &entry.info.access);
    let size = gib(info.size).filter(|size| size.get() > 0);
    let size = size.ok_or_else(|| format!("has a size of {} GiB", info.size))?;
    let login =
        Login { username: text(&access.username), password: Secret::new(text(access.password.expose())) };
    let has_login = !login.username.is_empty() || !login.password.is_empty();
    let name = text(&info.name);
    Ok(BlockVolume {
        id: own,
        cluster: hosting.cluster,
        hosting: hosting.id,
        name: if name.is_empty() { default_name(own) } else { name },
        size,
        // Not written by heketi before 9, and 0 where it says nothing.
        usable: gib(info.usable()).unwrap_or(size).min(size),
        // heketi takes the room of a growth when it begins.
        taken: grown(own, works).unwrap_or(size).max(size),
        ha_count: u32::try_from(info.hacount).unwrap_or(0),
        auth: info.auth,
        access: BlockAccess {
            hosts: texts(&access.hosts).into_iter().filter(|host| !host.is_empty()).collect(),
            iqn: text(&access.iqn),
            login: has_login.then_some(login),
        },
        asked_clusters: asked(&info.clusters),
        phase: Phase::Ready,
    })
}

fn grown(own: BlockVolumeId, works: &[Work]) -> Option<GiB> {
    let own = own.to_string();
    works.iter().find_map(|work| match &work.task {
        Task::BlockExpand { block, size } if *block == own => gib(*size),
        _ => None,
    })
}

/// The room in hosting volumes, put right as heketi does when it opens a database.
fn rooms(database: &Database, objects: &mut Everything, taken: &BTreeMap<VolumeId, GiB>, notes: &mut Notes) {
    for volume in objects.volumes.iter_mut().filter(|volume| volume.hosting.is_some()) {
        let key = volume.id.to_string();
        let Some(entry) = database.volumes.get(&key) else { continue };
        let taken = taken.get(&volume.id).copied().unwrap_or_default();
        let (said, room) = (&entry.info.blockinfo, room(&entry.info.blockinfo, volume.size, taken));
        if let Err(kept) = room {
            let what = format!(
                "has {}: {taken} in block volumes, and {} and {} GiB are said to be free and reserved",
                volume.size, said.freesize, said.reservedsize
            );
            let consequence = format!("{} are free, and no new block volumes go into it", kept.free);
            let cure = "look at its block volumes (`gluster-block list`), unlock it (`volume set-block-restriction`), then clear the finding";
            notes.add(Subject::Volume, &key, &what, &consequence, cure);
        }
        volume.hosting = Some(room.unwrap_or_else(|kept| kept));
    }
}

/// The room, or what is taken for it where heketi's numbers make no sense.
fn room(info: &BlockInfo, size: GiB, taken: GiB) -> Result<Hosting, Hosting> {
    // What earlier versions of ours have written.
    if *info == BlockInfo::default() && taken == GiB::default() {
        return Ok(Hosting::empty(size));
    }
    let restriction = Restriction::from_word(&info.restriction);
    let (free, reserved) = (gib(info.freesize), gib(info.reservedsize));
    if let (Some(restriction), Some(free), Some(reserved)) = (restriction, free, reserved) {
        let room = Hosting { free, reserved, restriction }.put_right(size, taken);
        if room.adds_up(size, taken) {
            return Ok(room);
        }
    }
    let left = size.get().saturating_sub(taken.get());
    let reserved = Hosting::empty(size).reserved.get().min(left);
    let gib = |gib| GiB::new(gib).unwrap_or_default();
    Err(Hosting {
        free: gib(left.saturating_sub(reserved)),
        reserved: gib(reserved),
        restriction: Restriction::LockedByUpdate,
    })
}
