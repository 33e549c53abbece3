//! Disks that are not empty: what somebody may need is named and left alone.

use std::time::Duration;

use mortar::executor::sim::{Action, NewVolume};
use serde_json::json;

use crate::support::operator::{DISKS, HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

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

fn swapped(path: &str, with: &str) -> Action {
    Action::RebootSwapped { path: path.to_owned(), with: with.to_owned() }
}

/// The name and the paths of a device.
fn label(lab: &Lab, id: &str) -> (String, Vec<String>) {
    let device = lab.client().device_info(id).unwrap();
    (device.name, device.paths.to_vec())
}

/// The ids of the devices of the node, by the paths that they were added by.
fn two_devices(lab: &Lab) -> [String; 2] {
    let devices = lab.node_of(HOST).devices;
    DISKS.map(|disk| devices.iter().find(|device| device.name == disk).unwrap().id.clone())
}

fn resync(lab: &Lab, id: &str) -> Reply {
    lab.wait_for(&lab.get(&format!("/devices/{id}/resync")).location)
}

fn put_into(lab: &Lab, id: &str, states: &[&str]) {
    for state in states {
        let reply = lab.post(&format!("/devices/{id}/state"), &json!({"state": state}));
        assert_eq!(lab.wait_for(&reply.location).status, 204);
    }
}

/// Releases a device, or says why not.
fn release(lab: &Lab, id: &str, forget: bool) -> Reply {
    let body = json!({"forceforget": forget}).to_string();
    lab.wait_for(&lab.send("DELETE", &format!("/devices/{id}"), &[], Some(body.as_bytes())).location)
}

/// The disk that holds the group of a device.
fn disk_of(lab: &Lab, id: &str) -> String {
    lab.peers().host(HOST).unwrap().groups[&format!("vg_{id}")].disk.clone()
}

#[test]
fn disks_that_change_places_at_a_restart_are_shown_where_they_are() {
    let lab = Lab::with_three_peers();
    let volume = lab.create(&replica_3(10)).unwrap();
    let [first, second] = two_devices(&lab);
    lab.on(HOST, swapped("/dev/vdd", "/dev/vde"));
    // One is asked for, and both are right.
    assert_eq!(resync(&lab, &first).status, 204);
    let paths = |name: &str| vec![format!("/dev/disk/by-path/virtio-pci-{name}"), format!("/dev/{name}")];
    assert_eq!(label(&lab, &first), ("/dev/vde".to_owned(), paths("vde")));
    assert_eq!(label(&lab, &second), ("/dev/vdd".to_owned(), paths("vdd")));
    assert_eq!((disk_of(&lab, &first), disk_of(&lab, &second)), ("/dev/vde".into(), "/dev/vdd".into()));
    let another = lab.create(&replica_3(20)).unwrap();
    for volume in [volume.id, another.id] {
        assert_eq!(lab.remove(&volume).status, 204);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_restart_with_disks_swapped_is_noticed_without_being_asked() {
    let mut lab = Lab::new();
    for key in ["start_time_monitor_gluster_nodes", "refresh_time_monitor_gluster_nodes"] {
        lab.setting(key, json!(1));
    }
    lab.start();
    lab.three_peers();
    let [first, second] = two_devices(&lab);
    lab.on(HOST, swapped("/dev/vdd", "/dev/vde"));
    assert!(settled(SOON, || label(&lab, &first).0 == "/dev/vde" && label(&lab, &second).0 == "/dev/vdd"));
    assert_says(&lab.log(), &[&format!("the disk of device {first} is /dev/vde now; it was /dev/vdd")]);
}

#[test]
fn a_disk_that_is_a_device_already_is_known_by_its_uuid_and_a_blank_one_at_an_old_path_is_taken() {
    let (lab, node) = with(Vec::new());
    for disk in DISKS {
        lab.add_device(&node, disk, false).unwrap();
    }
    let [first, second] = two_devices(&lab);
    lab.on(HOST, swapped("/dev/vdd", "/dev/vde"));
    for (path, there) in [("/dev/vdd", &second), ("/dev/vde", &first)] {
        let (_, text, _) = refusal(lab.add_device(&node, path, true));
        assert_says(&text, &[path, &format!("(ID: {there})")]);
    }
    // No label says so, but the disk is there.
    lab.on(HOST, swapped("/dev/vde", "/dev/vdf"));
    let (_, text, _) = refusal(lab.add_device(&node, "/dev/vdf", true));
    assert_says(&text, &["/dev/vdf", &format!("(ID: {first})")]);
    lab.add_device(&node, "/dev/vde", false).unwrap();
    assert_eq!(label(&lab, &first).0, "/dev/vdf");
    assert_eq!(lab.node_of(HOST).devices.len(), 3);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_blank_disk_takes_the_path_of_one_that_is_away() {
    let (lab, node) = with(Vec::new());
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    let away = lab.node_of(HOST).devices[0].clone();
    let pull = |pulled| Action::Pull { path: "/dev/vdf".to_owned(), pulled };
    lab.on(HOST, swapped("/dev/vdd", "/dev/vdf"));
    lab.on(HOST, pull(true));
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    let name = label(&lab, &away.id).0;
    assert_eq!(name, format!("/dev/disk/by-id/lvm-pv-uuid-{}", away.pv_uuid));
    assert_eq!(resync(&lab, &away.id).status, 500);
    lab.on(HOST, pull(false));
    assert_eq!(resync(&lab, &away.id).status, 204);
    assert_eq!(label(&lab, &away.id).0, "/dev/vdf");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_release_takes_the_right_disk_after_a_swap() {
    let (lab, node) = with(Vec::new());
    for disk in DISKS {
        lab.add_device(&node, disk, false).unwrap();
    }
    let [first, second] = two_devices(&lab);
    lab.on(HOST, swapped("/dev/vdd", "/dev/vde"));
    put_into(&lab, &first, &["offline", "failed"]);
    assert_eq!(release(&lab, &first, false).status, 204);
    assert_eq!(label(&lab, &second).0, "/dev/vdd");
    assert_eq!(disk_of(&lab, &second), "/dev/vdd");
    assert!(!lab.peers().host(HOST).unwrap().physical_volumes.contains_key("/dev/vde"));
    lab.add_device(&node, "/dev/vde", false).unwrap();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_disk_that_is_away_is_not_released_because_another_has_its_path() {
    let (lab, node) = with(Vec::new());
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    let device = lab.node_of(HOST).devices[0].id.clone();
    put_into(&lab, &device, &["offline", "failed"]);
    // A blank disk has the path of one that was pulled out.
    lab.on(HOST, swapped("/dev/vdd", "/dev/vdf"));
    lab.on(HOST, Action::Pull { path: "/dev/vdf".to_owned(), pulled: true });
    let refused = release(&lab, &device, false);
    assert_eq!(refused.status, 500);
    assert_says(&refused.text, &["Failed to delete device /dev/vdd", &device, HOST]);
    lab.on(HOST, Action::Pull { path: "/dev/vdf".to_owned(), pulled: false });
    assert_eq!(release(&lab, &device, false).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_device_whose_disk_is_gone_for_good_is_forgotten_and_what_has_its_path_stays() {
    let (lab, node) = with(vec![Action::Format { path: "/dev/vdf".to_owned(), fs: "ext4".to_owned() }]);
    lab.add_device(&node, "/dev/vdd", false).unwrap();
    let device = lab.node_of(HOST).devices[0].id.clone();
    put_into(&lab, &device, &["offline", "failed"]);
    lab.on(HOST, swapped("/dev/vdd", "/dev/vdf"));
    lab.on(HOST, Action::Pull { path: "/dev/vdf".to_owned(), pulled: true });
    assert_eq!(release(&lab, &device, true).status, 204);
    assert!(lab.node_of(HOST).devices.is_empty());
    assert_eq!(lab.peers().host(HOST).unwrap().disk_file_systems["/dev/vdd"], "ext4");
}
