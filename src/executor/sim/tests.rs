//! Life cycles, refusals, restarts: through raw commands, as the steps send them.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::executor::lvm::{is_missing, parse_lvs, parse_pvs, parse_vgs};
use crate::executor::{LockName, filesystem, gluster, system};

const UUID: &str = "abcdef-0123-4567-89ab-cdef-0123-456789";
const BRICK: &str = "/var/lib/heketi/mounts/vg_d/brick_b";
const NODE: &str = "/dev/mapper/vg_d-brick_b";
const LVCREATE: &str = "/usr/sbin/lvm lvcreate -qq --autobackup=n --poolmetadataspare n --poolmetadatasize 8192K \
    --chunksize 256K --size 1048576K --thin vg_d/tp_q --virtualsize 1048576K --name brick_b";
const REPORT: &str = "--reportformat json --units b --nosuffix -o";

struct Lab {
    _directory: tempfile::TempDir,
    file: PathBuf,
    peers: SimCluster,
}

fn lab(flavour: Flavour) -> Lab {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("peers");
    let peers = SimCluster::open(&file, flavour).unwrap();
    Lab { _directory: directory, file, peers }
}

fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    Command::look(program).args(words).deadline(Duration::from_millis(20))
}

impl Lab {
    async fn send(&self, host: &str, command: Command) -> Result<String, RemoteError> {
        self.peers.run(&Host::new(host).unwrap(), &command).await.map(|output| output.stdout)
    }

