//! Snapshots and clones.

use super::*;
use crate::executor::gluster::{self, refusal_in_xml};

impl Lab {
    async fn started(&self) {
        self.three().await;
        self.make_volume().await;
        self.ok("m1", "gluster volume set v user.heketi.id abc").await;
        self.ok("m1", "gluster volume start v").await;
        self.control("m1", Action::WriteFile { volume: "v".into(), name: "hello".into() });
    }

    /// What `--xml snapshot …` refuses; it ends with status 0 all the same.
    async fn unwilling(&self, words: &str) -> String {
        let answer = self.ok("m1", &format!("gluster --mode=script --xml snapshot {words}")).await;
        refusal_in_xml(&answer).unwrap_or_else(|| panic!("`{words}` was not refused: {answer}"))
    }

    async fn bricks(&self, volume: &str) -> Vec<String> {
        let xml = self.ok("m1", &format!("gluster volume info {volume} --xml")).await;
        gluster::parse_volume_info(&xml).unwrap().remove(0).bricks
    }
}

#[tokio::test]
async fn a_clone_has_what_its_origin_had_and_lives_on() {
    let lab = lab(Flavour::Strict);
    lab.started().await;
    let before = lab.dump();
    lab.ok("m1", "gluster --xml snapshot create s v no-timestamp").await;
    lab.control("m1", Action::WriteFile { volume: "v".into(), name: "later".into() });
    lab.ok("m1", "gluster --xml snapshot activate s").await;
    lab.ok("m1", "gluster --xml snapshot clone c s").await;
    lab.ok("m1", "gluster --xml snapshot deactivate s").await;
    lab.ok("m1", "gluster --xml snapshot delete s").await;
    let bricks = lab.bricks("c").await;
    assert!(bricks[1].starts_with("s2:/run/gluster/snaps/") && bricks[1].ends_with("/brick2/brick"));
    let path = &bricks[1][3..];
    lab.ok("m2", &format!("test -e {path}/hello")).await;
    lab.says("m2", &format!("test -e {path}/later"), 1, "").await;
    let info = lab.ok("m3", "gluster volume info c --xml").await;
    assert_eq!(
        gluster::parse_volume_info(&info).unwrap()[0].option("user.heketi.id"),
        Some("abc"),
        "of its origin"
    );
    let set = "gluster volume set c user.heketi.id abcd";
    lab.says("m1", set, 1, "volume set: failed: Commit failed on localhost.").await;
    lab.ok("m1", "gluster volume start c").await;
    lab.ok("m1", set).await;

    let point = path.strip_suffix("/brick").unwrap();
    lab.says("m2", &format!("umount {point}"), 32, "target is busy").await;
    lab.control("m2", Action::Reboot);
    assert!(lab.ok("m2", "cat /proc/mounts").await.contains(&format!(" {point} xfs ")), "mounted again");
    let uuid = point.split('/').nth(4).unwrap();
    let thins = "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_d/tp_q";
    assert_eq!(lab.ok("m2", thins).await.trim(), "2");

    lab.ok("m1", "gluster volume stop c force").await;
    lab.ok("m1", "gluster volume delete c").await;
    for (host, number) in [("m1", 1), ("m2", 2), ("m3", 3)] {
        let above = format!("/run/gluster/snaps/{uuid}");
        lab.ok(host, &format!("umount {above}/brick{number}")).await;
        lab.ok(host, &format!("/usr/sbin/lvm lvremove --autobackup=n -f vg_d/{uuid}_0")).await;
        lab.ok(host, &format!("rm --force --dir {above}/brick{number} {above} /run/gluster/snaps")).await;
    }
    assert_eq!(lab.ok("m2", thins).await.trim(), "1");
    lab.ok("m2", &format!("test -e {BRICK}/brick/later")).await;
    assert_eq!(lab.dump().hosts["m1"].mounts, before.hosts["m1"].mounts);
    assert_eq!(lab.dump().hosts["m1"].root, before.hosts["m1"].root);
}

#[tokio::test]
async fn snapshots_are_refused_in_glusters_own_words() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    assert_eq!(lab.unwilling("create s v no-timestamp").await, "Volume (v) does not exist ");
    lab.make_volume().await;
    assert_eq!(lab.unwilling("create s v no-timestamp").await, "volume v is not started");
    lab.ok("m1", "gluster volume start v").await;
    lab.control("m3", Action::Glusterd { running: false });
    assert!(
        lab.unwilling("create s v no-timestamp").await.starts_with("One or more bricks are not running.")
    );
    lab.control("m3", Action::Glusterd { running: true });
    lab.ok("m1", "gluster snapshot create s v no-timestamp").await;
    assert_eq!(lab.unwilling("create s v no-timestamp").await, "Snapshot s already exists");
    assert_eq!(lab.unwilling("clone c s").await, "Snapshot s is not activated");
    lab.ok("m1", "gluster snapshot activate s").await;
    assert_eq!(lab.unwilling("activate s").await, "Snapshot s is already activated.");
    assert_eq!(lab.unwilling("clone v s").await, "Volume with name:v already exists");
    assert_eq!(lab.unwilling("clone c t").await, "Failed to find :t snap");
    assert_eq!(lab.unwilling("info t").await, "Snapshot (t) does not exist");
    lab.says("m1", "gluster snapshot delete t", 1, "snapshot delete: failed: Snapshot (t) does not exist")
        .await;
    assert!(lab.ok("m1", "gluster snapshot list v --xml").await.contains("<snapshot>s</snapshot>"));
    lab.ok("m1", "gluster volume stop v force").await;
    lab.says("m1", "gluster volume delete v", 1, "Cannot delete Volume v ,as it has 1 snapshots.").await;
    let bricks = vec!["s1:/data/static".to_owned()];
    let options = vec![];
    lab.control("m1", Action::ForeignVolume { name: "static".into(), bricks, started: true, options });
    assert!(lab.unwilling("create t static no-timestamp").await.contains("only for thin provisioned LV"));
}

#[tokio::test]
async fn snapshots_outlive_a_restart_and_leave_nothing() {
    let lab = lab(Flavour::Strict);
    lab.started().await;
    let before = lab.dump();
    lab.ok("m1", "gluster snapshot create s v no-timestamp").await;
    lab.ok("m1", "gluster snapshot activate s").await;
    let lab = lab.reopened(Flavour::Strict);
    let Lab { _directory, file, peers } = lab;
    let state = journal::read(&file).unwrap().unwrap().state;
    peers.inner().journal.compact(&state).unwrap();
    let lab = Lab { _directory, file, peers };
    let found = gluster::parse_snapshot_info(&lab.ok("m2", "gluster snapshot info s --xml").await);
    assert_eq!(found.unwrap().volume, "v");
    assert!(lab.dump().snapshots[0].active);
    lab.control("m2", Action::Reboot);
    assert!(lab.ok("m2", "cat /proc/mounts").await.contains("/run/gluster/snaps/"));
    lab.ok("m1", "gluster snapshot delete s").await;
    let after = lab.dump();
    assert_eq!((after.snapshots, after.volumes), (before.snapshots, before.volumes));
    for (name, host) in before.hosts {
        assert_eq!(after.hosts[&name].groups, host.groups);
        assert_eq!(after.hosts[&name].mounts, host.mounts);
    }
}
