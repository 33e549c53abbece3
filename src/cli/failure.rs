//! What ends a command.

use crate::client::ClientError;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// heketi-cli's text.
    pub(super) text: String,
    /// What happened and what to do.
    pub(super) explanation: Option<String>,
    /// Whether the explanation is shown to scripts as well.
    pub(super) always_explained: bool,
}

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), explanation: None, always_explained: false }
    }

    /// With an explanation that everybody sees.
    pub(super) fn because(text: impl Into<String>, explanation: impl Into<String>) -> Failure {
        Failure { text: text.into(), explanation: Some(explanation.into()), always_explained: true }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let text = error.to_string();
        let explanation = match error {
            // What the text says already is not said twice.
            ClientError::Refused { explanation, .. } => {
                explanation.filter(|why| !text.contains(why.as_str()))
            }
            ClientError::Transport { advice, .. } => advice,
            _ => None,
        };
        Failure { text, explanation, always_explained: false }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

/// An argument that must be there.
pub(super) fn required<'a>(value: &'a str, missing: &str) -> Result<&'a str, Failure> {
    if value.is_empty() { Err(Failure::new(missing)) } else { Ok(value) }
}

/// The only one of the arguments, which must be there.
pub(super) fn only<'a>(words: &'a [String], missing: &str) -> Result<&'a str, Failure> {
    match words {
        [] => Err(Failure::new(missing)),
        [word] => Ok(word),
        _ => Err(Failure::new("too many arguments")),
    }
}

/// An error of the operating system in Go's words: without a number, in lower case.
pub(super) fn os_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
