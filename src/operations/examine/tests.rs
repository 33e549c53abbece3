//! The comparison alone, on states that are hard to come by with a server.

use super::*;
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::cluster::{Cluster, ClusterFlags};
use crate::model::device::{Device, Storage, volume_group};
use crate::model::durability::{Durability, RequestedDurability};
use crate::model::inventory::{
    LogicalVolume, Mounted, Mounts, PoolBrick, PoolVolume, TableLine, VolumeGroup,
};
use crate::model::node::Tags;
use crate::model::sizes::{GiB, KiB};
use crate::model::state::EntryState;
use crate::model::volume::{Snapshot, Volume};

const SNAPS: &str = "/run/gluster/snaps/5f2b8c1de3a94f6a8b7c6d5e4f3a2b1c/brick1";

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(digit: char) -> T {
    digit.to_string().repeat(32).parse().unwrap()
}

/// One node `m1` with a device and a volume `v` of one brick.
fn state() -> Everything {
    let storage = Storage::default();
    Everything {
        generation: String::new(),
        clusters: vec![Cluster { id: id('c'), flags: ClusterFlags::default() }],
        nodes: vec![Node {
            id: id('a'),
            cluster: id('c'),
            zone: 1,
            manage: vec!["m1".to_owned()],
            storage: vec!["s1".to_owned()],
            tags: Tags::new(),
            state: EntryState::Online,
            phase: Phase::Ready,
        }],
        devices: vec![Device {
            id: id('d'),
            node: id('a'),
            name: "/dev/vdd".to_owned(),
            tags: Tags::new(),
            state: EntryState::Online,
            phase: Phase::Ready,
            storage,
            extent: KiB::of(4096),
            pv_uuid: None,
            paths: Vec::new(),
            brick_count: 1,
        }],
        volumes: vec![volume('e', "v")],
        bricks: vec![brick('b')],
        block_volumes: Vec::new(),
        operations: Vec::new(),
    }
}

fn volume(digit: char, name: &str) -> Volume {
    Volume {
        id: id(digit),
        cluster: id('c'),
        name: name.to_owned(),
        size: GiB::new(1).unwrap(),
        requested: RequestedDurability::default(),
        durability: Durability::Distribute,
        gid: 0,
        options: Vec::new(),
        hosting: None,
        snapshot: Snapshot::default(),
        asked_clusters: Vec::new(),
        phase: Phase::Ready,
    }
}

fn brick(digit: char) -> Brick {
    Brick {
        id: id(digit),
        volume: id('e'),
        device: id('d'),
        node: id('a'),
        set: 0,
        position: 0,
        role: BrickRole::Data,
        space: BrickSpace { size: KiB::ZERO, thin_pool: KiB::ZERO, metadata: KiB::ZERO },
        thin_pool: "tp_b".to_owned(),
        logical_volume: None,
        path: Brick::path_for(id('d'), id(digit)),
        phase: Phase::Ready,
        replaces: None,
    }
}

fn row(name: &str, pool: &str) -> LogicalVolume {
    LogicalVolume {
        lv_name: name.to_owned(),
        vg_name: volume_group(id('d')),
        pool_lv: pool.to_owned(),
        ..LogicalVolume::default()
    }
}

/// A peer that has all of these bricks, whatever their volumes, in one volume `v`.
fn peer(bricks: &[Brick]) -> Inventory {
    let mut mounts = Mounts::default();
    let mut rows = vec![row("tp_b", "")];
    for brick in bricks {
        let site = known::Site::of(brick);
        let name = site.volume.clone().unwrap_or_else(|| "5f2b8c1de3a94f6a8b7c6d5e4f3a2b1c_0".to_owned());
        let device = format!("/dev/mapper/{}-{name}", site.group);
        rows.push(row(&name, "tp_b"));
        mounts.mounted.push(Mounted { device: device.clone(), point: site.point.clone() });
        if site.in_table {
            mounts.table.push(TableLine { device, point: site.point, ..TableLine::default() });
        }
    }
    let place = |brick: &Brick| PoolBrick { name: format!("s1:{}", brick.path), ..PoolBrick::default() };
    let found = PoolVolume {
        name: "v".to_owned(),
        id: "uuid".to_owned(),
        status_word: "Started".to_owned(),
        bricks: bricks.iter().map(place).collect(),
        ..PoolVolume::default()
    };
    Inventory {
        node: id('a'),
        volumes: Ok(vec![found]),
        physical_volumes: Ok(Vec::new()),
        groups: Ok(vec![VolumeGroup { vg_name: volume_group(id('d')), ..VolumeGroup::default() }]),
        logical_volumes: Ok(rows),
        mounts: Ok(mounts),
        blocks: Vec::new(),
    }
}

