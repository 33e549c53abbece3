//! LVM: physical volumes, volume groups, thin pools. Sizes go out in KiB and come back in bytes.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::command::{Command, LockName};
use super::settings::PeerSettings;
use crate::model::brick::{BrickRole, logical_volume};
use crate::model::device::volume_group;
use crate::model::sizes::KiB;
use crate::model::step::BrickPlan;

const LVM: &str = "/usr/sbin/lvm";

/// How long LVM may take to make or remove something on a device.
const CHANGE: Duration = Duration::from_secs(300);

/// How long it may take to make a thin pool.
const POOL: Duration = Duration::from_secs(600);

/// Report options: what is parsed is asked for, in explicit units.
pub(super) const REPORT: [&str; 6] = ["--reportformat", "json", "--units", "b", "--nosuffix", "-o"];

/// LVM's exit status where a named thing does not exist. Source: lvm(8), ECMD_FAILED.
pub const FAILED: i32 = 5;

pub(super) fn look(settings: &PeerSettings, what: &str) -> Command {
    match &settings.lvm_wrapper {
        Some(wrapper) => Command::look(wrapper).args([LVM, what]),
        None => Command::look(LVM).arg(what),
    }
}

fn change(settings: &PeerSettings, what: &str, lock: LockName, deadline: Duration) -> Command {
    match &settings.lvm_wrapper {
        Some(wrapper) => Command::change(wrapper, lock, deadline).args([LVM, what]),
        None => Command::change(LVM, lock, deadline).arg(what),
    }
}

fn autobackup(settings: &PeerSettings) -> &'static str {
    if settings.backup_lvm_metadata { "--autobackup=y" } else { "--autobackup=n" }
}

/// Lists physical volumes: the one at `path`, or all.
pub fn pvs(settings: &PeerSettings, path: Option<&str>) -> Command {
    look(settings, "pvs").args(REPORT).arg("pv_name,pv_uuid,vg_name").args(path)
}

/// Lists a volume group.
pub fn vgs(settings: &PeerSettings, group: &str) -> Command {
    look(settings, "vgs").args(REPORT).arg("vg_name,vg_size,vg_free,vg_extent_size,lv_count").arg(group)
}

/// Lists the logical volumes of a group.
pub fn lvs(settings: &PeerSettings, group: &str) -> Command {
    look(settings, "lvs").args(REPORT).arg("lv_name,vg_name,lv_size,pool_lv,lv_metadata_size").arg(group)
}

/// Makes a physical volume, with a UUID chosen beforehand where one is given.
pub fn pvcreate(settings: &PeerSettings, path: &str, uuid: Option<&str>, lock: LockName) -> Command {
    let command = change(settings, "pvcreate", lock, CHANGE)
        .args(["-qq", "--metadatasize=128M"])
        .arg(format!("--dataalignment={}", settings.pv_data_alignment));
    match uuid {
        Some(uuid) => command.args(["--uuid", uuid, "--norestorefile"]).arg(path),
        None => command.arg(path),
    }
}

/// Makes a volume group of one physical volume.
pub fn vgcreate(settings: &PeerSettings, group: &str, path: &str, lock: LockName) -> Command {
    change(settings, "vgcreate", lock, CHANGE)
        .arg("-qq")
        .arg(format!("--physicalextentsize={}", settings.vg_extent_size))
        .args([autobackup(settings), group, path])
}

/// Removes an empty volume group.
pub fn vgremove(settings: &PeerSettings, group: &str, lock: LockName) -> Command {
    change(settings, "vgremove", lock, CHANGE).args(["-qq", group])
}

/// Removes a physical volume that is in no group.
pub fn pvremove(settings: &PeerSettings, path: &str, lock: LockName) -> Command {
    change(settings, "pvremove", lock, CHANGE).args(["-qq", path])
}

/// Makes the thin pool of a brick and the brick's logical volume in it. No spare metadata: what the pool takes is
/// exactly what is accounted.
pub fn create_thin_volume(settings: &PeerSettings, plan: &BrickPlan, lock: LockName) -> Command {
    let chunk = if plan.role == BrickRole::Arbiter { "256K" } else { &settings.lv_chunk_size };
    let kib = |size: KiB| format!("{}K", size.get());
    change(settings, "lvcreate", lock, POOL)
        .args(["-qq", autobackup(settings), "--poolmetadataspare", "n"])
        .args(["--poolmetadatasize".to_owned(), kib(plan.space.metadata)])
        .args(["--chunksize", chunk])
        .args(["--size".to_owned(), kib(plan.space.thin_pool)])
        .args(["--thin".to_owned(), format!("{}/{}", volume_group(plan.device), plan.thin_pool)])
        .args(["--virtualsize".to_owned(), kib(plan.space.size)])
        .args(["--name".to_owned(), logical_volume(plan.brick)])
}

