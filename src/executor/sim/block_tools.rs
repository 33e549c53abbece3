//! `lsblk`, `wipefs`, `udevadm`, `blkid` and `mkfs.xfs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Arguments, refuse, silent};
use super::blocks::{Block, node};
use super::objects::{Content, Disk, FileSystem};
use super::state::Record;
use super::texts;
use super::world::Peer;

/// What XFS needs at least. Source: xfsprogs 5.19 and later; Debian 12 has 6.1.
const LEAST_XFS_KIB: u64 = 300 * 1024;

/// Where a signature is, in bytes.
pub fn offset(kind: &str) -> u64 {
    match kind {
        "ext2" | "ext3" | "ext4" => 1080,
        "LVM2_member" => 536,
        "swap" => 4086,
        _ => 0,
    }
}

/// The UUID of a file system: any, but always the same.
fn fs_uuid(path: &str, kind: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{path} {kind}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The kind and the UUID of what is on a block device.
fn signature(peer: &Peer<'_>, block: &Block) -> Option<(String, String)> {
    if let Block::Disk(path) = block
        && let Content::PhysicalVolume { uuid, .. } = peer.disk(path).content
    {
        return Some(("LVM2_member".to_owned(), uuid));
    }
    let kind = peer.file_system(block)?.kind.to_string();
    let uuid = fs_uuid(&path_of(block), &kind).to_string();
    Some((kind, uuid))
}

fn path_of(block: &Block) -> String {
    match block {
        Block::Disk(path) => path.to_string(),
        Block::Volume(group, volume) => node(group, volume),
    }
}

/// `lsblk --json` of one disk with what is on top of it.
pub fn lsblk(peer: &Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["--json", "--bytes", "--paths"], &["--output"])
        .map_err(|option| refuse(1, format!("lsblk: unrecognized option '{option}'")))?;
    let [path] = sorted.rest() else { return Err(refuse(1, "lsblk: one device is expected")) };
    let gone = || refuse(32, format!("lsblk: {path}: not a block device"));
    let block = peer.block(path).ok_or_else(gone)?;
    let points: BTreeMap<&str, &str> =
        peer.host().mounts.iter().map(|(point, mount)| (&*mount.device, &**point)).collect();
    let row = match &block {
        Block::Disk(name) => disk_row(peer, path, name, &points),
        Block::Volume(..) => block_row(peer, path, "lvm", &block, &points),
    };
    Ok(format!("{:#}\n", json!({ "blockdevices": [row] })))
}

fn block_row(peer: &Peer<'_>, path: &str, kind: &str, block: &Block, points: &BTreeMap<&str, &str>) -> Value {
    let fstype = signature(peer, block).map(|(kind, _)| kind);
    let size = peer.size_of(block).saturating_mul(1024);
    json!({ "name": path, "type": kind, "size": size, "fstype": fstype, "mountpoint": points.get(path) })
}

fn disk_row(peer: &Peer<'_>, path: &str, name: &str, points: &BTreeMap<&str, &str>) -> Value {
    let mut row = block_row(peer, path, "disk", &Block::Disk(name.into()), points);
    let Content::PhysicalVolume { group: Some(group), .. } = peer.disk(name).content else { return row };
    let volumes = peer.group(&group).map(|group| group.volumes.keys());
    let children: Vec<Value> = volumes
        .into_iter()
        .flatten()
        .map(|volume| {
            let block = Block::Volume(group.clone(), volume.clone());
            block_row(peer, &node(&group, volume), "lvm", &block, points)
        })
        .collect();
    if !children.is_empty() {
        row["children"] = Value::Array(children);
    }
    row
}

/// `sync FILE…`: the files have to be there. What else is lost here without it are the marks of bricks.
pub fn sync(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let is_there =
        |path: &&String| peer.block(path).is_some() || peer.is_directory(path) || texts::is_file(peer, path);
    match args.iter().find(|path| !is_there(path)) {
        None => {
            args.iter().for_each(|path| peer.set_written(path, true));
            // The root file system keeps one journal: what was removed before is in it.
            peer.set_removed(None);
            Ok(String::new())
        }
        Some(path) => Err(refuse(1, format!("sync: error opening '{path}': No such file or directory"))),
    }
}

/// `wipefs`: lists signatures, or erases them from what nobody uses.
pub fn wipefs(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["--no-act", "--json", "--all"], &[])
        .map_err(|option| refuse(1, format!("wipefs: unrecognized option '{option}'")))?;
    let [path] = sorted.rest() else { return Err(refuse(1, "wipefs: no device specified")) };
    let gone = || {
        refuse(1, format!("wipefs: error: {path}: probing initialization failed: No such file or directory"))
    };
    let block = peer.block(path).ok_or_else(gone)?;
    if !sorted.has("--all") || sorted.has("--no-act") {
        return list_signatures(peer, path, &block);
    }
    let Block::Disk(name) = block else {
        return Err(refuse(1, format!("wipefs: {path}: erasing logical volumes is not simulated")));
    };
    let disk = peer.disk(&name);
    let busy = match &disk.content {
        Content::Blank => false,
        Content::FileSystem(fs) => fs.mounted,
        Content::PhysicalVolume { group, .. } => group.is_some(),
    };
    if busy {
        return Err(refuse(
            1,
            format!("wipefs: error: {path}: probing initialization failed: Device or resource busy"),
        ));
    }
    if disk.content != Content::Blank {
        peer.set(Record::Disk(peer.at, name, Some(Disk { content: Content::Blank, ..disk })));
    }
    silent()
}

