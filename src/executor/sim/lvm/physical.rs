//! Physical volumes.

use super::{FAILED, size_kib, sort, usage};
use crate::executor::sim::Flavour;
use crate::executor::sim::answer::{Answer, Refused, refuse, silent};
use crate::executor::sim::block_tools::offset;
use crate::executor::sim::blocks::Block;
use crate::executor::sim::objects::{Content, Disk};
use crate::executor::sim::state::Record;
use crate::executor::sim::world::Peer;

/// The label and the header before the metadata area.
const HEADER_KIB: u64 = 4;

/// Where data begins if nothing is said. Source: LVM's `default_data_alignment`.
const USUAL_START_KIB: u64 = 1024;

/// `pvcreate`.
pub fn create(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let flags = ["-qq", "-q", "--norestorefile"];
    let args = sort("pvcreate", args, &flags, &["--metadatasize", "--dataalignment", "--uuid"])?;
    let [path] = args.rest() else { return Err(usage("pvcreate", "please enter one physical volume path")) };
    let size = |name: &str| match args.value(name) {
        None => Ok(None),
        Some(text) => size_kib(text).map(Some).ok_or_else(|| usage("pvcreate", "invalid size")),
    };
    let (metadata, alignment) = (size("--metadatasize")?, size("--dataalignment")?);
    let wanted = args.value("--uuid").map(str::to_owned);
    let disk = blank_disk(peer, path)?;
    let start_kib = match (peer.world.flavour, metadata) {
        (Flavour::Mock, _) => 0,
        (Flavour::Strict, None) => USUAL_START_KIB,
        (Flavour::Strict, Some(area)) => (area + HEADER_KIB)
            .next_multiple_of(alignment.filter(|unit| *unit > 0).unwrap_or(USUAL_START_KIB)),
    };
    make(peer, &disk, wanted, start_kib)
}

/// A disk that may become a physical volume, or LVM's refusal.
fn blank_disk(peer: &Peer<'_>, path: &str) -> Result<Box<str>, Refused> {
    let name = match peer.block(path) {
        Some(Block::Disk(name)) => name,
        Some(Block::Volume(..)) => {
            return Err(refuse(FAILED, format!("  Cannot use {path}: device is an LV")));
        }
        None => return Err(refuse(FAILED, format!("  No device found for {path}."))),
    };
    match peer.disk(&name).content {
        Content::Blank => Ok(name),
        Content::FileSystem(fs) if fs.mounted => {
            Err(refuse(FAILED, format!("  Can't open {path} exclusively.  Mounted filesystem?")))
        }
        Content::FileSystem(fs) => Err(signature(path, &fs.kind)),
        Content::PhysicalVolume { group: Some(group), .. } => Err(refuse(
            FAILED,
            format!(
                "  Can't initialize physical volume \"{path}\" of volume group \"{group}\" without -ff\n  {path}: physical volume not initialized."
            ),
        )),
        // LVM makes an orphan anew without asking.
        Content::PhysicalVolume { group: None, .. } => Ok(name),
    }
}

fn signature(path: &str, kind: &str) -> Refused {
    refuse(
        FAILED,
        format!(
            "  WARNING: {kind} signature detected on {path} at offset {}. Wipe it? [y/n]: [n]\n  Aborted wiping of {kind}.\n  1 existing signature left on the device.",
            offset(kind)
        ),
    )
}

/// Makes a physical volume of a disk that nothing speaks against.
fn make(peer: &mut Peer<'_>, path: &str, uuid: Option<String>, start_kib: u64) -> Answer {
    if let Some(uuid) = &uuid
        && peer
            .block(&format!("/dev/disk/by-id/lvm-pv-uuid-{uuid}"))
            .is_some_and(|found| found != Block::Disk(path.into()))
    {
        return Err(refuse(FAILED, format!("  uuid {uuid} already in use on \"{path}\"")));
    }
    let uuid = uuid.unwrap_or_else(|| lvm_uuid(peer, path));
    let disk = Disk { content: Content::PhysicalVolume { uuid, start_kib, group: None }, ..peer.disk(path) };
    peer.set(Record::Disk(peer.at, path.into(), Some(disk)));
    silent()
}

/// A UUID in LVM's form.
pub fn lvm_uuid(peer: &Peer<'_>, path: &str) -> String {
    let digits = peer.world.uuid(path).simple().to_string();
    let groups = [0..6, 6..10, 10..14, 14..18, 18..22, 22..26, 26..32];
    groups.map(|range| digits[range].to_owned()).join("-")
}

/// The physical volume that a `vgcreate` may take, made where the disk is blank.
pub fn take(peer: &mut Peer<'_>, path: &str, group: &str) -> Result<Box<str>, Refused> {
    let found = peer.block(path);
    if let Some(Block::Disk(name)) = &found
        && let Content::PhysicalVolume { group: other, .. } = peer.disk(name).content
    {
        let Some(other) = other else { return Ok(name.clone()) };
        return Err(refuse(
            FAILED,
            format!(
                "  Physical volume '{path}' is already in volume group '{other}'\n  Unable to add physical volume '{path}' to volume group '{group}'\n  {path}: physical volume not initialized."
            ),
        ));
    }
    let name = blank_disk(peer, path)?;
    let start = if peer.is_strict() { USUAL_START_KIB } else { 0 };
    make(peer, &name, None, start)?;
    Ok(name)
}

/// `pvremove`.
pub fn remove(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let args = sort("pvremove", args, &["-qq", "-q"], &[])?;
    let [path] = args.rest() else { return Err(usage("pvremove", "please enter one physical volume path")) };
    let Some(Block::Disk(name)) = peer.block(path) else {
        return Err(refuse(FAILED, format!("  No PV found on device {path}.")));
    };
    let disk = peer.disk(&name);
    match &disk.content {
        Content::PhysicalVolume { group: None, .. } => {
            peer.set(Record::Disk(peer.at, name, Some(Disk { content: Content::Blank, ..disk })));
            silent()
        }
        Content::PhysicalVolume { group: Some(group), .. } => Err(refuse(
            FAILED,
            format!(
                "  PV {path} is used by VG {group} so please use vgreduce first.\n  (If you are certain you need pvremove, then confirm by using --force twice.)\n  {path}: physical volume label not removed."
            ),
        )),
        _ => Err(refuse(FAILED, format!("  No PV found on device {path}."))),
    }
}
