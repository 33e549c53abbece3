//! Configuration: heketi's `heketi.json` and environment, read once and passed down in parts.
//!
//! Unknown keys pass (heketi's own files have remarks in them), wrong types do not.

mod assemble;
mod check;
mod environment;
mod file;
mod keys;
mod manual;
mod parts;
mod peers;
mod permissions;
mod placeholder;
mod problem;
mod purpose;
mod reading;
mod values;

use std::path::Path;

pub use check::{Report, Setting, check};
pub use environment::Environment;
pub use manual::table;
pub use parts::{
    AuthConfig, BackgroundConfig, Bounds, Config, DatabaseConfig, ExecutorConfig, ExecutorKind,
    HostingConfig, OptionLists, SshSettings, Timing, TlsConfig,
};
pub use problem::{Problem, ProblemKind};
pub use purpose::Purpose;
pub use values::Origin;

use self::reading::Reading;
use crate::words::go::os_reason;

/// Why a configuration cannot be used. The texts are heketi's: scripts look for them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("Unable to open config file {path}: {reason}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is no JSON, or a key has a value of the wrong type.
    #[error("Unable to parse configuration: {0}")]
    Parse(String),
    /// The application cannot start with it.
    #[error("Unable to start application: {0}")]
    Application(String),
    /// Keys are missing.
    #[error("Missing JWT information in config file")]
    MissingKeys,
    /// The first admin state has no name that is known.
    #[error("unable to set admin state: unknown admin state name: {0}")]
    AdminState(String),
}

impl Config {
    /// Reads a configuration file and the environment for a server; the environment wins where it says anything.
    ///
    /// # Errors
    /// With heketi's text for what is wrong.
    pub fn load(path: &Path, environment: &Environment, disable_auth: bool) -> Result<Config, ConfigError> {
        Config::load_for(path, environment, Purpose::Server { disable_auth })
    }

    /// The same for whatever it is needed for.
    ///
    /// # Errors
    /// With heketi's text for what is wrong.
    pub fn load_for(path: &Path, environment: &Environment, purpose: Purpose) -> Result<Config, ConfigError> {
        Reading::of(&read(path)?, environment, purpose)?.with_permissions(path).into_config()
    }

    /// The same for a server and a text.
    ///
    /// # Errors
    /// With heketi's text for what is wrong.
    pub fn from_json(
        text: &[u8],
        environment: &Environment,
        disable_auth: bool,
    ) -> Result<Config, ConfigError> {
        Reading::of(text, environment, Purpose::Server { disable_auth })?.into_config()
    }

    /// What allows other commands, and not a server; with the key that it is about.
    ///
    /// # Errors
    /// With the reason and the cure.
    pub fn refuse_to_serve(&self) -> Result<(), (&'static str, ConfigError)> {
        if self.database.read_only {
            let text = "db_read_only is set, and this version cannot serve a database that it may not change; take the key out, or set \"default_state\" to \"read-only\"";
            return Err(("glusterfs.db_read_only", ConfigError::Application(text.to_owned())));
        }
        let open = self.warnings.iter().find(|warning| warning.kind == ProblemKind::Permissions);
        match open {
            Some(open) if self.strict_permissions => {
                let text = format!("strict_permissions is set, and {}", open.text);
                Err(("strict_permissions", ConfigError::Application(text)))
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| ConfigError::Open {
        path: path.display().to_string(),
        reason: format!("open {}: {}", path.display(), os_reason(&error)),
    })
}

#[cfg(test)]
mod tests;
