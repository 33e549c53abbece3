//! Bricks that are healed onto their new place for long, and onto a disk that dies meanwhile.

use std::time::{Duration, Instant};

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);

/// What a client has written.
const FILE: &str = "letter.txt";

/// Where the new brick is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Onto {
    /// On another device of the same peer.
    SamePeer,
    OtherPeer,
}

/// A brick on its way, which stands still at the gate before it is first looked at how far its heal is.
struct Move {
    lab: Lab,
    /// The volume as it was.
    made: VolumeInfo,
    job: String,
    /// The new brick, `host:path`.
    new: String,
}

impl Move {
    fn begun(onto: Onto) -> Move {
        Move::begun_with(onto, |_| ())
    }

    /// On a server with other settings.
    fn begun_with(onto: Onto, set: impl FnOnce(&mut Lab)) -> Move {
        let mut lab = Lab::with_four_peers();
        set(&mut lab);
        let made = lab.create(&replica_3(10)).unwrap();
        lab.on(HOSTS[0], Action::WriteFile { volume: made.name.clone(), name: FILE.to_owned() });
        lab.close_gate();
        let mut held = lab.held("volume heal");
        // The first one looks whether the brick may go at all.
        held["skip"] = json!(1);
        lab.inject(Some(json!({"faults": [held], "record": lab.path().join("commands")})));
        lab.restart();
        let barred = barred(&lab, &made, onto);
        let state = |state: &str| lab.ask(&format!("{barred}/state"), &json!({"state": state}));
        assert_eq!(state("offline").status, 204);
        let before = lab.peers().volume(&made.name).unwrap().bricks.clone();
        let job = lab.post(&format!("/bricks/to-evict/{}", made.bricks[0].id), &json!({})).location;
        assert_eq!(state("online").status, 204);
        let new = || {
            let now = lab.peers().volume(&made.name).unwrap().bricks.clone();
            now.into_iter().find(|brick| !before.contains(brick))
        };
        assert!(settled(SOON, || new().is_some()), "{}", lab.log_tail());
        let new = new().unwrap();
        Move { lab, made, job, new }
    }

    fn still_to_heal(&self, entries: u64) {
        let (volume, brick) = (self.made.name.clone(), self.new.clone());
        self.lab.on(HOSTS[0], Action::Heal { volume, brick, entries });
    }

    /// How often gluster was asked what is to be healed.
    fn looks(&self) -> usize {
        let commands = std::fs::read_to_string(self.lab.path().join("commands")).unwrap();
        commands.lines().filter(|line| line.contains("volume heal")).count()
    }

    /// Opens the gate and waits until it has been looked at several times.
    fn goes_on(&self) {
        self.lab.open_gate();
        assert!(settled(SOON, || self.looks() >= 4), "{}", self.lab.log_tail());
        let waiting = self.lab.get(&self.job);
        assert_eq!((waiting.status, waiting.step), (200, self.step()));
    }

    fn step(&self) -> String {
        format!("waiting until gluster has healed {}", self.made.name)
    }

    /// The host, the device and the disk of the new brick.
    fn place(&self) -> (String, String, String) {
        let (host, path) = self.new.split_once(':').unwrap();
        let group = path.split('/').find(|part| part.starts_with("vg_")).unwrap();
        let disk = self.lab.peers().host(host).unwrap().groups[group].disk.clone();
        (host.to_owned(), group["vg_".len()..].to_owned(), disk)
    }
}

/// What takes no bricks, so that the first brick of a volume goes where it is to go.
fn barred(lab: &Lab, made: &VolumeInfo, onto: Onto) -> String {
    let topology = lab.client().topology().unwrap();
    let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
    match onto {
        Onto::SamePeer => {
            let spare = nodes.find(|node| made.bricks.iter().all(|brick| brick.node != node.id));
            format!("/nodes/{}", spare.unwrap().id)
        }
        Onto::OtherPeer => {
            let (own, leaves) = (&made.bricks[0].node, &made.bricks[0].device);
            let node = nodes.find(|node| node.id == *own).unwrap();
            let other = node.devices.iter().find(|device| device.id != *leaves).unwrap();
            format!("/devices/{}", other.id)
        }
    }
}

