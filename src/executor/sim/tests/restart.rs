//! Restarts of the server and of peers.

use super::*;

#[tokio::test]
async fn a_restart_of_the_server_changes_nothing() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    lab.ok("m1", "gluster volume start v").await;
    let before = lab.dump();
    let lab = lab.reopened(Flavour::Strict);
    assert_eq!(lab.dump(), before);
    lab.says("m1", "gluster peer detach s2", 1, "hosts one or more bricks").await;
    assert_eq!(
        lab.ok("m1", "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_d/tp_q").await.trim(),
        "1"
    );
    let Lab { _directory, file, peers } = lab;
    let state = journal::read(&file).unwrap().unwrap().state;
    peers.inner().journal.compact(&state).unwrap();
    assert_eq!(SimPeers::read(&file).unwrap(), before);
    let lab = Lab { _directory, file, peers };
    lab.ok("m1", "gluster volume stop v").await;
    assert_eq!(lab.dump().volume("v").unwrap().status, "Stopped");
}

#[tokio::test]
async fn a_torn_last_line_is_a_command_that_never_answered() {
    let lab = lab(Flavour::Strict);
    lab.prepare("a").await;
    let before = lab.dump();
    lab.ok("a", LVCREATE).await;
    let text = std::fs::read(&lab.file).unwrap();
    std::fs::write(&lab.file, &text[..text.len() - 7]).unwrap();
    assert_eq!(lab.dump(), before);
    let lab = lab.reopened(Flavour::Strict);
    lab.ok("a", LVCREATE).await;
    let lab = lab.reopened(Flavour::Strict);
    assert_eq!(lab.dump().hosts["a"].groups["vg_d"].volumes.len(), 2);
    std::fs::write(&lab.file, b"{}\n[]\n").unwrap();
    assert!(matches!(SimCluster::open(&lab.file, Flavour::Strict), Err(SimError::Damaged { line: 1, .. })));
}

#[tokio::test]
async fn a_reboot_mounts_what_the_table_says() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    lab.ok("m1", "gluster volume start v").await;
    lab.append("m2", "/dev/mapper/gone-gone /mnt/gone xfs rw,nofail 0 0\n").await;
    lab.control("m2", Action::Reboot);
    let mounts = lab.ok("m2", "cat /proc/mounts").await;
    assert!(mounts.contains(&format!("{NODE} {BRICK} xfs rw,noatime 0 0")), "{mounts}");
    lab.says("m2", &format!("umount {BRICK}"), 32, "target is busy").await;
    lab.append("m2", "/dev/mapper/gone-gone /mnt/gone xfs rw 0 0\n").await;
    lab.control("m2", Action::Reboot);
    assert!(matches!(lab.send("m2", command("true")).await, Err(RemoteError::Unreachable { .. })));
    assert!(lab.dump().host("s2").unwrap().mounts.is_empty());
    lab.control("m3", Action::Pull { path: "/dev/vdd".into(), pulled: true });
    lab.says("m3", &format!("/usr/sbin/lvm vgs {REPORT} vg_name vg_d"), 5, "Volume group \"vg_d\" not found")
        .await;
}
