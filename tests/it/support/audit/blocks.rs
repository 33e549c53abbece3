//! Block volumes: what the API says and what gluster-block has, and the room of the volumes that they are in.

use std::collections::{BTreeMap, BTreeSet};

use mortar::api::{BlockVolumeInfo, VolumeInfo};
use mortar::executor::sim::{BlockDump, SimPeers};

use super::differ;

/// Compares them, and counts the room of hosting volumes again.
pub(super) fn compare(
    blocks: &[BlockVolumeInfo],
    volumes: &[&VolumeInfo],
    peers: &SimPeers,
    found: &mut Vec<String>,
) {
    let name_of = |id: &str| {
        let hosting = volumes.iter().find(|volume| volume.id == id);
        hosting.map_or_else(|| format!("(unknown {id})"), |volume| volume.name.clone())
    };
    let here: BTreeMap<String, &BlockVolumeInfo> = blocks
        .iter()
        .map(|block| (format!("{}/{}", name_of(&block.blockhostingvolume), block.name), block))
        .collect();
    let there: BTreeMap<String, &BlockDump> =
        peers.blocks.iter().map(|block| (format!("{}/{}", block.volume, block.name), block)).collect();
    differ("block volumes", &there.keys().collect(), &here.keys().collect(), found);
    for (place, block) in &here {
        found.extend(there.get(place).into_iter().filter_map(|made| difference(place, block, made)));
    }
    for volume in volumes {
        found.extend(room(volume, blocks));
    }
}

fn difference(place: &str, block: &BlockVolumeInfo, made: &BlockDump) -> Option<String> {
    let hosts = |hosts: &[String]| hosts.iter().cloned().collect::<BTreeSet<String>>();
    let sizes = [block.size, block.usablesize];
    let real = [made.size_gib, made.usable_gib].map(|gib| i64::try_from(gib).unwrap());
    let same = sizes == real
        && hosts(&block.blockvolume.hosts) == hosts(&made.hosts)
        && usize::try_from(block.hacount) == Ok(made.hosts.len())
        && block.blockvolume.password.expose().is_empty() != made.auth;
    (!same).then(|| format!("block volume {place} is {block:?} here, {made:?} there"))
}

fn room(volume: &VolumeInfo, blocks: &[BlockVolumeInfo]) -> Option<String> {
    let own: Vec<&BlockVolumeInfo> =
        blocks.iter().filter(|block| block.blockhostingvolume == volume.id).collect();
    let (room, taken) = (&volume.blockinfo, own.iter().map(|block| block.size).sum::<i64>());
    let listed: BTreeSet<&str> = room.blockvolume.iter().map(String::as_str).collect();
    let owned: BTreeSet<&str> = own.iter().map(|block| block.id.as_str()).collect();
    let whole = if volume.block { volume.size } else { 0 };
    let adds_up = whole == room.freesize + room.reservedsize + taken;
    (!adds_up || listed != owned)
        .then(|| format!("volume {} has {room:?}, and {owned:?} take {taken}", volume.name))
}
