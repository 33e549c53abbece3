//! Words as people type them and as Go writes them: which one was meant, what is true, what the system said.

pub mod go;
pub mod near;
