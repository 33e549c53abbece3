//! Who asks: heketi's tokens, each good for one method and one path.
//!
//! Everything here is a function of its arguments: the time, the keys and the request come from outside.

mod base64url;
mod claims;
mod token;

use std::fmt;

use axum::http::StatusCode;

use self::claims::Scope;
use self::token::Token;
use crate::model::scoped_tokens::ScopedTokens;

/// Who signed a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// May do everything.
    Admin,
    /// May create and list volumes.
    User,
}

/// The secrets shared with the issuers.
#[derive(Clone)]
pub struct Keys {
    /// The key of `admin`.
    pub admin: Vec<u8>,
    /// The key of `user`.
    pub user: Vec<u8>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys { admin: [redacted], user: [redacted] }")
    }
}

impl Keys {
    fn of(&self, issuer: Issuer) -> &[u8] {
        match issuer {
            Issuer::Admin => &self.admin,
            Issuer::User => &self.user,
        }
    }
}

/// Why a request is not let in. The texts are heketi's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no `Authorization`.
    #[error("Required authorization token not found")]
    Missing,
    /// It is something else than `bearer` and a token.
    #[error("Authorization header format must be Bearer {{token}}")]
    Format,
    /// The token is no good; the text says why.
    #[error("Invalid JWT token: {0}")]
    Token(String),
    /// The token was made for another request.
    #[error("Invalid qsh claim in token")]
    OtherRequest,
    /// The token was made for no request in particular, and this server takes none of those. What heketi says.
    #[error("Invalid qsh claim in token")]
    ScopesOff,
    /// It takes them, but not over an open wire.
    #[error("Tokens with a scope are taken over TLS only")]
    ScopeInTheOpen,
    /// The token is good for something else.
    #[error("Invalid scope claim in token")]
    OtherScope,
    /// The token is good for too long.
    #[error("Token is valid for too long")]
    TooLong,
}

/// How the tokens of a request are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The time, in seconds since 1970.
    pub now: i64,
    /// Seconds by which the clocks of clients may be ahead.
    pub leeway: i64,
    /// Whether tokens are taken that are good for all requests.
    pub scoped: ScopedTokens,
    /// Whether nobody else can read the request: TLS, or a client on the machine of the server.
    pub private: bool,
}

impl AuthError {
    /// The status that goes with it.
    pub fn status(&self) -> StatusCode {
        match self {
            AuthError::Format => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// What whoever runs the client should look at.
    pub fn explanation(&self) -> &'static str {
        match self {
            AuthError::Missing => {
                "Send `Authorization: bearer TOKEN`, with a token signed with the key of `admin` or `user`."
            }
            AuthError::Format => "`Authorization` has to be the word `bearer`, a blank and one token.",
            AuthError::Token(_) => {
                "A token is three base64url texts joined by dots: header, claims, signature. It is signed with HS256 and the key \
                 that this server has for its `iss`, `admin` or `user`; `exp` must lie ahead, `iat` must not: compare the \
                 clocks of client and server."
            }
            AuthError::OtherRequest => {
                "`qsh` has to be the hex SHA-256 of `METHOD&/path` of this very request, decoded and without the query."
            }
            AuthError::ScopesOff => {
                "The token has a scope instead of a `qsh`, and this server takes no such tokens: whoever runs it can allow \
                 them with `scoped_tokens` in the section `jwt` of its configuration, or MORTAR_SCOPED_TOKENS."
            }
            AuthError::ScopeInTheOpen => {
                "Whoever reads such a token on its way can use it: use https, or sign each request. Where a proxy speaks \
                 TLS on another machine, `scoped_tokens` can be set to `even-without-tls`."
            }
            AuthError::OtherScope => "`scope` has to be `api`, as `mortar token` writes it.",
            AuthError::TooLong => {
                "`iat` and `exp` of a token with a scope may be 24 hours apart at most. `mortar token --lifetime=8h` makes one."
            }
        }
    }

    fn token(text: impl Into<String>) -> AuthError {
        AuthError::Token(text.into())
    }
}

/// Says who made a request, from its `Authorization`. `decoded_path` is percent-decoded, without a query.
///
/// # Errors
/// The first that applies, in the order in which heketi would report them.
pub fn verify(
    method: &str,
    decoded_path: &[u8],
    authorization: Option<&[u8]>,
    keys: &Keys,
    rules: Rules,
) -> Result<Issuer, AuthError> {
    let text = bearer(authorization)?;
    let token = Token::parse(&text)?;
    let issuer = token.issuer()?;
    // The signature before the times: a text about clocks would be a hint to who has no key.
    token.check_signature(keys.of(issuer))?;
    token.claims.check_times(rules.now, rules.leeway)?;
    if token.claims.is_for(method, decoded_path) {
        return Ok(issuer);
    }
    match token.claims.scope() {
        Scope::Missing => Err(AuthError::OtherRequest),
        Scope::Api => admit(rules.scoped, rules.private).map(|()| issuer),
        // A server that takes none says so first.
        Scope::Other => admit(rules.scoped, true).and(Err(AuthError::OtherScope)),
        Scope::TooLong => admit(rules.scoped, true).and(Err(AuthError::TooLong)),
    }
}

/// Whether a token with a scope may be used over a connection; `private`: TLS, or one that never leaves the machine.
fn admit(scoped: ScopedTokens, private: bool) -> Result<(), AuthError> {
    match scoped {
        ScopedTokens::Off => Err(AuthError::ScopesOff),
        ScopedTokens::Tls if !private => Err(AuthError::ScopeInTheOpen),
        ScopedTokens::Tls | ScopedTokens::EvenWithoutTls => Ok(()),
    }
}

/// The token of a header `bearer TOKEN`, whatever the case of the word and the blanks between.
fn bearer(authorization: Option<&[u8]>) -> Result<String, AuthError> {
    let value = authorization.filter(|value| !value.is_empty()).ok_or(AuthError::Missing)?;
    let text = String::from_utf8_lossy(value);
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.to_owned()),
        _ => Err(AuthError::Format),
    }
}

#[cfg(test)]
mod tests;
