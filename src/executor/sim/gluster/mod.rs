//! The `gluster` command line. Texts are those of GlusterFS 10.

mod bricks;
mod create;
mod heal;
mod info;
mod life;
mod options;
mod peers;
mod rebalance;
mod replace;
mod set;
mod snap_bricks;
mod snapshot;

pub use heal::set_pending;
pub use info::stored_info;
pub use snap_bricks::remount;

use self::bricks::Care;
use super::answer::{Answer, Refused, refuse};
use super::objects::{GlusterVolume, MachineId, PoolId, Snapshot, split_brick};
use super::state::Record;
use super::world::Peer;

/// Runs `gluster` with these arguments.
pub fn run(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let mut xml = false;
    let mut words: Vec<&str> = Vec::new();
    for arg in args {
        match arg.as_str() {
            "--xml" => xml = true,
            "--mode=script" => {}
            other if words.is_empty() && other.starts_with("--timeout=") => {}
            other if words.is_empty() && other.starts_with('-') => return Err(unknown(other)),
            other => words.push(other),
        }
    }
    if peer.host().machine.glusterd_stopped {
        return Err(refuse(1, "Connection failed. Please check if gluster daemon is operational."));
    }
    match words[..] {
        ["pool", "list"] => peers::pool_list(peer),
        ["peer", "status"] => peers::status(peer, xml),
        ["peer", "probe", name] => peers::probe(peer, name),
        ["peer", "detach", name] => peers::detach(peer, name, false),
        ["peer", "detach", name, "force"] => peers::detach(peer, name, true),
        ["snapshot", ref words @ ..] => snapshot::run(peer, words, xml),
        ["volume", "info"] => info::info(peer, None, xml),
        ["volume", "info", name] => info::info(peer, Some(name), xml),
        ["volume", "status", name] => info::status(peer, name, xml),
        ["volume", "create", name, ref rest @ .., "force"] => create::create(peer, name, rest, Care::Forced),
        ["volume", "create", name, ref rest @ ..] => create::create(peer, name, rest, Care::Usual),
        ["volume", "add-brick", name, ref bricks @ ..] => create::add_brick(peer, name, bricks),
        ["volume", "replace-brick", name, old, new, "commit", "force"] => {
            replace::replace_brick(peer, name, old, new)
        }
        ["volume", "remove-brick", name, ref bricks @ .., "force"] => {
            replace::remove_bricks(peer, name, bricks)
        }
        ["volume", "rebalance", name, "start"] => rebalance::start(peer, name),
        ["volume", "rebalance", name, "status"] => rebalance::status(peer, name, xml),
        ["volume", "heal", name, "info"] => heal::info(peer, name, xml),
        ["volume", "heal", name] => heal::start(peer, name),
        ["volume", "set", name, ref pairs @ ..] => set::set(peer, name, pairs),
        ["volume", "start", name] => life::start(peer, name, false),
        ["volume", "start", name, "force"] => life::start(peer, name, true),
        ["volume", "stop", name] | ["volume", "stop", name, "force"] => life::stop(peer, name),
        ["volume", "delete", name] => life::delete(peer, name),
        _ => Err(unknown(&words.join(" "))),
    }
}

/// Puts a volume and marks its bricks, without any check.
pub fn plant(peer: &mut Peer<'_>, name: &str, volume: GlusterVolume) {
    let places: Vec<&str> = volume.bricks.iter().map(|brick| &**brick).collect();
    let machines: Vec<_> = places
        .iter()
        .map(|place| split_brick(place).map_or(peer.at, |(host, _)| peer.world.machine(host)))
        .collect();
    bricks::mark(peer, name, &places, &machines);
    if volume.started {
        bricks::start_processes(peer, &volume);
    }
    peer.set_volume(name, Some(volume));
}

/// What glusterd does when it starts: the brick processes of all started volumes run.
pub fn start_brick_processes(peer: &mut Peer<'_>) {
    let volumes = peer.world.state.volumes.get(&peer.pool());
    let started: Vec<GlusterVolume> = volumes
        .into_iter()
        .flat_map(|volumes| volumes.values())
        .filter(|volume| volume.started)
        .cloned()
        .collect();
    started.iter().for_each(|volume| bricks::start_processes(peer, volume));
}

fn unknown(words: &str) -> Refused {
    let first = words.split(' ').next().unwrap_or("");
    refuse(
        1,
        format!(
            "unrecognized word: {first} (position 0)\n\n Usage: gluster [options] <help> <peer>\n (`{words}` is not simulated)"
        ),
    )
}

fn snapshot_limit(limit: &str) -> Answer {
    match limit.parse::<u32>() {
        Ok(1..=256) => Ok("snapshot config: snap-max-hard-limit for System set successfully\n".to_owned()),
        _ => Err(refuse(1, format!("Invalid snap-max-hard-limit {limit}. Expected range 1 - 256"))),
    }
}

impl Peer<'_> {
    /// The trusted pool of this peer.
    fn pool(&self) -> PoolId {
        self.host().machine.pool
    }

    /// A volume of the pool.
    pub(super) fn volume(&self, name: &str) -> Option<&GlusterVolume> {
        self.world.state.volumes.get(&self.pool())?.get(name)
    }

    /// Puts a volume of the pool, or takes it away.
    fn set_volume(&mut self, name: &str, volume: Option<GlusterVolume>) {
        if volume.is_none() {
            self.forget_block_volumes(name);
        }
        let pool = self.pool();
        self.set(Record::Gluster(pool, name.into(), volume));
    }

    /// A snapshot of the pool.
    fn snapshot(&self, name: &str) -> Option<&Snapshot> {
        self.world.state.snapshots.get(&self.pool())?.get(name)
    }

    /// Puts a snapshot of the pool, or takes it away.
    fn set_snapshot(&mut self, name: &str, snapshot: Option<Snapshot>) {
        let pool = self.pool();
        self.set(Record::Snapshot(pool, name.into(), snapshot));
    }

    /// How many snapshots there are of a volume.
    fn snapshots_of(&self, volume: &str) -> usize {
        let snapshots = self.world.state.snapshots.get(&self.pool());
        snapshots.map_or(0, |found| found.values().filter(|one| &*one.volume == volume).count())
    }

    /// A volume to change, or gluster's refusal, which begins with what was tried.
    fn need_volume(&self, what: &str, name: &str) -> Result<GlusterVolume, Refused> {
        let missing = || refuse(1, format!("{what}: failed: Volume {name} does not exist"));
        self.volume(name).cloned().ok_or_else(missing)
    }

    /// Whether all peers of the pool are there.
    fn whole_pool(&self) -> bool {
        self.whole_pool_but(self.at)
    }

    /// Whether all peers of the pool are there; whether one of them is does not matter.
    fn whole_pool_but(&self, one: MachineId) -> bool {
        let matters = |id: MachineId| id != self.at && id != one;
        self.world.state.members(self.pool()).all(|(id, machine)| !matters(id) || machine.is_connected())
    }
}
