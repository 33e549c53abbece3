//! Which answers are true, once all work is over.

use super::changes::{CLONE, Change, DOWN, SPARE};
use super::layouts::{Layout, is_in_all_bricks};
use crate::support::operator::DISKS;
use crate::support::{Lab, Reply};

impl Change {
    /// Whether an answer agrees with what the API shows. `subject`: the id of what the change is about.
    pub fn is_true(self, reply: &Reply, lab: &Lab, subject: &str) -> bool {
        let is_done = self.is_done(reply);
        match self {
            Change::Create(layout) => self.is_true_of_object(reply, lab) && is_made(layout, lab),
            Change::KeyedCreate => self.is_true_of_object(reply, lab) && is_made(Layout::Copied, lab),
            Change::Expand(layout) => is_true_of_growth(layout, is_done, reply, lab),
            Change::KeyedExpand => is_true_of_growth(Layout::Copied, is_done, reply, lab),
            Change::Clone(layout) => is_true_of_clone(layout, is_done, reply, lab, subject),
            Change::KeyedClone => is_true_of_clone(Layout::Copied, is_done, reply, lab, subject),
            Change::Delete(layout) => is_true_of_delete(layout, is_done, reply, lab),
            Change::Evict(_) | Change::CloneEvict | Change::DeviceRemove | Change::NodeRemove => {
                self.is_true_of_move(reply, lab, subject)
            }
            Change::DeviceResync => is_true_of_resync(reply, lab, subject),
            Change::BlockCreate | Change::KeyedBlockCreate => is_true_of_new_block(is_done, reply, lab),
            Change::BlockBeside => is_true_of_second_block(is_done, reply, lab),
            Change::BlockDelete => is_true_of_block_delete(is_done, reply, lab),
            Change::BlockExpand | Change::KeyedBlockExpand => is_true_of_larger_block(is_done, reply, lab),
            // Whatever a try came to, the background goes on with it.
            Change::CleanUp => lab.volumes().is_empty() && (is_done || reply.status >= 400),
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
        let layout = if let Change::Evict(layout) = self { layout } else { Layout::Copied };
        let mut volumes = lab.volumes();
        volumes.retain(|id| (lab.volume(id).name == CLONE) == (self == Change::CloneEvict));
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
        is_so && layout.is_whole(lab, id)
    }

    /// Whether there is anything of what it makes or deletes.
    pub fn is_there(self, lab: &Lab) -> bool {
        !self.objects(lab).is_empty()
    }

    /// Ids of the objects that it makes or deletes.
    fn objects(self, lab: &Lab) -> Vec<String> {
        let topology = lab.client().topology().unwrap();
        let nodes: Vec<_> = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter()).collect();
        let named = |host: &str| {
            let is_it = |name: &String| name == host;
            nodes.iter().find(|node| node.hostnames.manage.iter().any(is_it))
        };
        match self {
            Change::FirstNode | Change::NodeAdd | Change::NodeDelete | Change::NodeDeleteBesideDown => {
                assert_eq!(
                    named(DOWN).is_some(),
                    self == Change::NodeDeleteBesideDown,
                    "the other one stays"
                );
                named(SPARE).into_iter().map(|node| node.id.clone()).collect()
            }
            Change::DeviceAdd | Change::DeviceErase | Change::DeviceDelete | Change::DeviceForget => {
                let devices = named(SPARE).into_iter().flat_map(|node| node.devices.iter());
                devices.map(|device| device.id.clone()).collect()
            }
            Change::SourceDelete | Change::CloneDelete => {
                let is_clone = |id: &String| lab.volume(id).name == CLONE;
                let (clones, sources): (Vec<String>, Vec<String>) =
                    lab.volumes().into_iter().partition(is_clone);
                let (deleted, stays) =
                    if self == Change::SourceDelete { (sources, clones) } else { (clones, sources) };
                assert_eq!(stays.len(), 1, "the other one stays");
                assert!(Layout::Copied.is_whole(lab, &stays[0]), "what stays is whole");
                deleted
            }
            _ => lab.volumes(),
        }
    }
}

