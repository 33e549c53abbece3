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
pub use values::Origin;

use reading::Reading;

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
    /// Reads a configuration file and the environment; the environment wins where it says anything.
    ///
    /// # Errors
    /// With heketi's text for what is wrong.
    pub fn load(path: &Path, environment: &Environment, disable_auth: bool) -> Result<Config, ConfigError> {
        Reading::of(&read(path)?, environment, disable_auth)?.with_permissions(path).into_config()
    }

    /// The same for a text.
    ///
    /// # Errors
    /// With heketi's text for what is wrong.
    pub fn from_json(
        text: &[u8],
        environment: &Environment,
        disable_auth: bool,
    ) -> Result<Config, ConfigError> {
        Reading::of(text, environment, disable_auth)?.into_config()
    }

    /// What allows other commands, and not a server.
    ///
    /// # Errors
    /// With the reason and the cure.
    pub fn refuse_to_serve(&self) -> Result<(), ConfigError> {
        if self.database.read_only {
            let text = "db_read_only is set, and this version cannot serve a database that it may not change; take the key out, or set \"default_state\" to \"read-only\"";
            return Err(ConfigError::Application(text.to_owned()));
        }
        let open = self.warnings.iter().find(|warning| warning.kind == ProblemKind::Permissions);
        match open {
            Some(open) if self.strict_permissions => {
                Err(ConfigError::Application(format!("strict_permissions is set, and {}", open.text)))
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| ConfigError::Open {
        path: path.display().to_string(),
        reason: format!("open {}: {}", path.display(), as_go(&error)),
    })
}

/// An error of the system as Go writes it: in small letters and without its number.
fn as_go(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
