//! Bricks as LVM and the file systems have them.

use super::*;
use crate::executor::lvm::{is_missing, parse_lvs, parse_pvs, parse_vgs};
use crate::executor::{filesystem, system};

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
