use super::super::StepError;
use super::Answer::{Lost, Refuses, Says};
use super::{Rule, Script, peer};
use crate::model::device::KnownDevice;
use crate::model::step::{DeviceFacts, DevicePlan, Step, StepOutput};

const UUID: &str = "abcdef-0123-4567-89ab-cdef-0123-456789";
const NO_PV: Rule = ("pvs", Refuses(5, "  Failed to find physical volume \"/dev/vdd\".\n"));
const OURS: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"abcdef-0123-4567-89ab-cdef-0123-456789","vg_name":"vg_dddddddddddddddddddddddddddddddd"}]}]}"#,
    ),
);
const OURS_ALONE: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"abcdef-0123-4567-89ab-cdef-0123-456789","vg_name":""}]}]}"#,
    ),
);
const OTHERS: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"other","vg_name":"vg_eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}]}]}"#,
    ),
);
const MOVED: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vde","pv_uuid":"abcdef-0123-4567-89ab-cdef-0123-456789","vg_name":"vg_dddddddddddddddddddddddddddddddd"}]}]}"#,
    ),
);
const MOVED_ALONE: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vde","pv_uuid":"abcdef-0123-4567-89ab-cdef-0123-456789","vg_name":""}]}]}"#,
    ),
);
const FOREIGN: Rule =
    ("pvs", Says(r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"other","vg_name":"data"}]}]}"#));
const OF_HEKETI: Rule = (
    "pvs",
    Says(
        r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"other","vg_name":"vg_0123456789abcdef0123456789abcdef"}]}]}"#,
    ),
);
const EMPTY_GROUP: Rule = (
    "vgs",
    Says(
        r#"{"report":[{"vg":[{"vg_name":"x","vg_size":"536732499968","vg_free":"536732499968","vg_extent_size":"4194304","lv_count":"0"}]}]}"#,
    ),
);
const GROUP_WITH_VOLUMES: Rule = (
    "vgs",
    Says(
        r#"{"report":[{"vg":[{"vg_name":"x","vg_size":"8388608","vg_free":"0","vg_extent_size":"4194304","lv_count":"2"}]}]}"#,
    ),
);
const NO_GROUP: Rule =
    ("vgs", Refuses(5, "  Volume group \"x\" not found\n  Cannot process volume group x\n"));