/// Removes a logical volume; of a thin pool also all that is in it.
pub fn lvremove(settings: &PeerSettings, group: &str, name: &str, lock: LockName) -> Command {
    change(settings, "lvremove", lock, CHANGE)
        .args([autobackup(settings), "-f"])
        .arg(format!("{group}/{name}"))
}

/// Counts the thin volumes in a pool.
pub fn thin_count(settings: &PeerSettings, group: &str, pool: &str) -> Command {
    look(settings, "lvs").args(["--noheadings", "--options=thin_count"]).arg(format!("{group}/{pool}"))
}

/// A physical volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PhysicalVolume {
    /// Its path.
    pub pv_name: String,
    /// Its UUID.
    pub pv_uuid: String,
    /// Its group; empty for none.
    pub vg_name: String,
}

/// A volume group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Its size.
    pub size: KiB,
    /// What no logical volume has taken.
    pub free: KiB,
    /// Its extent.
    pub extent: KiB,
    /// Its logical volumes, pools included.
    pub lv_count: u64,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicalVolume {
    /// Its name.
    pub name: String,
    /// Its size, the virtual one for a thin volume.
    pub size: KiB,
    /// The thin pool it is in; empty for none.
    pub pool: String,
    /// The size of its metadata, for a thin pool.
    pub metadata: Option<KiB>,
}

#[derive(Deserialize)]
struct Report<T> {
    report: Vec<T>,
}

#[derive(Deserialize)]
struct Pvs {
    pv: Vec<PhysicalVolume>,
}

#[derive(Deserialize)]
struct Vgs {
    vg: Vec<VgRow>,
}

#[derive(Deserialize)]
struct VgRow {
    vg_size: String,
    vg_free: String,
    vg_extent_size: String,
    lv_count: String,
}

#[derive(Deserialize)]
struct Lvs {
    lv: Vec<LvRow>,
}

#[derive(Deserialize)]
struct LvRow {
    lv_name: String,
    lv_size: String,
    pool_lv: String,
    lv_metadata_size: String,
}

/// The one report of a `--reportformat json` answer.
pub(super) fn report<T: DeserializeOwned>(output: &str) -> Option<T> {
    let mut found: Report<T> = serde_json::from_str(output).ok()?;
    if found.report.len() == 1 { found.report.pop() } else { None }
}

fn kib(bytes: &str) -> Option<KiB> {
    KiB::new(bytes.trim().parse::<u64>().ok()? / 1024)
}

/// Reads what [`pvs`] printed.
pub fn parse_pvs(output: &str) -> Option<Vec<PhysicalVolume>> {
    report::<Pvs>(output).map(|found| found.pv)
}

/// Reads what [`vgs`] printed of one group.
pub fn parse_vgs(output: &str) -> Option<VolumeGroup> {
    let found = report::<Vgs>(output)?;
    let [row] = &found.vg[..] else { return None };
    Some(VolumeGroup {
        size: kib(&row.vg_size)?,
        free: kib(&row.vg_free)?,
        extent: kib(&row.vg_extent_size)?,
        lv_count: row.lv_count.trim().parse().ok()?,
    })
}

/// Reads what [`lvs`] printed.
pub fn parse_lvs(output: &str) -> Option<Vec<LogicalVolume>> {
    let read = |row: LvRow| {
        let metadata = if row.lv_metadata_size.is_empty() { None } else { Some(kib(&row.lv_metadata_size)?) };
        Some(LogicalVolume { size: kib(&row.lv_size)?, name: row.lv_name, pool: row.pool_lv, metadata })
    };
    report::<Lvs>(output)?.lv.into_iter().map(read).collect()
}

/// What LVM 2.03 says where something is not there: before and after the name, in lower case.
const MISSING: [(&str, &str); 7] = [
    ("failed to find logical volume ", ""),
    ("failed to find physical volume ", ""),
    ("volume group \"", "\" not found"),
    ("no pv found on device ", ""),
    ("no device found for ", ""),
    ("no physical volume label read from ", ""),
    ("cannot use ", ": device not found"),
];

/// Whether LVM says that what it was asked about does not exist. "command not found" is something else.
pub fn is_missing(stderr: &str) -> bool {
    let says = |line: &str, (before, after): (&str, &str)| {
        line.trim_start().strip_prefix(before).is_some_and(|rest| rest.contains(after))
    };
    stderr.to_lowercase().lines().any(|line| MISSING.into_iter().any(|words| says(line, words)))
}

/// Whether LVM says that a whole group does not exist: its disk may only be away for a while.
pub fn is_group_missing(stderr: &str) -> bool {
    stderr.to_lowercase().lines().any(|line| {
        line.trim_start().strip_prefix("volume group \"").is_some_and(|rest| rest.contains("\" not found"))
    })
}

