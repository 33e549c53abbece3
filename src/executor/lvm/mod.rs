//! LVM: physical volumes, volume groups, thin pools. Sizes go out in KiB and come back in bytes.

mod refusal;
mod report;

use std::time::Duration;

use uuid::Uuid;

pub use refusal::{is_existing, is_group_missing, is_missing};
pub(super) use report::report;
pub use report::{LogicalVolume, PhysicalVolume, VolumeGroup, parse_lvs, parse_pvs, parse_vgs};

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
