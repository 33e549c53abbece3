//! What ends a command.

use crate::client::ClientError;
use crate::words::go::os_reason;

const ADDRESS: &str = "The address of the server (--server or HEKETI_CLI_SERVER) begins with http:// or https://, \
                       for example http://localhost:8080";

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// heketi-cli's text.
    pub(super) text: String,
    /// What happened and what to do.
    pub(super) explanation: Option<String>,
    /// Whether the explanation is shown to scripts as well.
    pub(super) always_explained: bool,
    /// Whether it is only that nobody reads any more what is printed.
    pub(super) reader_has_gone: bool,
}

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), explanation: None, always_explained: false, reader_has_gone: false }
    }

    /// With an explanation for people, unless there is one.
    pub(super) fn explained(self, explanation: impl Into<String>) -> Failure {
        Failure { explanation: self.explanation.or_else(|| Some(explanation.into())), ..self }
    }

    /// Where something could not be printed.
    pub(super) fn of_printing(error: &std::io::Error) -> Failure {
        let reader_has_gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        Failure { reader_has_gone, ..Failure::new(format!("write /dev/stdout: {}", os_reason(error))) }
    }

    /// With an explanation that everybody sees.
    pub(super) fn because(text: impl Into<String>, explanation: impl Into<String>) -> Failure {
        let explanation = Some(explanation.into());
        Failure { explanation, always_explained: true, ..Failure::new(text) }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let text = error.to_string();
        let always_explained = matches!(error, ClientError::Address(_));
        let explanation = match error {
            // What the text says already is not said twice.
            ClientError::Refused { explanation, .. } => {
                explanation.filter(|why| !text.contains(why.as_str()))
            }
            ClientError::Transport { advice, .. } => advice,
            // Of no use to anybody as it is, and the same at the next try.
            ClientError::Address(_) => Some(ADDRESS.to_owned()),
            _ => None,
        };
        Failure { explanation, always_explained, ..Failure::new(text) }
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
