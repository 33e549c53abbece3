//! The `gluster-block` command line, and the block volumes of a trusted pool. What it prints is that of gluster-block 0.5.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Refused, refuse};
use super::objects::{Entry, GlusterVolume, MachineId, split_brick};
use super::seed::SeedBlock;
use super::state::Record;
use super::world::Peer;
use crate::executor::gluster_block::print_size;
use crate::model::sizes::GiB;

/// A block volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// gluster-block's own id of it.
    pub id: String,
    /// Its size.
    pub size_gib: u64,
    /// The hosts that export it.
    pub hosts: Vec<String>,
    /// The password of its login; empty without one.
    #[serde(default)]
    pub password: String,
    /// Hosts that show another size.
    #[serde(default)]
    pub behind: BTreeMap<String, u64>,
}

/// GiB in a KiB number.
const KIB_PER_GIB: u64 = 1_048_576;

/// Runs `gluster-block` with these arguments.
pub fn run(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let machine = &peer.host().machine;
    if machine.without_blocks {
        return Err(refuse(127, "bash: line 1: gluster-block: command not found"));
    }
    if machine.blockd_stopped || machine.glusterd_stopped {
        return Err(refuse(255, "Connection failed. Please check if gluster-block daemon is operational."));
    }
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let Some((what, rest)) = words.strip_suffix(&["--json"]).and_then(|words| words.split_first()) else {
        return Err(refuse(22, "gluster-block: only commands with --json are simulated"));
    };
    match (*what, rest) {
        ("list", [volume]) => list(peer, volume),
        ("info", [place]) => info(peer, place),
        ("create", [place, "ha", ha, "auth", auth, "prealloc", "full" | "no", hosts, size]) => {
            create(peer, place, (ha, hosts), *auth == "enable", size)
        }
        ("modify", [place, "size", size]) => modify(peer, place, size),
        ("delete", [place]) => delete(peer, place),
        _ => Err(refuse(22, format!("gluster-block: `{}` is not simulated", words.join(" ")))),
    }
}

/// Puts a block volume without any check.
pub fn plant(peer: &mut Peer<'_>, seed: &SeedBlock) {
    let access = &seed.access;
    let block = Block {
        id: access.iqn.rsplit(':').next().unwrap_or_default().to_owned(),
        size_gib: seed.size.get(),
        hosts: access.hosts.clone(),
        password: access.login.as_ref().map(|login| login.password.expose().to_owned()).unwrap_or_default(),
        behind: BTreeMap::new(),
    };
    peer.set_block_volume(&seed.hosting, &seed.name, Some(block));
}

/// A failure as it is told: JSON on standard error, the number of the error as exit status.
fn fail(code: i32, message: &str) -> Refused {
    let said = json!({"RESULT": "FAIL", "errCode": code, "errMsg": message});
    refuse(code, said.to_string())
}

fn printed(value: &Value) -> Answer {
    Ok(format!("{value}\n"))
}

/// The volume and the name of a block volume, if the volume is there and runs.
fn volume_of<'p>(peer: &Peer<'_>, place: &'p str) -> Result<(GlusterVolume, &'p str, &'p str), Refused> {
    let (volume, name) = place.split_once('/').unwrap_or((place, ""));
    let missing = || fail(2, &format!("Volume {volume} does not exist"));
    let found = peer.volume(volume).cloned().ok_or_else(missing)?;
    if found.started {
        Ok((found, volume, name))
    } else {
        Err(fail(107, &format!("Volume {volume} is not started")))
    }
}

fn block_at<'p>(peer: &Peer<'_>, place: &'p str) -> Result<(Block, &'p str, &'p str), Refused> {
    let (_, volume, name) = volume_of(peer, place)?;
    let missing = || fail(2, &format!("block {place} doesn't exist"));
    Ok((peer.block_volume(volume, name).cloned().ok_or_else(missing)?, volume, name))
}

fn list(peer: &Peer<'_>, volume: &str) -> Answer {
    volume_of(peer, volume)?;
    printed(&json!({"blocks": peer.block_volumes_of(volume), "RESULT": "SUCCESS"}))
}

fn info(peer: &Peer<'_>, place: &str) -> Answer {
    let (block, volume, name) = block_at(peer, place)?;
    let gib = |gib: &u64| GiB::new(*gib).map(print_size).unwrap_or_default();
    let mut said = json!({
        "NAME": name, "VOLUME": volume, "GBID": block.id, "SIZE": gib(&block.size_gib), "HA": block.hosts.len(),
        "PASSWORD": block.password, "EXPORTED ON": block.hosts,
    });
    if !block.behind.is_empty() {
        let behind: BTreeMap<&String, String> =
            block.behind.iter().map(|(host, size)| (host, gib(size))).collect();
        said["RESIZE FAILED ON"] = json!(behind);
    }
    printed(&said)
}

