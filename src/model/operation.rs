//! Operations and jobs: changes that touch peers, and what a client polls for them.

use serde::{Deserialize, Serialize};

use super::ids::{BrickId, ClusterId, DeviceId, JobId, NodeId, OperationId, VolumeId};
use super::sizes::GiB;
use super::step::{Step, StepOutput, StepState};

/// What an operation is for. Stored: variants are added, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(rename_all = "kebab-case")]
pub enum OperationKind {
    /// Adds a node.
    NodeAdd,
    /// Deletes a node.
    NodeDelete,
    /// Adds a device.
    DeviceAdd,
    /// Deletes a device.
    DeviceDelete,
    /// Creates a volume.
    VolumeCreate,
    /// Deletes a volume.
    VolumeDelete,
    /// Adds sets to a volume.
    VolumeExpand,
    /// Copies a volume.
    VolumeClone,
    /// Creates a block volume, and where none has room the volume that it is in.
    BlockVolumeCreate,
    /// Deletes a block volume.
    BlockVolumeDelete,
    /// Makes a block volume larger.
    BlockVolumeExpand,
    /// Moves a brick to another device.
    BrickEvict,
    /// Moves all bricks off a device, which is failed then.
    DeviceRemove,
    /// The same for all devices of a node.
    NodeRemove,
    /// Reads the size of a device again.
    DeviceResync,
}

impl OperationKind {
    /// The name that logs and people use.
    pub fn as_str(self) -> &'static str {
        match self {
            OperationKind::NodeAdd => "node-add",
            OperationKind::NodeDelete => "node-delete",
            OperationKind::DeviceAdd => "device-add",
            OperationKind::DeviceDelete => "device-delete",
            OperationKind::VolumeCreate => "volume-create",
            OperationKind::VolumeDelete => "volume-delete",
            OperationKind::VolumeExpand => "volume-expand",
            OperationKind::VolumeClone => "volume-clone",
            OperationKind::BlockVolumeCreate => "block-volume-create",
            OperationKind::BlockVolumeDelete => "block-volume-delete",
            OperationKind::BlockVolumeExpand => "block-volume-expand",
            OperationKind::BrickEvict => "brick-evict",
            OperationKind::DeviceRemove => "device-remove",
            OperationKind::NodeRemove => "node-remove",
            OperationKind::DeviceResync => "device-resync",
        }
    }
}

/// What an operation has to know beside its steps. Stored: variants are added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Detail {
    /// Nothing.
    #[default]
    Nothing,
    /// Of an expansion.
    Expand {
        /// By how much the volume grows.
        grow: GiB,
    },
    /// Of a clone, which is the target.
    Clone {
        /// The volume that is copied. Until that is done nothing else changes it.
        source: VolumeId,
    },
    /// Of a block volume that is made.
    BlockCreate {
        /// The volume that it is in.
        hosting: VolumeId,
        /// Whether that is made with it, and goes with it where this fails.
        makes_hosting: bool,
    },
    /// Of a block volume that is made larger.
    BlockExpand {
        /// What it is to have.
        size: GiB,
    },
    /// Of a brick that is moved; the target is the one that leaves.
    Evict {
        /// The one that takes its place.
        new: BrickId,
        /// The operation that empties its device or node, if one does.
        parent: Option<OperationId>,
    },
    /// Of a device whose size is read again.
    Resync {
        /// The bricks that were on it when it was decided: what is read is true only as long as they are the same.
        bricks: Vec<BrickId>,
    },
    /// Of a device or node that is emptied.
    Remove {
        /// Whether bricks are moved only where gluster says that the copies which stay are whole.
        check_heal: bool,
    },
}

impl Detail {
    /// The hosting volume that a create of a block volume makes with it.
    pub fn own_hosting(&self) -> Option<VolumeId> {
        match *self {
            Detail::BlockCreate { hosting, makes_hosting: true } => Some(hosting),
            _ => None,
        }
    }
}

/// Which way an operation is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Direction {
    /// Doing its steps.
    Forward,
    /// Undoing them, newest first.
    Back,
}

/// Why an operation turned back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// heketi's text, or that of the program that refused: what clients get.
    pub text: String,
    /// What happened, where, and what to do.
    pub explanation: Option<String>,
    /// Whether other places may give another answer.
    pub try_elsewhere: bool,
    /// Nodes that another try leaves out.
    pub avoid_nodes: Vec<NodeId>,
    /// Devices that another try prefers to leave out.
    pub avoid_devices: Vec<DeviceId>,
}

