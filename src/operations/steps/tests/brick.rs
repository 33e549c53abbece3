use super::super::StepError;
use super::Answer::{Lost, Refuses, Says, Unreachable};
use super::{Rule, Script, peer};
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::sizes::KiB;
use crate::model::step::{BrickPlan, Step};

/// A file system that was wholly made.
const WHOLE: Rule = ("xfs_db", Says("inprogress = 0\n"));

const POOL_THERE: Rule =
    ("lvcreate", Refuses(5, "  Logical volume tp_x already exists in Volume group vg_d.\n"));

/// The brick of [`plan`] as `lvs` lists it.
const LISTED: &str = r#"{"report":[{"lv":[
    {"lv_name":"brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","vg_name":"vg_d","lv_size":"1073741824","pool_lv":"tp_x","lv_metadata_size":""},
    {"lv_name":"tp_x","vg_name":"vg_d","lv_size":"1073741824","pool_lv":"","lv_metadata_size":"8388608"}]}]}"#;

const OF_OTHER_SIZE: &str = r#"{"report":[{"lv":[
    {"lv_name":"brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","vg_name":"vg_d","lv_size":"1073741824","pool_lv":"tp_x","lv_metadata_size":""},
    {"lv_name":"tp_x","vg_name":"vg_d","lv_size":"2147483648","pool_lv":"","lv_metadata_size":"8388608"}]}]}"#;

const MOUNTED: &str = "/dev/mapper/x /var/lib/heketi/mounts/vg_dddddddddddddddddddddddddddddddd/brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb xfs rw 0 0\n";

fn plan(gid: u32, role: BrickRole) -> BrickPlan {
    let (device, brick) = ("d".repeat(32).parse().unwrap(), "b".repeat(32).parse().unwrap());
    let gib = KiB::of(1_048_576);
    BrickPlan {
        volume: "e".repeat(32).parse().unwrap(),
        peer: peer(1),
        brick,
        device,
        thin_pool: "tp_x".to_owned(),
        space: BrickSpace { size: gib, thin_pool: gib, metadata: KiB::of(8192) },
        role,
        gid,
        path: Brick::path_for(device, brick),
        logical_volume: None,
        shares_pool: false,
        hosts_blocks: false,
    }
}

fn create() -> Step {
    Step::CreateBrick(plan(0, BrickRole::Data))
}

/// Lines with the ids of the plan shortened.
fn short(lines: &[String]) -> Vec<String> {
    let shorten = |line: &String| {
        let line =
            line.replace(&"d".repeat(32), "D").replace(&"b".repeat(32), "B").replace(&"e".repeat(32), "V");
        line.replace("/var/lib/heketi/mounts/vg_D/brick_B", "MP").replace("/dev/mapper/vg_D-brick_B", "NODE")
    };
    lines.iter().map(shorten).collect()
}

#[tokio::test]
async fn a_fresh_brick_takes_its_changing_commands_and_no_look() {
    let (script, runner) = Script::new(&[]);
    runner.apply(&Step::CreateBrick(plan(2000, BrickRole::Data))).await.unwrap();
    assert_eq!(
        short(&script.ran()),
        [
            "mkdir --parents MP [mortar-brick-B]",
            "/usr/sbin/lvm lvcreate -qq --autobackup=n --poolmetadataspare n --poolmetadatasize 8192K --chunksize 256K --size 1048576K --thin vg_D/tp_x --virtualsize 1048576K --name brick_B [mortar-brick-B]",
            "mkfs.xfs -i size=512 -n size=8192 NODE [mortar-brick-B]",
            "tee --append /etc/fstab [mortar-fstab]",
            "mount -o rw,inode64,noatime,nouuid NODE MP [mortar-brick-B]",
            "mkdir MP/brick [mortar-brick-B]",
            "chown :2000 MP/brick [mortar-brick-B]",
            "chmod 2775 MP/brick [mortar-brick-B]",
            "sync /etc/fstab MP/brick [mortar-brick-B]",
        ]
    );
}

#[tokio::test]
async fn an_arbiter_has_room_for_inodes() {
    let (script, runner) = Script::new(&[]);
    runner.apply(&Step::CreateBrick(plan(0, BrickRole::Arbiter))).await.unwrap();
    assert_eq!(script.times("mkfs.xfs -i maxpct=100 -n size=8192 /dev/mapper/"), 1);
}

