//! Disks that are gone, and what nobody knows on those that are there.

use mortar::executor::sim::{Action, NewVolume};
use serde_json::json;

use super::{lab_with_letters, only_line, ours, run};
use crate::support::Lab;
use crate::support::operator::{DISKS, HOSTS, assert_says};

fn device_id(lab: &Lab, host: &str, disk: &str) -> String {
    lab.node_of(host).devices.iter().find(|device| device.name == disk).unwrap().id.clone()
}

#[test]
fn a_logical_volume_that_nobody_knows_is_named_with_its_disk() {
    let (lab, _) = lab_with_letters();
    let device = device_id(&lab, HOSTS[0], DISKS[0]);
    lab.on(HOSTS[0], Action::Fill { path: DISKS[0].to_owned(), leave_kib: 1_048_576 });
    let line = only_line(&lab);
    let cure = format!("`lvremove vg_{device}/filler`");
    assert_says(&line, &["logical volume", HOSTS[0], DISKS[0], &device, &cure, ".00k"]);
}

#[test]
fn a_pool_that_nobody_knows_is_named_with_what_is_in_it() {
    let (lab, _) = lab_with_letters();
    let group = format!("vg_{}", device_id(&lab, HOSTS[1], DISKS[1]));
    let pool = format!("{group}/tp_x");
    let make = [
        "lvcreate",
        "-qq",
        "--autobackup=n",
        "--poolmetadataspare",
        "n",
        "--poolmetadatasize",
        "8192K",
        "--chunksize",
        "256K",
        "--size",
        "1048576K",
        "--thin",
        &pool,
        "--virtualsize",
        "1048576K",
        "--name",
        "mine",
    ];
    lab.on(HOSTS[1], run("lvm", &make));
    let lines = ours(&lab);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_says(&lines[0], &["the logical volume", &format!("{group}/mine"), HOSTS[1]]);
    assert_says(&lines[1], &["the thin pool", &pool, HOSTS[1]]);
}

#[test]
fn a_snapshot_that_somebody_took_is_no_rubbish() {
    let (lab, _) = lab_with_letters();
    lab.on(HOSTS[0], super::gluster(&["--xml", "snapshot", "create", "mine", "letters", "no-timestamp"]));
    let lines = ours(&lab);
    assert_eq!(lines.len(), 3, "one for each brick: {lines:#?}");
    for line in &lines {
        assert_says(line, &["is a snapshot", "`gluster snapshot list`"]);
        assert!(!line.contains("lvremove"), "{line}");
    }
}

#[test]
fn a_group_of_another_server_is_left_alone_and_told_of() {
    let (lab, _) = lab_with_letters();
    let group = format!("vg_{}", "ab".repeat(16));
    let volumes = vec![NewVolume { name: "brick_of_another".to_owned(), size_kib: 1_048_576 }];
    let foreign = |group: &str, path: &str, volumes| Action::ForeignGroup {
        path: path.to_owned(),
        group: group.to_owned(),
        volumes,
    };
    lab.on(HOSTS[0], foreign("debian-vg", "/dev/vdg", Vec::new()));
    lab.on(HOSTS[0], foreign(&group, "/dev/vdf", volumes));
    assert_says(&only_line(&lab), &[&group, HOSTS[0], "left alone"]);
}

#[test]
fn a_disk_that_was_pulled_out_is_one_line_and_not_one_for_each_brick() {
    let (lab, made) = lab_with_letters();
    let node = lab.node_of(HOSTS[1]);
    let device = made.bricks.iter().find(|brick| brick.node == node.id).unwrap().device.clone();
    let disk = node.devices.iter().find(|found| found.id == device).unwrap().name.clone();
    lab.on(HOSTS[1], Action::Pull { path: disk.clone(), pulled: true });
    assert_says(
        &only_line(&lab),
        &[&device, &disk, HOSTS[1], &format!("vg_{device}"), "1 bricks", "pulled out"],
    );
    lab.on(HOSTS[1], Action::Pull { path: disk, pulled: false });
    lab.on(HOSTS[1], Action::Reboot);
    lab.get("/volumes");
    assert_eq!(ours(&lab), [""; 0]);
}

#[test]
fn a_device_that_came_and_went_leaves_nothing_to_report() {
    let (lab, _) = lab_with_letters();
    let node = lab.node_of(HOSTS[2]);
    lab.add_device(&node.id, "/dev/vdf", false).unwrap();
    assert_eq!(ours(&lab), [""; 0]);
    let device = device_id(&lab, HOSTS[2], "/dev/vdf");
    for state in ["offline", "failed"] {
        let path = format!("/devices/{device}/state");
        assert_eq!(lab.wait_for(&lab.post(&path, &json!({"state": state})).location).status, 204);
    }
    assert_eq!(lab.wait_for(&lab.delete(&format!("/devices/{device}")).location).status, 204);
    assert_eq!(ours(&lab), [""; 0]);
}
