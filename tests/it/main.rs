//! Tests of the built programs.

mod conformance;
