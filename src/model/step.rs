//! Steps: what an operation does on peers, as values that say all there is to know, so that a restart can
//! go on or undo without asking anything else.

use serde::{Deserialize, Serialize};

pub use super::plan::{
    BlockPlan, BrickAt, BrickPlan, ClonePlan, ClonedBrick, DevicePlan, ExtendPlan, Peer, ReplacePlan,
    ResizePlan, VolumePlan,
};

use super::block_volume::BlockAccess;
use super::device::DeviceLabel;
use super::host::Host;
use super::sizes::{GiB, KiB};

/// One thing an operation does. Stored: variants are added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// Joins a peer to the trusted pool, asking one of those that are in it.
    ProbePeer {
        /// The new one.
        peer: Peer,
        /// Those that can be asked.
        via: Vec<Peer>,
        /// Whether it was in a pool before, or nobody could say: then an undo leaves it there.
        #[serde(default)]
        was_member: bool,
    },
    /// Takes a peer out of the trusted pool, unless it carries bricks of others.
    DetachPeer {
        /// The one that leaves.
        peer: Peer,
        /// Those that stay.
        via: Vec<Peer>,
        /// Names that gluster uses for peers that were taken out of service: it may leave while those are down.
        #[serde(default)]
        retired: Vec<String>,
        /// Volumes that are being deleted: they may go with it.
        #[serde(default)]
        unwanted: Vec<String>,
    },
    /// Makes a physical volume and a volume group of a disk.
    PrepareDevice(DevicePlan),
    /// Looks that the disk of a device is there, and by which paths. Changes nothing. What is to be released was seen
    /// before: otherwise a disk that is away would be taken for one that is released.
    FindDevice(DevicePlan),
    /// Takes the volume group and the physical volume away.
    ReleaseDevice(DevicePlan),
    /// Makes a brick: thin pool, file system, mount, directory.
    CreateBrick(BrickPlan),
    /// Takes a brick away.
    DestroyBrick(BrickPlan),
    /// Makes a gluster volume of bricks and sets its options.
    CreateVolume(VolumePlan),
    /// Starts a gluster volume.
    StartVolume(VolumePlan),
    /// Stops a gluster volume.
    StopVolume(VolumePlan),
    /// Takes a gluster volume away; its bricks keep what is on them.
    DeleteVolume(VolumePlan),
    /// Adds sets to a gluster volume. Cannot be taken back once gluster has taken bricks.
    AddBricks(ExtendPlan),
    /// Spreads what is in a volume over all of its sets. A failure is told and stops nothing.
    Rebalance(VolumePlan),
    /// Looks that the copies which stay are whole and online. Changes nothing.
    CheckHeal(ReplacePlan),
    /// Puts a brick in the place of another one. Cannot be taken back once gluster has done it.
    ReplaceBrick(ReplacePlan),
    /// Reads what a device is like. Changes nothing.
    ReadDevice(DevicePlan),
    /// Waits until gluster has healed the new brick of a set.
    AwaitHeal(ReplacePlan),
    /// Takes a snapshot of a volume, to make a clone of.
    SnapshotVolume(ClonePlan),
    /// Makes a volume of the snapshot and starts it.
    CloneSnapshot(ClonePlan),
    /// Takes the snapshot away; the clone does not need it.
    DropSnapshot(ClonePlan),
    /// Looks that gluster-block works and has no block volume of that name: what is there afterwards is ours. Changes
    /// nothing.
    CheckBlockVolume(BlockPlan),
    /// Makes a block volume.
    CreateBlockVolume(BlockPlan),
    /// Takes a block volume away with what is on it.
    DestroyBlockVolume(BlockPlan),
    /// Makes a block volume larger, or looks what became of that.
    ResizeBlockVolume(ResizePlan),
}

