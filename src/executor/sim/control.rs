//! What a test can do to the peers behind the server's back.

use serde::{Deserialize, Serialize};

use super::answer::Refused;
use super::control_disks::{fill, fill_pools, foreign_group, pull, set_disk, swap_disks};
use super::gluster::{set_pending, start_brick_processes};
use super::mounts::{attach, detach};
use super::objects::{
    Content, Entry, FileSystem, Filled, GlusterVolume, Layout, Machine, Refusal, split_brick,
};
use super::state::Record;
use super::world::{Peer, World};
use super::{boot, programs, texts};

/// A plain logical volume of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_kib: u64,
}

/// One thing to do, as a line of the control file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlOp {
    /// The machine, under any of its names.
    pub host: String,
    /// What is done to it.
    #[serde(flatten)]
    pub action: Action,
}

/// What can be done to a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the fields say it")]
pub enum Action {
    /// Switches it on or off.
    Power { on: bool },
    /// Switches it off and on.
    Reboot,
    /// Switches it off and on; two of its disks have changed places meanwhile.
    RebootSwapped { path: String, with: String },
    /// Starts or stops glusterd.
    Glusterd { running: bool },
    /// Starts or stops gluster-blockd.
    Blockd { running: bool },
    /// Installs gluster-block, or takes it off.
    Blocks { installed: bool },
    /// Makes it take connections and never answer.
    Hang { on: bool },
    /// Makes `mkfs.xfs` fail in the middle of its work, or not any more.
    BreakMkfs { on: bool },
    /// Makes it refuse connections; without `why` it takes them again.
    Refuse { why: Option<Refusal> },
    /// Gives a disk another size.
    Disk { path: String, size_kib: u64 },
    /// Pulls a disk out, or puts it back. What was mounted from it is gone.
    Pull { path: String, pulled: bool },
    /// Makes a file system on a disk.
    Format { path: String, fs: String },
    /// Mounts a device.
    Mount { path: String, at: String },
    /// Takes a mount away, busy or not.
    Unmount { at: String },
    /// Keeps a mount busy, or lets it go.
    Hold { at: String, held: bool },
    /// Makes a physical volume and a group of a disk, with plain logical volumes.
    ForeignGroup {
        path: String,
        group: String,
        #[serde(default)]
        volumes: Vec<NewVolume>,
    },
    /// Makes a plain logical volume of the free space of a disk's group, all but `leave_kib`.
    Fill {
        path: String,
        #[serde(default)]
        leave_kib: u64,
    },
    /// Says how much of the thin pools of a disk is given away, in percent.
    FillPools { path: String, data: u8, metadata: u8 },
    /// Makes a gluster volume that nobody else knows, its brick directories wherever they are.
    ForeignVolume {
        name: String,
        bricks: Vec<String>,
        #[serde(default)]
        started: bool,
        #[serde(default)]
        options: Vec<(String, String)>,
    },
    /// Writes a file into a volume: it is in all bricks that are up.
    WriteFile { volume: String, name: String },
    /// Says how much is to be healed from a brick, `host:path`; it stays so until it is said otherwise.
    Heal { volume: String, brick: String, entries: u64 },
    /// Adds text to a text file, such as the file system table.
    Append { path: String, text: String },
    /// Runs a command as somebody who is logged in there.
    Run {
        program: String,
        args: Vec<String>,
        #[serde(default)]
        stdin: String,
    },
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Something it needs is not there.
    #[error("{0}")]
    Missing(String),
    /// A program refused.
    #[error("status {code}: {}", text.trim())]
    Refused {
        /// Its status.
        code: i32,
        /// What it printed.
        text: String,
    },
}

impl From<Refused> for ControlError {
    fn from(refused: Refused) -> ControlError {
        ControlError::Refused { code: refused.code, text: refused.stderr + &refused.stdout }
    }
}

pub(super) fn missing(what: impl Into<String>) -> ControlError {
    ControlError::Missing(what.into())
}

pub(super) type Done = Result<(), ControlError>;

