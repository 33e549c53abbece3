//! Volumes: what gluster has of those in the database, and what it has besides.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::foreign_bricks::ForeignBricks;
use super::known::Known;
use crate::executor::gluster::ID_OPTION;
use crate::model::brick::Brick;
use crate::model::device::volume_group;
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::inventory::{Inventory, PoolVolume};
use crate::model::volume::Volume;

/// The volumes that one host told of, by name.
struct Told<'a> {
    host: &'a str,
    volumes: HashMap<&'a str, &'a PoolVolume>,
}

/// What disagrees about the volumes of a cluster.
pub(super) fn findings(known: &Known<'_>, cluster: ClusterId, peers: &[Inventory]) -> Vec<String> {
    let members = peers.iter().filter(|peer| known.is_member(peer.node));
    let told: Vec<Told<'_>> = members.filter_map(|peer| told(known, peer)).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let bricks = by_volume(known);
    let all = known.expected_volumes(cluster).into_iter();
    all.flat_map(|volume| {
        let own = bricks.get(&volume.id).map_or(&[][..], Vec::as_slice);
        about(known, volume, own, &told)
    })
    .collect()
}

fn told<'a>(known: &Known<'a>, peer: &'a Inventory) -> Option<Told<'a>> {
    let volumes = peer.volumes.as_ref().ok()?.iter().map(|found| (found.name.as_str(), found)).collect();
    Some(Told { host: known.host(peer.node), volumes })
}

fn by_volume<'a>(known: &Known<'a>) -> HashMap<VolumeId, Vec<&'a Brick>> {
    let mut found: HashMap<VolumeId, Vec<&Brick>> = HashMap::new();
    for brick in known.bricks() {
        found.entry(brick.volume).or_default().push(brick);
    }
    found.values_mut().for_each(|bricks| bricks.sort_unstable_by_key(|brick| (brick.set, brick.position)));
    found
}

fn about(known: &Known<'_>, volume: &Volume, own: &[&Brick], told: &[Told<'_>]) -> Vec<String> {
    let name = volume.name.as_str();
    let (with, without): (Vec<&Told<'_>>, Vec<&Told<'_>>) =
        told.iter().partition(|peer| peer.volumes.contains_key(name));
    let found: Vec<(&str, &PoolVolume)> =
        with.iter().filter_map(|peer| Some((peer.host, *peer.volumes.get(name)?))).collect();
    let Some((host, first)) = found.first() else { return vec![missing(volume, &without)] };
    let mut lines = Vec::new();
    if !without.is_empty() {
        lines.push(out_of_step(name, &with, &without));
    }
    lines.extend(
        found.iter().find(|(_, found)| !found.is_started()).map(|(host, found)| stopped(host, found)),
    );
    lines.extend(lacking_bricks(known, own, host, first));
    lines.extend(extra_bricks(known, own, host, first));
    lines
}

