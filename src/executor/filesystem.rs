//! The file system of a brick: made, mounted, and written into the file system table.

use std::time::Duration;

use super::command::{Command, LockName};
use super::settings::PeerSettings;
use crate::model::brick::{BrickRole, device_node, mount_point};
use crate::model::ids::{BrickId, DeviceId};
use crate::model::step::BrickPlan;

/// How long making a file system may take.
const MAKE: Duration = Duration::from_secs(600);

/// How long a mount or an edit of the table may take.
const SMALL: Duration = Duration::from_secs(300);

/// What every line of ours says beside the mount options: a node whose disk is gone must boot, and glusterd must
/// not start before its bricks are mounted. Plain `nofail` would let it. A node that boots under load, or has hundreds of
/// thin pools to check, takes more than systemd's 90 s for its last volume, and one that comes too late is never mounted.
const TABLE_OPTIONS: &str = "nofail,x-systemd.before=glusterd.service,x-systemd.device-timeout=180s";

/// Makes an XFS; never with force, so that what is there stays.
pub fn make(settings: &PeerSettings, plan: &BrickPlan, lock: LockName) -> Command {
    let command = Command::change("mkfs.xfs", lock, MAKE).slow();
    let command = match (plan.role, settings.xfs_stripe) {
        (BrickRole::Arbiter, _) => command.args(["-i", "maxpct=100"]),
        (BrickRole::Data, None) => command.args(["-i", "size=512"]),
        (BrickRole::Data, Some(stripe)) => {
            command.args(["-i", "size=512", "-d"]).arg(format!("su={},sw={}", stripe.su, stripe.sw))
        }
    };
    command.args(["-n", "size=8192"]).arg(device_node(plan.device, plan.brick))
}

/// Whether `mkfs.xfs` refused because something is there already.
pub fn is_formatted(stderr: &str) -> bool {
    stderr.contains("appears to contain an existing filesystem")
        || stderr.contains("contains a mounted filesystem")
}

/// Looks what is on a block device. Exit status 2: nothing.
pub fn probe(path: &str) -> Command {
    Command::look("blkid").args(["--probe", "--output", "export"]).arg(path)
}

/// Whether [`probe`] found an XFS.
pub fn is_xfs(output: &str) -> bool {
    output.lines().any(|line| line == "TYPE=xfs")
}

/// Asks whether an XFS was wholly made. `mkfs.xfs` says in the first block that it is at work until it is through.
/// Source: `xfs_db(8)`, field `inprogress` of the superblock.
pub fn progress(path: &str) -> Command {
    Command::look("xfs_db").args(["-r", "-c", "sb 0", "-c", "print inprogress"]).arg(path)
}

/// Whether it was, by what [`progress`] printed.
pub fn is_whole(output: &str) -> Option<bool> {
    match output.trim().strip_prefix("inprogress = ")? {
        "0" => Some(true),
        "1" => Some(false),
        _ => None,
    }
}

/// Mounts a brick.
pub fn mount(settings: &PeerSettings, plan: &BrickPlan, lock: LockName) -> Command {
    Command::change("mount", lock, SMALL)
        .args(["-o", &settings.mount_options])
        .arg(device_node(plan.device, plan.brick))
        .arg(mount_point(plan.device, plan.brick))
}

/// Unmounts a brick; refused while it is in use.
pub fn unmount(path: &str, lock: LockName) -> Command {
    Command::change("umount", lock, SMALL).arg(path)
}

/// Lists what is mounted.
pub fn mounts() -> Command {
    Command::look("cat").arg("/proc/mounts")
}

/// Whether something is mounted on `path`, by what [`mounts`] printed.
pub fn is_mounted(mounts: &str, path: &str) -> bool {
    mounts.lines().any(|line| line.split(' ').nth(1) == Some(path))
}

/// The device that is mounted on `path`, by what [`mounts`] printed.
pub fn mounted_device<'m>(mounts: &'m str, path: &str) -> Option<&'m str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(1) == Some(path))?;
    line.split(' ').next()
}

/// The line of a brick in the file system table.
pub fn table_line(settings: &PeerSettings, device: DeviceId, brick: BrickId) -> String {
    let (node, path) = (device_node(device, brick), mount_point(device, brick));
    format!("{node} {path} xfs {},{TABLE_OPTIONS} 1 2\n", settings.mount_options)
}

/// Whether the table has the line of a brick, whatever its options are: an older version wrote others.
pub fn is_in_table(table: &str, device: DeviceId, brick: BrickId) -> bool {
    let (node, path) = (device_node(device, brick), mount_point(device, brick));
    table.lines().any(|line| line.split_whitespace().take(2).eq([node.as_str(), path.as_str()]))
}

/// Prints the file system table.
pub fn table(settings: &PeerSettings) -> Command {
    Command::look("cat").arg(&settings.fstab)
}

/// Prints the last byte of the file system table.
pub fn table_end(settings: &PeerSettings) -> Command {
    Command::look("tail").arg("--bytes=1").arg(&settings.fstab)
}

/// Adds text to the file system table.
pub fn table_append(settings: &PeerSettings, text: &str) -> Command {
    Command::change("tee", LockName::fstab(), SMALL).arg("--append").arg(&settings.fstab).input(text)
}

/// Removes the line of a brick from the file system table; the file is replaced as a whole.
pub fn table_remove(settings: &PeerSettings, device: DeviceId, brick: BrickId) -> Command {
    // The path has hex digits, letters, `/`, `_` and `-` only: a comma cannot occur.
    let expression = format!("\\,^{}[[:blank:]],d", device_node(device, brick));
    Command::change("sed", LockName::fstab(), SMALL)
        .args(["--in-place", "-e"])
        .arg(expression)
        .arg(&settings.fstab)
}

/// Whether [`table_remove`] found no table at all: a configured one comes into being with its first line.
pub fn is_without_table(stderr: &str) -> bool {
    stderr.contains("can't read") && stderr.contains("No such file or directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_found_by_its_whole_path() {
        let mounts = "/dev/mapper/vg_a-brick_b /var/lib/heketi/mounts/vg_a/brick_b xfs rw 0 0\n";
        assert!(is_mounted(mounts, "/var/lib/heketi/mounts/vg_a/brick_b"));
        assert!(!is_mounted(mounts, "/var/lib/heketi/mounts/vg_a"));
        let found = mounted_device(mounts, "/var/lib/heketi/mounts/vg_a/brick_b");
        assert_eq!(found, Some("/dev/mapper/vg_a-brick_b"));
        assert_eq!(mounted_device(mounts, "/mnt"), None);
    }

    #[test]
    fn mkfs_refuses_in_two_ways_what_has_a_file_system() {
        assert!(is_formatted("mkfs.xfs: /dev/mapper/x appears to contain an existing filesystem (xfs).\n"));
        assert!(is_formatted("mkfs.xfs: /dev/mapper/x contains a mounted filesystem\nUsage: mkfs.xfs\n"));
        assert!(!is_formatted("mkfs.xfs: cannot open /dev/mapper/x: Device or resource busy\n"));
    }

    #[test]
    fn only_an_xfs_is_an_xfs() {
        assert!(is_xfs("DEVNAME=/dev/mapper/x\nUUID=u\nTYPE=xfs\nUSAGE=filesystem\n"));
        assert!(!is_xfs("DEVNAME=/dev/mapper/x\nTYPE=ext4\n"));
    }
}
