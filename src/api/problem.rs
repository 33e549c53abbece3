//! Refusals with an explanation, for clients that ask for `application/problem+json`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal as RFC 9457 has it. Other clients get `title` alone, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Problem {
    /// heketi's text, which clients compare.
    #[schema(required = true)]
    pub title: String,
    /// The HTTP status.
    #[schema(required = true)]
    pub status: u16,
    /// What happened, where, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
