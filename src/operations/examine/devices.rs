//! Devices: their groups and physical volumes.

use super::known::Known;
use crate::model::device::{Device, volume_group};
use crate::model::ids::DeviceId;
use crate::model::inventory::{Inventory, PhysicalVolume, VolumeGroup};

/// How LVM calls a disk that is gone.
const UNKNOWN: &str = "[unknown]";

/// What disagrees about the devices of a node.
pub(super) fn findings(known: &Known<'_>, peer: &Inventory) -> Vec<String> {
    let Ok(groups) = &peer.groups else { return Vec::new() };
    let disks = peer.physical_volumes.as_ref().map_or(&[][..], Vec::as_slice);
    let mut lines = Vec::new();
    for device in known.expected_devices(peer.node) {
        let name = volume_group(device.id);
        let found = match groups.iter().find(|group| group.vg_name == name) {
            None => Some(without_group(known, device, disks)),
            Some(group) => about_disk(known, device, group, disks),
        };
        lines.extend(found);
    }
    lines.extend(groups.iter().filter_map(|group| unknown_group(known, peer, group)));
    lines
}

fn describe(known: &Known<'_>, device: &Device) -> String {
    format!("device {} ({} of {})", device.id, device.name, known.host(device.node))
}

fn without_group(known: &Known<'_>, device: &Device, disks: &[PhysicalVolume]) -> String {
    let what = describe(known, device);
    let group = volume_group(device.id);
    let lost = known.bricks_of(device.node).filter(|brick| brick.device == device.id).count();
    let disk = disks.iter().find(|disk| device.pv_uuid.as_ref() == Some(&disk.pv_uuid));
    let why = match disk {
        Some(disk) if disk.vg_name.is_empty() => {
            format!("its disk is there as {} and in no group: `vgcfgrestore {group}` may bring it back", disk.pv_name)
        }
        Some(disk) => format!("its disk is there as {} and in the group {}", disk.pv_name, disk.vg_name),
        None => "LVM does not see its disk, which was pulled out, has died or was erased: put it back, or set the device to `failed` and replace it".to_owned(),
    };
    format!("{what} has no volume group {group} any more, which {lost} bricks are in; {why}")
}

fn about_disk(
    known: &Known<'_>,
    device: &Device,
    group: &VolumeGroup,
    disks: &[PhysicalVolume],
) -> Option<String> {
    let what = describe(known, device);
    let mut own = disks.iter().filter(|disk| disk.vg_name == group.vg_name);
    if group.is_partial() || own.clone().any(|disk| disk.pv_name == UNKNOWN) {
        return Some(format!(
            "{what} misses a physical volume of its group {}: a disk was pulled out or has died. Put it back, or set the device to `failed` and replace it",
            group.vg_name,
        ));
    }
    let expected = device.pv_uuid.as_ref().filter(|uuid| !uuid.is_empty())?;
    // A simulated peer of heketi's kind tells no UUID.
    let other = own.find(|disk| !disk.pv_uuid.is_empty()).filter(|disk| disk.pv_uuid != *expected)?;
    Some(format!(
        "{what} has the physical volume {expected} in the database, and its group {} is on {} ({}): somebody moved the group to another disk. Read the device again (`mortar device resync {}`) and look whether its bricks are whole",
        group.vg_name, other.pv_uuid, other.pv_name, device.id,
    ))
}

/// A group with a name like ours that is none of this node's.
fn unknown_group(known: &Known<'_>, peer: &Inventory, group: &VolumeGroup) -> Option<String> {
    let id: DeviceId = group.vg_name.strip_prefix("vg_")?.parse().ok()?;
    let (name, host) = (&group.vg_name, known.host(peer.node));
    match known.device(id) {
        Some(device) if device.node == peer.node => None,
        Some(device) => Some(format!(
            "the volume group {name} on {host} is that of {}: the disk was moved to another machine",
            describe(known, device),
        )),
        None => Some(format!(
            "the volume group {name} on {host} is that of no device of this database. Groups of another server are normal: it is left alone, and nothing needs to be done unless no other server uses this peer"
        )),
    }
}
