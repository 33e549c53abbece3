//! How the bricks of a volume are made and put together: each layout takes other commands.

use mortar::api::{BrickInfo, VolumeInfo};
use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::operator::replica_3;

/// What a client has written into each volume that there is.
pub const FILE: &str = "letter.txt";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// Three copies.
    Copied,
    /// The same, of a group that may write, with options, some of them a group of gluster's own.
    Owned,
    /// Two copies, and a brick that holds no data, only which of them is right.
    Arbiter,
    Dispersed,
    /// Without copies, on two disks.
    Single,
    /// Two sets of three copies.
    Distributed,
    /// Three copies, for block volumes.
    Hosting,
}

impl Layout {
    /// The body of a create.
    pub fn body(self) -> Value {
        let (size, _) = self.made();
        let mut body = replica_3(size);
        match self {
            Layout::Copied | Layout::Distributed => {}
            Layout::Owned => {
                body["gid"] = json!(2000);
                body["glustervolumeoptions"] =
                    json!(["nfs.disable on", "group virt", "auth.allow 10.10.10.*"]);
            }
            Layout::Arbiter => body["glustervolumeoptions"] = json!(["user.heketi.arbiter true"]),
            Layout::Dispersed => {
                body["durability"] = json!({"type": "disperse", "disperse": {"data": 2, "redundancy": 1}});
            }
            Layout::Single => body["durability"] = json!({"type": "none"}),
            Layout::Hosting => body["block"] = json!(true),
        }
        body
    }

    /// How many GiB a volume has, and how many bricks. The largest are more than a disk has room for.
    pub fn made(self) -> (u64, usize) {
        match self {
            Layout::Copied | Layout::Owned | Layout::Arbiter | Layout::Hosting => (10, 3),
            Layout::Dispersed => (12, 3),
            Layout::Single => (600, 2),
            Layout::Distributed => (600, 6),
        }
    }

    /// By how many GiB it grows.
    pub fn more(self) -> u64 {
        if self == Layout::Dispersed { 1200 } else { 5 }
    }

    /// What it has when it has grown.
    pub fn grown(self) -> (u64, usize) {
        let (size, bricks) = self.made();
        let more = match self {
            Layout::Single => 1,
            Layout::Dispersed => 6,
            _ => 3,
        };
        (size + self.more(), bricks + more)
    }

    /// Whether a volume has all its bricks, and each of them the file that was written before.
    pub fn is_whole(self, lab: &Lab, id: &str) -> bool {
        let volume = lab.volume(id);
        let now = (volume.size.unsigned_abs(), volume.bricks.len());
        now == self.made()
            && is_in_all_bricks(lab, &volume)
            && (self != Layout::Arbiter || has_arbiter(lab, &volume))
    }
}

/// Whether each brick of a volume is mounted and holds what a client has written; also of a clone, whose logical volumes
/// gluster has named.
pub fn is_in_all_bricks(lab: &Lab, volume: &VolumeInfo) -> bool {
    let peers = lab.peers();
    let holds = |brick: &BrickInfo| {
        let point = brick.path.rsplit_once('/').map_or("", |(point, _)| point);
        let mounted = peers.hosts.values().find_map(|host| Some((host, host.mounts.get(point)?)));
        let Some((host, node)) = mounted else { return false };
        let mut volumes = host.groups.iter().flat_map(|(group, found)| {
            found.volumes.iter().map(move |(name, volume)| (format!("{group}-{name}"), volume))
        });
        volumes.any(|(name, found)| {
            node.ends_with(&name) && found.entries.keys().any(|path| path.ends_with(FILE))
        })
    };
    volume.bricks.iter().all(holds)
}

/// Whether one of the bricks of a volume is small, known as the arbiter, and the one that gluster takes for it.
fn has_arbiter(lab: &Lab, volume: &VolumeInfo) -> bool {
    let dump = lab.get("/db/dump").json();
    let is_arbiter = |brick: &&BrickInfo| dump["brickentries"][&brick.id]["SubType"] == 2;
    let (arbiters, copies): (Vec<_>, Vec<_>) = volume.bricks.iter().partition(is_arbiter);
    let peers = lab.peers();
    let ([arbiter], Some(made)) = (arbiters.as_slice(), peers.volume(&volume.name)) else { return false };
    copies.len() == 2
        && copies.iter().all(|copy| copy.size > arbiter.size)
        && made.bricks.len() == 3
        && made.bricks[2].ends_with(&format!(":{}", arbiter.path))
}
