//! The service itself on the wire: who is let in, and how much is logged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::AdminStateName;

/// The logger that can be set: heketi's name for the whole of it.
const LOGGER: &str = "glusterfs";

/// Which requests are let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AdminStatus {
    /// Which are.
    #[schema(value_type = AdminStateName, required = true)]
    pub state: String,
}

/// How much is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LogLevels {
    /// By logger, of which there is one, `glusterfs`: `none`, `critical`, `error`, `warning`, `info` or `debug`.
    #[schema(required = true)]
    pub loglevel: BTreeMap<String, String>,
}

impl LogLevels {
    /// Shows the level of the server's log.
    pub fn new(level: &str) -> LogLevels {
        LogLevels { loglevel: BTreeMap::from([(LOGGER.to_owned(), level.to_owned())]) }
    }

    /// The level of the server's log; none where only other loggers are named.
    pub fn of_server(&self) -> Option<&str> {
        self.loglevel.get(LOGGER).map(String::as_str)
    }
}
