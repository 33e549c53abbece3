//! Clones: copies of volumes that share the space of what they are copies of, until either of them goes.

mod interruptions;
mod life;
mod moves;
mod refusals;

use std::collections::BTreeMap;
use std::time::Duration;

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

/// A volume with room for snapshots.
fn roomy(name: &str) -> Value {
    let mut body = replica_3(10);
    body["name"] = json!(name);
    body["gid"] = json!(2000);
    body["snapshot"] = json!({"enable": true, "factor": 1.5});
    body
}

fn clone(lab: &Lab, id: &str, name: &str) -> Reply {
    lab.ask(&format!("/volumes/{id}/clone"), &json!({"name": name}))
}

#[track_caller]
fn cloned(lab: &Lab, id: &str, name: &str) -> VolumeInfo {
    let reply = clone(lab, id, name);
    assert_eq!(reply.status, 303, "{reply:?}\n{}", lab.log_tail());
    lab.volume(&reply.located())
}

/// What is used of each device, in KiB.
fn used(lab: &Lab) -> BTreeMap<String, u64> {
    let topology = lab.client().topology().unwrap();
    let nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
    let devices = nodes.flat_map(|node| node.devices.iter());
    devices.map(|device| (device.id.clone(), device.storage.used)).collect()
}

fn write(lab: &Lab, volume: &str, file: &str) {
    lab.on(HOSTS[0], Action::WriteFile { volume: volume.to_owned(), name: file.to_owned() });
    // It is done before the next command on a peer.
    assert!(lab.create(&json!({"size": 1})).is_ok_and(|made| lab.remove(&made.id).status == 204));
}

/// The bricks of a volume that hold a file.
fn holders(lab: &Lab, volume: &VolumeInfo, file: &str) -> usize {
    let peers = lab.peers();
    let there = |brick: &mortar::api::BrickInfo| {
        let point = brick.path.strip_suffix("/brick").unwrap();
        peers.hosts.values().any(|host| {
            let Some(node) = host.mounts.get(point) else { return false };
            let mut volumes = host.groups.iter().flat_map(|(group, found)| {
                found.volumes.iter().map(move |(name, volume)| (format!("{group}-{name}"), volume))
            });
            volumes.any(|(name, found)| {
                node.ends_with(&name) && found.entries.contains_key(&format!("brick/{file}"))
            })
        })
    };
    volume.bricks.iter().filter(|brick| there(brick)).count()
}

/// A command that somebody runs on a peer.
fn run(program: &str, words: &str) -> Action {
    let args = words.split(' ').map(str::to_owned).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

fn gluster(words: &str) -> Action {
    run("gluster", &format!("--mode=script {words}"))
}
