//! The changes that are swept: where each begins, what is asked for, and which answers are true afterwards.

use std::path::Path;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{DISKS, HOSTS, replica_3};
use crate::support::{Lab, Reply};

/// The peer that comes and goes: none of the three of the lab.
const SPARE: &str = "10.10.10.20";

/// What a client has written into the volume that there is.
const FILE: &str = "letter.txt";

/// The name of the clone.
const CLONE: &str = "copy";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    VolumeCreate,
    VolumeDelete,
    /// A volume whose clone stays, in the same thin pools.
    SourceDelete,
    /// The first node of a cluster: there is no pool to join yet.
    FirstNode,
    NodeAdd,
    NodeDelete,
    DeviceAdd,
    /// A device on a disk with a file system, with leave to erase it.
    DeviceErase,
    DeviceDelete,
    VolumeExpand,
    VolumeClone,
    BrickEvict,
}

impl Change {
    pub const ALL: [Change; 12] = [
        Change::VolumeCreate,
        Change::VolumeDelete,
        Change::SourceDelete,
        Change::FirstNode,
        Change::NodeAdd,
        Change::NodeDelete,
        Change::DeviceAdd,
        Change::DeviceErase,
        Change::DeviceDelete,
        Change::VolumeExpand,
        Change::VolumeClone,
        Change::BrickEvict,
    ];

    /// Those that are undone when they fail: the deletes of nodes and devices have no way back.
    /// Bricks of an expansion are undone like those of a create.
    pub const UNDONE: [Change; 7] = [
        Change::VolumeCreate,
        Change::VolumeDelete,
        Change::NodeAdd,
        Change::DeviceAdd,
        Change::DeviceErase,
        Change::VolumeClone,
        Change::BrickEvict,
    ];

    /// Whether it may be undone where this command is refused. What gluster has deleted can only go on.
    pub fn may_be_undone_after(self, command: &str) -> bool {
        match self {
            Change::VolumeDelete => command.contains("volume delete"),
            Change::BrickEvict => command.contains("replace-brick"),
            _ => true,
        }
    }

    /// Whether what it is about is not there any more when it is done.
    pub fn ends_its_subject(self) -> bool {
        matches!(
            self,
            Change::VolumeDelete | Change::SourceDelete | Change::DeviceDelete | Change::BrickEvict
        )
    }

    fn is_delete(self) -> bool {
        matches!(
            self,
            Change::VolumeDelete | Change::SourceDelete | Change::NodeDelete | Change::DeviceDelete
        )
    }

    pub fn is_done(self, reply: &Reply) -> bool {
        let status = match self {
            Change::VolumeCreate
            | Change::FirstNode
            | Change::NodeAdd
            | Change::VolumeExpand
            | Change::VolumeClone => 303,
            _ => 204,
        };
        reply.status == status
    }

    /// Whether an answer agrees with what the API shows once all work is over.
    pub fn is_true(self, reply: &Reply, lab: &Lab) -> bool {
        match self {
            Change::VolumeExpand | Change::BrickEvict => return self.is_true_of_bricks(reply, lab),
            Change::VolumeDelete => return self.is_true_of_delete(reply, lab),
            _ => {}
        }
        if self == Change::VolumeClone {
            let volumes = lab.volumes();
            let copied = volumes.len() == 2 && volumes.contains(&reply.located());
            return if self.is_done(reply) { copied } else { reply.status >= 400 && volumes.len() == 1 };
        }
        let there = self.objects(lab);
        let is_there = !there.is_empty();
        if self.is_done(reply) {
            // The jobs of devices name no object.
            return is_there != self.is_delete() && (reply.location.is_empty() || there == [reply.located()]);
        }
        let unchanged = is_there == self.is_delete();
        // The client was told why, and the background went on.
        let went_on = matches!(self, Change::SourceDelete | Change::DeviceDelete)
            && !is_there
            && !reply.text.contains("was kept");
        reply.status >= 400 && (unchanged || went_on)
    }

