//! The audit: what the API says, what gluster says and what is on the peers is the same, all of it works, and nothing
//! is left over.

mod seen;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mortar::api::{BrickInfo, NodeInfo};
use mortar::client::Topology;
use serde_json::Value;

use self::seen::{Seen, sorted};
use crate::orphans::Orphans;
use crate::peers::ADDRESSES;
use crate::scenarios::{Operator as _, Others};
use crate::server::Server;

/// How long the background may take to clean up, once nothing of an earlier server runs any more.
const CLEAN_WITHIN: Duration = Duration::from_secs(60);

/// Panics unless the audit becomes clean.
pub fn is_clean(server: &Server) {
    is_clean_besides(server, &Others::default(), Instant::now());
}

/// The same after the server was killed: the time counts from the end of the last command that it left on a peer.
pub fn is_clean_after(orphans: Orphans, server: &Server) {
    is_clean_besides(server, &Others::default(), orphans.ended());
}

/// The same where others have something on the peers.
pub fn is_clean_besides(server: &Server, others: &Others<'_>, since: Instant) {
    let found = left_over(server, others, since);
    assert!(found.is_empty(), "after {} s the audit found:\n{}", since.elapsed().as_secs(), found.join("\n"));
}

/// What the audit still finds when the background has had its time.
pub fn left_over(server: &Server, others: &Others<'_>, since: Instant) -> Vec<String> {
    loop {
        // A look that began in time counts: it takes some seconds itself.
        let late = since.elapsed() > CLEAN_WITHIN;
        let found = findings(server, others);
        if found.is_empty() {
            eprintln!("the audit is clean after {} s", since.elapsed().as_secs());
        }
        if found.is_empty() || late {
            return found;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// All that is not as it should be.
pub fn findings(server: &Server, others: &Others<'_>) -> Vec<String> {
    let topology = server.client().topology().expect("the topology");
    let dump = server.get("/db/dump");
    let mut found = Vec::new();
    let nodes: Vec<&NodeInfo> = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter()).collect();
    let places = nodes.iter().map(|node| (peer_of(node), Some(*node)));
    let places: Vec<_> = places.chain(others.peers.iter().map(|peer| (*peer, None))).collect();
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let asked = places.iter().map(|(peer, _)| scope.spawn(|| Seen::of(*peer, others.groups)));
        asked.collect::<Vec<_>>().into_iter().map(|seen| seen.join().expect("a peer answers")).collect()
    });
    for ((peer, node), seen) in places.iter().zip(&seen) {
        compare_peer(ADDRESSES[peer - 1], *node, seen, &dump, &mut found);
        let others = places.iter().filter(|(other, _)| other != peer);
        let wanted = sorted(others.map(|(other, _)| ADDRESSES[other - 1].to_owned()));
        compare_pool(ADDRESSES[peer - 1], wanted, seen, &mut found);
    }
    compare_volumes(&topology, others.volumes, &mut found);
    found
}

/// The number of a node's peer, from 1.
fn peer_of(node: &NodeInfo) -> usize {
    let address = &node.hostnames.manage[0];
    1 + ADDRESSES.iter().position(|known| known == address).expect("a peer of the lab")
}