/// Whether the only volume, if there is one, is as it was asked for.
fn is_made(layout: Layout, lab: &Lab) -> bool {
    let volumes = lab.volumes();
    let Some(id) = volumes.first() else { return true };
    let (wanted, shown) = (layout.body(), lab.get(&format!("/volumes/{id}")).json());
    let bricks = shown["bricks"].as_array().map_or(0, Vec::len);
    let peers = lab.peers();
    let Some(made) = peers.volume(shown["name"].as_str().unwrap_or_default()) else { return false };
    let asked = wanted["glustervolumeoptions"].as_array().cloned().unwrap_or_default();
    let has_all =
        asked.iter().all(|option| shown["glustervolumeoptions"].to_string().contains(&option.to_string()));
    let is_set = |option: &serde_json::Value| {
        let (key, value) = option.as_str().unwrap_or_default().split_once(' ').unwrap_or_default();
        // A group stands for others, and what is for us alone gluster keeps, too.
        key == "group" || made.options.iter().any(|(known, set)| known == key && set == value)
    };
    (shown["size"].as_u64(), bricks) == (Some(layout.made().0), layout.made().1)
        && shown["gid"].as_u64().unwrap_or(0) == wanted["gid"].as_u64().unwrap_or(0)
        && shown["block"].as_bool().unwrap_or(false) == wanted["block"].as_bool().unwrap_or(false)
        && has_all
        && asked.iter().all(is_set)
}

/// A volume has grown or not, as the answer says; where that tells of a failure, it may have been gone on with, unless it was told
/// that all is as before.
fn is_true_of_growth(layout: Layout, is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    let id = lab.volumes().into_iter().next().unwrap_or_default();
    let volume = lab.get(&format!("/volumes/{id}")).json();
    let bricks = volume["bricks"].as_array().map_or(0, Vec::len);
    let now = (volume["size"].as_u64().unwrap_or_default(), bricks);
    let may_have_grown = is_done || reply.status >= 400 && !reply.text.contains("was undone");
    now == layout.grown() && may_have_grown || now == layout.made() && !is_done
}

/// The source is whole, and the copy is there with all that was written, or nothing of it.
fn is_true_of_clone(layout: Layout, is_done: bool, reply: &Reply, lab: &Lab, source: &str) -> bool {
    let mut volumes = lab.volumes();
    volumes.retain(|id| id != source);
    let copied = match volumes.as_slice() {
        [] => !is_done && reply.status >= 400,
        [copy] => is_done && *copy == reply.located() && layout.is_whole(lab, copy),
        _ => false,
    };
    let source = lab.volume(source);
    copied && source.bricks.len() == layout.made().1 && is_in_all_bricks(lab, &source)
}

/// The volume is there wholly, with what was written into it, or not at all, and the answer says which: or that it is
/// not known yet, and nothing else then.
fn is_true_of_delete(layout: Layout, is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    let says = |words: &str| reply.text.contains(words);
    let kept = says("The volume is kept") || says("the volume was kept");
    let goes_on = says("goes on in the background");
    let undecided = says("looks whether gluster still has");
    let says_one_thing = [kept, goes_on, undecided].into_iter().filter(|said| *said).count() == 1;
    let failed = reply.status >= 400 && says_one_thing;
    match lab.volumes().as_slice() {
        [] => is_done || failed && !kept,
        [id] => failed && !goes_on && layout.is_whole(lab, id),
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

/// There is a second one in the hosting volume of the first, or not.
fn is_true_of_second_block(is_done: bool, reply: &Reply, lab: &Lab) -> bool {
    let blocks = lab.blocks();
    let second = blocks.iter().find(|block| block.name == "second");
    let is_so = match second {
        Some(block) => is_done && block.id == reply.located() && block.blockvolume.hosts.len() == 3,
        None => reply.status >= 400,
    };
    is_so && lab.volumes().len() == 1 && blocks.len() == 1 + usize::from(second.is_some())
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
