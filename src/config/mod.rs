//! Configuration: heketi's `heketi.json` and environment, read once and passed down in parts.
//!
//! Unknown keys pass (heketi's own files have remarks in them), wrong types do not.

mod assemble;
mod environment;
mod file;
mod parts;
mod peers;
mod unknown;

use std::path::Path;

pub use environment::Environment;
pub use parts::{
    AuthConfig, BackgroundConfig, Bounds, Config, DatabaseConfig, ExecutorConfig, ExecutorKind,
    HostingConfig, OptionLists, SshSettings, Timing, TlsConfig,
};

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
        let text = std::fs::read(path).map_err(|error| ConfigError::Open {
            path: path.display().to_string(),
            reason: format!("open {}: {}", path.display(), as_go(&error)),
        })?;
        Config::from_json(&text, environment, disable_auth)
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
        // Text behind the first value is ignored, as heketi does.
        let file: file::File =
            crate::json::decode_first(text).map_err(|error| ConfigError::Parse(error.to_string()))?;
        let mut config = assemble::assemble(file, environment, disable_auth)?;
        let unknown = unknown::unknown_keys(text).into_iter();
        config
            .warnings
            .extend(unknown.map(|key| format!("the configuration has a key that nothing reads: {key}")));
        Ok(config)
    }
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
