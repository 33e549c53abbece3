//! Tests of the built programs.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy sees tests only in functions that are one"
)]

mod conformance;
mod kills;
mod life;
mod support;