#[test]
fn a_heal_that_does_not_end_is_waited_for_also_beyond_a_stop_which_it_does_not_hold_up() {
    let mut moving = Move::begun(Onto::OtherPeer);
    moving.still_to_heal(3);
    moving.goes_on();
    let begun = Instant::now();
    moving.lab.stop();
    assert!(begun.elapsed() < Duration::from_secs(15), "a heal is no command that has to be waited for");
    moving.lab.start();
    let waits = || moving.lab.get(&moving.job).step == moving.step();
    assert!(settled(SOON, waits), "{}", moving.lab.log_tail());
    moving.still_to_heal(0);
    let moved = moving.lab.wait_for(&moving.job);
    assert_eq!(moved.status, 204, "{moved:?}\n{}", moving.lab.log_tail());
    let (_, device, _) = moving.place();
    let now = moving.lab.volume(&moving.made.id);
    assert_eq!(now.bricks.len(), 3);
    assert!(now.bricks.iter().any(|brick| brick.device == device), "{now:?}");
    assert!(moving.lab.is_in_all_bricks(FILE, &now), "{now:?}");
    Audit::new().clean_within(&moving.lab, SOON);
}

#[test]
fn a_move_that_waits_for_its_heal_keeps_nobody_out_of_his_turn() {
    let one_at_a_time = |lab: &mut Lab| lab.setting("max_inflight_operations", json!(1));
    let moving = Move::begun_with(Onto::OtherPeer, one_at_a_time);
    moving.still_to_heal(3);
    moving.goes_on();
    for _ in 0..2 {
        let made = moving.lab.create(&replica_3(1)).unwrap();
        assert_eq!(moving.lab.remove(&made.id).status, 204);
        assert_eq!(moving.lab.get(&moving.job).step, moving.step());
    }
    moving.still_to_heal(0);
    assert_eq!(moving.lab.wait_for(&moving.job).status, 204, "{}", moving.lab.log_tail());
    Audit::new().clean_within(&moving.lab, SOON);
}

#[test]
fn a_disk_that_dies_while_a_brick_is_healed_onto_it_is_given_up_and_the_brick_moves_on() {
    let moving = Move::begun(Onto::OtherPeer);
    let (lab, (host, device, path)) = (&moving.lab, moving.place());
    lab.on(&host, Action::Pull { path: path.clone(), pulled: true });
    moving.goes_on();
    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    let bricks = lab.peers().volume(&moving.made.name).unwrap().bricks.clone();
    assert!(bricks.len() == 3 && !bricks.iter().any(|brick| brick.contains(&device)), "{bricks:?}");
    // What is left of the brick goes when its disk is there again.
    lab.on(&host, Action::Pull { path, pulled: false });
    Audit::new().clean_within(lab, SOON);
    assert_moved_on(&moving, &device, &lab.wait_for(&moving.job));
}

#[test]
fn a_peer_that_dies_while_a_brick_is_healed_onto_it_is_given_up_and_the_brick_moves_on() {
    give_up_peer(&Move::begun(Onto::OtherPeer));
}

#[test]
fn a_peer_that_dies_while_a_brick_moves_between_its_disks_is_given_up_and_the_brick_moves_on() {
    give_up_peer(&Move::begun(Onto::SamePeer));
}