#[tokio::test]
async fn a_brick_that_is_complete_stays_as_it_is() {
    // With the options of an older version.
    let line = "/dev/mapper/vg_dddddddddddddddddddddddddddddddd-brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb /var/lib/heketi/mounts/vg_dddddddddddddddddddddddddddddddd/brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb xfs rw,inode64,noatime,nouuid,nofail,x-systemd.before=glusterd.service,x-systemd.device-timeout=30s 1 2\n";
    let (script, runner) = Script::new(&[
        POOL_THERE,
        ("lvs", Says(LISTED)),
        ("mkfs", Refuses(1, "mkfs.xfs: /dev/mapper/x contains a mounted filesystem\nUsage: mkfs.xfs\n")),
        ("blkid", Says("DEVNAME=/dev/mapper/x\nTYPE=xfs\n")),
        WHOLE,
        ("cat /etc/fstab", Says(line)),
        ("mount -o", Refuses(32, "mount: /x: /dev/mapper/x already mounted on /x.\n")),
        ("cat /proc/mounts", Says(MOUNTED)),
        ("mkdir /var", Refuses(1, "mkdir: cannot create directory '/x': File exists\n")),
    ]);
    runner.apply(&create()).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("tee"), 0);
}

#[tokio::test]
async fn a_volume_of_another_size_is_foreign_and_nothing_goes_on_it() {
    let (script, runner) = Script::new(&[POOL_THERE, ("lvs", Says(OF_OTHER_SIZE))]);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(matches!(error, StepError::Foreign { .. }), "{error:?}");
    assert!(error.explanation().unwrap().contains("on gluster1"));
    assert_eq!(script.times("mkfs"), 0);
}

#[tokio::test]
async fn after_a_lost_reply_mkfs_is_sent_again_only_where_nothing_is() {
    let (script, runner) = Script::new(&[("mkfs", Lost), ("blkid", Says("TYPE=xfs\n")), WHOLE]);
    runner.apply(&create()).await.unwrap();
    assert_eq!(script.times("mkfs"), 1);

    let (script, runner) = Script::new(&[("mkfs", Lost), ("blkid", Refuses(2, ""))]);
    runner.apply(&create()).await.unwrap();
    assert_eq!(script.times("mkfs"), 2);
}

#[tokio::test]
async fn a_file_system_that_was_never_finished_is_none_and_goes_without_being_mounted() {
    let cut_off = [("blkid", Says("TYPE=xfs\n")), ("xfs_db", Says("inprogress = 1\n"))];
    let refused =
        ("mkfs", Refuses(1, "mkfs.xfs: /dev/mapper/x appears to contain an existing filesystem (xfs).\n"));
    let (script, runner) = Script::new(&[refused, cut_off[0], cut_off[1]]);
    assert!(runner.apply(&create()).await.is_err());
    assert_eq!(script.times("mount -o"), 0);

    let (script, runner) = Script::new(&[cut_off[0], cut_off[1], ("thin_count", Says("0\n"))]);
    runner.undo(&create(), &[]).await.unwrap();
    assert_eq!((script.times("mount -o"), script.times("lvremove")), (0, 2));

    let (script, runner) = Script::new(&[cut_off[0], ("xfs_db", Says("who knows\n"))]);
    assert!(runner.undo(&create(), &[]).await.unwrap_err().is_temporary());
    assert_eq!(script.times("lvremove"), 0);
}

#[tokio::test]
async fn what_is_lost_every_time_ends_as_unknown() {
    let nothing = r#"{"report":[{"lv":[]}]}"#;
    let tries = [("lvcreate", Lost), ("lvs", Says(nothing))].repeat(3);
    let (script, runner) = Script::new(&tries);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(error.host_failed() && error.is_temporary());
    assert_eq!(script.times("lvcreate"), 3);
}

#[tokio::test]
async fn a_refusal_is_told_byte_for_byte_and_a_dead_peer_is_not_tried_again() {
    let words = "  Volume group \"vg_d\" has insufficient free space (477 extents): 2210 required.\n";
    let (_, runner) = Script::new(&[("lvcreate", Refuses(5, words))]);
    let error = runner.apply(&create()).await.unwrap_err();
    assert_eq!(error.text(), words);
    assert_eq!(error.host().unwrap().as_str(), "gluster1");
    assert!(!error.is_temporary() && error.depends_on_place());

    let (script, runner) = Script::new(&[("mkdir", Unreachable)]);
    assert!(runner.apply(&create()).await.unwrap_err().host_failed());
    assert_eq!(script.ran().len(), 1);
}

