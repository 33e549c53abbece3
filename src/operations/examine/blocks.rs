//! Block volumes: what gluster-block has of those in the database, and what it has besides.

use std::collections::BTreeMap;

use super::known::Known;
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::inventory::{Blocks, Inventory};

/// What disagrees about the block volumes of a cluster. One peer speaks for all of its pool.
pub(super) fn findings(known: &Known<'_>, cluster: ClusterId, peers: &[Inventory]) -> Vec<String> {
    let mut told: BTreeMap<VolumeId, (&str, &str, &[String])> = BTreeMap::new();
    for peer in peers.iter().filter(|peer| known.is_member(peer.node)) {
        for Blocks { volume, name, names } in &peer.blocks {
            if let Ok(names) = names {
                told.entry(*volume).or_insert((known.host(peer.node), name, names));
            }
        }
    }
    let hosting = known.expected_volumes(cluster).into_iter();
    hosting
        .filter_map(|volume| told.get(&volume.id).map(|told| about(known, volume.id, *told)))
        .flatten()
        .collect()
}

fn about(known: &Known<'_>, hosting: VolumeId, told: (&str, &str, &[String])) -> Vec<String> {
    let (host, volume, names) = told;
    let missing = known.expected_blocks(hosting).into_iter().filter(|block| !names.contains(&block.name));
    let mut lines: Vec<String> = missing
        .map(|block| {
            let (name, id) = (&block.name, block.id);
            format!(
                "block volume {name} ({id}) is in the database, but gluster-block on {host} does not have it in volume {volume}. If somebody deleted it there on purpose, `blockvolume delete {id}` takes it out of the database; if not, nobody can use it"
            )
        })
        .collect();
    lines.extend(names.iter().filter(|name| !known.has_block(hosting, name)).map(|name| {
        format!(
            "gluster-block on {host} has a block volume {name} in volume {volume} that is not in this database. It is left alone, and takes room there that this server does not know of: lock the volume (`volume set-block-hosting-restriction locked {hosting}`), or delete it by hand (`gluster-block delete {volume}/{name}`)"
        )
    }));
    lines
}