fn list_signatures(peer: &Peer<'_>, path: &str, block: &Block) -> Answer {
    let device = path.trim_start_matches("/dev/");
    let found = signature(peer, block).map(|(kind, uuid)| {
        json!({ "device": device, "offset": format!("{:#x}", offset(&kind)), "type": kind, "uuid": uuid, "label": null })
    });
    let found: Vec<Value> = found.into_iter().collect();
    Ok(format!("{:#}\n", json!({ "signatures": found })))
}

/// `udevadm info --query=symlink`. heketi's mock has no udev.
pub fn udevadm(peer: &Peer<'_>, args: &[String]) -> Answer {
    let path = match args {
        [info, query, name] if info == "info" && query == "--query=symlink" => name.strip_prefix("--name="),
        _ => return Err(refuse(1, "udevadm: only `info --query=symlink --name=DEVICE` is simulated")),
    };
    let path = path.unwrap_or_default();
    if !peer.is_strict() {
        return Err(refuse(1, "Running in chroot, ignoring request."));
    }
    match peer.block(path) {
        Some(Block::Disk(name)) => Ok(format!("{}\n", peer.links(&name).join(" "))),
        Some(Block::Volume(group, volume)) => {
            Ok(format!("{group}/{volume} {}\n", node(&group, &volume).trim_start_matches("/dev/")))
        }
        None => Err(refuse(1, format!("Unknown device \"{path}\": No such device"))),
    }
}

/// `blkid --probe`: status 2 where it finds nothing.
pub fn blkid(peer: &Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["--probe", "-p"], &["--output", "-o"])
        .map_err(|option| refuse(4, format!("blkid: unrecognized option '{option}'")))?;
    let [path] = sorted.rest() else { return Err(refuse(4, "blkid: one device is expected")) };
    let block = peer
        .block(path)
        .ok_or_else(|| refuse(2, format!("blkid: error: {path}: No such file or directory")))?;
    let Some((kind, uuid)) = signature(peer, &block) else { return Err(refuse(2, "")) };
    let usage = if kind == "LVM2_member" { "raid" } else { "filesystem" };
    Ok(format!("DEVNAME={path}\nUUID={uuid}\nTYPE={kind}\nUSAGE={usage}\n"))
}

/// `mkfs.xfs`: never over a file system, unless it is forced.
pub fn mkfs_xfs(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["-f", "-q"], &["-i", "-n", "-d", "-l", "-b"])
        .map_err(|option| refuse(1, format!("mkfs.xfs: invalid option -- '{option}'\nUsage: mkfs.xfs")))?;
    let [path] = sorted.rest() else {
        return Err(refuse(1, "no device name given in argument list\nUsage: mkfs.xfs"));
    };
    let block = peer
        .block(path)
        .ok_or_else(|| refuse(1, format!("{path}: No such file or directory\nUsage: mkfs.xfs")))?;
    if peer.file_system(&block).is_some_and(|fs| fs.mounted) {
        return Err(refuse(1, format!("mkfs.xfs: {path} contains a mounted filesystem\nUsage: mkfs.xfs")));
    }
    if let Some((kind, _)) = signature(peer, &block)
        && !sorted.has("-f")
    {
        let text = format!(
            "mkfs.xfs: {path} appears to contain an existing filesystem ({kind}).\nmkfs.xfs: Use the -f option to force overwrite."
        );
        return Err(refuse(1, text));
    }
    let size = peer.size_of(&block);
    if peer.is_strict() && size < LEAST_XFS_KIB {
        return Err(refuse(1, "Filesystem must be larger than 300MB.\nUsage: mkfs.xfs"));
    }
    let unfinished = peer.host().machine.breaks_mkfs;
    peer.set_file_system(&block, FileSystem { unfinished, ..FileSystem::new("xfs") });
    if unfinished {
        return Err(refuse(1, "mkfs.xfs: pwrite failed: Input/output error"));
    }
    Ok(format!("meta-data={path} isize=512 agcount=4, agsize={} blks\n", size / 16))
}

/// `xfs_db -r -c 'sb 0' -c 'print inprogress' NODE`.
pub fn xfs_db(peer: &Peer<'_>, args: &[String]) -> Answer {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let ["-r", "-c", "sb 0", "-c", "print inprogress", path] = words[..] else {
        return Err(refuse(1, "xfs_db: only the field inprogress is simulated"));
    };
    let gone = || refuse(1, format!("xfs_db: can't open {path}: No such file or directory"));
    let block = peer.block(path).ok_or_else(gone)?;
    match peer.file_system(&block) {
        Some(fs) if &*fs.kind == "xfs" => Ok(format!("inprogress = {}\n", u8::from(fs.unfinished))),
        _ => Err(refuse(
            1,
            format!("xfs_db: {path} is not a valid XFS filesystem (unexpected SB magic number 0x00000000)"),
        )),
    }
}