#[tokio::test]
async fn taking_a_brick_away_goes_from_the_mount_to_the_directory() {
    let (script, runner) = Script::new(&[("thin_count", Says("       0\n"))]);
    runner.undo(&create(), &[]).await.unwrap();
    assert_eq!(
        short(&script.ran()),
        [
            "cat /proc/mounts",
            "blkid --probe --output export NODE",
            "umount MP [mortar-brick-B]",
            "sed --in-place -e \\,^NODE[[:blank:]],d /etc/fstab [mortar-fstab]",
            "sync /etc/fstab [mortar-fstab]",
            "/usr/sbin/lvm lvremove --autobackup=n -f vg_D/brick_B [mortar-brick-B]",
            "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_D/tp_x",
            "/usr/sbin/lvm lvremove --autobackup=n -f vg_D/tp_x [mortar-brick-B]",
            "rm --force --dir MP /run/lock/mortar-brick-B /run/lock/mortar-volume-V [mortar-volume-V]",
            "sync /var/lib/heketi/mounts/vg_D [mortar-fstab]",
        ]
    );
}

#[tokio::test]
async fn a_brick_of_which_nothing_is_there_is_gone() {
    let gone = "  Failed to find logical volume \"vg_d/x\"\n";
    let (script, runner) = Script::new(&[
        ("umount", Refuses(32, "umount: /x: no mount point specified.\n")),
        ("lvremove", Refuses(5, gone)),
        ("thin_count", Refuses(5, gone)),
    ]);
    runner.undo(&create(), &[]).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("rm --force --dir"), 1);
}

#[tokio::test]
async fn a_missing_program_is_not_a_missing_volume() {
    let (script, runner) =
        Script::new(&[("lvremove", Refuses(127, "sudo: /usr/sbin/lvm: command not found\n"))]);
    assert!(runner.undo(&create(), &[]).await.is_err());
    assert_eq!(script.times("rm --force"), 0);
}

const LETTER: &str = "/var/lib/heketi/mounts/vg_dddddddddddddddddddddddddddddddd/brick_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/brick/letter.txt\n";

#[tokio::test]
async fn an_answer_that_names_no_file_of_the_brick_is_asked_for_again() {
    let (script, runner) =
        Script::new(&[("/proc/mounts", Says(MOUNTED)), ("find", Says("<<{ what is this\n"))]);
    let error = runner.undo(&create(), &[]).await.unwrap_err();
    assert!(error.is_temporary() && !error.holds_data(), "{error:?}");
    assert_eq!(script.times("umount") + script.times("lvremove"), 0);
}

#[tokio::test]
async fn a_brick_that_somebody_has_written_to_is_not_taken_away_by_an_undo() {
    let (script, runner) = Script::new(&[("/proc/mounts", Says(MOUNTED)), ("find", Says(LETTER))]);
    assert!(runner.undo(&create(), &[]).await.unwrap_err().holds_data());
    assert_eq!(script.times("umount") + script.times("lvremove"), 0);
    // One that is not mounted is, to be looked into.
    let (script, runner) = Script::new(&[("blkid", Says("TYPE=xfs\n")), WHOLE, ("find", Says(LETTER))]);
    assert!(runner.undo(&create(), &[]).await.unwrap_err().holds_data());
    assert_eq!((script.times("mount -o"), script.times("lvremove")), (1, 0));
}

#[tokio::test]
async fn without_a_group_nothing_is_made_and_nothing_has_to_be_undone() {
    let gone = "  Volume group \"vg_d\" not found\n  Cannot process volume group vg_d\n";
    let (script, runner) = Script::new(&[("lvcreate", Refuses(5, gone))]);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(error.has_not_begun() && error.depends_on_place() && !error.host_failed(), "{error:?}");
    assert_eq!((script.times("mkfs"), script.times("rm --force --dir")), (0, 1));
}