impl Step {
    /// Where its commands go. What gluster does on behalf of all peers is asked of one, which is tried first.
    pub fn hosts(&self) -> Vec<&Host> {
        fn first(peers: &[Peer]) -> Vec<&Host> {
            peers.first().map(|peer| &peer.host).into_iter().collect()
        }
        match self {
            Step::ProbePeer { peer, .. } | Step::DetachPeer { peer, .. } => vec![&peer.host],
            Step::PrepareDevice(plan)
            | Step::FindDevice(plan)
            | Step::ReleaseDevice(plan)
            | Step::ReadDevice(plan) => vec![&plan.peer.host],
            Step::CreateBrick(plan) | Step::DestroyBrick(plan) => vec![&plan.peer.host],
            Step::CheckBlockVolume(plan) | Step::CreateBlockVolume(plan) | Step::DestroyBlockVolume(plan) => {
                first(&plan.peers)
            }
            Step::ResizeBlockVolume(plan) => first(&plan.block.peers),
            _ => self.volume().map_or_else(Vec::new, |volume| first(&volume.peers)),
        }
    }

    /// The volume that gluster works on, on one of its peers on behalf of all.
    pub fn volume(&self) -> Option<&VolumePlan> {
        match self {
            Step::CreateVolume(plan)
            | Step::StartVolume(plan)
            | Step::StopVolume(plan)
            | Step::DeleteVolume(plan)
            | Step::Rebalance(plan) => Some(plan),
            Step::AddBricks(plan) => Some(&plan.volume),
            Step::CheckHeal(plan) | Step::ReplaceBrick(plan) | Step::AwaitHeal(plan) => Some(&plan.volume),
            Step::SnapshotVolume(plan) | Step::CloneSnapshot(plan) | Step::DropSnapshot(plan) => {
                Some(&plan.source)
            }
            _ => None,
        }
    }

    /// The hosts that it may have to wait for: those that it works on, and those of the bricks of a volume that gluster
    /// works on.
    pub fn all_hosts(&self) -> Vec<&Host> {
        let bricks = self.volume().into_iter().flat_map(|plan| &plan.bricks).map(|brick| &brick.host);
        self.hosts().into_iter().chain(bricks).collect()
    }
}

/// What preparing a device found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// The UUID of the physical volume; none where the peer reports none (heketi's mock).
    pub pv_uuid: Option<String>,
    /// All paths of the disk.
    pub paths: Vec<String>,
    /// Size of the volume group.
    pub total: KiB,
    /// Free space of the volume group.
    pub free: KiB,
    /// Extent of the volume group.
    pub extent: KiB,
    /// The paths of its disk, and of those of its node's other disks that have moved.
    #[serde(default)]
    pub labels: Vec<DeviceLabel>,
}

/// What a step reports back when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutput {
    /// Nothing beyond being done.
    #[default]
    Nothing,
    /// What a device is like.
    Device(DeviceFacts),
    /// By which paths disks can be reached.
    Labels {
        /// That of the device first.
        labels: Vec<DeviceLabel>,
    },
    /// It went on although something failed, which people are told.
    Told {
        /// What failed, where, and what to do.
        text: String,
    },
    /// What gluster has made of a snapshot.
    Clone {
        /// Its bricks, in the order of those that they are copies of.
        bricks: Vec<ClonedBrick>,
    },
    /// How clients reach a block volume. The login is not stored with it.
    Block {
        /// How they do.
        access: BlockAccess,
    },
    /// What became of a block volume that was to get another size.
    Resized {
        /// What it has.
        size: GiB,
        /// What all of its hosts show of it.
        usable: GiB,
        /// What was said where it failed on a host.
        refusal: Option<Refusal>,
    },
}

/// What a client is told of something that was done in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What clients compare.
    pub text: String,
    /// What happened, where, and what to do.
    pub explanation: String,
}

/// How far a step is. `Started` is on disk before the first byte goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum StepState {
    /// Nothing was sent.
    Planned,
    /// It may have happened, wholly or in part.
    Started,
    /// It has happened.
    Done,
    /// It has been taken back.
    Undone,
}