/// What is said of a peer, heketi's lines left out.
fn said(before: &Everything, after: &Everything, peer: Inventory) -> Vec<String> {
    let (lines, _) = report(before, after, &[(id('c'), vec![peer])], &PeerSettings::default());
    lines.into_iter().filter(|line| !line.starts_with("heketi volume list")).collect()
}

#[track_caller]
fn says(lines: &[String], expected: &[&str]) {
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(line.contains(words), "{words:?} is missing in {line:?}");
    }
}

#[test]
fn a_peer_that_has_what_the_database_says_gives_no_line() {
    says(&said(&state(), &state(), peer(&state().bricks)), &[]);
}

#[test]
fn what_was_there_only_before_or_only_after_is_not_missed() {
    let nothing = || Inventory { volumes: Ok(Vec::new()), logical_volumes: Ok(Vec::new()), ..peer(&[]) };
    let missing = ["does not have it", "is missing"];
    says(&said(&state(), &state(), nothing()), &missing);
    let gone = Everything { volumes: Vec::new(), bricks: Vec::new(), ..state() };
    says(&said(&state(), &gone, nothing()), &[]);
    says(&said(&gone, &state(), nothing()), &[]);
    let mut deleting = state();
    deleting.volumes[0].phase = Phase::Deleting;
    deleting.bricks[0].phase = Phase::Deleting;
    says(&said(&state(), &deleting, nothing()), &[]);
}

#[test]
fn a_node_that_is_being_taken_out_need_not_be_in_the_pool_any_more() {
    let mut leaving = state();
    let other = Node { id: id('8'), manage: vec!["m8".to_owned()], ..leaving.nodes[0].clone() };
    leaving.nodes.push(other);
    let left = Inventory {
        node: id('8'),
        volumes: Ok(Vec::new()),
        groups: Ok(Vec::new()),
        logical_volumes: Ok(Vec::new()),
        mounts: Ok(Mounts::default()),
        ..peer(&[])
    };
    let lines = |all: &Everything| {
        let clusters = [(id('c'), vec![peer(&all.bricks), left.clone()])];
        report(all, all, &clusters, &PeerSettings::default()).0
    };
    assert!(lines(&leaving).iter().any(|line| line.contains("m8 does not have volume v")));
    leaving.nodes[1].phase = Phase::Deleting;
    let found = lines(&leaving);
    assert!(!found.iter().any(|line| line.contains("does not have")), "{found:#?}");
}

#[test]
fn what_either_state_knows_is_not_foreign() {
    let empty = Everything { volumes: Vec::new(), bricks: Vec::new(), ..state() };
    says(&said(&empty, &state(), peer(&state().bricks)), &[]);
    says(&said(&state(), &empty, peer(&state().bricks)), &[]);
    let expected = ["gluster has a volume v", "/brick_b"];
    says(&said(&empty, &empty, peer(&state().bricks)), &expected);
    let alone = Inventory { volumes: Ok(Vec::new()), ..peer(&state().bricks) };
    let expected = ["/tp_b", "/brick_b", "is mounted and belongs to no", "has a line for"];
    says(&said(&empty, &empty, alone), &expected);
}

#[test]
fn a_brick_that_is_being_replaced_may_be_in_either_place() {
    let mut moving = state();
    moving.bricks.push(Brick { replaces: Some(id('b')), phase: Phase::Creating, ..brick('f') });
    says(&said(&moving, &moving, peer(&[brick('b')])), &[]);
    says(&said(&moving, &moving, peer(&[brick('f')])), &[]);
}

