//! Volumes: what gluster has of those in the database, and what it has besides.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::known::Known;
use crate::executor::gluster::ID_OPTION;
use crate::model::brick::Brick;
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
    let told: Vec<Told<'_>> = peers.iter().filter_map(|peer| told(known, peer)).collect();
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
    let hosts = |peers: &[&Told<'_>]| peers.iter().map(|peer| peer.host).collect::<Vec<_>>().join(", ");
    let Some(first) = with.first() else {
        return vec![format!(
            "volume {name} ({id}) is in the database, but gluster on {hosts} does not have it. If somebody deleted it there on purpose, `volume delete {id}` removes what is left of it, its bricks with what they hold; if not, keep the bricks and restore /var/lib/glusterd/vols/{name} on the peers",
            id = volume.id,
            hosts = hosts(&without),
        )];
    };
    let mut lines = Vec::new();
    if !without.is_empty() {
        lines.push(format!(
            "gluster on {without} does not have volume {name}, which {with} has: either they are not in one trusted pool, or glusterd is out of step. Compare `gluster peer status` on them",
            without = hosts(&without),
            with = hosts(&with),
        ));
    }
    let found = with.iter().filter_map(|peer| Some((peer.host, *peer.volumes.get(name)?)));
    if let Some((host, stopped)) = found.clone().find(|(_, found)| !found.is_started()) {
        lines.push(format!(
            "volume {name} is {} in gluster on {host}: nobody can mount it. `gluster volume start {name}` starts it",
            stopped.status_word,
        ));
    }
    lines.extend(found.take(1).flat_map(|(_, found)| bricks(known, own, first.host, found)));
    lines
}

/// Bricks that only one side has.
fn bricks(known: &Known<'_>, own: &[&Brick], host: &str, found: &PoolVolume) -> Vec<String> {
    let name = &found.name;
    let there: HashSet<&str> = found.bricks.iter().map(|brick| brick.name.as_str()).collect();
    let is_there = |brick: &Brick| known.places(brick).iter().any(|place| there.contains(place.as_str()));
    let lacking: Vec<String> = own
        .iter()
        .filter(|brick| known.is_expected(brick) && !is_there(brick))
        .map(|brick| format!("{} ({})", brick.id, known.places(brick).first().map_or("", String::as_str)))
        .collect();
    let ours: HashSet<String> = own.iter().flat_map(|brick| known.places(brick)).collect();
    let extra: Vec<&str> =
        found.bricks.iter().map(|brick| brick.name.as_str()).filter(|place| !ours.contains(*place)).collect();
    let mut lines = Vec::new();
    if !lacking.is_empty() {
        lines.push(format!(
            "volume {name} should have these bricks, and gluster on {host} does not have them in it: {}. Somebody took them out or replaced them by hand; look at `gluster volume info {name}`",
            lacking.join(", "),
        ));
    }
    if !extra.is_empty() {
        lines.push(format!(
            "volume {name} has bricks in gluster on {host} that the database does not know: {}. They were added by hand and are left alone; as long as they are there, the volume is not deleted from here",
            extra.join(", "),
        ));
    }
    lines
}

/// Volumes that gluster has and the database has not; each once, however many peers tell of it.
pub(super) fn foreign(known: &Known<'_>, clusters: &[(ClusterId, Vec<Inventory>)]) -> Vec<String> {
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
    all.into_values().map(|(found, hosts)| foreign_line(found, &hosts)).collect()
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
