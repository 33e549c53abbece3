//! The audit itself: it finds what a change may leave behind. A sweep with an audit that sees nothing proves nothing.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{DISKS, HOSTS, assert_says};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const OTHER: &str = "10.10.10.20";
const OFF: &str = "10.10.10.21";

fn run(program: &str, args: &[&str]) -> Action {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

/// What the audit finds after something was done to a peer of a lab in which nothing is wrong.
#[track_caller]
fn finds(host: &str, actions: &[Action], words: &[&str]) {
    let lab = Lab::with_three_peers();
    Audit::new().clean_within(&lab, SOON);
    for action in actions {
        lab.on(host, action.clone());
    }
    // It cannot be joined, which changes nothing; what was asked for is done before the first command of that.
    lab.on(OFF, Action::Power { on: false });
    let cluster = lab.node_of(HOSTS[0]).cluster;
    assert!(lab.try_add_node(&cluster, OFF).is_err());
    let found = Audit::new().findings(&lab).join("\n");
    assert_says(&found, words);
}

#[test]
fn a_physical_volume_in_no_group_is_found() {
    finds(
        HOSTS[1],
        &[run("lvm", &["pvcreate", "/dev/vdf"])],
        &["physical volumes of", HOSTS[1], "/dev/vdf in no group"],
    );
}

#[test]
fn a_group_of_no_device_is_found() {
    let group = format!("vg_{}", "cd".repeat(16));
    let made = [run("lvm", &["pvcreate", "/dev/vdf"]), run("lvm", &["vgcreate", &group, "/dev/vdf"])];
    finds(HOSTS[1], &made, &["volume groups of", "physical volumes of", HOSTS[1], &group]);
}

#[test]
fn a_group_on_a_peer_that_is_no_node_is_found() {
    let group = format!("vg_{}", "cd".repeat(16));
    let made = [run("lvm", &["pvcreate", DISKS[0]]), run("lvm", &["vgcreate", &group, DISKS[0]])];
    finds(OTHER, &made, &["volume groups of", OTHER, &group]);
}

#[test]
fn a_directory_of_no_device_is_found() {
    let directory = format!("/var/lib/heketi/mounts/vg_{}", "cd".repeat(16));
    finds(HOSTS[1], &[run("mkdir", &["-p", &directory])], &["directories of devices of", HOSTS[1]]);
}

#[test]
fn a_peer_too_many_is_found() {
    let probe = run("gluster", &["--mode=script", "peer", "probe", OTHER]);
    finds(HOSTS[0], &[probe], &["trusted pool", "left over", OTHER]);
}

#[test]
fn a_peer_that_is_missing_is_found() {
    let detach = run("gluster", &["--mode=script", "peer", "detach", HOSTS[2]]);
    finds(HOSTS[0], &[detach], &["trusted pool", "missing", HOSTS[2]]);
}

#[test]
fn a_snapshot_and_a_clone_of_nobody_are_found() {
    let lab = Lab::with_three_peers();
    lab.create(&named("data")).unwrap();
    Audit::new().clean_within(&lab, SOON);
    for words in [
        &["snapshot", "create", "s", "data", "no-timestamp"][..],
        &["snapshot", "activate", "s"],
        &["snapshot", "clone", "copy", "s"],
    ] {
        lab.on(HOSTS[0], run("gluster", &[&["--mode=script"], words].concat()));
    }
    lab.create(&named("other")).unwrap();
    let found = Audit::new().findings(&lab).join("\n");
    let places =
        ["snapshot s of data", "gluster volumes", "logical volumes of", "mounts of", "brick directories of"];
    assert_says(&found, &places);
    assert_says(&found, &["\"copy\"", "_0", "/run/gluster/snaps/"]);
}

fn named(name: &str) -> Value {
    json!({"size": 1, "name": name, "durability": {"type": "replicate", "replicate": {"replica": 3}}})
}