#[test]
fn the_brick_of_a_clone_is_found_by_what_is_mounted_and_is_in_no_table() {
    let mut cloned = state();
    let copy = Brick { path: format!("{SNAPS}/brick"), ..brick('f') };
    cloned.bricks.push(copy.clone());
    says(&said(&cloned, &cloned, peer(&cloned.bricks)), &[]);
    // Older ones say it with `/var` before it.
    cloned.bricks[1].path = format!("/var{SNAPS}/brick");
    says(&said(&cloned, &cloned, peer(&cloned.bricks)), &[]);
    // Where it is not mounted, its logical volume looks like a snapshot's.
    cloned.bricks[1] = copy;
    let mut unmounted = peer(&cloned.bricks);
    unmounted.mounts.as_mut().unwrap().mounted.pop();
    let lines = said(&cloned, &cloned, unmounted);
    says(&lines, &["is a snapshot in the thin pool", "glusterd mounts it when it starts"]);
    // By its name it is known all the same, and missed where it is gone.
    cloned.bricks[1].logical_volume = Some("5f2b8c1de3a94f6a8b7c6d5e4f3a2b1c_0".to_owned());
    let mut unmounted = peer(&cloned.bricks);
    unmounted.mounts.as_mut().unwrap().mounted.pop();
    says(&said(&cloned, &cloned, unmounted.clone()), &["glusterd mounts it when it starts"]);
    unmounted.logical_volumes.as_mut().unwrap().pop();
    says(&said(&cloned, &cloned, unmounted), &["5f2b8c1de3a94f6a8b7c6d5e4f3a2b1c_0 is missing"]);
}

#[test]
fn a_brick_in_another_pool_than_it_should_be_is_named() {
    let mut moved = peer(&state().bricks);
    moved.logical_volumes = Ok(vec![row("tp_b", ""), row(&format!("brick_{}", "b".repeat(32)), "tp_other")]);
    says(&said(&state(), &state(), moved), &["is in the thin pool `tp_other`, and the database says `tp_b`"]);
}

#[test]
fn mounts_one_over_the_other_are_too_many() {
    let mut twice = peer(&state().bricks);
    let mounts = twice.mounts.as_mut().unwrap();
    mounts.mounted.push(Mounted { device: "/dev/x".to_owned(), point: mounts.mounted[0].point.clone() });
    says(&said(&state(), &state(), twice), &["2 devices are mounted on"]);
}

#[test]
fn a_volume_of_another_cluster_in_the_same_pool_is_not_foreign() {
    let mut two = state();
    two.clusters.push(Cluster { id: id('9'), flags: ClusterFlags::default() });
    two.nodes.push(Node {
        id: id('8'),
        cluster: id('9'),
        manage: vec!["m8".to_owned()],
        ..two.nodes[0].clone()
    });
    let seen = Inventory {
        node: id('8'),
        groups: Ok(Vec::new()),
        logical_volumes: Ok(Vec::new()),
        mounts: Ok(Mounts::default()),
        ..peer(&two.bricks)
    };
    let clusters = [(id('c'), vec![peer(&two.bricks)]), (id('9'), vec![seen])];
    let lines = report(&two, &two, &clusters, &PeerSettings::default()).0;
    assert!(!lines.iter().any(|line| line.contains("not in this database")), "{lines:#?}");
}

#[test]
fn a_group_that_lost_a_disk_and_one_on_another_disk_are_told_apart() {
    let mut known = state();
    known.devices[0].pv_uuid = Some("own".to_owned());
    let on = |name: &str, uuid: &str| {
        let disk = crate::model::inventory::PhysicalVolume {
            pv_name: name.to_owned(),
            vg_name: volume_group(id('d')),
            pv_uuid: uuid.to_owned(),
            ..Default::default()
        };
        said(&known, &known, Inventory { physical_volumes: Ok(vec![disk]), ..peer(&known.bricks) })
    };
    says(&on("/dev/vdd", "own"), &[]);
    says(&on("/dev/vdq", "own"), &[]);
    says(&on("/dev/vdd", "other"), &["somebody moved the group to another disk"]);
    says(&on("[unknown]", "own"), &["misses a physical volume"]);
}
