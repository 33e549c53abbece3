//! Bricks as they are on the peers.

use mortar::api::BrickInfo;

use crate::mounts::SUMS;
use crate::peers::on;
use crate::scenarios::Operator as _;
use crate::server::Server;

/// The checksums of the files on a brick itself, as [`crate::mounts::Mounted::sums`] has those that a client sees.
pub fn sums_on(server: &Server, brick: &BrickInfo) -> String {
    on(server.peer_of(brick), &format!("cd {} && {SUMS}", brick.path))
}

/// How many files a brick has in a directory, without those that only say where the file is.
pub fn files_in(server: &Server, brick: &BrickInfo, directory: &str) -> usize {
    let count = format!("find {}/{directory} -type f ! -perm 1000 | wc -l", brick.path);
    on(server.peer_of(brick), &count).trim().parse().expect("a number")
}

/// Whether gluster has nothing to heal on any of so many bricks.
pub fn is_whole(name: &str, bricks: usize) -> bool {
    let entries = on(1, &format!("gluster volume heal {name} info | grep '^Number of entries:' || true"));
    entries.lines().count() == bricks && entries.lines().all(|line| line == "Number of entries: 0")
}