    /// The volume is there wholly, with what was written into it, or not at all, and the answer says which.
    fn is_true_of_delete(self, reply: &Reply, lab: &Lab) -> bool {
        let kept =
            ["The volume is kept", "the volume was kept"].iter().any(|words| reply.text.contains(words));
        let goes_on = reply.text.contains("goes on in the background");
        match lab.volumes().as_slice() {
            [] => self.is_done(reply) || reply.status >= 400 && goes_on && !kept,
            [id] => reply.status >= 400 && kept && !goes_on && is_whole(lab, id),
            _ => false,
        }
    }

    /// A volume has grown or not, and its brick is where it was or elsewhere, as the answer says; where that tells of a
    /// failure, it may have been gone on with.
    fn is_true_of_bricks(self, reply: &Reply, lab: &Lab) -> bool {
        let id = lab.volumes().into_iter().next().unwrap_or_default();
        let volume = lab.get(&format!("/volumes/{id}")).json();
        let bricks = volume["bricks"].as_array().map_or(0, Vec::len);
        let whole = match self {
            Change::VolumeExpand => match bricks {
                3 => volume["size"] == 10,
                6 => volume["size"] == 15,
                _ => false,
            },
            _ => bricks == 3 && volume["size"] == 10,
        };
        let grown = self == Change::VolumeExpand && bricks == 6;
        whole && (!self.is_done(reply) || self == Change::BrickEvict || grown)
    }

    /// Ids of the objects that it makes or deletes.
    fn objects(self, lab: &Lab) -> Vec<String> {
        let topology = lab.client().topology().unwrap();
        let of_node = |host: &str| {
            let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
            nodes.find(|node| node.hostnames.manage.iter().any(|name| name == host)).cloned()
        };
        match self {
            Change::VolumeCreate
            | Change::VolumeDelete
            | Change::VolumeExpand
            | Change::VolumeClone
            | Change::BrickEvict => lab.volumes(),
            Change::SourceDelete => {
                let (clones, others): (Vec<String>, _) = lab
                    .volumes()
                    .into_iter()
                    .partition(|id| lab.client().volume_info(id).unwrap().name == CLONE);
                assert_eq!(clones.len(), 1, "the clone stays");
                others
            }
            Change::FirstNode | Change::NodeAdd | Change::NodeDelete => {
                of_node(SPARE).into_iter().map(|node| node.id).collect()
            }
            Change::DeviceAdd | Change::DeviceErase | Change::DeviceDelete => {
                let devices = of_node(SPARE).map(|node| node.devices.to_vec()).unwrap_or_default();
                devices.into_iter().map(|device| device.id).collect()
            }
        }
    }
}

/// Whether the only volume has all its bricks, and each of them the file that was written before.
fn is_whole(lab: &Lab, id: &str) -> bool {
    let volume = lab.get(&format!("/volumes/{id}")).json();
    let (peers, bricks) = (lab.peers(), volume["bricks"].as_array().cloned().unwrap_or_default());
    let text = |brick: &Value, key: &str| brick[key].as_str().unwrap_or_default().to_owned();
    let has_file = |brick: &Value| {
        let (group, name) = (text(brick, "device"), text(brick, "id"));
        peers.hosts.values().any(|host| {
            let group = host.groups.get(&format!("vg_{group}"));
            let found = group.and_then(|group| group.volumes.get(&format!("brick_{name}")));
            found.is_some_and(|found| found.mounted && found.entries.keys().any(|path| path.ends_with(FILE)))
        })
    };
    volume["size"] == 10 && bricks.len() == 3 && bricks.iter().all(has_file)
}

/// The folder of a stopped server, and the id of what a change of it is about.
struct Folder {
    lab: Lab,
    subject: String,
}

impl Folder {
    /// Goes on from another folder.
    fn after(before: &Path, go: impl FnOnce(&Lab) -> String) -> Folder {
        let mut lab = Lab::copied_from(before);
        lab.start();
        let subject = go(&lab);
        lab.stop();
        Folder { lab, subject }
    }
}

/// Folders to begin with.
pub struct Begin {
    empty_cluster: Folder,
    peers: Folder,
    volume: Folder,
    cloned: Folder,
    spare_node: Folder,
    failed_device: Folder,
    four_peers: Folder,
}