fn create(peer: &mut Peer<'_>, place: &str, (ha, hosts): (&str, &str), auth: bool, size: &str) -> Answer {
    let (_, volume, name) = volume_of(peer, place)?;
    let size_gib = read_size(size)?;
    let hosts: Vec<String> = hosts.split(',').map(str::to_owned).collect();
    if ha.parse() != Ok(hosts.len()) {
        return Err(fail(22, &format!("'ha' {ha} does not match the number of servers {}", hosts.len())));
    }
    if name.is_empty() || name.starts_with('-') {
        return Err(fail(22, &format!("'{name}' is no name of a block volume")));
    }
    if peer.block_volume(volume, name).is_some() {
        return Err(fail(17, &format!("BLOCK with name: '{name}' already EXIST")));
    }
    reach(peer, &hosts, "configure")?;
    if size_gib > peer.room_for_blocks(volume) {
        return Err(fail(28, &format!("No space left on volume {volume} for {size_gib} GiB")));
    }
    let id = peer.world.uuid(place).to_string();
    let password = if auth { peer.world.uuid(&id).to_string() } else { String::new() };
    let block = Block { id: id.clone(), size_gib, hosts, password, behind: BTreeMap::new() };
    peer.set_block_volume(volume, name, Some(block.clone()));
    let portals: Vec<String> = block.hosts.iter().map(|host| format!("{host}:3260")).collect();
    let mut said = json!({
        "IQN": format!("iqn.2016-12.org.gluster-block:{id}"), "PORTAL(S)": portals, "RESULT": "SUCCESS",
    });
    if auth {
        (said["USERNAME"], said["PASSWORD"]) = (json!(block.id), json!(block.password));
    }
    if !peer.is_strict() {
        as_the_mock_says(&mut said, auth);
    }
    printed(&said)
}

/// heketi's mock has these for every block volume.
fn as_the_mock_says(said: &mut Value, auth: bool) {
    said["IQN"] = json!("fakeIQN");
    if auth {
        (said["USERNAME"], said["PASSWORD"]) = (json!("heketi-user"), json!("secret"));
    }
}

/// Hosts that are off keep their size.
fn modify(peer: &mut Peer<'_>, place: &str, size: &str) -> Answer {
    let (mut block, volume, name) = block_at(peer, place)?;
    let size_gib = read_size(size)?;
    if size_gib < block.size_gib {
        return Err(fail(22, "Shrink size is not supported"));
    }
    let more = size_gib - block.size_gib;
    if more > peer.room_for_blocks(volume) {
        return Err(fail(28, &format!("No space left on volume {volume} for {more} GiB")));
    }
    let silent = silent(peer, &block.hosts);
    let behind = silent.iter().map(|host| {
        let size = block.behind.get(host).copied().unwrap_or(block.size_gib);
        (host.clone(), size)
    });
    block.behind = behind.filter(|(_, size)| *size < size_gib).collect();
    block.size_gib = size_gib;
    let up: Vec<&String> = block.hosts.iter().filter(|host| !silent.contains(host)).collect();
    let said = json!({
        "IQN": format!("iqn.2016-12.org.gluster-block:{}", block.id), "SIZE": GiB::new(size_gib).map(print_size),
        "SUCCESSFUL ON": up, "RESULT": "SUCCESS",
    });
    peer.set_block_volume(volume, name, Some(block));
    if silent.is_empty() { printed(&said) } else { Err(fail(111, &unreached(&silent, "modify"))) }
}

fn delete(peer: &mut Peer<'_>, place: &str) -> Answer {
    let (block, volume, name) = block_at(peer, place)?;
    reach(peer, &block.hosts, "delete")?;
    peer.set_block_volume(volume, name, None);
    printed(&json!({"SUCCESSFUL ON": block.hosts, "RESULT": "SUCCESS"}))
}

fn read_size(size: &str) -> Result<u64, Refused> {
    let read = size.strip_suffix("GiB").and_then(|number| number.parse().ok());
    read.ok_or_else(|| fail(22, &format!("'{size}' is no size")))
}

/// All of these hosts take part.
fn reach(peer: &Peer<'_>, hosts: &[String], what: &str) -> Result<(), Refused> {
    let silent = silent(peer, hosts);
    if silent.is_empty() { Ok(()) } else { Err(fail(111, &unreached(&silent, what))) }
}

