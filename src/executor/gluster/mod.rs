//! The gluster command line: peers, volumes, healing, snapshots. Commands and the reading of their answers.

mod heal;
mod info;
mod option;
mod peer;
mod pool_volume;
mod rebalance;
mod refusal;
mod snapshot;
mod volume;

use std::time::Duration;

pub use heal::{HealBrick, heal_info, heal_start, parse_heal_info};
pub use info::{
    GlusterVolume, parse_stored_bricks, parse_volume_info, stored_info, stored_listed, stored_place,
    volume_info,
};
pub use option::{BadOption, ID_OPTION, parse_option, volume_set};
pub use peer::{
    disconnected, is_connected, is_in_cluster, lists_only, peer_detach, peer_probe, peer_status, pool_list,
    pool_size, snapshot_limit,
};
pub use pool_volume::parse_pool_volumes;
pub use rebalance::{Rebalance, is_rebalancing, parse_rebalance_status, rebalance_start, rebalance_status};
pub use refusal::{
    is_busy, is_cut_off, is_existing, is_missing, is_peer_down, is_unanswered, refusal_in_xml,
};
pub use snapshot::{
    SNAPSHOT_MOUNTS, Snapshot, is_activated, is_snapshot_missing, parse_snapshot_info, snapshot_activate,
    snapshot_clone, snapshot_create, snapshot_deactivate, snapshot_delete, snapshot_info,
};
pub use volume::{
    add_bricks, place, remove_bricks, replace_brick, volume_create, volume_delete, volume_start, volume_stop,
};

use super::command::{Command, LockName};
use super::settings::PeerSettings;
use crate::model::ids::VolumeId;

/// The lock of a volume.
pub fn volume_lock(id: VolumeId) -> LockName {
    LockName::new("volume", id)
}

/// How long the program may take, which waits for glusterd itself. Source: heketi: `max(10, 1 + (T + 1) / 60)` minutes.
fn deadline(settings: &PeerSettings) -> Duration {
    let minutes = 1 + settings.gluster_cli_timeout.as_secs().saturating_add(1) / 60;
    Duration::from_secs(minutes.max(10).saturating_mul(60))
}

fn global(settings: &PeerSettings) -> [String; 2] {
    ["--mode=script".to_owned(), format!("--timeout={}", settings.gluster_cli_timeout.as_secs())]
}

fn look(settings: &PeerSettings) -> Command {
    Command::look("gluster").args(global(settings))
}

fn change(settings: &PeerSettings, lock: LockName) -> Command {
    // It may wait for changes of others, or for a peer that gluster misses.
    Command::change("gluster", lock, deadline(settings)).slow().args(global(settings))
}