    async fn ok(&self, host: &str, line: &str) -> String {
        self.send(host, command(line)).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn refused(&self, host: &str, line: &str) -> (i32, String) {
        match self.send(host, command(line)).await {
            Err(RemoteError::Exited { code, stderr, .. }) => (code, stderr),
            other => panic!("`{line}` was not refused: {other:?}"),
        }
    }

    async fn says(&self, host: &str, line: &str, code: i32, text: &str) {
        let (found, stderr) = self.refused(host, line).await;
        assert!(found == code && stderr.contains(text), "`{line}`: {found} {stderr}");
    }

    async fn append(&self, host: &str, text: &str) {
        let tee = Command::look("tee").args(["--append", "/etc/fstab"]).input(text);
        self.send(host, tee).await.unwrap();
    }

    async fn prepare(&self, host: &str) {
        self.ok(host, &format!("/usr/sbin/lvm pvcreate -qq --metadatasize=128M --dataalignment=256K --uuid {UUID} --norestorefile /dev/vdd")).await;
        self.ok(host, "/usr/sbin/lvm vgcreate -qq --physicalextentsize=4M --autobackup=n vg_d /dev/vdd")
            .await;
    }

    async fn make_brick(&self, host: &str) {
        self.ok(host, &format!("mkdir --parents {BRICK}")).await;
        self.ok(host, LVCREATE).await;
        self.ok(host, &format!("mkfs.xfs -i size=512 -n size=8192 {NODE}")).await;
        self.append(
            host,
            &format!("{NODE} {BRICK} xfs rw,noatime,nofail,x-systemd.device-timeout=30s 1 2\n"),
        )
        .await;
        self.ok(host, &format!("mount -o rw,noatime {NODE} {BRICK}")).await;
        self.ok(host, &format!("mkdir {BRICK}/brick")).await;
    }

    /// Three peers in one pool, known by two names each, with a brick each.
    async fn three(&self) {
        for (manage, storage) in [("m1", "s1"), ("m2", "s2"), ("m3", "s3")] {
            self.peers.introduce(manage, storage);
            self.prepare(manage).await;
            self.make_brick(manage).await;
        }
        for storage in ["s2", "s3"] {
            assert_eq!(
                self.ok("m1", &format!("gluster --mode=script peer probe {storage}")).await,
                "peer probe: success\n"
            );
        }
    }

    async fn make_volume(&self) {
        let bricks: Vec<String> =
            ["s1", "s2", "s3"].iter().map(|host| format!("{host}:{BRICK}/brick")).collect();
        self.ok(
            "m1",
            &format!("gluster --mode=script --timeout=600 volume create v replica 3 {}", bricks.join(" ")),
        )
        .await;
    }

    fn control(&self, host: &str, action: Action) {
        self.peers.control(&ControlOp { host: host.to_owned(), action }).unwrap();
    }

    fn reopened(self, flavour: Flavour) -> Lab {
        let peers = SimCluster::open(&self.file, flavour).unwrap();
        Lab { peers, ..self }
    }

    fn dump(&self) -> SimPeers {
        SimPeers::read(&self.file).unwrap()
    }
}

#[tokio::test]
async fn a_brick_lives_and_leaves_nothing() {
    let lab = lab(Flavour::Strict);
    lab.prepare("a").await;
    let vgs = format!("/usr/sbin/lvm vgs {REPORT} vg_name,vg_size,vg_free,vg_extent_size,lv_count vg_d");
    let fresh = parse_vgs(&lab.ok("a", &vgs).await).unwrap();
    assert_eq!((fresh.size.get(), fresh.free.get(), fresh.extent.get()), (524_152_832, 524_152_832, 4096));
    lab.make_brick("a").await;
    lab.ok("a", &format!("chown :1000 {BRICK}/brick")).await;
    lab.ok("a", &format!("chmod 2775 {BRICK}/brick")).await;
    assert_eq!(lab.ok("a", &format!("stat --format=%g:%a {BRICK}/brick")).await, "1000:2775\n");
    let taken = parse_vgs(&lab.ok("a", &vgs).await).unwrap();
    assert_eq!(fresh.free.get() - taken.free.get(), 1_056_768);
    assert_eq!(taken.lv_count, 2);
    let lvs = lab
        .ok("a", &format!("/usr/sbin/lvm lvs {REPORT} lv_name,vg_name,lv_size,pool_lv,lv_metadata_size vg_d"))
        .await;
    assert_eq!(parse_lvs(&lvs).unwrap()[0].pool, "tp_q");
    assert!(filesystem::is_mounted(&lab.ok("a", "cat /proc/mounts").await, BRICK));
    assert!(filesystem::is_xfs(&lab.ok("a", &format!("blkid --probe --output export {NODE}")).await));

    lab.ok("a", &format!("umount {BRICK}")).await;
    lab.ok("a", &format!("sed --in-place -e \\,^{NODE}[[:blank:]],d /etc/fstab")).await;
    assert_eq!(lab.ok("a", "cat /etc/fstab").await, "");
    assert_eq!(
        lab.ok("a", "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_d/tp_q").await.trim(),
        "1"
    );
    lab.ok("a", "/usr/sbin/lvm lvremove --autobackup=n -f vg_d/brick_b").await;
    assert_eq!(
        lab.ok("a", "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_d/tp_q").await.trim(),
        "0"
    );
    lab.ok("a", "/usr/sbin/lvm lvremove --autobackup=n -f vg_d/tp_q").await;
    lab.ok("a", &format!("rm --force --dir {BRICK} /run/lock/mortar-brick-b")).await;
    assert_eq!(parse_vgs(&lab.ok("a", &vgs).await).unwrap(), fresh);
    lab.ok("a", "/usr/sbin/lvm vgremove -qq vg_d").await;
    lab.ok("a", &format!("wrap /usr/sbin/lvm pvremove -qq /dev/disk/by-id/lvm-pv-uuid-{UUID}")).await;
    lab.ok("a", "rm --force --dir /var/lib/heketi/mounts/vg_d").await;
    let host = lab.dump().hosts["a"].clone();
    assert!(host.physical_volumes.is_empty() && host.groups.is_empty() && host.mounts.is_empty());
    assert_eq!(host.root, ["/var/lib/heketi", "/var/lib/heketi/mounts"]);
}

#[tokio::test]
async fn lvm_and_file_systems_refuse_in_their_own_words() {
    let lab = lab(Flavour::Strict);
    lab.control("a", Action::Format { path: "/dev/vdd".into(), fs: "ext4".into() });
    let signatures = lab.ok("a", "wipefs --no-act --json /dev/vdd").await;
    assert_eq!(system::parse_signatures(&signatures).unwrap(), ["ext4"]);
    lab.says(
        "a",
        "/usr/sbin/lvm pvcreate -qq /dev/vdd",
        5,
        "ext4 signature detected on /dev/vdd at offset 1080",
    )
    .await;
    lab.control("a", Action::Mount { path: "/dev/vdd".into(), at: "/data/x".into() });
    let disk = system::parse_lsblk(
        &lab.ok("a", "lsblk --json --bytes --paths --output NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT /dev/vdd").await,
    );
    assert_eq!(disk.unwrap().mountpoint.as_deref(), Some("/data/x"));
    lab.says(
        "a",
        "/usr/sbin/lvm pvcreate -qq /dev/vdd",
        5,
        "Can't open /dev/vdd exclusively.  Mounted filesystem?",
    )
    .await;
    lab.says("a", "wipefs --all /dev/vdd", 1, "Device or resource busy").await;
    lab.ok("a", "umount /data/x").await;
    lab.ok("a", "wipefs --all /dev/vdd").await;
    let signatures = lab.ok("a", "wipefs --no-act --json /dev/vdd").await;
    assert!(system::parse_signatures(&signatures).unwrap().is_empty());
    lab.says(
        "a",
        "/usr/sbin/lvm pvs --reportformat json --units b --nosuffix -o pv_name,pv_uuid,vg_name /dev/vdd",
        5,
        "Failed to find physical volume",
    )
    .await;
    lab.prepare("a").await;
    lab.says("a", "/usr/sbin/lvm pvcreate -qq /dev/vdd", 5, "of volume group \"vg_d\" without -ff").await;
    lab.says(
        "a",
        "/usr/sbin/lvm vgcreate -qq --physicalextentsize=4M --autobackup=n vg_e /dev/vdd",
        5,
        "already in volume group",
    )
    .await;
    lab.make_brick("a").await;
    lab.says("a", LVCREATE, 5, "Logical volume tp_q already exists in Volume group vg_d.").await;
    lab.says("a", "/usr/sbin/lvm lvremove --autobackup=n -f vg_d/tp_q", 5, "contains a filesystem in use")
        .await;
    lab.says("a", "/usr/sbin/lvm vgremove -qq vg_d", 5, "not removed").await;
    lab.says("a", &format!("mkfs.xfs {NODE}"), 1, "mounted filesystem").await;
    lab.says("a", &format!("mount -o rw {NODE} {BRICK}"), 32, "already mounted").await;
    lab.says("a", &format!("rmdir {BRICK}"), 1, "Device or resource busy").await;
    lab.ok("a", &format!("umount {BRICK}")).await;
    lab.says("a", &format!("umount {BRICK}"), 32, "not mounted").await;
    lab.says("a", &format!("mkfs.xfs {NODE}"), 1, "appears to contain an existing filesystem (xfs).").await;
    assert_eq!(lab.refused("a", &format!("test -d {BRICK}/brick")).await.0, 1);
    let (code, text) = lab.refused("a", "/usr/sbin/lvm lvremove --autobackup=n -f vg_d/brick_x").await;
    assert!(code == 5 && is_missing(&text));
    let (_, text) = lab.refused("a", "/usr/sbin/lvm pvremove -qq /dev/vdx").await;
    assert!(is_missing(&text));
    let huge = LVCREATE
        .replace("--size 1048576K", "--size 999999999K")
        .replace("brick_b", "brick_c")
        .replace("tp_q", "tp_c");
    lab.says("a", &huge, 5, "has insufficient free space (127709 extents): 244141 required.").await;
    lab.says("a", "reboot now", 127, "command not found").await;
    lab.says("a", "/usr/sbin/lvm pvcreate --force /dev/vde", 3, "unrecognized option '--force'").await;
}

#[tokio::test]
async fn a_volume_lives_and_gluster_refuses_in_its_own_words() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    assert!(gluster::is_in_cluster(&lab.ok("m2", "gluster --mode=script peer status").await, "s1"));
    let probed = lab.ok("m1", "gluster --mode=script peer probe s2").await;
    assert_eq!(probed, "peer probe: Host s2 port 24007 already in peer list\n");
    lab.make_volume().await;
    let info = || async {
        gluster::parse_volume_info(&lab.ok("m3", "gluster --mode=script volume info v --xml").await).unwrap()
    };
    assert_eq!(info().await[0].bricks[2], format!("s3:{BRICK}/brick"));
    lab.says(
        "m1",
        &format!("gluster volume create v s1:{BRICK}/brick"),
        1,
        "volume create: v: failed: Volume v already exists",
    )
    .await;
    lab.says(
        "m1",
        &format!("gluster volume create w s1:{BRICK}/brick"),
        1,
        "brick is already part of a volume",
    )
    .await;
    lab.says(
        "m1",
        &format!("gluster volume create w s9:{BRICK}/brick"),
        1,
        "is not in 'Peer in Cluster' state",
    )
    .await;
    lab.says("m1", &format!("gluster volume create w s1:{BRICK}"), 1, "is a mount point").await;
    lab.says("m1", "gluster volume create w s1:/srv/b", 1, "root partition").await;
    lab.says(
        "m1",
        "gluster volume set v no.such x",
        1,
        "volume set: failed: option : no.such does not exist",
    )
    .await;
    lab.ok("m1", "gluster volume set v nfs.disable on user.heketi.id abc").await;
    lab.ok("m1", "gluster volume set v group gluster-block").await;
    assert_eq!(info().await[0].option("user.heketi.id"), Some("abc"));
    lab.ok("m1", "gluster volume start v").await;
    assert!(info().await[0].started);
    let stored = lab.ok("m2", "cat /var/lib/glusterd/vols/v/info").await;
    assert_eq!(gluster::parse_stored_bricks(&stored).len(), 3);
    lab.says("m1", "gluster volume start v", 1, "Volume v already started").await;
    lab.says("m1", "gluster volume delete v", 1, "Volume needs to be stopped before deletion").await;
    lab.says("m2", &format!("umount {BRICK}"), 32, "target is busy").await;
    lab.says("m1", "gluster peer detach s2", 1, "hosts one or more bricks").await;
    let find = format!(
        "find {BRICK}/brick -mindepth 1 -maxdepth 1 -not -name .glusterfs -not -name .glusterfs-anonymous-inode-* -not -name .trashcan -print -quit"
    );
    assert_eq!(lab.ok("m2", &find).await, "");
    lab.control("m1", Action::WriteFile { volume: "v".into(), name: "hello".into() });
    assert_eq!(lab.ok("m2", &find).await, format!("{BRICK}/brick/hello\n"));
    lab.ok("m1", "gluster volume stop v force").await;
    lab.says("m1", "gluster volume stop v", 1, "is not in the started state").await;
    lab.control("m3", Action::Power { on: false });
    lab.says("m1", "gluster volume delete v", 1, "volume delete: v: failed: Some of the peers are down")
        .await;
    assert!(matches!(lab.send("m3", command("true")).await, Err(RemoteError::Unreachable { .. })));
    lab.control("m3", Action::Power { on: true });
    lab.ok("m1", "gluster volume delete v").await;
    lab.says("m1", "gluster volume delete v", 1, "Volume v does not exist").await;
    lab.ok("m2", &format!("umount {BRICK}")).await;
    lab.ok("m1", "gluster peer detach s2").await;
    lab.says("m1", "gluster peer detach s2", 1, "s2 is not part of cluster").await;
    let Err(RemoteError::Exited { stdout, .. }) =
        lab.send("m1", command("gluster volume info v --xml")).await
    else {
        panic!()
    };
    assert_eq!(gluster::parse_volume_info(&stdout), Some(vec![]));
}

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