fn unreached(hosts: &[String], what: &str) -> String {
    format!("failed to {what} on {}: Connection refused", hosts.join(" "))
}

/// Those without a gluster-blockd that can be reached, or that are not in the pool.
fn silent(peer: &Peer<'_>, hosts: &[String]) -> Vec<String> {
    let answers = |host: &String| {
        let id = peer.world.state.find(host)?;
        let machine = &peer.world.state.hosts.get(&id)?.machine;
        let there = machine.pool == peer.host().machine.pool;
        (there && machine.is_connected() && !machine.without_blocks && !machine.blockd_stopped).then_some(())
    };
    hosts.iter().filter(|host| answers(host).is_none()).cloned().collect()
}

impl Peer<'_> {
    /// A block volume of the pool.
    fn block_volume(&self, volume: &str, name: &str) -> Option<&Block> {
        let blocks = self.world.state.blocks.get(&self.host().machine.pool)?;
        blocks.get(volume)?.get(name)
    }

    /// The names of the block volumes in a volume.
    pub(super) fn block_volumes_of(&self, volume: &str) -> Vec<String> {
        let blocks = self.world.state.blocks.get(&self.host().machine.pool);
        let found = blocks.and_then(|blocks| blocks.get(volume));
        found.into_iter().flat_map(|found| found.keys()).map(ToString::to_string).collect()
    }

    /// Puts a block volume of the pool, with its file in the bricks of its volume, or takes it away.
    fn set_block_volume(&mut self, volume: &str, name: &str, block: Option<Block>) {
        let before = self.block_volume(volume, name).map(|block| block.id.clone());
        let id = block.as_ref().map(|block| block.id.clone()).or(before).unwrap_or_default();
        let file = block.as_ref().map(|_| Entry::file());
        for (at, path) in self.bricks_of(volume) {
            let mut on = self.on(at);
            for directory in ["block-meta", "block-store"] {
                on.make_directories(&format!("{path}/{directory}"));
            }
            on.set_entry(&format!("{path}/block-meta/meta.lock"), Some(Entry::file()));
            on.set_entry(&format!("{path}/block-meta/{name}"), file.clone());
            on.set_entry(&format!("{path}/block-store/{id}"), file.clone());
        }
        let pool = self.host().machine.pool;
        self.set(Record::Block(pool, volume.into(), name.into(), block));
    }

    /// Takes the block volumes in a volume away with it.
    pub(super) fn forget_block_volumes(&mut self, volume: &str) {
        let pool = self.host().machine.pool;
        for name in self.block_volumes_of(volume) {
            self.set(Record::Block(pool, volume.into(), name.into(), None));
        }
    }

    /// The directories of a volume's bricks that can be written.
    fn bricks_of(&mut self, volume: &str) -> Vec<(MachineId, String)> {
        let bricks = self.volume(volume).map(|volume| volume.bricks.clone()).unwrap_or_default();
        let mut found = Vec::new();
        for (host, path) in bricks.iter().filter_map(|brick| split_brick(brick)) {
            let at = self.world.machine(host);
            let on = self.on(at);
            if on.is_directory(path) && on.host().machine.is_connected() {
                found.push((at, path.to_owned()));
            }
        }
        found
    }

    /// GiB that are left in a volume: what its first brick of each set holds, without the block volumes in it.
    fn room_for_blocks(&mut self, volume: &str) -> u64 {
        let Some(found) = self.volume(volume).cloned() else { return 0 };
        let first = found.bricks.chunks(found.layout.set_size()).filter_map(|set| set.first());
        let mut kib = 0;
        for (host, path) in first.filter_map(|brick| split_brick(brick)) {
            let at = self.world.machine(host);
            kib += self.on(at).size_of_mounted(path).unwrap_or(0);
        }
        let size = kib / KIB_PER_GIB * u64::from(found.layout.data.max(1));
        let blocks = self.world.state.blocks.get(&self.host().machine.pool);
        let taken = blocks.and_then(|blocks| blocks.get(volume));
        let taken: u64 = taken.into_iter().flat_map(|found| found.values()).map(|block| block.size_gib).sum();
        size.saturating_sub(taken)
    }

    /// KiB of the logical volume that a path is on.
    fn size_of_mounted(&self, path: &str) -> Option<u64> {
        let mount = self.host().mounts.get(self.mount_point_of(path)?)?;
        let (group, volume) = crate::executor::lvm::split_node(&mount.device)?;
        let group = self.host().groups.get(group.as_str())?;
        Some(group.volumes.get(volume.as_str())?.size_kib)
    }
}