impl Begin {
    pub fn new() -> Begin {
        let nothing = tempfile::tempdir().unwrap();
        let empty_cluster = Folder::after(nothing.path(), Lab::new_cluster);
        let peers = Folder::after(nothing.path(), Lab::three_peers);
        let volume = Folder::after(peers.lab.path(), |lab| {
            let made = lab.create(&replica_3(10)).unwrap();
            lab.on(HOSTS[0], Action::WriteFile { volume: made.name, name: FILE.to_owned() });
            // It is done before the next command.
            assert_eq!(lab.remove(&lab.create(&replica_3(1)).unwrap().id).status, 204);
            made.id
        });
        let cloned = Folder::after(volume.lab.path(), |lab| {
            let job =
                lab.post(&format!("/volumes/{}/clone", volume.subject), &json!({"name": CLONE})).location;
            assert_eq!(lab.wait_for(&job).status, 303);
            volume.subject.clone()
        });
        let spare_node = Folder::after(peers.lab.path(), |lab| {
            let node = lab.add_node(&peers.subject, SPARE).id;
            lab.on(SPARE, Action::Format { path: DISKS[1].to_owned(), fs: "ext4".to_owned() });
            node
        });
        let failed_device = Folder::after(spare_node.lab.path(), |lab| {
            lab.add_device(&spare_node.subject, DISKS[0], false).unwrap();
            let device = lab.node_of(SPARE).devices[0].id.clone();
            for state in ["offline", "failed"] {
                let job = lab.post(&format!("/devices/{device}/state"), &json!({"state": state})).location;
                assert_eq!(lab.wait_for(&job).status, 204);
            }
            device
        });
        // The only volume, on three of four peers; its first brick is the subject.
        let four_peers = Folder::after(spare_node.lab.path(), |lab| {
            let made = lab.create(&replica_3(10)).unwrap();
            lab.add_device(&spare_node.subject, DISKS[0], false).unwrap();
            made.bricks[0].id.clone()
        });
        Begin { empty_cluster, peers, volume, cloned, spare_node, failed_device, four_peers }
    }

    fn of(&self, change: Change) -> &Folder {
        match change {
            Change::FirstNode => &self.empty_cluster,
            Change::VolumeCreate | Change::NodeAdd => &self.peers,
            Change::VolumeDelete | Change::VolumeExpand | Change::VolumeClone => &self.volume,
            Change::SourceDelete => &self.cloned,
            Change::BrickEvict => &self.four_peers,
            Change::NodeDelete | Change::DeviceAdd | Change::DeviceErase => &self.spare_node,
            Change::DeviceDelete => &self.failed_device,
        }
    }

    pub fn folder(&self, change: Change) -> &Path {
        self.of(change).lab.path()
    }

    /// Asks for a change.
    pub fn request(&self, lab: &Lab, change: Change) -> anyhow::Result<Reply> {
        let subject = &self.of(change).subject;
        let (path, body) = match change {
            Change::VolumeCreate => ("/volumes".to_owned(), replica_3(10)),
            Change::FirstNode | Change::NodeAdd => {
                let hostnames = json!({"manage": [SPARE], "storage": [SPARE]});
                ("/nodes".to_owned(), json!({"zone": 1, "hostnames": hostnames, "cluster": subject}))
            }
            Change::DeviceAdd => ("/devices".to_owned(), json!({"name": DISKS[0], "node": subject})),
            Change::DeviceErase => {
                ("/devices".to_owned(), json!({"name": DISKS[1], "node": subject, "destroydata": true}))
            }
            Change::VolumeExpand => (format!("/volumes/{subject}/expand"), json!({"expand_size": 5})),
            Change::VolumeClone => (format!("/volumes/{subject}/clone"), json!({"name": CLONE})),
            Change::BrickEvict => (format!("/bricks/to-evict/{subject}"), json!({})),
            Change::VolumeDelete | Change::SourceDelete => {
                return lab.try_send("DELETE", &format!("/volumes/{subject}"), &[], None);
            }
            Change::NodeDelete => return lab.try_send("DELETE", &format!("/nodes/{subject}"), &[], None),
            Change::DeviceDelete => return lab.try_send("DELETE", &format!("/devices/{subject}"), &[], None),
        };
        lab.try_send("POST", &path, &[], Some(body.to_string().as_bytes()))
    }
}
