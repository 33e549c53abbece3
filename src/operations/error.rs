//! Why a request was refused before any peer was changed.

use crate::store::StoreError;

/// A refusal. The texts are heketi's, byte for byte: clients compare them.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// There is no such object.
    #[error("Id not found")]
    NotFound,
    /// There is no such object, in words of its own.
    #[error("{0}")]
    Missing(String),
    /// An object that the request names is missing.
    #[error("{0}")]
    MissingParent(&'static str),
    /// The object is in use, or the name is taken.
    #[error("{text}")]
    Conflict {
        /// What clients compare.
        text: String,
    },
    /// The request makes no sense in the present state.
    #[error("{text}")]
    BadRequest {
        /// What clients compare.
        text: String,
        /// What happened, where, and what to do.
        explanation: Option<String>,
    },
    /// It cannot be done now.
    #[error("{text}")]
    Refused {
        /// What clients compare.
        text: String,
        /// What happened, where, and what to do.
        explanation: Option<String>,
    },
    /// Too much is under way.
    #[error("Server busy. Retry operation later.")]
    Busy,
    /// An idempotency key came again with another request.
    #[error("the Idempotency-Key was used before with another request")]
    KeyReused,
    /// The server is being stopped.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The database failed.
    #[error("Unable to access db")]
    Store(#[from] StoreError),
    /// A task of the server ended without an answer.
    #[error("the server failed to carry this out; see its log")]
    Internal,
}

impl OpError {
    /// A conflict with heketi's text for it.
    pub fn conflict(text: impl Into<String>) -> OpError {
        OpError::Conflict { text: text.into() }
    }

    /// A refusal with heketi's text for it.
    pub fn refused(text: impl Into<String>, explanation: Option<String>) -> OpError {
        OpError::Refused { text: text.into(), explanation }
    }

    /// A refusal with a text before its own.
    pub fn prefixed(self, prefix: &str) -> OpError {
        match self {
            OpError::Refused { text, explanation } => {
                OpError::Refused { text: format!("{prefix}{text}"), explanation }
            }
            other => other,
        }
    }

    /// What happened, where, and what to do, beyond the text.
    pub fn explanation(&self) -> Option<&str> {
        match self {
            OpError::BadRequest { explanation, .. } | OpError::Refused { explanation, .. } => {
                explanation.as_deref()
            }
            _ => None,
        }
    }
}

/// heketi's text for an object that an operation is working on.
pub const IN_USE: &str = "The target exists, contains other items, or is in use.";