#[tokio::test]
async fn the_control_file_is_followed_once() {
    let lab = lab(Flavour::Strict);
    let handle = SimHandle::new(&lab.file);
    let op = |action| ControlOp { host: "a".to_owned(), action };
    handle.send(&op(Action::Append { path: "/etc/fstab".into(), text: "# no line feed".into() })).unwrap();
    assert_eq!(lab.ok("a", "tail --bytes=1 /etc/fstab").await, "d");
    let lab = lab.reopened(Flavour::Strict);
    lab.append("a", "\nx\n").await;
    assert_eq!(lab.ok("a", "cat /etc/fstab").await, "# no line feed\nx\n");
    let json = serde_json::to_string(&op(Action::Refuse { why: Some(Refusal::HostKey) })).unwrap();
    assert_eq!(json, r#"{"host":"a","op":"refuse","why":"host_key"}"#);
    handle.send(&op(Action::Hang { on: true })).unwrap();
    assert!(matches!(lab.send("a", command("true")).await, Err(RemoteError::OutcomeUnknown { .. })));
    handle.send(&op(Action::Hang { on: false })).unwrap();
    handle.send(&op(Action::Refuse { why: Some(Refusal::Key) })).unwrap();
    let Err(RemoteError::Unreachable { source, .. }) = lab.send("a", command("true")).await else { panic!() };
    assert_eq!(source.to_string(), "Permission denied (publickey).");
}

#[tokio::test]
async fn other_peoples_things_can_be_there() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    let volumes = vec![NewVolume { name: "x".into(), size_kib: 8192 }];
    lab.control("m1", Action::ForeignGroup { path: "/dev/vde".into(), group: "data".into(), volumes });
    let pvs = lab.ok("m1", &format!("/usr/sbin/lvm pvs {REPORT} pv_name,pv_uuid,vg_name")).await;
    assert_eq!(parse_pvs(&pvs).unwrap().len(), 2);
    let lsblk =
        lab.ok("m1", "lsblk --json --bytes --paths --output NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT /dev/vde").await;
    assert_eq!(system::parse_lsblk(&lsblk).unwrap().children[0].name, "/dev/mapper/data-x");
    let bricks = vec!["s1:/data/static".to_owned(), "s2:/data/static".to_owned()];
    lab.control(
        "m1",
        Action::ForeignVolume { name: "static".into(), bricks, started: true, options: vec![] },
    );
    assert_eq!(lab.dump().volume("static").unwrap().status, "Started");
    lab.control("m1", Action::Fill { path: "/dev/vdd".into(), leave_kib: 1_052_672 });
    let next = LVCREATE.replace("brick_b", "brick_c").replace("tp_q", "tp_c");
    lab.says("m1", &next, 5, "Insufficient free space: 258 extents needed, but only 257 available").await;
    lab.control("m1", Action::Hold { at: BRICK.into(), held: true });
    lab.says("m1", &format!("umount {BRICK}"), 32, "target is busy").await;
}

