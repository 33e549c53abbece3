//! Volumes as an operator handles them, and their bricks as they are on the peers.

use mortar::api::{BrickInfo, VolumeInfo};
use serde_json::json;

use crate::mounts::SUMS;
use crate::peers::{ADDRESSES, on};
use crate::server::Server;

/// Makes a volume with the command line.
pub fn create(server: &Server, name: &str, flags: &[&str]) -> VolumeInfo {
    let named = format!("--name={name}");
    let (made, text) = server.mortar(&[&["volume", "create", &named], flags].concat());
    assert!(made, "{text}");
    by_name(server, name)
}

/// A volume that is there.
pub fn by_name(server: &Server, name: &str) -> VolumeInfo {
    let client = server.client();
    let ids = client.volume_list().expect("the volumes").volumes;
    let mut volumes = ids.iter().map(|id| client.volume_info(id).expect("a volume"));
    volumes.find(|volume| volume.name == name).expect("it is there")
}

/// Deletes a volume.
pub fn delete(server: &Server, volume: &VolumeInfo) {
    server.done("DELETE", &format!("/volumes/{}", volume.id), &json!({}));
}

/// The number of the peer that a brick is on, from 1.
pub fn peer_of(server: &Server, brick: &BrickInfo) -> usize {
    let node = server.client().node_info(&brick.node).expect("its node");
    1 + ADDRESSES.iter().position(|known| *known == node.hostnames.manage[0]).expect("a peer of the lab")
}

/// The checksums of the files on a brick itself, as [`crate::mounts::Mounted::sums`] has those that a client sees.
pub fn sums_on(server: &Server, brick: &BrickInfo) -> String {
    on(peer_of(server, brick), &format!("cd {} && {SUMS}", brick.path))
}

/// How many files a brick has in a directory, without those that only say where the file is.
pub fn files_in(server: &Server, brick: &BrickInfo, directory: &str) -> usize {
    let count = format!("find {}/{directory} -type f ! -perm 1000 | wc -l", brick.path);
    on(peer_of(server, brick), &count).trim().parse().expect("a number")
}

/// The line of `gluster volume info` that tells of the bricks.
pub fn layout(name: &str) -> String {
    let line = on(1, &format!("gluster volume info {name} | grep '^Number of Bricks:'"));
    line.trim().trim_start_matches("Number of Bricks: ").to_owned()
}

/// Whether gluster has nothing to heal on any of so many bricks.
pub fn is_whole(name: &str, bricks: usize) -> bool {
    let entries = on(1, &format!("gluster volume heal {name} info | grep '^Number of entries:' || true"));
    entries.lines().count() == bricks && entries.lines().all(|line| line == "Number of entries: 0")
}
