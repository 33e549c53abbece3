//! Disks that are not empty: what somebody may need is named and left alone.

use std::time::Duration;

use mortar::executor::sim::{Action, NewVolume};

use crate::support::operator::{HOSTS, assert_says, refusal};
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(60);
const HOST: &str = HOSTS[0];

/// A lab with one node without disks, and what was done to that node before.
fn with(actions: Vec<Action>) -> (Lab, String) {
    let lab = Lab::started();
    let cluster = lab.new_cluster();
    let node = lab.add_node(&cluster, HOST).id;
    for action in actions {
        lab.on(HOST, action);
    }
    (lab, node)
}

fn format(path: &str) -> Action {
    Action::Format { path: path.to_owned(), fs: "ext4".to_owned() }
}

fn group(name: &str, volumes: &[&str]) -> Action {
    let volumes = volumes.iter().map(|name| NewVolume { name: (*name).to_owned(), size_kib: 1_048_576 });
    Action::ForeignGroup { path: "/dev/vdd".to_owned(), group: name.to_owned(), volumes: volumes.collect() }
}

/// Runs a look, so that what was asked for is done, and gives the host as it is then.
fn host(lab: &Lab, node: &str) -> mortar::executor::sim::HostDump {
    // Whether it is taken or not: the control file is followed before the command.
    let _ = lab.add_device(node, "/dev/no-such-folder/disk", false);
    lab.peers().host(HOST).unwrap().clone()
}

/// A disk that is refused whatever the request says; the explanations.
#[track_caller]
fn never_taken(actions: Vec<Action>, words: &[&str]) {
    let (lab, node) = with(actions);
    let before = host(&lab, &node);
    for destroydata in [false, true] {
        let (_, text, explanation) = refusal(lab.add_device(&node, "/dev/vdd", destroydata));
        assert_says(&text, &["Initializing device /dev/vdd failed"]);
        assert_says(&explanation, words);
        assert_says(&explanation, &[HOST, "/dev/vdd", "nothing was changed"]);
    }
    assert_eq!(lab.peers().host(HOST).unwrap(), &before, "nothing was changed");
    assert!(lab.node_of(HOST).devices.iter().all(|device| device.name != "/dev/vdd"));
}

#[test]
fn a_formatted_disk_is_refused_by_name_and_taken_with_leave_to_erase_it() {
    let (lab, node) = with(vec![format("/dev/vdd")]);
    let before = host(&lab, &node);
    let (_, text, explanation) = refusal(lab.add_device(&node, "/dev/vdd", false));
    // Also those see it who have heketi's client.
    assert_says(&text, &["ext4", HOST, "/dev/vdd", "nothing was changed", "destroydata"]);
    assert_says(&explanation, &["ext4", HOST, "/dev/vdd", "destroydata"]);
    assert_eq!(lab.peers().host(HOST).unwrap(), &before, "nothing was changed");
    assert!(lab.node_of(HOST).devices.iter().all(|device| device.name != "/dev/vdd"));
    lab.add_device(&node, "/dev/vdd", true).unwrap();
    assert!(lab.node_of(HOST).devices.iter().any(|device| device.name == "/dev/vdd"));
    let peers = lab.peers();
    assert!(peers.host(HOST).unwrap().disk_file_systems.is_empty());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_empty_group_of_somebody_is_taken_only_with_leave_to_erase_it() {
    let (lab, node) = with(vec![group("data", &[])]);
    let (_, _, explanation) = refusal(lab.add_device(&node, "/dev/vdd", false));
    assert_says(&explanation, &["data", "destroydata"]);
    lab.add_device(&node, "/dev/vdd", true).unwrap();
    assert!(!lab.peers().host(HOST).unwrap().groups.contains_key("data"));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_mounted_disk_is_never_erased() {
    let at = "/data".to_owned();
    never_taken(
        vec![format("/dev/vdd"), Action::Mount { path: "/dev/vdd".to_owned(), at }],
        &["mounted on /data"],
    );
}

#[test]
fn a_disk_with_a_mounted_volume_of_somebody_is_never_erased() {
    let mount = Action::Mount { path: "/dev/mapper/data-home".to_owned(), at: "/home".to_owned() };
    never_taken(vec![group("data", &["home"]), mount], &["data"]);
}

#[test]
fn a_group_with_volumes_is_never_erased() {
    never_taken(vec![group("data", &["home", "mail"])], &["data", "2 volumes"]);
}

#[test]
fn a_group_of_another_server_is_never_erased() {
    let name = format!("vg_{}", "0123456789abcdef".repeat(2));
    never_taken(vec![group(&name, &[])], &[&name]);
}

#[test]
fn a_device_that_is_there_already_is_refused_and_stays() {
    let (lab, node) = with(Vec::new());
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    let device = lab.node_of(HOST).devices[0].clone();
    for destroydata in [false, true] {
        let (_, text, _) = refusal(lab.add_device(&node, "/dev/vdd", destroydata));
        assert_says(&text, &["/dev/vdd", &device.id]);
    }
    assert_eq!(lab.node_of(HOST).devices.to_vec(), vec![device]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_disk_whose_peer_is_off_or_that_is_missing_changes_nothing() {
    let (lab, node) = with(vec![Action::Power { on: false }]);
    let (_, _, explanation) = refusal(lab.add_device(&node, "/dev/vdd", false));
    assert_says(&explanation, &[HOST]);
    lab.on(HOST, Action::Power { on: true });
    lab.on(HOST, Action::Pull { path: "/dev/vdd".to_owned(), pulled: true });
    assert!(lab.add_device(&node, "/dev/vdd", false).is_err());
    assert!(lab.node_of(HOST).devices.is_empty());
    lab.on(HOST, Action::Pull { path: "/dev/vdd".to_owned(), pulled: false });
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    Audit::new().clean_within(&lab, SOON);
}