const NO_PVS: Rule = ("pvs", Says(r#"{"report":[{"pv":[]}]}"#));
const FREE_DISK: Rule = (
    "lsblk",
    Says(r#"{"blockdevices":[{"name":"/dev/vdd","type":"disk","size":1,"fstype":null,"mountpoint":null}]}"#),
);
const MOUNTED_DISK: Rule = (
    "lsblk",
    Says(
        r#"{"blockdevices":[{"name":"/dev/vdd","type":"disk","size":1,"fstype":"ext4","mountpoint":"/srv"}]}"#,
    ),
);
const HELD_DISK: Rule = (
    "lsblk",
    Says(
        r#"{"blockdevices":[{"name":"/dev/vdd","type":"disk","size":1,"fstype":null,"mountpoint":null,
         "children":[{"name":"/dev/vdd1","type":"part","size":1,"fstype":null,"mountpoint":null}]}]}"#,
    ),
);
const CLEAN: Rule = ("wipefs --no-act", Says("{\n   \"signatures\": [\n\n   ]\n}\n"));
const EXT4: Rule = (
    "wipefs --no-act",
    Says(r#"{"signatures":[{"device":"vdd","offset":"0x438","type":"ext4","uuid":"u","label":null}]}"#),
);
const HIDDEN_PV: Rule = (
    "wipefs --no-act",
    Says(
        r#"{"signatures":[{"device":"vdd","offset":"0x218","type":"LVM2_member","uuid":"u","label":null}]}"#,
    ),
);
const LINKS: Rule =
    ("udevadm", Says("disk/by-diskseq/4 disk/by-id/lvm-pv-uuid-abcdef-0123 disk/by-id/virtio-gluster1-d\n"));

fn prepare(destroy_data: bool) -> Step {
    Step::PrepareDevice(plan(destroy_data))
}

fn plan(destroy_data: bool) -> DevicePlan {
    DevicePlan {
        peer: peer(1),
        device: "d".repeat(32).parse().unwrap(),
        path: "/dev/vdd".to_owned(),
        pv_uuid: Some(UUID.to_owned()),
        destroy_data,
        forget: false,
        known: Vec::new(),
    }
}

async fn facts(script: &Script, runner: &super::StepRunner, step: &Step) -> DeviceFacts {
    let output = runner.apply(step).await.unwrap();
    script.assert_used_up();
    match output {
        StepOutput::Device(facts) => facts,
        other => panic!("no facts: {other:?}"),
    }
}

#[tokio::test]
async fn a_blank_disk_becomes_a_group_and_is_described() {
    let (script, runner) =
        Script::new(&[NO_PVS, NO_PV, FREE_DISK, CLEAN, ("tail", Says("\n")), OURS, EMPTY_GROUP, LINKS]);
    let found = facts(&script, &runner, &prepare(false)).await;
    assert_eq!((found.total.get(), found.extent.get()), (524_152_832, 4096));
    assert_eq!(found.pv_uuid.as_deref(), Some(UUID));
    assert_eq!(found.paths, ["/dev/disk/by-diskseq/4", "/dev/disk/by-id/virtio-gluster1-d", "/dev/vdd"]);
    let lock = format!("[mortar-device-{}]", "d".repeat(32));
    let changes: Vec<String> = script.ran().into_iter().filter(|line| line.ends_with(']')).collect();
    assert_eq!(
        changes,
        [
            format!(
                "/usr/sbin/lvm pvcreate -qq --metadatasize=128M --dataalignment=256K --uuid {UUID} --norestorefile /dev/vdd {lock}"
            ),
            format!(
                "/usr/sbin/lvm vgcreate -qq --physicalextentsize=4M --autobackup=n vg_{} /dev/vdd {lock}",
                "d".repeat(32)
            ),
            format!("sync /dev/vdd {lock}"),
        ]
    );
}

#[tokio::test]
async fn an_unended_file_system_table_gets_its_newline() {
    let (script, runner) = Script::new(&[OURS, ("tail", Says("2")), OURS, EMPTY_GROUP, LINKS]);
    facts(&script, &runner, &prepare(false)).await;
    assert_eq!(script.times("tee --append /etc/fstab [mortar-fstab]"), 1);
}

#[tokio::test]
async fn a_device_that_is_done_or_half_done_is_not_begun_again() {
    let (script, runner) = Script::new(&[OURS, OURS, EMPTY_GROUP, LINKS]);
    facts(&script, &runner, &prepare(false)).await;
    script.assert_changed_nothing();

    let (script, runner) = Script::new(&[OURS_ALONE, OURS, EMPTY_GROUP, LINKS]);
    facts(&script, &runner, &prepare(false)).await;
    assert_eq!((script.times("pvcreate"), script.times("vgcreate")), (0, 1));
}

#[tokio::test]
async fn a_lost_reply_of_pvcreate_is_looked_at() {
    let (script, runner) = Script::new(&[
        NO_PVS,
        NO_PV,
        FREE_DISK,
        CLEAN,
        ("pvcreate", Lost),
        OURS_ALONE,
        OURS,
        EMPTY_GROUP,
        LINKS,
    ]);
    facts(&script, &runner, &prepare(false)).await;
    assert_eq!((script.times("pvcreate"), script.times("vgcreate")), (1, 1));
}

#[tokio::test]
async fn a_disk_is_not_erased_again_unseen() {
    // The reply is lost to a restart, after which the path is another device's.
    let other = "e".repeat(32).parse().unwrap();
    let known =
        KnownDevice { device: other, pv_uuid: Some("other".into()), name: "/dev/vde".into(), paths: vec![] };
    let plan = DevicePlan { known: vec![known], ..plan(true) };
    let (script, runner) =
        Script::new(&[NO_PVS, NO_PV, FREE_DISK, EXT4, ("wipefs --all", Lost), OTHERS, OTHERS]);
    let error = runner.apply(&Step::PrepareDevice(plan)).await.unwrap_err();
    script.assert_used_up();
    assert!(error.text().ends_with(&format!("Device already in use (ID: {other})")), "{}", error.text());
    assert_eq!((script.times("wipefs --all"), script.times("pvcreate")), (1, 0));
}

#[tokio::test]
async fn a_device_is_gone_on_with_where_its_disk_is_now() {
    let (script, runner) = Script::new(&[MOVED_ALONE, MOVED, EMPTY_GROUP, LINKS]);
    let found = facts(&script, &runner, &prepare(false)).await;
    assert_eq!(
        (found.labels[0].path.as_str(), found.paths.last().unwrap().as_str()),
        ("/dev/vde", "/dev/vde")
    );
    assert!(!found.paths.contains(&"/dev/vdd".to_owned()));
    assert_eq!((script.times("vgcreate"), script.times("/dev/vdd")), (1, 0));
}

#[tokio::test]
async fn a_file_system_is_named_and_erased_only_with_leave() {
    let (script, runner) = Script::new(&[NO_PVS, NO_PV, FREE_DISK, EXT4]);
    let error = runner.apply(&prepare(false)).await.unwrap_err();
    assert_eq!(
        error.explanation().unwrap(),
        "/dev/vdd on gluster1 holds an ext4 file system; nothing was changed. Load it with \"destroydata\": true to erase it"
    );
    assert!(
        error
            .text()
            .starts_with("Initializing device /dev/vdd failed (already initialized or contains data?): ")
    );
    script.assert_changed_nothing();

    let (script, runner) = Script::new(&[NO_PVS, NO_PV, FREE_DISK, EXT4, OURS, EMPTY_GROUP, LINKS]);
    facts(&script, &runner, &prepare(true)).await;
    assert_eq!((script.times("wipefs --all /dev/vdd"), script.times("pvcreate")), (1, 1));
}

#[tokio::test]
async fn a_physical_volume_in_an_empty_group_is_erased_only_with_leave() {
    let (script, runner) = Script::new(&[FOREIGN, FOREIGN, EMPTY_GROUP, FREE_DISK]);
    let error = runner.apply(&prepare(false)).await.unwrap_err();
    assert!(
        error
            .text()
            .starts_with("Initializing device /dev/vdd failed (aleady contains Physical Volume other): ")
    );
    script.assert_changed_nothing();

    let (script, runner) = Script::new(&[FOREIGN, FOREIGN, EMPTY_GROUP, FREE_DISK, OURS, EMPTY_GROUP, LINKS]);
    facts(&script, &runner, &prepare(true)).await;
    assert_eq!(
        (script.times("vgremove -qq data"), script.times("pvremove"), script.times("pvcreate")),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn what_may_be_needed_is_never_erased() {
    let check = async |rules: &[Rule], because: &str| {
        let (script, runner) = Script::new(&[&[NO_PVS], rules].concat());
        let error = runner.apply(&prepare(true)).await.unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error:?}");
        let explanation = error.explanation().unwrap();
        assert!(explanation.contains(because) && explanation.contains("gluster1"), "{explanation}");
        script.assert_changed_nothing();
    };
    check(&[NO_PV, MOUNTED_DISK], "is mounted on /srv").await;
    check(&[NO_PV, HELD_DISK], "is held by /dev/vdd1 (part)").await;
    check(&[OF_HEKETI], "whose name is heketi's").await;
    check(&[FOREIGN, GROUP_WITH_VOLUMES], "which has 2 volumes").await;
    check(&[FOREIGN, NO_GROUP], "which cannot be read").await;
    check(&[FOREIGN, EMPTY_GROUP, HELD_DISK], "is held by").await;
    check(&[NO_PV, FREE_DISK, HIDDEN_PV], "`pvs` there does not list").await;
    let filtered = ("pvs", Refuses(5, "  Cannot use /dev/vdd: device is rejected by filter config\n"));
    check(&[filtered, FREE_DISK, CLEAN], "rejected by filter config").await;
    let partitioned = ("pvs", Refuses(5, "  Cannot use /dev/vdd: device is partitioned\n"));
    check(&[partitioned, FREE_DISK, CLEAN], "device is partitioned").await;
    let missing = ("lsblk", Refuses(32, "lsblk: /dev/vdd: not a block device\n"));
    check(&[("pvs", Refuses(5, "  Cannot use /dev/vdd: device not found\n")), missing], "is no disk").await;
}

#[tokio::test]
async fn an_undo_takes_away_what_is_ours_and_nothing_else() {
    let (script, runner) = Script::new(&[OURS, EMPTY_GROUP]);
    runner.undo(&prepare(false), &[]).await.unwrap();
    assert_eq!((script.times("vgremove -qq vg_dddd"), script.times("pvremove -qq /dev/vdd")), (1, 1));
    // What may still be running there is waited for.
    assert!(script.ran()[0].ends_with(&format!(" [mortar-device-{}]", "d".repeat(32))));

    for other in [FOREIGN, OF_HEKETI, NO_PVS] {
        let (script, runner) = Script::new(&[other]);
        runner.undo(&prepare(false), &[]).await.unwrap();
        script.assert_changed_nothing();
    }

    let (script, runner) = Script::new(&[("pvs", Refuses(127, "sudo: /usr/sbin/lvm: command not found\n"))]);
    assert!(runner.undo(&prepare(false), &[]).await.is_err());
    script.assert_changed_nothing();
}

#[tokio::test]
async fn a_release_follows_its_disk_and_needs_a_blank_one_where_that_is_not_listed() {
    let release = || Step::ReleaseDevice(plan(false));
    let (script, runner) = Script::new(&[MOVED, EMPTY_GROUP]);
    runner.apply(&release()).await.unwrap();
    assert_eq!((script.times("pvremove -qq /dev/vde"), script.times("/dev/vdd")), (1, 0));

    let (script, runner) = Script::new(&[NO_PVS, NO_PV, CLEAN]);
    runner.apply(&release()).await.unwrap();
    script.assert_used_up();

    for rules in [[NO_PVS, NO_PV, EXT4], [OTHERS, OTHERS, CLEAN]] {
        let (script, runner) = Script::new(&rules);
        let error = runner.apply(&release()).await.unwrap_err();
        assert!(error.explanation().unwrap().contains("was left alone"), "{error:?}");
        script.assert_changed_nothing();
        let (script, runner) = Script::new(&rules);
        let forget = DevicePlan { forget: true, ..plan(false) };
        runner.apply(&Step::ReleaseDevice(forget)).await.unwrap();
        script.assert_changed_nothing();
    }
    let (script, runner) = Script::new(&[OTHERS]);
    assert!(runner.apply(&Step::FindDevice(plan(false))).await.is_err());
    script.assert_changed_nothing();
}

#[tokio::test]
async fn a_lost_reply_of_a_release_is_looked_at() {
    let lost = ("pvremove", Lost);
    let (script, runner) = Script::new(&[OURS, EMPTY_GROUP, lost, NO_PVS, NO_PV, CLEAN]);
    runner.apply(&Step::ReleaseDevice(plan(false))).await.unwrap();
    script.assert_used_up();
    let (_, runner) =
        Script::new(&[OURS, EMPTY_GROUP, lost, OURS, EMPTY_GROUP, lost, OURS, EMPTY_GROUP, lost]);
    assert!(runner.apply(&Step::ReleaseDevice(plan(false))).await.unwrap_err().is_unknown());
}

#[tokio::test]
async fn a_group_with_volumes_is_not_released() {
    let (script, runner) = Script::new(&[OURS, GROUP_WITH_VOLUMES]);
    let error = runner.apply(&Step::ReleaseDevice(plan(false))).await.unwrap_err();
    assert!(matches!(error, StepError::Foreign { .. }));
    script.assert_changed_nothing();
}
