//! The keys of `sshexec` and `kubeexec`.

use super::{Fate, Key, Kind};

pub(super) const KUBE: &str = "glusterfs.kubeexec";
const NOT_YET: &str = "the `kubernetes` executor is not supported yet";
const OBSOLETE: &str = "heketi 10 does not read it any more";

pub(super) const SSH: &[Key] = &[
    Key::text("keyfile", "", "private key without a passphrase, for its owner only; required for `ssh`")
        .variable("HEKETI_SSH_KEYFILE"),
    Key::text("user", "heketi", "user on the peers").variable("HEKETI_SSH_USER"),
    Key::new("port", Kind::Port, "22", "port of sshd on the peers; a string, as in heketi; a number is taken, too").variable("HEKETI_SSH_PORT"),
    Key::flag("sudo", "run commands with sudo, which must not ask for a password"),
    Key::text(
        "host_keys",
        "learn",
        "`learn` believes the first contact, `strict` only keys that are known, `do-not-check` everybody, as heketi",
    )
    .ours(),
    Key::seconds("lock_wait", "60", "seconds that a command waits for an earlier one on the same object").ours(),
];

/// The keys of both sections. Their variables are for whichever is used.
pub(super) const COMMON: &[Key] = &[
    Key::text("fstab", "/etc/fstab", "file system table on the peers that gets the mounts of bricks")
        .variable("HEKETI_FSTAB"),
    Key::text("mountopts", "rw,inode64,noatime,nouuid", "mount options of bricks")
        .variable("HEKETI_MOUNT_OPTS"),
    Key::integer(
        "snapshot_limit",
        "0",
        "snapshots that a volume may have, set when a peer joins; 0 sets nothing",
    )
    .variable("HEKETI_SNAPSHOT_LIMIT"),
    Key::flag("rebalance_on_expansion", "")
        .missed(false, "always true, as in heketi; only HEKETI_GLUSTERAPP_REBALANCE_ON_EXPANSION can say no"),
    Key::flag("backup_lvm_metadata", "let LVM keep backups of its metadata on the peers"),
    Key::seconds("gluster_cli_timeout", "600", "seconds that the gluster command line waits for glusterd")
        .variable("HEKETI_GLUSTER_CLI_TIMEOUT"),
    Key::text("pv_data_alignment", "256K", "`pvcreate --dataalignment`"),
    Key::text("vg_physicalextentsize", "4M", "`vgcreate --physicalextentsize`"),
    Key::text("lv_chunksize", "256K", "`lvcreate --chunksize` of data bricks"),
    Key::integer("xfs_sw", "0", "`mkfs.xfs -d sw=`, stripe width in units; only with `xfs_su`"),
    Key::integer("xfs_su", "0", "`mkfs.xfs -d su=`, stripe unit in bytes; only with `xfs_sw`"),
    Key::flag("debug_umount_failures", "")
        .variable("HEKETI_DEBUG_UMOUNT_FAILURES")
        .ignored("what keeps a brick mounted is always looked for and told"),
    Key::text("block_prealloc", "full", "how gluster-block allocates a block volume: `full` or `no`")
        .variable("HEKETI_BLOCK_VOLUME_DEFAULT_PREALLOC"),
    Key::text("lvm_wrapper", "", "program put before lvm and udevadm on the peers")
        .variable("HEKETI_LVM_WRAPPER"),
];

/// The keys that simulated peers take from `kubeexec`, where that is the section that says something.
const SIMULATED: &[&str] = &[
    "fstab",
    "mountopts",
    "snapshot_limit",
    "backup_lvm_metadata",
    "gluster_cli_timeout",
    "pv_data_alignment",
    "vg_physicalextentsize",
    "lv_chunksize",
    "xfs_sw",
    "xfs_su",
    "lvm_wrapper",
];

const OWN: &[Key] = &[
    Key::flag("sudo", "").ignored(NOT_YET),
    Key::text("namespace", "", "").ignored(NOT_YET),
    Key::flag("gluster_daemonset", "").ignored(NOT_YET),
    Key::flag("use_pod_names", "").ignored(NOT_YET),
    Key::integer("max_connections", "64", "").ignored(NOT_YET),
    Key::flag("disable_timeout_prefix", "").ignored(NOT_YET),
    // Any type: heketi does not look at them.
    Key::new("host", Kind::Any, "", "").ignored(OBSOLETE),
    Key::new("cert", Kind::Any, "", "").ignored(OBSOLETE),
    Key::new("insecure", Kind::Any, "", "").ignored(OBSOLETE),
    Key::new("user", Kind::Any, "", "").ignored(OBSOLETE),
    Key::new("password", Kind::Any, "", "").ignored(OBSOLETE).secret(),
];

/// The keys of `kubeexec`: the variables of those in common are told with `sshexec`.
pub(super) fn kube() -> impl Iterator<Item = Key> {
    let common = COMMON.iter().map(|key| match key.fate {
        Fate::Heketi if !SIMULATED.contains(&key.name) => Key { variable: "", ..key.ignored(NOT_YET) },
        _ => Key { variable: "", ..*key },
    });
    common.chain(OWN.iter().copied()).map(|key| key.within(KUBE))
}
