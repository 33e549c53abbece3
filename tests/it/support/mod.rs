//! What scenarios need: a server of their own, an operator's hands, and the audit.

pub mod audit;
pub mod operator;
pub mod server;

pub use audit::Audit;
pub use server::{Lab, Reply, download, settled};