/// Does it.
pub fn apply(world: &mut World, op: &ControlOp) -> Done {
    let at = world.machine(&op.host);
    let stdin = if let Action::Run { stdin, .. } = &op.action { stdin.as_str() } else { "" };
    let peer = &mut world.peer(at, stdin);
    match &op.action {
        Action::Power { on: true } => boot::on(peer),
        Action::Power { on: false } => boot::off(peer),
        Action::Reboot => {
            boot::shut_down(peer);
            boot::on(peer);
        }
        Action::RebootSwapped { path, with } => {
            boot::shut_down(peer);
            swap_disks(peer, path, with);
            boot::on(peer);
        }
        Action::Glusterd { running } => set_glusterd(peer, *running),
        Action::Blockd { running } => change_machine(peer, |machine| machine.blockd_stopped = !running),
        Action::Blocks { installed } => change_machine(peer, |machine| machine.without_blocks = !installed),
        Action::BreakMkfs { on } => change_machine(peer, |machine| machine.breaks_mkfs = *on),
        Action::Hang { on } => change_machine(peer, |machine| machine.hangs = *on),
        Action::Refuse { why } => change_machine(peer, |machine| machine.refuses = *why),
        Action::Hold { at, held } => hold(peer, at, *held),
        Action::Disk { path, size_kib } => set_disk(peer, path, |disk| disk.size_kib = *size_kib),
        Action::Pull { path, pulled } => pull(peer, path, *pulled),
        Action::Format { path, fs } => {
            set_disk(peer, path, |disk| disk.content = Content::FileSystem(FileSystem::new(fs)));
        }
        Action::Mount { path, at } => {
            peer.make_directories(at);
            attach(peer, path, at, "rw")?;
        }
        Action::Unmount { at } => detach(peer, at),
        Action::ForeignGroup { path, group, volumes } => foreign_group(peer, path, group, volumes),
        Action::Fill { path, leave_kib } => fill(peer, path, *leave_kib)?,
        Action::FillPools { path, data, metadata } => {
            fill_pools(peer, path, Filled { data: *data, metadata: *metadata })?;
        }
        Action::ForeignVolume { name, bricks, started, options } => {
            foreign_volume(peer, name, bricks, *started, options)?;
        }
        Action::WriteFile { volume, name } => write_file(peer, volume, name)?,
        Action::Heal { volume, brick, entries } => {
            set_pending(peer, volume, brick, *entries).map_err(missing)?;
        }
        Action::Append { path, text } => texts::append(peer, path, text),
        Action::Run { program, args, .. } => drop(programs::run(peer, program, args)?),
    }
    Ok(())
}

fn change_machine(peer: &mut Peer<'_>, change: impl FnOnce(&mut Machine)) {
    let mut machine = peer.host().machine.clone();
    change(&mut machine);
    peer.set(Record::Machine(peer.at, machine));
}

fn set_glusterd(peer: &mut Peer<'_>, running: bool) {
    change_machine(peer, |machine| machine.glusterd_stopped = !running);
    if running {
        start_brick_processes(peer);
    }
}

fn hold(peer: &mut Peer<'_>, at: &str, held: bool) {
    change_machine(peer, |machine| {
        if held {
            machine.held.insert(at.to_owned());
        } else {
            machine.held.remove(at);
        }
    });
}

fn foreign_volume(
    peer: &mut Peer<'_>,
    name: &str,
    bricks: &[String],
    started: bool,
    options: &[(String, String)],
) -> Done {
    for brick in bricks {
        let (host, path) = split_brick(brick).ok_or_else(|| missing(format!("{brick} is no host:path")))?;
        let id = peer.world.machine(host);
        let mut on = peer.on(id);
        on.make_directories(path);
        on.set_entry(path, Some(Entry { volume: Some(name.into()), ..Entry::directory() }));
    }
    let volume = GlusterVolume {
        uuid: peer.world.uuid(name).to_string(),
        started,
        was_started: started,
        layout: Layout { replica: u32::try_from(bricks.len()).unwrap_or(1), ..Layout::default() },
        bricks: bricks.iter().map(|brick| brick.as_str().into()).collect(),
        options: options.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect(),
        pending: Vec::new(),
        rebalance: None,
    };
    let pool = peer.host().machine.pool;
    peer.set(Record::Gluster(pool, name.into(), Some(volume)));
    start_brick_processes(peer);
    Ok(())
}

fn write_file(peer: &mut Peer<'_>, volume: &str, name: &str) -> Done {
    let volumes = peer.world.state.volumes.get(&peer.host().machine.pool);
    let found = volumes.and_then(|volumes| volumes.get(volume)).cloned();
    let found = found.ok_or_else(|| missing(format!("there is no volume {volume}")))?;
    for (host, path) in found.bricks.iter().filter_map(|brick| split_brick(brick)) {
        let id = peer.world.machine(host);
        let mut on = peer.on(id);
        if on.is_directory(path) && on.host().machine.is_connected() {
            on.set_entry(&format!("{path}/{name}"), Some(Entry::file()));
        }
    }
    Ok(())
}
