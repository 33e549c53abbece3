//! What scenarios need: a server of their own, an operator's hands, and the audit.

pub mod audit;
pub mod documented;
mod gate;
pub mod operator;
mod requests;
pub mod server;

pub use audit::Audit;
pub use requests::{Reply, download};
pub use server::{Lab, settled};
