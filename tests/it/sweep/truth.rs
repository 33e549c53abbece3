//! Which answers are true, once all work is over.

use serde_json::Value;

use super::changes::{CLONE, Change, FILE, MORE_SETS, SPARE};
use crate::support::operator::DISKS;
use crate::support::{Lab, Reply};

impl Change {
    /// Whether an answer agrees with what the API shows. `subject`: the id of what the change is about.
    pub fn is_true(self, reply: &Reply, lab: &Lab, subject: &str) -> bool {
        match self {
            Change::VolumeExpand => is_true_of_growth((3, 10), (6, 15), self.is_done(reply), lab),
            Change::SetsExpand => is_true_of_growth((3, 12), (9, 12 + MORE_SETS), self.is_done(reply), lab),
            Change::VolumeClone => is_true_of_clone(reply, lab),
            Change::VolumeDelete => is_true_of_delete(self.is_done(reply), reply, lab),
            Change::ArbiterEvict => self.is_true_of_move(reply, lab, subject) && has_arbiter(lab),
            Change::BrickEvict | Change::DeviceRemove | Change::NodeRemove => {
                self.is_true_of_move(reply, lab, subject)
            }
            Change::DeviceResync => is_true_of_resync(reply, lab, subject),
            Change::BlockCreate => is_true_of_new_block(self.is_done(reply), reply, lab),
            Change::BlockDelete => is_true_of_block_delete(self.is_done(reply), reply, lab),
            Change::BlockExpand => is_true_of_larger_block(self.is_done(reply), reply, lab),
            _ => self.is_true_of_object(reply, lab),
        }
    }

    fn is_true_of_object(self, reply: &Reply, lab: &Lab) -> bool {
        let there = self.objects(lab);
        let is_there = !there.is_empty();
        if self.is_done(reply) {
            // The jobs of devices name no object.
            return is_there != self.is_delete() && (reply.location.is_empty() || there == [reply.located()]);
        }
        let unchanged = is_there == self.is_delete();
        // The client was told why, and the background went on.
        let went_on = matches!(self, Change::SourceDelete | Change::CloneDelete | Change::DeviceDelete)
            && !is_there
            && !reply.text.contains("was kept");
        reply.status >= 400 && (unchanged || went_on)
    }

    /// What was to be moved is elsewhere or where it was, and the volume is whole. Where the answer tells of a failure,
    /// the background may have gone on with the brick, unless it was told that all is as before.
    fn is_true_of_move(self, reply: &Reply, lab: &Lab, subject: &str) -> bool {
        let (key, path) = match self {
            Change::DeviceRemove => ("device", "devices"),
            Change::NodeRemove => ("node", "nodes"),
            _ => ("id", ""),
        };
        let volumes = lab.volumes();
        let [id] = volumes.as_slice() else { return false };
        let volume = lab.get(&format!("/volumes/{id}")).json();
        let is_there = volume["bricks"].as_array().into_iter().flatten().any(|brick| brick[key] == subject);
        let is_failed = match path {
            "" => self.is_done(reply),
            _ => lab.get(&format!("/{path}/{subject}")).json()["state"] == "failed",
        };
        let is_so = if self.is_done(reply) {
            is_failed && !is_there
        } else {
            reply.status >= 400 && !is_failed && (is_there || !reply.text.contains("was undone"))
        };
        is_so && is_whole(lab, id)
    }

    /// Whether there is anything of what it makes or deletes.
    pub fn is_there(self, lab: &Lab) -> bool {
        !self.objects(lab).is_empty()
    }

    /// Ids of the objects that it makes or deletes.
    fn objects(self, lab: &Lab) -> Vec<String> {
        let topology = lab.client().topology().unwrap();
        let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
        let spare = nodes.find(|node| node.hostnames.manage.iter().any(|name| name == SPARE));
        match self {
            Change::FirstNode | Change::NodeAdd | Change::NodeDelete => {
                spare.into_iter().map(|node| node.id.clone()).collect()
            }
            Change::DeviceAdd | Change::DeviceErase | Change::DeviceDelete | Change::DeviceForget => {
                let devices = spare.into_iter().flat_map(|node| node.devices.iter());
                devices.map(|device| device.id.clone()).collect()
            }
            Change::SourceDelete | Change::CloneDelete => {
                let is_clone = |id: &String| lab.volume(id).name == CLONE;
                let (clones, sources): (Vec<String>, Vec<String>) =
                    lab.volumes().into_iter().partition(is_clone);
                let (deleted, stays) =
                    if self == Change::SourceDelete { (sources, clones) } else { (clones, sources) };
                assert_eq!(stays.len(), 1, "the other one stays");
                assert!(self == Change::SourceDelete || is_whole(lab, &stays[0]), "the source is whole");
                deleted
            }
            _ => lab.volumes(),
        }
    }
}

