//! Tests of the built programs.

#![expect(clippy::unwrap_used, reason = "clippy sees tests only in functions that are one")]

mod architecture;
mod conformance;
