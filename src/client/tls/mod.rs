//! TLS towards the server.

mod connect;
mod reason;
mod trust;

pub(super) use self::connect::TlsConnector;
pub(super) use self::reason::{failure, reason};
pub use self::trust::Trust;
