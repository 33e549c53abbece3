//! The file as it is written: heketi's keys and types, and ours beside them.

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct File {
    pub(super) port: String,
    pub(super) jwt: Jwt,
    pub(super) enable_tls: bool,
    pub(super) default_state: String,
    pub(super) glusterfs: Option<Glusterfs>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Jwt {
    pub(super) admin: Key,
    pub(super) user: Key,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Key {
    pub(super) key: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Glusterfs {
    pub(super) executor: String,
    pub(super) db: String,
    pub(super) loglevel: String,
    pub(super) sshexec: PeerKeys,
    pub(super) kubeexec: PeerKeys,
    pub(super) injectexec: serde_json::Value,
    pub(super) brick_max_size_gb: i64,
    pub(super) brick_min_size_gb: i64,
    pub(super) max_bricks_per_volume: i64,
    pub(super) average_file_size_kb: u64,
    pub(super) pre_request_volume_options: String,
    pub(super) post_request_volume_options: String,
    pub(super) block_hosting_volume_options: String,
    pub(super) zone_checking: String,
    pub(super) max_volumes_per_cluster: i64,
    pub(super) max_inflight_operations: u64,
    pub(super) operation_retry_limits: RetryLimits,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RetryLimits {
    pub(super) volume_create: i64,
}

/// The keys of `sshexec` and `kubeexec`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PeerKeys {
    pub(super) keyfile: String,
    pub(super) user: String,
    pub(super) port: String,
    pub(super) sudo: bool,
    pub(super) fstab: String,
    pub(super) mountopts: String,
    pub(super) snapshot_limit: i64,
    pub(super) backup_lvm_metadata: bool,
    pub(super) gluster_cli_timeout: u32,
    pub(super) pv_data_alignment: String,
    pub(super) vg_physicalextentsize: String,
    pub(super) lv_chunksize: String,
    pub(super) xfs_sw: i64,
    pub(super) xfs_su: i64,
    pub(super) lvm_wrapper: String,
    /// Ours: `learn` (the default), `strict`, or words that say that nothing is checked.
    pub(super) host_keys: String,
    /// Ours: seconds that a command waits for an earlier one on the same object.
    pub(super) lock_wait: u32,
}
