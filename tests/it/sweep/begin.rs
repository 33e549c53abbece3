//! Where each change begins: folders of servers that have been stopped, each made once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::json;

use super::changes::{CLONE, Change, DOWN, SPARE};
use super::clean::Clean;
use super::layouts::{FILE, Layout};
use super::requests::new_block;
use crate::support::operator::{DISKS, HOSTS, replica_3};
use crate::support::{Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// What is there when something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Nothing,
    EmptyCluster,
    ThreePeers,
    /// The only volume; what it is about is the volume.
    Made(Layout),
    /// The same and a fourth peer with a disk; it is about a brick.
    Movable(Layout),
    /// A volume and its clone; about the volume, or the clone, or a brick of that which may go to a fourth peer.
    Cloned,
    Clone,
    MovableClone,
    /// A fourth peer without a device.
    SpareNode,
    BesideDown,
    FailedDevice,
    LostDevice,
    OfflineDevice,
    OfflineNode,
    SwappedDisks,
    Block,
    LeftForPerson,
}

impl Start {
    /// The one that it is made from.
    fn before(self) -> Start {
        match self {
            Start::Nothing | Start::EmptyCluster | Start::ThreePeers => Start::Nothing,
            Start::Made(_) | Start::SpareNode | Start::SwappedDisks | Start::Block | Start::LeftForPerson => {
                Start::ThreePeers
            }
            Start::Movable(layout) => Start::Made(layout),
            Start::Cloned => Start::Made(Layout::Copied),
            Start::Clone | Start::MovableClone => Start::Cloned,
            Start::FailedDevice | Start::BesideDown => Start::SpareNode,
            Start::LostDevice => Start::FailedDevice,
            Start::OfflineDevice | Start::OfflineNode => Start::Movable(Layout::Copied),
        }
    }

    fn of(change: Change) -> Start {
        match change {
            Change::FirstNode => Start::EmptyCluster,
            Change::Create(_)
            | Change::KeyedCreate
            | Change::NodeAdd
            | Change::BlockCreate
            | Change::KeyedBlockCreate => Start::ThreePeers,
            Change::Delete(layout) | Change::Expand(layout) | Change::Clone(layout) => Start::Made(layout),
            Change::KeyedExpand | Change::KeyedClone => Start::Made(Layout::Copied),
            Change::Evict(layout) => Start::Movable(layout),
            Change::SourceDelete => Start::Cloned,
            Change::CloneDelete => Start::Clone,
            Change::CloneEvict => Start::MovableClone,
            Change::NodeDelete | Change::DeviceAdd | Change::DeviceErase => Start::SpareNode,
            Change::NodeDeleteBesideDown => Start::BesideDown,
            Change::DeviceDelete => Start::FailedDevice,
            Change::DeviceForget => Start::LostDevice,
            Change::DeviceRemove => Start::OfflineDevice,
            Change::NodeRemove => Start::OfflineNode,
            Change::DeviceResync => Start::SwappedDisks,
            Change::BlockBeside | Change::BlockDelete | Change::BlockExpand | Change::KeyedBlockExpand => {
                Start::Block
            }
            Change::CleanUp => Start::LeftForPerson,
        }
    }

    /// Makes it of what was there before; the id of what a change of it is about.
    fn make(self, lab: &mut Lab, before: &str) -> String {
        if self == Start::LeftForPerson {
            return leave_for_person(lab);
        }
        lab.start();
        let lab = &*lab;
        match self {
            Start::Nothing | Start::LeftForPerson => String::new(),
            Start::EmptyCluster => lab.new_cluster(),
            Start::ThreePeers => lab.three_peers(),
            Start::Made(layout) => make(lab, layout),
            Start::Movable(layout) => {
                add_spare(lab);
                brick_of(lab, before, layout)
            }
            Start::Cloned => {
                let done = lab.ask(&format!("/volumes/{before}/clone"), &json!({"name": CLONE}));
                assert_eq!(done.status, 303, "{done:?}");
                before.to_owned()
            }
            Start::Clone => clone_beside(lab, before),
            Start::MovableClone => {
                add_spare(lab);
                brick_of(lab, &clone_beside(lab, before), Layout::Copied)
            }
            Start::SpareNode => {
                let node = lab.add_node(before, SPARE).id;
                lab.on(SPARE, Action::Format { path: DISKS[1].to_owned(), fs: "ext4".to_owned() });
                node
            }
            Start::BesideDown => {
                let down = lab.add_node(&cluster(lab), DOWN).id;
                put(lab, "nodes", &down, "offline");
                put(lab, "nodes", &down, "failed");
                lab.on(DOWN, Action::Power { on: false });
                before.to_owned()
            }
            Start::FailedDevice => {
                lab.add_device(before, DISKS[0], false).unwrap();
                let device = lab.node_of(SPARE).devices[0].id.clone();
                put(lab, "devices", &device, "offline");
                put(lab, "devices", &device, "failed");
                device
            }
            Start::LostDevice => {
                lab.on(SPARE, Action::Pull { path: DISKS[0].to_owned(), pulled: true });
                before.to_owned()
            }
            Start::OfflineDevice | Start::OfflineNode => {
                let bricks = lab.volume(&lab.volumes()[0]).bricks;
                let brick = bricks.iter().find(|brick| brick.id == before).unwrap();
                let (kind, id) = match self {
                    Start::OfflineDevice => ("devices", brick.device.clone()),
                    _ => ("nodes", brick.node.clone()),
                };
                put(lab, kind, &id, "offline");
                id
            }
            Start::SwappedDisks => {
                let [path, with] = DISKS.map(str::to_owned);
                let devices = lab.node_of(HOSTS[0]).devices;
                lab.on(HOSTS[0], Action::RebootSwapped { path, with });
                devices.iter().find(|device| device.name == DISKS[0]).unwrap().id.clone()
            }
            Start::Block => lab.create_block(&new_block()).unwrap().id,
        }
    }
}

