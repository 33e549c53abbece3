//! Placement: which devices the bricks of a volume go to.
//!
//! Pure: it reads what it is given and answers; it knows no table, no host and no clock, and the same input
//! always gives the same answer. Filters say which devices come into question, a score says which of them is
//! best, and a look ahead keeps the choice of one set from spoiling the next. A refusal can tell for every
//! device why it was not taken.

mod arbiter;
mod candidates;
mod eligible;
mod explain;
mod fill;
mod filters;
mod hosting;
mod options;
mod place;
mod refusal;
mod replace;
mod request;
mod score;
mod space;
mod table;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use candidates::{Candidate, Candidates, SearchEnd};
pub use eligible::{ClusterFacts, FailedStage, Ineligible, VolumeUse, combined_text, eligible};
pub use filters::{ArbiterTag, NotTaken};
pub use hosting::{HostingRoom, choose_hosting};
pub use options::{InvalidTagRule, TagRule, VolumeRules, ZoneChecking, zone_word};
pub use place::place;
pub use refusal::{DeviceReason, PlacementRefusal, RefusalReason};
pub use replace::{ReplacementRequest, replace};
pub use request::{Avoid, ClusterView, NodeView, PlacedBrick, Placement, PlacementLimits, PlacementRequest};
pub use space::space;
