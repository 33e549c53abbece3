//! The wire: heketi's JSON types, their validation, and conversions to and from the model.
//!
//! Field order and what is left out when empty are part of the contract: programs compare texts. Ids are
//! plain strings here, as heketi takes any text for one and answers `Id not found`.

pub mod block_volume;
pub mod check;
pub mod cluster;
pub mod device;
pub mod dump;
pub mod examine;
pub mod finding;
pub mod job;
pub mod list;
pub mod node;
pub mod operation;
pub mod pending;
pub mod problem;
pub mod service;
pub mod token;
pub mod validate;
pub mod volume;
pub mod volume_spec;
pub mod volume_summary;
pub mod words;

pub use block_volume::{
    BlockVolumeAccess, BlockVolumeCreateRequest, BlockVolumeExpandRequest, BlockVolumeInfo, BlockVolumeList,
    Password,
};
pub use check::CheckReport;
pub use cluster::{ClusterCreateRequest, ClusterInfo, ClusterList};
pub use device::{
    BrickEvictRequest, BrickInfo, DeviceAddRequest, DeviceDeleteRequest, DeviceInfo, StorageSize,
};
pub use dump::Dump;
pub use examine::Examination;
pub use finding::{FindingInfo, FindingList};
pub use job::{JobError, JobInfo, JobList, JobResult, JobState};
pub use list::List;
pub use node::{Hostnames, NodeAddRequest, NodeInfo, StateRequest, TagsRequest};
pub use operation::{
    CleanUpRequest, OperationProgress, OperationProgressList, OperationsInfo, PendingOperation,
    PendingOperationDetails, PendingOperationList,
};
pub use problem::Problem;
pub use service::{AdminStatus, LogLevels};
pub use validate::{Invalid, Validate};
pub use volume::{
    BlockInfo, BlockRestrictionRequest, DisperseOptions, Durability, GlusterMount, Mount, ReplicateOptions,
    Snapshot, VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest, VolumeInfo, VolumeList,
};
pub use volume_spec::VolumeRequestError;
pub use volume_summary::{VolumeSummary, VolumeSummaryList};

/// Whether a number is left out.
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Whether a flag is left out.
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests;