fn hosts(peers: &[&Told<'_>]) -> String {
    peers.iter().map(|peer| peer.host).collect::<Vec<_>>().join(", ")
}

fn missing(volume: &Volume, without: &[&Told<'_>]) -> String {
    let (name, id, hosts) = (&volume.name, volume.id, hosts(without));
    format!(
        "volume {name} ({id}) is in the database, but gluster on {hosts} does not have it. If somebody deleted it there on purpose, `volume delete {id}` removes what is left of it, its bricks with what they hold; if not, keep the bricks and restore /var/lib/glusterd/vols/{name} on the peers"
    )
}

fn out_of_step(name: &str, with: &[&Told<'_>], without: &[&Told<'_>]) -> String {
    let (with, without) = (hosts(with), hosts(without));
    format!(
        "gluster on {without} does not have volume {name}, which {with} has: either they are not in one trusted pool, or glusterd is out of step. Compare `gluster peer status` on them"
    )
}

fn stopped(host: &str, found: &PoolVolume) -> String {
    let (name, state) = (&found.name, &found.status_word);
    format!(
        "volume {name} is {state} in gluster on {host}: nobody can mount it. `gluster volume start {name}` starts it"
    )
}

fn lacking_bricks(known: &Known<'_>, own: &[&Brick], host: &str, found: &PoolVolume) -> Option<String> {
    let there: HashSet<&str> = found.bricks.iter().map(|brick| brick.name.as_str()).collect();
    let is_there = |brick: &Brick| known.places(brick).iter().any(|place| there.contains(place.as_str()));
    let lacking: Vec<String> = own
        .iter()
        .filter(|brick| known.is_expected(brick) && !is_there(brick))
        .map(|brick| format!("{} ({})", brick.id, known.places(brick).first().map_or("", String::as_str)))
        .collect();
    let (name, list) = (&found.name, lacking.join(", "));
    (!lacking.is_empty()).then(|| {
        format!(
            "volume {name} should have these bricks, and gluster on {host} does not have them in it: {list}. Somebody took them out or replaced them by hand; look at `gluster volume info {name}`"
        )
    })
}

fn extra_bricks(known: &Known<'_>, own: &[&Brick], host: &str, found: &PoolVolume) -> Option<String> {
    let ours: HashSet<String> = own.iter().flat_map(|brick| known.places(brick)).collect();
    let extra: Vec<&str> =
        found.bricks.iter().map(|brick| brick.name.as_str()).filter(|place| !ours.contains(*place)).collect();
    let (name, list) = (&found.name, extra.join(", "));
    (!extra.is_empty()).then(|| {
        format!(
            "volume {name} has bricks in gluster on {host} that the database does not know: {list}. They were added by hand and are left alone; as long as they are there, the volume is not deleted from here"
        )
    })
}

/// Volumes that gluster has and the database has not; each once, however many peers tell of it. First those on devices of
/// ours, then those of others.
pub(super) fn beyond(
    known: &Known<'_>,
    clusters: &[(ClusterId, Vec<Inventory>)],
) -> (Vec<String>, Vec<String>) {
    let paths: HashSet<&str> = known.bricks().map(|brick| brick.path.as_str()).collect();
    // A path has a brick's id in it. Where two clusters share a pool, each sees the volumes of the other one.
    let has_ours = |found: &PoolVolume| {
        let mut at = found.bricks.iter().filter_map(|brick| brick.name.split_once(":/"));
        at.any(|(_, path)| paths.contains(format!("/{path}").as_str()))
    };
    let mut all: BTreeMap<(&str, &str), (&PoolVolume, Vec<&str>)> = BTreeMap::new();
    for (cluster, peers) in clusters {
        for peer in peers {
            for found in peer.volumes.as_ref().map_or(&[][..], Vec::as_slice) {
                if !known.has_name(*cluster, &found.name) && !has_ours(found) {
                    let seen = all.entry((&found.name, &found.id)).or_insert((found, Vec::new()));
                    seen.1.push(known.host(peer.node));
                }
            }
        }
    }
    let ours = on_ours(known, clusters);
    let (ours, others): (Vec<_>, Vec<_>) =
        all.into_values().partition(|(found, _)| ours.contains(found.name.as_str()));
    let unknown = ours.into_iter().map(|(found, hosts)| unknown_line(found, &hosts));
    let foreign = others.into_iter().map(|(found, hosts)| foreign_line(found, &hosts));
    (unknown.collect(), foreign.collect())
}

/// The volumes with bricks on devices of ours: a path of heketi's has its volume group in it, and that of a clone is where
/// its logical volume is mounted.
fn on_ours<'a>(known: &Known<'_>, clusters: &'a [(ClusterId, Vec<Inventory>)]) -> HashSet<&'a str> {
    let groups: HashSet<String> = known.devices().map(|device| volume_group(device.id)).collect();
    let mut found = HashSet::new();
    for (_, peers) in clusters {
        let foreign = ForeignBricks::of(peers);
        found.extend(
            peers.iter().flat_map(|peer| foreign.on_peer(peer).volumes_in(&groups).collect::<Vec<_>>()),
        );
        let told = peers.iter().filter_map(|peer| peer.volumes.as_ref().ok()).flatten();
        let is_on_ours = |volume: &&PoolVolume| {
            volume.bricks.iter().any(|brick| brick.name.split('/').any(|part| groups.contains(part)))
        };
        found.extend(told.filter(is_on_ours).map(|volume| volume.name.as_str()));
    }
    found
}

fn unknown_line(found: &PoolVolume, hosts: &[&str]) -> String {
    let (name, state, hosts) = (&found.name, found.status_word.to_lowercase(), hosts.join(", "));
    format!(
        "gluster has a volume {name} ({state}, {} bricks, seen from {hosts}) whose bricks are on devices of this database, which does not know it. Was the database restored from a backup that is older than the volume? Then restore a newer one. Without one the volume serves its clients as before, but is neither grown nor deleted from here, and its space has to be counted: `mortar device resync` for each device with a brick of it",
        found.bricks.len(),
    )
}

fn foreign_line(found: &PoolVolume, hosts: &[&str]) -> String {
    let (name, state, hosts) = (&found.name, found.status_word.to_lowercase(), hosts.join(", "));
    let line = format!(
        "gluster has a volume {name} ({state}, {} bricks, seen from {hosts}) that is not in this database. Volumes made by hand or by another server are normal: it is left alone, and nothing needs to be done",
        found.bricks.len(),
    );
    match found.option(ID_OPTION) {
        None => line,
        Some(id) => format!(
            "{line} unless no other server uses these peers: heketi or mortar made it under the id {id}"
        ),
    }
}
