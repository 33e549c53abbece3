//! Files that heketi, bbolt and Go have written, whole and damaged.

mod contradictions;
mod damage;
mod exports;
pub mod fixtures;
mod gobs;
pub mod mutation;
mod pages;
mod soak;
mod versions;