fn give_up_peer(moving: &Move) {
    let (lab, (host, device, _)) = (&moving.lab, moving.place());
    let node = lab.node_of(&host);
    lab.on(&host, Action::Power { on: false });
    moving.goes_on();
    let state = |state: &str| lab.ask(&format!("/nodes/{}/state", node.id), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    assert!(lab.volume(&moving.made.id).bricks.iter().all(|brick| brick.node != node.id));
    assert_moved_on(moving, &device, &lab.wait_for(&moving.job));
}

/// The volume is whole without the device that was given up, and what the first brick had taken is free.
fn assert_moved_on(moving: &Move, device: &str, moved: &Reply) {
    let lab = &moving.lab;
    assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
    let old = &moving.made.bricks[0];
    let now = lab.volume(&moving.made.id);
    assert_eq!(now.bricks.len(), 3);
    assert!(now.bricks.iter().all(|brick| brick.device != device && brick.id != old.id), "{now:?}");
    assert!(lab.is_in_all_bricks(FILE, &now), "{now:?}");
    let there = lab.peers().volume(&now.name).unwrap().bricks.clone();
    assert!(now.bricks.iter().all(|brick| there.iter().any(|at| at.ends_with(&brick.path))), "{there:?}");
    let emptied = lab.get(&format!("/devices/{}", old.device)).json();
    let own = now.bricks.iter().filter(|brick| brick.device == old.device).count();
    assert_eq!(emptied["bricks"].as_array().map_or(0, Vec::len), own);
    assert_eq!(emptied["storage"]["used"] == 0, own == 0, "{emptied}");
    assert_eq!(lab.get("/db/check").json()["totalinconsistencies"], 0);
}

#[test]
fn while_a_brick_is_healed_its_cluster_grows_and_volumes_come_and_go() {
    let moving = Move::begun(Onto::OtherPeer);
    moving.still_to_heal(3);
    moving.goes_on();
    let lab = &moving.lab;
    let now: Vec<String> =
        lab.volume(&moving.made.id).bricks.iter().map(|brick| brick.path.clone()).collect();
    assert!(now.iter().any(|path| moving.new.ends_with(path)), "the new brick is the volume's: {now:?}");
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    let node = lab.add_node(&cluster, "10.10.10.21");
    let other = lab.create(&replica_3(2)).unwrap();
    assert_eq!(lab.remove(&other.id).status, 204);
    let gone = lab.delete(&format!("/nodes/{}", node.id));
    assert_eq!(lab.wait_for(&gone.location).status, 204, "{}", lab.log_tail());
    assert_eq!(lab.get(&moving.job).step, moving.step());
    moving.still_to_heal(0);
    assert_eq!(lab.wait_for(&moving.job).status, 204, "{}", lab.log_tail());
    Audit::new().clean_within(lab, SOON);
}

#[test]
fn what_a_move_leaves_on_a_peer_that_is_only_restarted_is_taken_away_when_it_is_up() {
    let moving = Move::begun(Onto::OtherPeer);
    let lab = &moving.lab;
    let left = moving.made.bricks[0].clone();
    let host = lab.host_of(&left.node);
    lab.on(&host, Action::Power { on: false });
    lab.open_gate();
    let told = lab.wait_for(&moving.job);
    assert_eq!(told.status, 500, "{told:?}");
    let there = lab.volume(&moving.made.id).bricks;
    assert!(there.len() == 3 && there.iter().all(|brick| brick.id != left.id), "{there:?}");
    let device = lab.client().device_info(&left.device).unwrap();
    assert!(device.bricks.is_empty() && device.storage.used > 0, "its space is still taken: {device:?}");
    let check = lab.get("/db/check").json();
    assert_eq!(check["totalinconsistencies"], 0, "{check}");
    lab.on(&host, Action::Power { on: true });
    Audit::new().clean_within(lab, SOON);
}

#[test]
fn a_heal_is_not_given_up_where_too_few_other_copies_are_online() {
    let moving = Move::begun(Onto::OtherPeer);
    let (lab, (host, device, path)) = (&moving.lab, moving.place());
    lab.on(&host, Action::Pull { path: path.clone(), pulled: true });
    moving.goes_on();
    // One of the two that have all.
    let stays = moving.made.bricks.iter().skip(1).map(|brick| brick.node.clone()).next().unwrap();
    let other = lab.host_of(&stays);
    lab.on(&other, Action::Power { on: false });
    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(state("offline").status, 204);
    let refused = state("failed");
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&lab.log(), &["as only 1 of 2 required peer bricks are online"]);
    let there = lab.peers().volume(&moving.made.name).unwrap().bricks.clone();
    assert!(there.contains(&moving.new), "it is still waited for: {there:?}");
    lab.on(&other, Action::Power { on: true });
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    lab.on(&host, Action::Pull { path, pulled: false });
    Audit::new().clean_within(lab, SOON);
}

#[test]
fn a_copy_is_kept_while_nothing_else_is_online_that_the_new_one_could_be_healed_from() {
    let moving = Move::begun(Onto::OtherPeer);
    let lab = &moving.lab;
    let (leaves, others) = moving.made.bricks.split_first().unwrap();
    let hosts: Vec<String> = others.iter().map(|brick| lab.host_of(&brick.node)).collect();
    let power = |on: bool| hosts.iter().for_each(|host| lab.on(host, Action::Power { on }));
    power(false);
    moving.goes_on();
    let has_left = || {
        let there = lab.peers().host(&lab.host_of(&leaves.node)).unwrap().mounts.clone();
        !there.keys().any(|point| leaves.path.starts_with(&format!("{point}/")))
    };
    assert!(!has_left(), "it holds the only good copy that is left: {}", lab.log_tail());
    power(true);
    let moved = lab.wait_for(&moving.job);
    assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
    assert!(has_left());
    assert!(lab.is_in_all_bricks(FILE, &lab.volume(&moving.made.id)));
    Audit::new().clean_within(lab, SOON);
}
