//! Bricks that were unmounted, written out of the file system table, or taken away.

use mortar::api::{BrickInfo, VolumeInfo};
use mortar::executor::sim::Action;
use serde_json::json;

use super::{lab_with_letters, only_line, ours, run};
use crate::support::Lab;
use crate::support::operator::{HOSTS, assert_says};

/// The brick on a host, with its mount point and its device.
fn brick_on(lab: &Lab, made: &VolumeInfo, host: &str) -> (BrickInfo, String, String) {
    let node = lab.node_of(host);
    let brick = made.bricks.iter().find(|brick| brick.node == node.id).unwrap().clone();
    let point = brick.path.strip_suffix("/brick").unwrap().to_owned();
    let device = format!("/dev/mapper/vg_{}-brick_{}", brick.device, brick.id);
    (brick, point, device)
}

#[test]
fn a_brick_that_is_not_mounted_is_named_with_the_cure() {
    let (lab, made) = lab_with_letters();
    let (brick, point, _) = brick_on(&lab, &made, HOSTS[1]);
    lab.on(HOSTS[1], Action::Unmount { at: point.clone() });
    let line = only_line(&lab);
    let cure = format!("`mount {point}`, then `gluster volume start letters force`");
    assert_says(&line, &[&brick.id, "letters", HOSTS[1], "not mounted", &cure]);
}

#[test]
fn something_else_in_the_place_of_a_brick_is_named() {
    let (lab, made) = lab_with_letters();
    let (brick, point, _) = brick_on(&lab, &made, HOSTS[1]);
    lab.on(HOSTS[1], Action::Unmount { at: point.clone() });
    lab.on(HOSTS[1], Action::Format { path: "/dev/vdf".to_owned(), fs: "xfs".to_owned() });
    lab.on(HOSTS[1], Action::Mount { path: "/dev/vdf".to_owned(), at: point.clone() });
    assert_says(&only_line(&lab), &[&brick.id, HOSTS[1], "/dev/vdf is mounted on", &point, "should be"]);
}

#[test]
fn a_brick_without_a_line_in_the_table_gets_one_to_copy() {
    let (lab, made) = lab_with_letters();
    let (brick, point, device) = brick_on(&lab, &made, HOSTS[2]);
    let before = lab.peers().host(HOSTS[2]).unwrap().files["/etc/fstab"].clone();
    lab.on(HOSTS[2], run("sed", &["--in-place", "-e", &format!("\\,^{device}[[:blank:]],d"), "/etc/fstab"]));
    let line = only_line(&lab);
    assert_says(&line, &[&brick.id, HOSTS[2], "has no line in /etc/fstab", &before[0]]);
    // The line that is told is the cure.
    let cure = line.split('`').nth(1).unwrap();
    lab.on(HOSTS[2], Action::Append { path: "/etc/fstab".to_owned(), text: format!("{cure}\n") });
    assert_eq!(ours(&lab), [""; 0]);
    lab.on(
        HOSTS[2],
        Action::Append { path: "/etc/fstab".to_owned(), text: format!("{device} {point} xfs rw 1 2\n") },
    );
    assert_says(&only_line(&lab), &[&brick.id, HOSTS[2], "2 lines in /etc/fstab"]);
}

#[test]
fn a_line_that_a_brick_left_behind_is_named_and_lines_of_others_are_not() {
    let (lab, made) = lab_with_letters();
    let (brick, _, _) = brick_on(&lab, &made, HOSTS[0]);
    let left = format!("/var/lib/heketi/mounts/vg_{}/brick_{}", brick.device, "cd".repeat(16));
    let others = format!("/var/lib/heketi/mounts/vg_{0}/brick_{0}", "ab".repeat(16));
    let text = format!("/dev/x {left} xfs rw 1 2\n/dev/y {others} xfs rw 1 2\n# {left}\n");
    lab.on(HOSTS[0], Action::Append { path: "/etc/fstab".to_owned(), text });
    assert_says(&only_line(&lab), &["/etc/fstab", HOSTS[0], &left, "no brick"]);
}

#[test]
fn a_brick_whose_volume_is_gone_says_so_once_and_where_it_goes_from_there() {
    let (lab, made) = lab_with_letters();
    let (brick, point, _) = brick_on(&lab, &made, HOSTS[1]);
    let group = format!("vg_{}", brick.device);
    lab.on(HOSTS[1], Action::Unmount { at: point });
    lab.on(HOSTS[1], run("lvm", &["lvremove", "-f", &format!("{group}/brick_{}", brick.id)]));
    let line = only_line(&lab);
    let evict = format!("`mortar brick evict {}`", brick.id);
    assert_says(&line, &[&brick.id, HOSTS[1], &format!("{group}/brick_{}", brick.id), "is missing", &evict]);
    assert!(!line.contains("thin pool"), "{line}");
    lab.on(HOSTS[1], run("lvm", &["lvremove", "-f", &format!("{group}/tp_{}", brick.id)]));
    assert_says(&only_line(&lab), &["is missing, and so is its thin pool", &format!("tp_{}", brick.id)]);
    // The cure that is told works.
    let moved = lab.wait_for(&lab.post(&format!("/bricks/to-evict/{}", brick.id), &json!({})).location);
    assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
    assert_eq!(ours(&lab), [""; 0]);
}
