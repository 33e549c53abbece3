//! Clusters, and what may be only once in each.

use std::collections::BTreeMap;

use super::super::kind::Kind;
use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.clusters {
        let mut subject = check.subject(Kind::Cluster, id, &entry.info.id);
        subject.lists(Kind::Node, &entry.info.nodes);
        subject.lists(Kind::Volume, &entry.info.volumes);
        subject.lists(Kind::BlockVolume, &entry.info.blockvolumes);
    }
    volume_names(check);
}

/// gluster knows volumes by their names.
fn volume_names(check: &mut Check<'_>) {
    let mut names = BTreeMap::new();
    for (id, volume) in &check.database.volumes {
        let name = (&volume.info.cluster, &volume.info.name);
        let first = *names.entry(name).or_insert(id);
        if first != id {
            let text = format!("has the name {} in its cluster, as volume {first} has", volume.info.name);
            check.contradiction(Kind::Volume, id, text);
        }
    }
}
