//! Words as people type them and as Go writes them: which one was meant, what is true, what the system said, and how
//! much of it is told.

pub mod clipped;
pub mod go;
pub mod near;