/// A volume has grown or not, as the answer says; where that tells of a failure, it may have been gone on with. Before and
/// after it has so many bricks and so many GiB.
fn is_true_of_growth(before: (usize, u64), after: (usize, u64), is_done: bool, lab: &Lab) -> bool {
    let id = lab.volumes().into_iter().next().unwrap_or_default();
    let volume = lab.get(&format!("/volumes/{id}")).json();
    let bricks = volume["bricks"].as_array().map_or(0, Vec::len);
    let now = (bricks, volume["size"].as_u64().unwrap_or_default());
    now == after || now == before && !is_done
}

fn is_true_of_clone(reply: &Reply, lab: &Lab) -> bool {
    let volumes = lab.volumes();
    if Change::VolumeClone.is_done(reply) {
        return volumes.len() == 2 && volumes.contains(&reply.located());
    }
    reply.status >= 400 && volumes.len() == 1
}

/// The volume is there wholly, with what was written into it, or not at all, and the answer says which: or that it is
/// not known yet, and nothing else then.
fn is_true_of_delete(is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    let says = |words: &str| reply.text.contains(words);
    let kept = says("The volume is kept") || says("the volume was kept");
    let goes_on = says("goes on in the background");
    let undecided = says("looks whether gluster still has");
    let says_one_thing = [kept, goes_on, undecided].into_iter().filter(|said| *said).count() == 1;
    let failed = reply.status >= 400 && says_one_thing;
    match lab.volumes().as_slice() {
        [] => is_done || failed && !kept,
        [id] => failed && !goes_on && is_whole(lab, id),
        _ => false,
    }
}

/// There is a block volume in a hosting volume, or neither of the two.
fn is_true_of_new_block(is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    match (lab.blocks().as_slice(), lab.volumes().as_slice()) {
        ([block], [_]) => {
            let access = &block.blockvolume;
            let has_login = !access.username.is_empty() && !access.password.expose().is_empty();
            is_done && block.id == reply.located() && access.hosts.len() == 2 && has_login
        }
        ([], []) => reply.status >= 400,
        _ => false,
    }
}

fn is_true_of_block_delete(is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    let kept = reply.text.contains("The volume is kept");
    let goes_on = reply.text.contains("goes on in the background");
    let failed = reply.status >= 400 && kept != goes_on;
    let there = lab.blocks().len();
    // The volume that hosted it stays.
    lab.volumes().len() == 1 && if there == 0 { is_done || failed && goes_on } else { failed && kept }
}

fn is_true_of_larger_block(is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    match lab.blocks().as_slice() {
        [block] if block.usablesize != block.size => false,
        [block] => block.size == if is_done { 12 } else { 8 } && (is_done || reply.status >= 400),
        _ => false,
    }
}

/// Where it was read anew, the path of the disk is the one that it has now.
fn is_true_of_resync(reply: &Reply, lab: &Lab, subject: &str) -> bool {
    let name = lab.get(&format!("/devices/{subject}")).json()["name"].clone();
    match reply.status {
        204 => name == DISKS[1],
        status => status >= 400 && DISKS.iter().any(|disk| name == *disk),
    }
}

/// Whether the only volume has all its bricks, and each of them the file that was written before.
fn is_whole(lab: &Lab, id: &str) -> bool {
    let volume = lab.volume(id);
    volume.size == 10 && volume.bricks.len() == 3 && lab.is_in_all_bricks(FILE, &volume)
}

/// Whether one of the bricks of the only volume is small, known as the arbiter, and the one that gluster takes for it.
fn has_arbiter(lab: &Lab) -> bool {
    let dump = lab.get("/db/dump").json();
    let entries: Vec<_> = dump["brickentries"].as_object().into_iter().flat_map(|all| all.values()).collect();
    let (arbiters, copies): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry["SubType"] == 2);
    let size = |entry: &Value| entry["Info"]["size"].as_u64().unwrap_or_default();
    let peers = lab.peers();
    let [arbiter] = arbiters.as_slice() else { return false };
    let [volume] = peers.volumes.as_slice() else { return false };
    let path = arbiter["Info"]["path"].as_str().unwrap_or_default();
    copies.len() == 2
        && copies.iter().all(|copy| size(copy) > size(arbiter))
        && volume.bricks.len() == 3
        && volume.bricks[2].ends_with(&format!(":{path}"))
}
