//! Tokens that are good for all requests: what client and server agree on.

use std::time::Duration;

/// The scope of a token that is good for the whole API.
pub const API_SCOPE: &str = "api";

/// The longest time between `iat` and `exp` of a token with a scope: nothing but another key takes one back.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