fn cluster(lab: &Lab) -> String {
    lab.client().cluster_list().unwrap().clusters[0].clone()
}

fn put(lab: &Lab, objects: &str, id: &str, state: &str) {
    assert_eq!(lab.ask(&format!("/{objects}/{id}/state"), &json!({"state": state})).status, 204);
}

/// A volume with what a client has written.
fn make(lab: &Lab, layout: Layout) -> String {
    let made = lab.create(&layout.body()).unwrap();
    lab.on(HOSTS[0], Action::WriteFile { volume: made.name, name: FILE.to_owned() });
    // It is done before the next command.
    assert_eq!(lab.remove(&lab.create(&replica_3(1)).unwrap().id).status, 204);
    made.id
}

/// A fourth peer with a disk that is empty.
fn add_spare(lab: &Lab) {
    let node = lab.add_node(&cluster(lab), SPARE).id;
    lab.add_device(&node, DISKS[0], false).unwrap();
}

/// The brick of a volume that is moved.
fn brick_of(lab: &Lab, volume: &str, layout: Layout) -> String {
    let bricks = lab.volume(volume).bricks;
    let smallest = bricks.iter().min_by_key(|brick| brick.size).unwrap();
    if layout == Layout::Arbiter { smallest.id.clone() } else { bricks[0].id.clone() }
}

fn clone_beside(lab: &Lab, source: &str) -> String {
    lab.volumes().into_iter().find(|id| id != source).unwrap()
}

/// A create that failed and is not undone, since somebody had written into the volume; what he wrote is gone now.
fn leave_for_person(lab: &mut Lab) -> String {
    let start = |fault: &str, times: u64| json!({"command": "volume start", "fault": fault, "times": times});
    lab.inject(Some(json!({"faults": [start("kill_after", 1)]})));
    lab.start();
    // The answer may not come any more.
    let body = replica_3(10).to_string();
    lab.try_send("POST", "/volumes", &[], Some(body.as_bytes())).ok();
    assert!(settled(SOON, || lab.has_died()));
    let made = lab.peers().volumes[0].clone();
    let run = |program: &str, args: &[&str]| Action::Run {
        program: program.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        stdin: String::new(),
    };
    lab.on(HOSTS[0], Action::WriteFile { volume: made.name.clone(), name: FILE.to_owned() });
    lab.on(HOSTS[0], run("gluster", &["--mode=script", "volume", "stop", &made.name]));
    lab.inject(Some(json!({"faults": [start("refuse", 0)]})));
    lab.start();
    let waits = || lab.get("/operations").json()["failed"] == 1 && lab.log().contains("for a person");
    assert!(settled(SOON, waits), "{}", lab.log_tail());
    for brick in &made.bricks {
        let (host, path) = brick.split_once(':').unwrap();
        lab.on(host, run("rm", &["--force", &format!("{path}/{FILE}")]));
    }
    lab.inject(None);
    String::new()
}

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
    // It takes a command that is not sent otherwise.
    lab.setting("sshexec", json!({"snapshot_limit": 10}));
    // A fault is meant for a command of the change.
    lab.setting("disable_monitor_gluster_nodes", json!(true));
    lab
}

type Made<K, V> = Mutex<BTreeMap<K, Arc<OnceLock<V>>>>;

/// What is made once for all cases: folders to begin with, and what changes do that nothing disturbs.
#[derive(Default)]
pub struct Begin {
    folders: Made<Start, Folder>,
    clean: Made<Change, Clean>,
}

/// Others wait for what somebody makes already, and nobody waits for something else.
fn slot<K: Ord, V>(made: &Made<K, V>, key: K) -> Arc<OnceLock<V>> {
    made.lock().unwrap().entry(key).or_default().clone()
}

/// The one that is shared by all sweeps that run at the time.
static SHARED: Mutex<Weak<Begin>> = Mutex::new(Weak::new());

impl Begin {
    pub fn shared() -> Arc<Begin> {
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let begin = Arc::default();
            *shared = Arc::downgrade(&begin);
            begin
        })
    }

    fn with<T>(&self, start: Start, look: impl FnOnce(&Folder) -> T) -> T {
        let slot = slot(&self.folders, start);
        look(slot.get_or_init(|| self.make(start)))
    }

    fn make(&self, start: Start) -> Folder {
        if start == Start::Nothing {
            return Folder { lab: Lab::new(), subject: String::new() };
        }
        let (mut lab, before) =
            self.with(start.before(), |folder| (copied(folder.lab.path()), folder.subject.clone()));
        let subject = start.make(&mut lab, &before);
        lab.stop();
        Folder { lab, subject }
    }

    /// A server on a copy of where a change begins; not started yet.
    pub fn lab(&self, change: Change) -> Lab {
        self.with(Start::of(change), |folder| copied(folder.lab.path()))
    }

    /// The id of what a change is about.
    pub fn subject(&self, change: Change) -> String {
        self.with(Start::of(change), |folder| folder.subject.clone())
    }

    /// What a change does that nothing disturbs.
    pub fn clean<T>(&self, change: Change, look: impl FnOnce(&Clean) -> T) -> T {
        let slot = slot(&self.clean, change);
        look(slot.get_or_init(|| Clean::run(self, change)))
    }
}