impl Failure {
    /// A failure that is the same everywhere.
    pub fn everywhere(text: impl Into<String>, explanation: Option<String>) -> Failure {
        Failure {
            text: text.into(),
            explanation,
            try_elsewhere: false,
            avoid_nodes: Vec::new(),
            avoid_devices: Vec::new(),
        }
    }

    /// The answer of the job.
    pub fn outcome(&self) -> JobOutcome {
        JobOutcome::Failed { text: self.text.clone(), explanation: self.explanation.clone() }
    }
}

/// Why an operation that is not finished does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// What happened, for people.
    pub reason: String,
    /// Whether the background may try again: not where data would be lost.
    pub retry: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// When the background tries next, in milliseconds since 1970.
    pub next_try_ms: i64,
}

/// Why an operation that came with an import waits.
pub const STALE: &str = "it was left unfinished by the server that the database was imported from; clean it up, or leave it to the cleaner";

impl Parked {
    /// An operation that came with an import and has not been looked at.
    pub fn stale() -> Parked {
        Parked { reason: STALE.to_owned(), retry: false, attempts: 0, next_try_ms: 0 }
    }

    /// Whether it came with an import and has not been looked at: heketi's `stale`.
    pub fn is_stale(&self) -> bool {
        self.reason == STALE
    }
}

/// A step of an operation with how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Its number in the operation, from 0.
    pub seq: u32,
    /// Steps of one stage run side by side; a stage begins when the one before is done.
    pub stage: u32,
    /// What it does.
    pub step: Step,
    /// How far it is.
    pub state: StepState,
    /// What it reported.
    pub output: StepOutput,
}

/// A change that touches peers, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// What it is for.
    pub kind: OperationKind,
    /// The id of the object it makes, changes or takes away.
    pub target: String,
    /// The job that answers for it.
    pub job: JobId,
    /// Which way it is going.
    pub direction: Direction,
    /// Tries with a fresh placement so far, from 1.
    pub attempt: u32,
    /// Set while it waits for the background or for a person.
    pub parked: Option<Parked>,
    /// What made it turn back.
    pub failure: Option<Failure>,
    /// When it was decided, in milliseconds since 1970.
    pub created_ms: i64,
    /// What it has to know beside its steps.
    pub detail: Detail,
    /// For a volume create: the clusters that the request allows, in order; empty allows all.
    pub clusters: Vec<ClusterId>,
    /// Its steps in order.
    pub steps: Vec<StepRecord>,
}

/// What a finished job has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobOutcome {
    /// Done; here is the object.
    Location {
        /// Its path on the API.
        path: String,
        /// What failed all the same, where, and what to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        warning: Option<String>,
    },
    /// Done; there is nothing to show.
    Done,
    /// Failed.
    Failed {
        /// heketi's text, compared by clients byte for byte.
        text: String,
        /// What happened, where, and what to do.
        explanation: Option<String>,
    },
}

/// What a job was started for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSubject {
    /// The name of what is done, such as `volume-create`.
    pub kind: String,
    /// The id of the object that it makes, changes or takes away; empty where it is about no single one.
    pub target: String,
}

impl JobSubject {
    /// Of an operation.
    pub fn of(operation: &Operation) -> JobSubject {
        JobSubject { kind: operation.kind.as_str().to_owned(), target: operation.target.clone() }
    }

    /// Of something that needs no operation, or no more.
    pub fn new(kind: &str, target: impl ToString) -> JobSubject {
        JobSubject { kind: kind.to_owned(), target: target.to_string() }
    }
}

/// What a job does at present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doing {
    /// In a few words.
    pub text: String,
    /// The hosts that it works on.
    pub hosts: Vec<String>,
    /// Whether it waits until it can be tried again.
    pub waits: bool,
}

/// What `/queue/{id}` answers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it was started for; unknown for jobs of earlier versions.
    pub subject: Option<JobSubject>,
    /// Whether the token of a `user` started it, which may then read it.
    pub by_user: bool,
    /// The result; `None` while it runs.
    pub outcome: Option<JobOutcome>,
    /// When it was started, in milliseconds since 1970.
    pub created_ms: i64,
    /// Whether somebody has asked for the result since there is one.
    pub is_read: bool,
}

/// Something that is done on no host, or that its parts say of where.
impl From<String> for Doing {
    fn from(text: String) -> Doing {
        Doing { text, ..Doing::default() }
    }
}
