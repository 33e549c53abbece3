//! The file as it is written: heketi's keys and types, and ours beside them.
//!
//! Keys that heketi knows and this server has no use for are here for their types: heketi refuses a wrong one, and
//! they are no unknown keys.

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct File {
    pub(super) port: String,
    pub(super) jwt: Jwt,
    pub(super) use_auth: bool,
    pub(super) enable_tls: bool,
    pub(super) cert_file: String,
    pub(super) key_file: String,
    pub(super) profiling: bool,
    pub(super) backup_db_to_kube_secret: bool,
    pub(super) default_state: String,
    pub(super) glusterfs: Option<Glusterfs>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Jwt {
    pub(super) admin: Key,
    pub(super) user: Key,
    /// Ours: `off` (the default), `tls`, or words that say that anybody may read them.
    pub(super) scoped_tokens: String,
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
    pub(super) db_read_only: bool,
    pub(super) allocator: String,
    pub(super) loglevel: String,
    pub(super) sshexec: PeerKeys,
    pub(super) kubeexec: KubeKeys,
    pub(super) injectexec: serde_json::Value,
    pub(super) brick_max_size_gb: i64,
    pub(super) brick_min_size_gb: i64,
    pub(super) max_bricks_per_volume: i64,
    pub(super) average_file_size_kb: u64,
    pub(super) pre_request_volume_options: String,
    pub(super) post_request_volume_options: String,
    pub(super) block_hosting_volume_options: String,
    pub(super) auto_create_block_hosting_volume: bool,
    pub(super) block_hosting_volume_size: i64,
    pub(super) zone_checking: String,
    pub(super) max_volumes_per_cluster: i64,
    pub(super) max_inflight_operations: u64,
    pub(super) disable_monitor_gluster_nodes: bool,
    pub(super) refresh_time_monitor_gluster_nodes: u32,
    pub(super) start_time_monitor_gluster_nodes: u32,
    pub(super) disable_background_cleaner: bool,
    pub(super) refresh_time_background_cleaner: u32,
    pub(super) start_time_background_cleaner: u32,
    pub(super) operation_retry_limits: RetryLimits,
    /// Ours: seconds that a delete may run before its client is told that it goes on; 0 is the default.
    pub(super) delete_patience: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RetryLimits {
    pub(super) volume_create: i64,
}

/// The keys of `sshexec`.
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
    pub(super) rebalance_on_expansion: bool,
    pub(super) debug_umount_failures: bool,
    pub(super) block_prealloc: String,
    /// Ours: `learn` (the default), `strict`, or words that say that nothing is checked.
    pub(super) host_keys: String,
    /// Ours: seconds that a command waits for an earlier one on the same object.
    pub(super) lock_wait: u32,
}

/// The keys of `kubeexec`: those that it has in common with `sshexec`, and its own.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KubeKeys {
    pub(super) fstab: String,
    pub(super) mountopts: String,
    pub(super) sudo: bool,
    pub(super) snapshot_limit: i64,
    pub(super) backup_lvm_metadata: bool,
    pub(super) gluster_cli_timeout: u32,
    pub(super) pv_data_alignment: String,
    pub(super) vg_physicalextentsize: String,
    pub(super) lv_chunksize: String,
    pub(super) xfs_sw: i64,
    pub(super) xfs_su: i64,
    pub(super) lvm_wrapper: String,
    pub(super) rebalance_on_expansion: bool,
    pub(super) debug_umount_failures: bool,
    pub(super) block_prealloc: String,
    pub(super) namespace: String,
    pub(super) gluster_daemonset: bool,
    pub(super) use_pod_names: bool,
    pub(super) max_connections: i64,
    pub(super) disable_timeout_prefix: bool,
}

impl KubeKeys {
    /// What it says about work on peers, however they are reached.
    pub(super) fn common(&self) -> PeerKeys {
        PeerKeys {
            fstab: self.fstab.clone(),
            mountopts: self.mountopts.clone(),
            pv_data_alignment: self.pv_data_alignment.clone(),
            vg_physicalextentsize: self.vg_physicalextentsize.clone(),
            lv_chunksize: self.lv_chunksize.clone(),
            lvm_wrapper: self.lvm_wrapper.clone(),
            snapshot_limit: self.snapshot_limit,
            backup_lvm_metadata: self.backup_lvm_metadata,
            gluster_cli_timeout: self.gluster_cli_timeout,
            xfs_sw: self.xfs_sw,
            xfs_su: self.xfs_su,
            ..PeerKeys::default()
        }
    }
}
