//! Clones: copies of volumes that share the space of what they are copies of, until either of them goes.

use std::collections::BTreeMap;
use std::time::Duration;

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);
const FOURTH: &str = "10.10.10.20";

/// A volume with room for snapshots.
fn roomy(name: &str) -> Value {
    let mut body = replica_3(10);
    body["name"] = json!(name);
    body["gid"] = json!(2000);
    body["snapshot"] = json!({"enable": true, "factor": 1.5});
    body
}

fn post(lab: &Lab, path: &str, body: &Value) -> Reply {
    let reply = lab.post(path, body);
    if reply.status == 202 { lab.wait_for(&reply.location) } else { reply }
}

fn clone(lab: &Lab, id: &str, name: &str) -> Reply {
    post(lab, &format!("/volumes/{id}/clone"), &json!({"name": name}))
}

fn volume(lab: &Lab, id: &str) -> VolumeInfo {
    serde_json::from_str(&lab.get(&format!("/volumes/{id}")).text).unwrap()
}

#[track_caller]
fn cloned(lab: &Lab, id: &str, name: &str) -> VolumeInfo {
    let reply = clone(lab, id, name);
    assert_eq!(reply.status, 303, "{reply:?}\n{}", lab.log_tail());
    volume(lab, &reply.located())
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

#[test]
fn a_clone_has_what_its_source_has_and_takes_no_space() {
    let mut lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    write(&lab, "data", "letter");
    let before = used(&lab);
    let (code, out, err) = lab.mortar(&["volume", "clone", &source.id, "--name=copy"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert_says(&out, &["Name: copy\n", "Size: 10\n", "Replica Count: 3\n", "Snapshot Factor: 1.50\n"]);
    let id = lab.volumes().into_iter().find(|id| *id != source.id).unwrap();
    let copy = volume(&lab, &id);
    let as_source = VolumeInfo {
        id: source.id.clone(),
        name: source.name.clone(),
        mount: source.mount.clone(),
        bricks: source.bricks.clone(),
        ..copy.clone()
    };
    assert_eq!(as_source, source);
    assert!(copy.mount.glusterfs.device.ends_with(":copy"));
    let places = |volume: &VolumeInfo| {
        let mut places: Vec<_> = volume
            .bricks
            .iter()
            .map(|brick| (brick.device.clone(), brick.node.clone(), brick.size))
            .collect();
        places.sort();
        places
    };
    assert_eq!(places(&copy), places(&source));
    assert_eq!(used(&lab), before, "a clone takes no space");
    assert_eq!(holders(&lab, &copy, "letter"), 3);
    Audit::new().clean_within(&lab, SOON);
    lab.restart();
    assert_eq!(volume(&lab, &id), copy);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn source_and_clone_go_in_either_order_and_the_space_with_the_last() {
    for source_first in [true, false] {
        let lab = Lab::with_three_peers();
        let empty = used(&lab);
        let source = lab.create(&roomy("data")).unwrap();
        write(&lab, "data", "letter");
        let full = used(&lab);
        let copy = cloned(&lab, &source.id, "");
        assert_eq!(copy.name, format!("vol_{}", copy.id));
        let (first, second) = if source_first { (&source, &copy) } else { (&copy, &source) };
        let gone = lab.remove(&first.id);
        assert_eq!(gone.status, 204, "{gone:?}\n{}", lab.log_tail());
        assert_eq!(used(&lab), full, "the pools are still there");
        assert_eq!((volume(&lab, &second.id), holders(&lab, second, "letter")), (second.clone(), 3));
        Audit::new().clean_within(&lab, SOON);
        assert_eq!(lab.remove(&second.id).status, 204);
        assert_eq!(used(&lab), empty);
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn source_and_clone_are_deleted_at_the_same_time() {
    let lab = Lab::with_three_peers();
    let empty = used(&lab);
    let source = lab.create(&roomy("data")).unwrap();
    let copies: Vec<VolumeInfo> = (0..2).map(|_| cloned(&lab, &source.id, "")).collect();
    let ids = [&source.id, &copies[0].id, &copies[1].id];
    let jobs = ids.map(|id| lab.begin_delete(id));
    for job in jobs {
        assert_eq!(lab.wait_for(&job).status, 204, "{}", lab.log_tail());
    }
    assert_eq!(used(&lab), empty);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_clone_is_cloned_and_outlives_all_that_it_came_from() {
    let lab = Lab::with_three_peers();
    let empty = used(&lab);
    let first = lab.create(&roomy("first")).unwrap();
    write(&lab, "first", "letter");
    let second = cloned(&lab, &first.id, "second");
    assert_eq!(lab.remove(&first.id).status, 204);
    let third = cloned(&lab, &second.id, "third");
    assert_eq!(lab.remove(&second.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(holders(&lab, &third, "letter"), 3);
    let fourth = cloned(&lab, &third.id, "fourth");
    assert_eq!(lab.remove(&third.id).status, 204);
    assert_eq!(lab.remove(&fourth.id).status, 204);
    assert_eq!(used(&lab), empty);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_cannot_be_cloned_is_refused_in_heketis_words() {
    let mut lab = Lab::new();
    lab.setting("max_volumes_per_cluster", json!(3));
    lab.start();
    lab.three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let check = |reply: Reply, status: u16, text: &str| {
        assert_eq!((reply.status, reply.text.trim()), (status, text));
    };
    let prefix = format!("Failed clone volume {}: ", source.id);
    check(clone(&lab, &source.id, "data"), 500, &format!("{prefix}Volume name 'data' already in use"));
    check(clone(&lab, &"0".repeat(32), "x"), 404, "Id not found");
    check(clone(&lab, &source.id, "-x"), 400, "validation failed: name: must be in a valid format.");
    let hosting = lab.create(&json!({"size": 10, "block": true})).unwrap();
    let why = "Cloning of block hosting volumes is not supported";
    check(clone(&lab, &hosting.id, "x"), 500, &format!("Failed clone volume {}: {why}", hosting.id));
    cloned(&lab, &source.id, "third");
    check(clone(&lab, &source.id, "x"), 500, &format!("{prefix}Cluster has 3 volumes and limit is 3"));
    assert_eq!(lab.volumes().len(), 3);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_name_that_gluster_knows_already_is_left_alone() {
    let lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let made = vec![format!("{}:/data/copy", HOSTS[0])];
    let foreign =
        Action::ForeignVolume { name: "copy".into(), bricks: made, started: true, options: Vec::new() };
    lab.on(HOSTS[0], foreign);
    let refused = clone(&lab, &source.id, "copy");
    assert_eq!((refused.status, refused.text.trim()), (500, "Volume with name:copy already exists"));
    Audit::new().besides("copy").clean_within(&lab, SOON);
    cloned(&lab, &source.id, "other");
    Audit::new().besides("copy").clean_within(&lab, SOON);
}

#[test]
fn a_source_without_a_snapshot_factor_is_cloned_and_its_owner_warned() {
    let lab = Lab::with_three_peers();
    let tight = lab.create(&replica_3(10)).unwrap();
    let reply = clone(&lab, &tight.id, "");
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_says(&reply.warning, &[&tight.name, "no room for snapshots"]);
    let room = lab.create(&roomy("data")).unwrap();
    assert_eq!(clone(&lab, &room.id, "").warning, "");
    Audit::new().clean_within(&lab, SOON);
}

/// A lab whose next clone stands still at a command until it was looked at.
fn stalling(command: &str) -> Lab {
    let mut lab = Lab::new();
    let stall = json!({"command": command, "fault": "stall", "stall_ms": 3000, "times": 1});
    lab.inject(Some(json!({"faults": [stall]})));
    lab.start();
    lab.three_peers();
    lab
}

#[test]
fn nothing_else_changes_a_volume_while_it_is_cloned() {
    let lab = stalling("snapshot clone");
    let source = lab.create(&roomy("data")).unwrap();
    let path = format!("/volumes/{}", source.id);
    let job = lab.post(&format!("{path}/clone"), &json!({})).location;
    // It is seen as before, the clone is not, and both are marked in a dump.
    assert_eq!((volume(&lab, &source.id), lab.volumes()), (source.clone(), vec![source.id.clone()]));
    let operation = lab.get("/operations/pending").json()["pendingoperations"][0].clone();
    assert_eq!(operation["type_name"], "clone-volume");
    let details =
        lab.get(&format!("/operations/pending/{}", operation["id"].as_str().unwrap())).json()["changes"]
            .clone();
    assert_eq!(details[0], json!({"id": source.id, "description": "Clone volume from"}));
    assert_eq!(details[1]["description"], "Expand volume to");
    let dump = lab.get("/db/dump").json();
    for entry in dump["volumeentries"].as_object().unwrap().values() {
        assert_eq!(entry["Pending"]["Id"], operation["id"]);
    }
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    let conflict = "The target exists, contains other items, or is in use.";
    let check = |reply: Reply, text: &str| {
        assert_eq!((reply.status, reply.text.trim()), (500, text));
    };
    check(lab.delete(&path), &format!("Failed to set up volume delete: {conflict}"));
    let more = lab.post(&format!("{path}/expand"), &json!({"expand_size": 5}));
    check(more, &format!("Failed to allocate volume expansion: {conflict}"));
    let brick = &source.bricks[0].id;
    let moved = lab.post(&format!("/bricks/to-evict/{brick}"), &json!({}));
    assert_says(&moved.text, &["Failed to set up brick eviction: ", "is being cloned"]);
    assert_eq!(lab.delete(&format!("/volumes/{}", details[1]["id"].as_str().unwrap())).status, 404);
    // Another clone of it waits for its turn.
    let second = lab.post(&format!("{path}/clone"), &json!({"name": "second"})).location;
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
    for job in [job, second] {
        let done = lab.wait_for(&job);
        assert_eq!(done.status, 303, "{done:?}\n{}", lab.log_tail());
    }
    assert_eq!(lab.volumes().len(), 3);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(post(&lab, &format!("{path}/expand"), &json!({"expand_size": 5})).status, 303);
    assert_eq!(lab.remove(&source.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_volume_that_grows_is_not_cloned_before_it_has() {
    let lab = stalling("add-brick");
    let source = lab.create(&roomy("data")).unwrap();
    let job = lab.post(&format!("/volumes/{}/expand", source.id), &json!({"expand_size": 5})).location;
    let refused = clone(&lab, &source.id, "");
    assert_eq!(refused.status, 500);
    assert_says(&refused.text, &["Failed clone volume ", "or is in use."]);
    assert_eq!(lab.wait_for(&job).status, 303);
    let copy = cloned(&lab, &source.id, "");
    assert_eq!((copy.size, copy.bricks.len()), (15, 6));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_clone_that_was_interrupted_leaves_nothing_or_is_there() {
    let check = |command: &str, is_there: bool| {
        let mut lab = Lab::new();
        lab.inject(Some(json!({"faults": [{"command": command, "fault": "kill_after"}]})));
        lab.start();
        lab.three_peers();
        let source = lab.create(&roomy("data")).unwrap();
        let job = lab.post(&format!("/volumes/{}/clone", source.id), &json!({"name": "copy"})).location;
        assert!(settled(SOON, || lab.has_died()));
        lab.inject(None);
        lab.start();
        let answer = lab.wait_for(&job);
        assert_eq!(answer.status, if is_there { 303 } else { 500 }, "{command}: {answer:?}");
        assert_eq!(lab.volumes().len(), if is_there { 2 } else { 1 });
        Audit::new().clean_within(&lab, SOON);
        if !is_there {
            cloned(&lab, &source.id, "copy");
        }
        assert_eq!(lab.remove(&source.id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    };
    check("snapshot create", false);
    check("snapshot clone", false);
    check("volume start copy", false);
    check("snapshot delete", true);
}

#[test]
fn a_clone_that_was_in_use_when_its_database_was_put_back_is_kept() {
    let mut lab = Lab::new();
    lab.inject(Some(json!({"faults": [{"command": "snapshot clone", "fault": "kill_before"}]})));
    lab.start();
    lab.three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let job = lab.post(&format!("/volumes/{}/clone", source.id), &json!({"name": "copy"})).location;
    assert!(settled(SOON, || lab.has_died()));
    lab.inject(None);
    // A later server has made the clone after all, and its database is lost.
    let snapshot = lab.peers().snapshots[0].name.clone();
    for words in [
        format!("snapshot activate {snapshot}"),
        format!("snapshot clone copy {snapshot}"),
        "volume start copy".to_owned(),
        format!("snapshot delete {snapshot}"),
    ] {
        lab.on(HOSTS[0], gluster(&words));
    }
    lab.start();
    let answer = lab.wait_for(&job);
    assert_eq!(answer.status, 303, "{answer:?}\n{}", lab.log_tail());
    assert_eq!(volume(&lab, &answer.located()).name, "copy");
    Audit::new().clean_within(&lab, SOON);
}

/// The lab with a fourth peer, so that every brick has somewhere to go.
fn four_peers() -> Lab {
    let lab = Lab::with_three_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let node = lab.add_node(&cluster, FOURTH);
    for disk in DISKS {
        lab.add_device(&node.id, disk, false).unwrap();
    }
    lab
}

#[test]
fn bricks_of_sources_and_of_clones_move_and_both_grow() {
    let lab = four_peers();
    let source = lab.create(&roomy("data")).unwrap();
    write(&lab, "data", "letter");
    let copy = cloned(&lab, &source.id, "copy");
    for brick in [&source.bricks[0], &copy.bricks[1]] {
        let moved = post(&lab, &format!("/bricks/to-evict/{}", brick.id), &json!({}));
        assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
    assert!(holders(&lab, &volume(&lab, &copy.id), "letter") >= 2);
    for id in [&source.id, &copy.id] {
        let grown = post(&lab, &format!("/volumes/{id}/expand"), &json!({"expand_size": 5}));
        assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
    let second = cloned(&lab, &copy.id, "second");
    assert_eq!((second.size, second.bricks.len()), (15, 6));
    for id in [&source.id, &copy.id, &second.id] {
        assert_eq!(lab.remove(id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
    assert!(used(&lab).values().all(|used| *used == 0));
}

#[test]
fn a_device_with_clones_is_emptied_and_can_be_taken_out() {
    let lab = four_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let copies: Vec<String> = (0..2).map(|_| cloned(&lab, &source.id, "").id).collect();
    let device = source.bricks[0].device.clone();
    let state = |state: &str| post(&lab, &format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(lab.delete(&format!("/devices/{device}")).status, 400, "it is in use");
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    for id in copies.iter().chain([&source.id]) {
        let now = volume(&lab, id);
        assert!(now.bricks.len() == 3 && now.bricks.iter().all(|brick| brick.device != device), "{now:?}");
    }
    assert_eq!(used(&lab)[&device], 0);
    Audit::new().clean_within(&lab, SOON);
    let gone = lab.delete(&format!("/devices/{device}"));
    assert_eq!(lab.wait_for(&gone.location).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_pool_that_holds_what_nobody_knows_is_kept_until_that_is_gone() {
    let lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let copy = cloned(&lab, &source.id, "copy");
    assert_eq!(lab.remove(&source.id).status, 204);
    // Somebody has made a clone of his own.
    let known: Vec<String> = copy.bricks.iter().map(|brick| brick.path.replace("/brick", "")).collect();
    for words in [
        "snapshot create s copy no-timestamp",
        "snapshot activate s",
        "snapshot clone mine s",
        "snapshot delete s",
    ] {
        lab.on(HOSTS[0], gluster(words));
    }
    let refused = lab.remove(&copy.id);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &["thin pool", "is in use"]);
    assert!(used(&lab).values().any(|used| *used > 0), "the pools are there, and so is their space");
    lab.on(HOSTS[0], gluster("volume delete mine"));
    let peers = lab.peers();
    for (host, found) in &peers.hosts {
        for (at, node) in found.mounts.iter().filter(|(at, _)| !known.contains(at)) {
            lab.on(host, Action::Unmount { at: at.clone() });
            let (group, name) = node.strip_prefix("/dev/mapper/").unwrap().split_once('-').unwrap();
            lab.on(host, run("lvm", &format!("lvremove -f {group}/{name}")));
            for directory in [at, at.rsplit_once('/').unwrap().0] {
                lab.on(host, run("rm", &format!("--force --dir {directory}")));
            }
        }
    }
    Audit::new().clean_within(&lab, SOON * 2);
    assert!(used(&lab).values().all(|used| *used == 0));
}

/// A command that somebody runs on a peer.
fn run(program: &str, words: &str) -> Action {
    let args = words.split(' ').map(str::to_owned).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

fn gluster(words: &str) -> Action {
    run("gluster", &format!("--mode=script {words}"))
}
