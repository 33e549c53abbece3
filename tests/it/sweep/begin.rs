//! Where each change begins, and what is asked for.

use std::path::Path;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::changes::{CLONE, Change, FILE, MORE_SETS, SPARE};
use crate::support::operator::{DISKS, HOSTS, replica_3};
use crate::support::{Lab, Reply};

/// The folder of a stopped server, and the id of what a change of it is about.
struct Folder {
    lab: Lab,
    subject: String,
}

/// A server on a copy of a folder, which makes hosting volumes by itself.
pub fn copied(folder: &Path) -> Lab {
    let mut lab = Lab::copied_from(folder);
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(20));
    // A fault is meant for a command of the change.
    lab.setting("disable_monitor_gluster_nodes", json!(true));
    lab
}

impl Folder {
    /// Goes on from another folder.
    fn after(before: &Path, go: impl FnOnce(&Lab) -> String) -> Folder {
        let mut lab = copied(before);
        lab.start();
        let subject = go(&lab);
        lab.stop();
        Folder { lab, subject }
    }
}

/// The body of a create.
fn disperse_2_1(size: u64) -> Value {
    json!({"size": size, "durability": {"type": "disperse", "disperse": {"data": 2, "redundancy": 1}}})
}

fn put(lab: &Lab, objects: &str, id: &str, state: &str) {
    assert_eq!(lab.ask(&format!("/{objects}/{id}/state"), &json!({"state": state})).status, 204);
}

/// With a login, on two hosts that have to be found.
fn new_block() -> Value {
    json!({"size": 8, "name": "disk", "auth": true, "hacount": 2})
}