/// A peer without a node has nothing of ours.
fn compare_peer(place: &str, node: Option<&NodeInfo>, seen: &Seen, dump: &Value, found: &mut Vec<String>) {
    let devices = || node.into_iter().flat_map(|node| node.devices.iter());
    let all = devices().flat_map(|device| device.bricks.iter());
    let (clones, bricks): (Vec<&BrickInfo>, Vec<&BrickInfo>) = all.partition(|brick| is_of_clone(brick));
    let of_bricks = |words: &dyn Fn(&BrickInfo) -> String| sorted(bricks.iter().map(|brick| words(brick)));
    let point = |brick: &BrickInfo| brick.path.strip_suffix("/brick").expect("a path").to_owned();
    let mount =
        |brick: &BrickInfo| format!("/dev/mapper/vg_{}-brick_{} on {}", brick.device, brick.id, point(brick));
    compare(found, place, "mounts", of_bricks(&mount), seen.mounts());
    compare(found, place, "fstab", of_bricks(&mount), seen.fstab());
    compare(found, place, "directories", of_bricks(&point), seen.directories());
    let mounted = clones.iter().map(|brick| {
        let [volume, _] = parts(dump, &brick.id);
        format!("/dev/mapper/vg_{}-{volume} on {}", brick.device, point(brick).replace("/var/run/", "/run/"))
    });
    compare(found, place, "mounts of clones", sorted(mounted), seen.mounts_of_clones());
    let volumes: BTreeSet<String> = bricks
        .iter()
        .chain(&clones)
        .flat_map(|brick| {
            let (group, [volume, pool]) = (&brick.device, parts(dump, &brick.id));
            [format!("vg_{group}/{volume} in {pool}"), format!("vg_{group}/{pool}")]
        })
        .collect();
    compare(found, place, "logical volumes", sorted(volumes), seen.logical_volumes());
    let groups = devices().map(|device| format!("vg_{} with {} KiB free", device.id, device.storage.free));
    compare(found, place, "volume groups", sorted(groups), seen.groups());
    let disks = devices().map(|device| format!("{} in vg_{}", device.name, device.id));
    compare(found, place, "physical volumes", sorted(disks), seen.physical_volumes());
}

/// Whether gluster has made a brick, of a snapshot.
fn is_of_clone(brick: &BrickInfo) -> bool {
    ["/run/gluster/snaps/", "/var/run/gluster/snaps/"].iter().any(|above| brick.path.starts_with(above))
}

/// The logical volume of a brick and its thin pool, which clones share with what they are copies of.
fn parts(dump: &Value, brick: &str) -> [String; 2] {
    let entry = &dump["brickentries"][brick];
    let text = |field: &str| entry[field].as_str().expect("a name").to_owned();
    let volume = Some(text("LvmLv")).filter(|name| !name.is_empty());
    [volume.unwrap_or_else(|| format!("brick_{brick}")), text("LvmThinPool")]
}

/// A peer is connected to all others, and to nobody else. It may call them by their names.
fn compare_pool(place: &str, wanted: Vec<String>, seen: &Seen, found: &mut Vec<String>) {
    let address = |name: &String| match name.strip_prefix("gluster").and_then(|n| n.parse::<usize>().ok()) {
        Some(number @ 1..=3) => ADDRESSES[number - 1].to_owned(),
        _ => name.clone(),
    };
    compare(found, place, "connected peers", wanted, sorted(seen.connected().iter().map(address)));
}

/// All volumes are started, and all their bricks online.
fn compare_volumes(topology: &Topology, others: &[&str], found: &mut Vec<String>) {
    let known = topology.clusters.iter().flat_map(|cluster| cluster.volumes.iter());
    let names =
        known.clone().map(|volume| volume.name.clone()).chain(others.iter().map(|&name| name.to_owned()));
    let seen::Pool { volumes, online, snapshots } = seen::pool();
    let there = volumes.iter().map(|volume| volume.name.clone());
    compare(found, "the pool", "volumes", sorted(names), sorted(there));
    compare(found, "the pool", "snapshots", Vec::new(), snapshots);
    for volume in volumes.iter().filter(|volume| volume.status != "Started") {
        found.push(format!("the pool: volume {} is {:?}", volume.name, volume.status));
    }
    let all = volumes.iter().flat_map(|volume| volume.bricks.iter().cloned());
    compare(found, "the pool", "bricks online", sorted(all), online);
    let storage = |id: &str| {
        let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
        nodes.find(|node| node.id == id).map(|node| node.hostnames.storage[0].clone()).unwrap_or_default()
    };
    for volume in known {
        let wanted = volume.bricks.iter().map(|brick| format!("{}:{}", storage(&brick.node), brick.path));
        let there = volumes.iter().find(|made| made.name == volume.name);
        let there = there.map(|made| made.bricks.clone()).unwrap_or_default();
        compare(found, &volume.name, "bricks", sorted(wanted), sorted(there));
    }
}

fn compare(found: &mut Vec<String>, place: &str, what: &str, wanted: Vec<String>, there: Vec<String>) {
    if wanted != there {
        found.push(format!("{place}: {what} should be {wanted:#?} and are {there:#?}"));
    }
}
