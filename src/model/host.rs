//! The name under which a peer is reached.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A peer as commands reach it: the first manage host name of its node. Never begins with `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(String);

impl Host {
    /// Takes a host name or an address; what begins with `-` could be read as an option, and is none.
    pub fn new(name: impl Into<String>) -> Option<Host> {
        let name = name.into();
        if name.is_empty() || name.starts_with('-') { None } else { Some(Host(name)) }
    }

    /// A name for where there is no peer at all.
    pub fn nobody() -> Host {
        Host("(no peer)".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