/// Folders to begin with.
pub struct Begin {
    empty_cluster: Folder,
    peers: Folder,
    volume: Folder,
    dispersed: Folder,
    cloned: Folder,
    clone: Folder,
    spare_node: Folder,
    failed_device: Folder,
    four_peers: Folder,
    arbiter: Folder,
    offline_device: Folder,
    offline_node: Folder,
    swapped_disks: Folder,
    lost_device: Folder,
    block: Folder,
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
        let clone = Folder::after(cloned.lab.path(), |lab| {
            lab.volumes().into_iter().find(|id| *id != cloned.subject).unwrap()
        });
        let dispersed = Folder::after(peers.lab.path(), |lab| lab.create(&disperse_2_1(12)).unwrap().id);
        let spare_node = Folder::after(peers.lab.path(), |lab| {
            let node = lab.add_node(&peers.subject, SPARE).id;
            lab.on(SPARE, Action::Format { path: DISKS[1].to_owned(), fs: "ext4".to_owned() });
            node
        });
        let failed_device = Folder::after(spare_node.lab.path(), |lab| {
            lab.add_device(&spare_node.subject, DISKS[0], false).unwrap();
            let device = lab.node_of(SPARE).devices[0].id.clone();
            put(lab, "devices", &device, "offline");
            put(lab, "devices", &device, "failed");
            device
        });
        // The only volume, on three of four peers; its first brick is the subject.
        let four_peers = Folder::after(spare_node.lab.path(), |lab| {
            let made = lab.create(&replica_3(10)).unwrap();
            lab.on(HOSTS[0], Action::WriteFile { volume: made.name, name: FILE.to_owned() });
            lab.add_device(&spare_node.subject, DISKS[0], false).unwrap();
            made.bricks[0].id.clone()
        });
        // Here it is the one without data.
        let arbiter = Folder::after(spare_node.lab.path(), |lab| {
            let mut wanted = replica_3(10);
            wanted["glustervolumeoptions"] = json!(["user.heketi.arbiter true"]);
            let made = lab.create(&wanted).unwrap();
            lab.on(HOSTS[0], Action::WriteFile { volume: made.name, name: FILE.to_owned() });
            lab.add_device(&spare_node.subject, DISKS[0], false).unwrap();
            made.bricks.iter().min_by_key(|brick| brick.size).unwrap().id.clone()
        });
        let first_brick = |lab: &Lab| {
            let bricks = lab.volume(&lab.volumes()[0]).bricks;
            bricks.iter().find(|brick| brick.id == four_peers.subject).unwrap().clone()
        };
        let offline_device = Folder::after(four_peers.lab.path(), |lab| {
            let device = first_brick(lab).device;
            put(lab, "devices", &device, "offline");
            device
        });
        let offline_node = Folder::after(four_peers.lab.path(), |lab| {
            let node = first_brick(lab).node;
            put(lab, "nodes", &node, "offline");
            node
        });
        let swapped_disks = Folder::after(peers.lab.path(), |lab| {
            let [path, with] = DISKS.map(str::to_owned);
            let devices = lab.node_of(HOSTS[0]).devices;
            lab.on(HOSTS[0], Action::RebootSwapped { path, with });
            devices.iter().find(|device| device.name == DISKS[0]).unwrap().id.clone()
        });
        let lost_device = Folder::after(failed_device.lab.path(), |lab| {
            lab.on(SPARE, Action::Pull { path: DISKS[0].to_owned(), pulled: true });
            failed_device.subject.clone()
        });
        let block = Folder::after(peers.lab.path(), |lab| lab.create_block(&new_block()).unwrap().id);
        Begin {
            empty_cluster,
            peers,
            volume,
            dispersed,
            cloned,
            clone,
            spare_node,
            failed_device,
            four_peers,
            arbiter,
            offline_device,
            offline_node,
            swapped_disks,
            lost_device,
            block,
        }
    }

    fn of(&self, change: Change) -> &Folder {
        match change {
            Change::FirstNode => &self.empty_cluster,
            Change::VolumeCreate | Change::NodeAdd | Change::BlockCreate => &self.peers,
            Change::BlockDelete | Change::BlockExpand => &self.block,
            Change::VolumeDelete | Change::VolumeExpand | Change::VolumeClone => &self.volume,
            Change::SetsExpand => &self.dispersed,
            Change::SourceDelete => &self.cloned,
            Change::CloneDelete => &self.clone,
            Change::BrickEvict => &self.four_peers,
            Change::ArbiterEvict => &self.arbiter,
            Change::NodeDelete | Change::DeviceAdd | Change::DeviceErase => &self.spare_node,
            Change::DeviceDelete => &self.failed_device,
            Change::DeviceRemove => &self.offline_device,
            Change::NodeRemove => &self.offline_node,
            Change::DeviceResync => &self.swapped_disks,
            Change::DeviceForget => &self.lost_device,
        }
    }

    pub fn folder(&self, change: Change) -> &Path {
        self.of(change).lab.path()
    }

    /// The id of what a change is about.
    pub fn subject(&self, change: Change) -> &str {
        &self.of(change).subject
    }

    /// Asks for a change.
    pub fn request(&self, lab: &Lab, change: Change) -> anyhow::Result<Reply> {
        let subject = self.subject(change);
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
            Change::BlockCreate => ("/blockvolumes".to_owned(), new_block()),
            Change::BlockExpand => (format!("/blockvolumes/{subject}/expand"), json!({"new_size": 12})),
            Change::BlockDelete => {
                return lab.try_send("DELETE", &format!("/blockvolumes/{subject}"), &[], None);
            }
            Change::VolumeExpand => (format!("/volumes/{subject}/expand"), json!({"expand_size": 5})),
            // More than a disk has for one set.
            Change::SetsExpand => (format!("/volumes/{subject}/expand"), json!({"expand_size": MORE_SETS})),
            Change::VolumeClone => (format!("/volumes/{subject}/clone"), json!({"name": CLONE})),
            Change::BrickEvict | Change::ArbiterEvict => (format!("/bricks/to-evict/{subject}"), json!({})),
            Change::DeviceRemove => (format!("/devices/{subject}/state"), json!({"state": "failed"})),
            Change::NodeRemove => (format!("/nodes/{subject}/state"), json!({"state": "failed"})),
            Change::DeviceResync => {
                return lab.try_send("GET", &format!("/devices/{subject}/resync"), &[], None);
            }
            Change::DeviceForget => {
                let body = json!({"forceforget": true}).to_string();
                return lab.try_send("DELETE", &format!("/devices/{subject}"), &[], Some(body.as_bytes()));
            }
            Change::VolumeDelete | Change::SourceDelete | Change::CloneDelete => {
                return lab.try_send("DELETE", &format!("/volumes/{subject}"), &[], None);
            }
            Change::NodeDelete => return lab.try_send("DELETE", &format!("/nodes/{subject}"), &[], None),
            Change::DeviceDelete => return lab.try_send("DELETE", &format!("/devices/{subject}"), &[], None),
        };
        lab.try_send("POST", &path, &[], Some(body.to_string().as_bytes()))
    }
}
