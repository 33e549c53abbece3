//! Commands of the system around LVM and gluster: services, disks, directories, permissions.

use std::time::Duration;

use serde::Deserialize;

use super::command::{Command, LockName};
use super::settings::PeerSettings;

/// How long a check may take that a client waits for.
const CHECK: Duration = Duration::from_secs(10);

/// How long small changes to directories and mounts may take.
const SMALL: Duration = Duration::from_secs(300);

/// Asks systemd whether glusterd runs.
pub fn glusterd_is_active() -> Command {
    Command::look("systemctl").args(["is-active", "glusterd"]).deadline(CHECK)
}

/// Asks systemd whether gluster-blockd runs.
pub fn gluster_blockd_is_active() -> Command {
    Command::look("systemctl").args(["is-active", "gluster-blockd"]).deadline(CHECK)
}

/// Lists a disk with all that is on top of it.
pub fn lsblk(path: &str) -> Command {
    Command::look("lsblk")
        .args(["--json", "--bytes", "--paths", "--output", "NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT"])
        .arg(path)
}

/// Lists the signatures on a disk; changes nothing.
pub fn signatures(path: &str) -> Command {
    Command::look("wipefs").args(["--no-act", "--json"]).arg(path)
}

/// Erases all signatures on a disk.
pub fn wipe(path: &str, lock: LockName) -> Command {
    Command::change("wipefs", lock, SMALL).arg("--all").arg(path)
}

/// Makes disks write down what they have only taken so far of files, directories or the disks themselves. LVM does not
/// ask for that, and a power cut would take a new group away again.
pub fn sync(paths: &[&str], lock: LockName) -> Command {
    Command::change("sync", lock, SMALL).args(paths.iter().copied())
}

/// Lists the links that udev made to a disk.
pub fn udev_links(settings: &PeerSettings, path: &str) -> Command {
    wrapped(settings, "udevadm").args(["info", "--query=symlink"]).arg(format!("--name={path}"))
}

fn wrapped(settings: &PeerSettings, program: &str) -> Command {
    match &settings.lvm_wrapper {
        Some(wrapper) => Command::look(wrapper).arg(program),
        None => Command::look(program),
    }
}

/// Makes a directory and those above it.
pub fn make_directories(path: &str, lock: LockName) -> Command {
    Command::change("mkdir", lock, SMALL).arg("--parents").arg(path)
}

/// Makes one directory; refused where it exists.
pub fn make_directory(path: &str, lock: LockName) -> Command {
    Command::change("mkdir", lock, SMALL).arg(path)
}

/// Removes an empty directory and files; succeeds where they are gone. Never removes a directory that holds
/// anything.
pub fn remove_empty(paths: &[String], lock: LockName) -> Command {
    Command::change("rm", lock, SMALL).args(["--force", "--dir"]).args(paths)
}

/// Whether `rm` says that a directory holds something.
pub fn is_inhabited(stderr: &str) -> bool {
    stderr.contains("Directory not empty")
}

/// Whether a program says that what it was to work on is not there.
pub fn is_gone(stderr: &str) -> bool {
    stderr.contains("No such file or directory")
}

/// Gives a directory to a group.
pub fn change_group(path: &str, gid: u32, lock: LockName) -> Command {
    Command::change("chown", lock, SMALL).arg(format!(":{gid}")).arg(path)
}

/// Lets the group of a directory write, and its files belong to that group.
pub fn share_with_group(path: &str, lock: LockName) -> Command {
    Command::change("chmod", lock, SMALL).arg("2775").arg(path)
}

/// Asks whether a directory exists.
pub fn is_directory(path: &str) -> Command {
    Command::look("test").arg("-d").arg(path)
}

/// Looks for anything in a brick besides gluster's own files. Every started replica volume has a directory
/// `.glusterfs-anonymous-inode-` and a UUID, although nobody ever wrote to it.
pub fn user_data(brick: &str) -> Command {
    look_for_data(brick, &GLUSTERS)
}

/// What gluster keeps in a brick for itself.
const GLUSTERS: [&str; 3] = [".glusterfs", ".glusterfs-anonymous-inode-*", ".trashcan"];

fn look_for_data(brick: &str, except: &[&str]) -> Command {
    let look = Command::look("find").arg(brick).args(["-mindepth", "1", "-maxdepth", "1"]);
    let look = except.iter().fold(look, |look, name| look.args(["-not", "-name", name]));
    look.args(["-print", "-quit"])
}

/// The directory of a brick in which gluster-block keeps block volumes.
pub fn block_store(brick: &str) -> String {
    format!("{brick}/block-store")
}

/// The same as [`user_data`] in a volume that hosts block volumes: gluster-block has a list there, and the directory for
/// them.
pub fn data_beside_blocks(brick: &str) -> Command {
    look_for_data(brick, &[&GLUSTERS[..], &["block-meta", "block-store"]].concat())
}

/// Whether `find` says that the very path it was to look at is not there; not that some program is missing.
pub fn is_path_missing(stderr: &str, path: &str) -> bool {
    let says = |line: &str| {
        line.starts_with("find: ") && line.contains(path) && line.contains("No such file or directory")
    };
    stderr.lines().any(says)
}

/// A disk, or what is on top of one. Source: `lsblk --json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BlockDevice {
    /// Its path.
    pub name: String,
    /// `disk`, `part`, `lvm`, `crypt`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is mounted.
    pub mountpoint: Option<String>,
    /// What is on top of it.
    #[serde(default)]
    pub children: Vec<BlockDevice>,
}

#[derive(Deserialize)]
struct Lsblk {
    blockdevices: Vec<BlockDevice>,
}

/// Reads what [`lsblk`] printed for one disk.
pub fn parse_lsblk(output: &str) -> Option<BlockDevice> {
    serde_json::from_str::<Lsblk>(output).ok()?.blockdevices.into_iter().next()
}

#[derive(Deserialize)]
struct Wipefs {
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    #[serde(rename = "type")]
    kind: String,
}

/// Reads the kinds of signatures that [`signatures`] printed; it prints nothing at all where there are none.
pub fn parse_signatures(output: &str) -> Option<Vec<String>> {
    if output.trim().is_empty() {
        return Some(Vec::new());
    }
    let found = serde_json::from_str::<Wipefs>(output).ok()?;
    Some(found.signatures.into_iter().map(|signature| signature.kind).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_and_what_is_on_them_are_read() {
        let disk = parse_lsblk(
            r#"{"blockdevices": [{"name":"/dev/vda","type":"disk","size":10,"fstype":null,"mountpoint":null,
                "children": [{"name":"/dev/vda1","type":"part","size":9,"fstype":"ext4","mountpoint":"/"}]}]}"#,
        )
        .unwrap();
        assert_eq!(disk.children[0].mountpoint.as_deref(), Some("/"));
        assert_eq!(parse_lsblk("lsblk: /dev/nosuch: not a block device"), None);
    }

    #[test]
    fn signatures_are_named() {
        let output =
            r#"{"signatures": [{"device":"vdd","offset":"0x438","type":"ext4","uuid":"u","label":null}]}"#;
        assert_eq!(parse_signatures(output), Some(vec!["ext4".to_owned()]));
        assert_eq!(parse_signatures("{\n   \"signatures\": [\n\n   ]\n}\n"), Some(vec![]));
        assert_eq!(parse_signatures(""), Some(vec![]));
        assert_eq!(parse_signatures("garbage"), None);
    }
}