#[tokio::test]
async fn a_machine_has_all_its_names_whichever_came_first() {
    let lab = lab(Flavour::Strict);
    lab.control("s1", Action::Format { path: "/dev/vdd".into(), fs: "ext4".into() });
    lab.ok("m2", "systemctl is-active glusterd").await;
    lab.control("s2", Action::Format { path: "/dev/vdd".into(), fs: "ext4".into() });
    for (manage, storage) in [("m1", "s1"), ("m2", "s2"), ("m1", "s1")] {
        lab.peers.introduce(manage, storage);
        let found = lab.ok(manage, "wipefs --no-act --json /dev/vdd").await;
        assert_eq!(system::parse_signatures(&found).unwrap(), ["ext4"], "{manage}");
    }
    assert_eq!(lab.dump().host("m1").unwrap().names, ["s1", "m1"]);
}

#[tokio::test]
async fn the_mock_is_as_heketis() {
    let lab = lab(Flavour::Mock);
    lab.prepare("a").await;
    let vgs = format!("/usr/sbin/lvm vgs {REPORT} vg_name,vg_size,vg_free,vg_extent_size,lv_count vg_d");
    assert_eq!(parse_vgs(&lab.ok("a", &vgs).await).unwrap().size.get(), 524_288_000);
    let pvs = lab.ok("a", &format!("/usr/sbin/lvm pvs {REPORT} pv_name,pv_uuid,vg_name /dev/vdd")).await;
    assert_eq!(parse_pvs(&pvs).unwrap()[0].pv_uuid, "");
    lab.says("a", "udevadm info --query=symlink --name=/dev/vdd", 1, "").await;
    lab.make_brick("a").await;
    lab.peers.introduce("a", "s1");
    lab.ok("a", &format!("gluster volume create v s1:{BRICK}/brick")).await;
    lab.ok("a", "gluster volume set v no.such x").await;
}

