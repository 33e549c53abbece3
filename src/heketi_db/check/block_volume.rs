//! Block volumes.

use super::super::kind::Kind;
use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.block_volumes {
        let info = &entry.info;
        let mut subject = check.subject(Kind::BlockVolume, id, &info.id);
        subject.mark(&entry.pending);
        subject.belongs_to(Kind::Cluster, &info.cluster);
        subject.belongs_to(Kind::Volume, &info.blockhostingvolume);
        let hosting = database.volumes.get(&info.blockhostingvolume);
        if hosting.is_some_and(|volume| !volume.info.block) {
            subject.say(format!("is in volume {}, which hosts none", info.blockhostingvolume));
        }
        if info.size <= 0 {
            subject.say(format!("has a size of {} GiB", info.size));
        }
        if info.usable() > info.size {
            subject.say(format!("has {} GiB usable of {} GiB", info.usablesize, info.size));
        }
    }
}
