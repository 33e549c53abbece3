//! How peers are worked on: what heketi's configuration calls the keys common to `sshexec` and `kubeexec`.

use std::time::Duration;

/// Settings for commands on peers. Defaults are heketi's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// The file system table that gets the bricks' mounts.
    pub fstab: String,
    /// Mount options of bricks, in the table and on the command line.
    pub mount_options: String,
    /// What the gluster command line gives glusterd to answer.
    pub gluster_cli_timeout: Duration,
    /// `pvcreate --dataalignment`.
    pub pv_data_alignment: String,
    /// `vgcreate --physicalextentsize`.
    pub vg_extent_size: String,
    /// `lvcreate --chunksize` of data bricks.
    pub lv_chunk_size: String,
    /// `mkfs.xfs -d su=…,sw=…` of data bricks; both or none.
    pub xfs_stripe: Option<XfsStripe>,
    /// `--autobackup=y` for LVM.
    pub backup_lvm_metadata: bool,
    /// A program put before `lvm` and `udevadm`, for a glusterd that runs in a container.
    pub lvm_wrapper: Option<String>,
    /// `snap-max-hard-limit`, set when a peer joins; 0 leaves it alone.
    pub snapshot_limit: u32,
    /// How gluster-block allocates a block volume: `full` writes all of it when it is made.
    pub block_prealloc: String,
}

/// Stripe unit and width of the storage below a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XfsStripe {
    /// Stripe unit in bytes.
    pub su: u32,
    /// Stripe width in units.
    pub sw: u32,
}

impl Default for PeerSettings {
    fn default() -> Self {
        PeerSettings {
            fstab: "/etc/fstab".to_owned(),
            mount_options: "rw,inode64,noatime,nouuid".to_owned(),
            gluster_cli_timeout: Duration::from_secs(600),
            pv_data_alignment: "256K".to_owned(),
            vg_extent_size: "4M".to_owned(),
            lv_chunk_size: "256K".to_owned(),
            xfs_stripe: None,
            backup_lvm_metadata: false,
            lvm_wrapper: None,
            snapshot_limit: 0,
            block_prealloc: "full".to_owned(),
        }
    }
}