#[tokio::test]
async fn what_the_server_sends_is_understood() {
    use crate::executor::lvm;
    use crate::executor::settings::{PeerSettings, XfsStripe};
    use crate::model::brick::{Brick, BrickRole, BrickSpace, device_node, mount_point};
    use crate::model::durability::Durability;
    use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
    use crate::model::sizes::KiB;
    use crate::model::step::{BrickAt, BrickPlan, Peer, VolumePlan};
    let lab = lab(Flavour::Strict);
    let settings = PeerSettings {
        lvm_wrapper: Some("exec-on-host".to_owned()),
        xfs_stripe: Some(XfsStripe { su: 131_072, sw: 10 }),
        ..PeerSettings::default()
    };
    let id = |number: u32| format!("{number:032x}");
    let volume: VolumeId = id(9).parse().unwrap();
    let lock = || LockName::new("test", 1);
    let mut sent = Vec::new();
    let mut bricks = Vec::new();
    let peer = |number: u32| Peer {
        node: id(number).parse::<NodeId>().unwrap(),
        host: Host::new(format!("m{number}")).unwrap(),
        storage: format!("s{number}"),
    };
    for number in 1..=6 {
        let (device, brick): (DeviceId, BrickId) = (id(number).parse().unwrap(), id(number).parse().unwrap());
        lab.peers.introduce(&format!("m{number}"), &format!("s{number}"));
        let group = crate::model::device::volume_group(device);
        let space =
            BrickSpace { size: KiB::of(1_048_576), thin_pool: KiB::of(1_048_576), metadata: KiB::of(8192) };
        let role = if number % 3 == 0 { BrickRole::Arbiter } else { BrickRole::Data };
        let path = Brick::path_for(device, brick);
        let plan = BrickPlan {
            volume,
            peer: peer(number),
            brick,
            device,
            thin_pool: "tp_x".into(),
            space,
            role,
            gid: 7,
            path: path.clone(),
        };
        let point = mount_point(device, brick);
        let line = filesystem::table_line(&settings, device, brick);
        let commands = vec![
            system::glusterd_is_active(),
            system::lsblk("/dev/vdd"),
            system::signatures("/dev/vdd"),
            system::wipe("/dev/vdd", lock()),
            lvm::pvcreate(&settings, "/dev/vdd", None, lock()),
            lvm::vgcreate(&settings, &group, "/dev/vdd", lock()),
            system::udev_links(&settings, "/dev/vdd"),
            filesystem::table_end(&settings),
            lvm::vgs(&settings, &group),
            system::make_directories(&point, lock()),
            lvm::create_thin_volume(&settings, &plan, lock()),
            lvm::lvs(&settings, &group),
            filesystem::make(&settings, &plan, lock()),
            filesystem::probe(&device_node(device, brick)),
            filesystem::table_append(&settings, &line),
            filesystem::mount(&settings, &plan, lock()),
            system::make_directory(&path, lock()),
            system::change_group(&path, 7, lock()),
            system::share_with_group(&path, lock()),
            system::is_directory(&path),
            system::user_data(&path),
        ];
        sent.extend(commands.into_iter().map(|command| (number, command)));
        sent.push((1, gluster::peer_probe(&settings, &format!("s{number}"))));
        bricks.push(BrickAt { host: plan.peer.host.clone(), storage: plan.peer.storage.clone(), path });
    }
    let plan = VolumePlan {
        volume,
        name: "v".into(),
        durability: Durability::Replicate(3),
        arbiter: true,
        bricks,
        options: vec!["group gluster-block".into(), "auth.allow 10.0.0.1, 10.0.0.2".into()],
        peers: vec![peer(1)],
    };
    let made = gluster::volume_create(&settings, &plan)
        .into_iter()
        .chain(gluster::volume_set(&settings, &plan).unwrap());
    let ends = [
        gluster::volume_start(&settings, &plan),
        gluster::stored_info("v"),
        gluster::volume_stop(&settings, &plan),
    ];
    let more = [
        gluster::snapshot_limit(&PeerSettings { snapshot_limit: 5, ..settings.clone() }),
        gluster::volume_delete(&settings, &plan),
    ];
    sent.extend(made.chain(ends).chain(more).map(|command| (1, command)));
    for (number, command) in sent {
        lab.send(&format!("m{number}"), command).await.unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(lab.dump().volumes.is_empty());
}

#[test]
fn seeded_peers_have_what_the_database_knows() {
    use crate::model::brick::{Brick, BrickRole, BrickSpace};
    use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
    use crate::model::sizes::KiB;
    use crate::model::step::{BrickAt, BrickPlan, Peer, VolumePlan};
    let id = |digit: &str| digit.repeat(32);
    let (device, brick, volume): (DeviceId, BrickId, VolumeId) =
        (id("d").parse().unwrap(), id("b").parse().unwrap(), id("a").parse().unwrap());
    let node: NodeId = id("1").parse().unwrap();
    let peer = Peer { node, host: Host::new("m1").unwrap(), storage: "s1".to_owned() };
    let path = Brick::path_for(device, brick);
    let plan = BrickPlan {
        volume,
        peer: peer.clone(),
        brick,
        device,
        thin_pool: "tp_q".to_owned(),
        space: BrickSpace {
            size: KiB::of(1_048_576),
            thin_pool: KiB::of(1_048_576),
            metadata: KiB::of(8192),
        },
        role: BrickRole::Data,
        gid: 1000,
        path: path.clone(),
    };
    let at = BrickAt { host: peer.host.clone(), storage: "s1".to_owned(), path };
    let volume = VolumePlan {
        volume,
        name: "v".to_owned(),
        durability: crate::model::durability::Durability::Distribute,
        arbiter: false,
        bricks: vec![at],
        options: vec!["nfs.disable on".to_owned()],
        peers: vec![peer],
    };
    let total = KiB::of(524_288_000);
    let devices =
        vec![SeedDevice { device, path: "/dev/vdd".into(), pv_uuid: None, total, extent: KiB::of(4096) }];
    let host = |manage: &str, storage: &str, devices| SeedHost {
        manage: manage.into(),
        storage: storage.into(),
        pool: "c".into(),
        devices,
    };
    let lab = lab(Flavour::Mock);
    let seed = Seed {
        fstab: "/etc/fstab".into(),
        mount_options: "rw".into(),
        hosts: vec![host("m1", "s1", devices), host("m2", "s2", vec![])],
        bricks: vec![plan],
        volumes: vec![SeedVolume { plan: volume, started: true }],
    };
    lab.peers.introduce("m1", "s1");
    assert!(lab.peers.is_fresh());
    lab.peers.seed(&seed).unwrap();
    assert!(!lab.peers.is_fresh());
    let dump = lab.dump();
    let group = &dump.host("s1").unwrap().groups[&format!("vg_{}", id("d"))];
    assert_eq!(group.size_kib - group.free_kib, 1_056_768);
    let brick = &group.volumes[&format!("brick_{}", id("b"))];
    assert_eq!(brick.entries["brick"], "1000:2775");
    assert!(brick.mounted && brick.entries.contains_key("brick/.glusterfs"));
    assert_eq!(dump.hosts["m1"].pool, dump.hosts["m2"].pool);
    assert_eq!(dump.volume("v").unwrap().options["user.heketi.id"], id("a"));
    assert_eq!(lab.reopened(Flavour::Mock).dump(), dump);
}