#[tokio::test]
async fn of_a_brick_in_use_nothing_is_touched() {
    let tries =
        [("umount", Refuses(32, "umount: /x: target is busy.\n")), ("/proc/mounts", Says(MOUNTED))].repeat(9);
    let first_look = [("/proc/mounts", Says(MOUNTED))];
    let (script, runner) = Script::new(&[&first_look[..], &tries].concat());
    let error = runner.undo(&create(), &[]).await.unwrap_err();
    assert!(matches!(error, StepError::InUse { .. }) && error.is_temporary());
    assert_eq!(script.times("sed") + script.times("lvremove"), 0);
}

#[tokio::test]
async fn a_pool_stays_for_its_other_bricks_and_waits_for_what_nobody_knows() {
    let (script, runner) = Script::new(&[("thin_count", Says("       1\n"))]);
    assert!(runner.undo(&create(), &[]).await.unwrap_err().is_temporary());
    assert_eq!(script.times("lvremove"), 1);

    let (script, runner) = Script::new(&[("thin_count", Says("       1\n"))]);
    assert!(runner.apply(&cloned(false)).await.unwrap_err().is_temporary());
    assert_eq!(script.times("lvremove"), 1);

    let origin = BrickPlan { shares_pool: true, ..plan(0, BrickRole::Data) };
    let (script, runner) = Script::new(&[("thin_count", Says("       1\n"))]);
    runner.apply(&Step::DestroyBrick(origin)).await.unwrap();
    assert_eq!(script.times("lvremove"), 1);
}

/// As it was seen where a peer lost its power in the middle of `lvcreate`.
const POOL_TO_BE: &str = r#"{"report":[{"lv":[
    {"lv_name":"tp_x","vg_name":"vg_d","lv_size":"8388608","pool_lv":"","lv_metadata_size":""}]}]}"#;

#[tokio::test]
async fn a_pool_that_was_cut_off_while_it_was_made_goes_and_an_answer_without_words_is_no_such_pool() {
    let cut_off = [("thin_count", Says("        \n")), ("lvs --reportformat", Says(POOL_TO_BE))];
    let (script, runner) = Script::new(&cut_off);
    runner.undo(&create(), &[]).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("lvremove"), 2);

    let (script, runner) =
        Script::new(&[("thin_count", Says("        \n")), ("lvs --reportformat", Says(LISTED))]);
    assert!(runner.undo(&create(), &[]).await.is_err());
    assert_eq!(script.times("lvremove"), 1);
}

/// The brick of a clone, as gluster has made it.
fn cloned(shares_pool: bool) -> Step {
    Step::DestroyBrick(BrickPlan {
        shares_pool,
        path: "/run/gluster/snaps/5f2b/brick1/brick".to_owned(),
        logical_volume: Some("5f2b_0".to_owned()),
        ..plan(0, BrickRole::Data)
    })
}

#[tokio::test]
async fn the_brick_of_a_clone_has_names_of_its_own_and_no_line_in_the_table() {
    let inhabited = [
        ("rm --force --dir /run/gluster/snaps/5f2b/brick1", Says("")),
        (
            "rm --force --dir /run/gluster/snaps/5f2b",
            Refuses(1, "rm: cannot remove '/x': Directory not empty\n"),
        ),
    ];
    let (script, runner) = Script::new(&[("thin_count", Says("       1\n")), inhabited[0], inhabited[1]]);
    runner.apply(&cloned(true)).await.unwrap();
    assert_eq!(
        short(&script.ran()),
        [
            "umount /run/gluster/snaps/5f2b/brick1 [mortar-brick-B]",
            "/usr/sbin/lvm lvremove --autobackup=n -f vg_D/5f2b_0 [mortar-brick-B]",
            "/usr/sbin/lvm lvs --noheadings --options=thin_count vg_D/tp_x",
            "rm --force --dir /run/gluster/snaps/5f2b/brick1 [mortar-brick-B]",
            "rm --force --dir /run/gluster/snaps/5f2b [mortar-brick-B]",
            "rm --force --dir /run/gluster/snaps/5f2b/brick1 /run/lock/mortar-brick-B /run/lock/mortar-volume-V [mortar-volume-V]",
        ]
    );
    script.assert_used_up();
}

#[tokio::test]
async fn the_pool_goes_with_the_last_that_is_in_it() {
    let (script, runner) = Script::new(&[("thin_count", Says("       0\n"))]);
    runner.apply(&cloned(true)).await.unwrap();
    assert_eq!(script.times("lvremove --autobackup=n -f vg_"), 2);
}
