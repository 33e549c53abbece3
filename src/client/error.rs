//! What can go wrong between a client and a server, in the words of heketi's client.

use crate::api::Problem;
use crate::api::problem::PROBLEM_JSON;
use crate::json;

/// As much of an error text of unknown length as is shown.
const UNKNOWN_LENGTH_LIMIT: usize = 4096;

/// Why a request brought no answer to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server refused, or its job failed.
    #[error("{text}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// heketi's text.
        text: String,
        /// What happened and what to do, from servers that say so.
        explanation: Option<String>,
    },
    /// The request could not be sent, or no answer came.
    #[error("{method} \"{url}\": {reason}")]
    Transport {
        /// The method as Go writes it: `Get`.
        method: String,
        /// The whole URL.
        url: String,
        /// What happened.
        reason: String,
        /// What it is likely to come from, and what to do.
        advice: Option<String>,
    },
    /// A job was accepted, and no answer about it came any more.
    #[error(
        "{cause} ({tries} tries). Job {job} goes on in the server all the same: once that answers again, look what has become of it (the lists, `server operations list`) before you ask for the same again"
    )]
    Lost {
        /// Its id.
        job: String,
        /// How often it was asked for.
        tries: u32,
        /// What happened the last time.
        cause: Box<ClientError>,
    },
    /// A job was accepted, and when the server came back it did not know it.
    #[error(
        "the server was away and does not know job {job} any more: look what has become of it (the lists, `server operations list`) before you ask for the same again"
    )]
    Forgotten {
        /// Its id.
        job: String,
    },
    /// The address of the server is none, or leads in a circle.
    #[error("{0}")]
    Address(String),
    /// The server accepted a job without saying where it is.
    #[error("http: no Location header in response")]
    NoLocation,
    /// The answer was not what was promised.
    #[error("{0}")]
    Undecodable(String),
}

impl ClientError {
    /// From an answer that was not expected.
    pub(super) fn refused(status: u16, content_type: &str, known_length: bool, body: &[u8]) -> ClientError {
        if content_type.starts_with(PROBLEM_JSON)
            && let Ok(problem) = json::decode::<Problem>(body)
            && !problem.title.trim().is_empty()
        {
            // As with a plain text, line feeds at its end are not part of it.
            let text = problem.title.trim().to_owned();
            return ClientError::Refused { status, text, explanation: problem.detail };
        }
        let limit = if known_length { body.len() } else { body.len().min(UNKNOWN_LENGTH_LIMIT) };
        let text = String::from_utf8_lossy(&body[..limit]).trim().to_owned();
        let text = if text.is_empty() { no_message(status) } else { text };
        ClientError::Refused { status, text, explanation: None }
    }

    /// From a body that should have been JSON, in the words of Go's decoder where that is easy.
    pub(super) fn undecodable(body: &[u8], error: &json::DecodeError) -> ClientError {
        let text = String::from_utf8_lossy(body);
        ClientError::Undecodable(match text.trim_start().chars().next() {
            None => "EOF".to_owned(),
            Some(c) if !"{[\"-0123456789tfn".contains(c) => {
                format!("invalid character '{c}' looking for beginning of value")
            }
            Some(_) => error.to_string(),
        })
    }
}

fn no_message(status: u16) -> String {
    let reason = ureq::http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    format!("server did not provide a message (status {status}: {})", reason.unwrap_or(""))
}
