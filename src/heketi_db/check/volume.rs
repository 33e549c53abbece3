//! Volumes, their bricks, and the room in those that host block volumes.

use super::super::entities::VolumeEntry;
use super::super::kind::Kind;
use super::Check;
use super::subject::{Subject, quoted};

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.volumes {
        let info = &entry.info;
        let mut subject = check.subject(Kind::Volume, id, &info.id);
        subject.mark(&entry.pending);
        subject.belongs_to(Kind::Cluster, &info.cluster);
        subject.lists(Kind::Brick, &entry.bricks);
        subject.lists(Kind::BlockVolume, &info.blockinfo.block_volumes);
        subject.say_if(info.name.is_empty(), "has no name");
        if info.size <= 0 {
            subject.say(format!("has a size of {} GiB", info.size));
        }
        sets(&mut subject, entry);
        room(&mut subject, entry);
    }
}

/// A volume has whole sets of bricks. Defaults are heketi's.
fn sets(subject: &mut Subject<'_, '_>, entry: &VolumeEntry) {
    let durability = &entry.info.durability;
    let or = |number: i64, default: i64| if number == 0 { default } else { number };
    let set = match durability.kind.as_str() {
        "" | "none" => 1,
        "replicate" => or(durability.replicate.replica, 2),
        "disperse" => or(durability.disperse.data, 4).saturating_add(or(durability.disperse.redundancy, 2)),
        other => return subject.say(format!("has durability {}, which is not known", quoted(other))),
    };
    let bricks = entry.bricks.len();
    let whole = usize::try_from(set).ok().and_then(|set| bricks.checked_rem(set)) == Some(0);
    if bricks == 0 || !whole {
        subject.say(format!("has {bricks} bricks, which are no whole sets of {set}"));
    }
}

fn room(subject: &mut Subject<'_, '_>, entry: &VolumeEntry) {
    let (info, room) = (&entry.info, &entry.info.blockinfo);
    if !info.block {
        return subject.say_if(!room.block_volumes.is_empty(), "lists block volumes and does not host any");
    }
    if !matches!(room.restriction.as_str(), "" | "locked" | "locked-by-update") {
        subject.say(format!("has restriction {}, which is not known", quoted(&room.restriction)));
    }
    // One that is being made larger has taken more room than it has.
    if room.block_volumes.iter().any(|id| subject.links.is_growing(id)) {
        return;
    }
    let sizes = room.block_volumes.iter().filter_map(|id| subject.database.block_volumes.get(id));
    let taken = sizes.fold(0_i64, |sum, block| sum.saturating_add(block.info.size));
    if taken.saturating_add(room.freesize).saturating_add(room.reservedsize) != info.size {
        subject.say(format!(
            "has {} GiB, which is not the sum of {taken} GiB in block volumes, {} GiB free and {} GiB reserved",
            info.size, room.freesize, room.reservedsize
        ));
    }
}