/// Whether LVM says that the logical volume is there already.
pub fn is_existing(stderr: &str) -> bool {
    // `Logical volume tp_… already exists in Volume group vg_….` for a pool, `… "brick_…" already exists in volume
    // group "vg_…"` for a volume.
    stderr.to_lowercase().contains("already exists in volume group")
}

/// The group and the volume of a device node: `/dev/mapper/GROUP-VOLUME`, where a dash in a name stands twice.
pub fn split_node(node: &str) -> Option<(String, String)> {
    let name = node.strip_prefix("/dev/mapper/")?.replace("--", "\0");
    let (group, volume) = name.split_once('-')?;
    Some((group.replace('\0', "-"), volume.replace('\0', "-")))
}

/// A UUID in LVM's form, made of random bits. Source: LVM2 `lib/uuid`: 32 letters and digits in groups of
/// 6-4-4-4-4-4-6.
pub fn pv_uuid_from(random: Uuid) -> String {
    let digits: Vec<char> = random.simple().to_string().chars().collect();
    let mut groups = Vec::new();
    let mut from = 0;
    for length in [6, 4, 4, 4, 4, 4, 6] {
        groups.push(digits.iter().skip(from).take(length).collect::<String>());
        from += length;
    }
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_garbage_is_not() {
        let pvs = r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"Qw3kZr-8bVn","vg_name":""}]}]}"#;
        assert_eq!(parse_pvs(pvs).unwrap()[0].pv_name, "/dev/vdd");
        let vgs = r#"{"report":[{"vg":[{"vg_name":"vg_x","vg_size":"536732499968","vg_free":"536732499968",
                      "vg_extent_size":"4194304","lv_count":"0"}]}]}"#;
        assert_eq!(parse_vgs(vgs).unwrap().size.get(), 524_152_832);
        let lvs = r#"{"report":[{"lv":[{"lv_name":"tp_a","vg_name":"vg_x","lv_size":"1073741824","pool_lv":"",
                      "lv_metadata_size":"8388608"},{"lv_name":"brick_a","vg_name":"vg_x","lv_size":"1073741824",
                      "pool_lv":"tp_a","lv_metadata_size":""}]}]}"#;
        let found = parse_lvs(lvs).unwrap();
        assert_eq!((found[0].metadata, found[1].pool.as_str()), (Some(KiB::of(8192)), "tp_a"));
        for garbage in ["", "{}", "{\"report\":[]}", "no such device"] {
            assert!(
                parse_pvs(garbage).is_none() && parse_vgs(garbage).is_none() && parse_lvs(garbage).is_none()
            );
        }
    }

    #[test]
    fn only_lvms_own_words_mean_that_something_is_gone() {
        assert!(is_missing("  Failed to find logical volume \"vg_x/brick_y\"\n"));
        assert!(is_missing("  Volume group \"vg_x\" not found\n  Cannot process volume group vg_x\n"));
        assert!(is_missing("  Failed to find physical volume \"/dev/vdd\".\n"));
        assert!(is_missing("  Cannot use /dev/nosuch: device not found\n"));
        assert!(is_missing("  No PV found on device /dev/vdd.\n"));
        assert!(is_missing("  No device found for /dev/nosuch.\n"));
        assert!(!is_missing("sh: 1: /usr/sbin/lvm: not found"));
        assert!(!is_missing("bash: vg_x: volume group: command not found"));
        assert!(!is_missing("exec-on-host: failed to find lvm"));
        assert!(!is_missing("  Cannot use /dev/vdd: device is rejected by filter config\n"));
        assert!(!is_missing("  Logical volume vg_x/brick_y contains a filesystem in use.\n"));
    }

    #[test]
    fn a_pool_or_a_volume_that_is_there_is_recognised() {
        // LVM 2.03.16 writes the second one.
        assert!(is_existing("  Logical Volume \"brick_c\" already exists in volume group \"vg_c\"\n"));
        assert!(is_existing("  Logical volume tp_c already exists in Volume group vg_c.\n"));
        assert!(!is_existing(
            "  Volume group \"vg_c\" has insufficient free space (477 extents): 2210 required.\n"
        ));
    }

    #[test]
    fn a_device_node_has_a_group_and_a_volume() {
        let check = |node: &str, expected: Option<(&str, &str)>| {
            let found = split_node(node);
            assert_eq!(found.as_ref().map(|(group, volume)| (group.as_str(), volume.as_str())), expected);
        };
        check("/dev/mapper/vg_a-5f2b8c1d_0", Some(("vg_a", "5f2b8c1d_0")));
        check("/dev/mapper/debian--vg-swap--1", Some(("debian-vg", "swap-1")));
        check("/dev/vda1", None);
        check("/dev/mapper/control", None);
    }

    #[test]
    fn a_pv_uuid_has_lvms_groups() {
        assert_eq!(pv_uuid_from(Uuid::from_u128(0)), "000000-0000-0000-0000-0000-0000-000000");
    }
}
