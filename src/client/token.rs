//! Signed tokens: one for each request, good for its method and path only.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Seconds a token is good for.
const LIFETIME: u64 = 300;

/// Who asks, and the secret shared with the server. Both may be empty: a server without authentication
/// takes any token.
#[derive(Clone, Default)]
pub struct Credentials {
    /// `admin` or `user`.
    pub user: String,
    /// The key of that user: any bytes.
    pub key: Vec<u8>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: u64,
    exp: u64,
    qsh: String,
}

#[derive(Serialize)]
struct ScopedClaims<'a> {
    iss: &'a str,
    iat: u64,
    exp: u64,
    scope: &'a str,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Credentials {
    /// The token for one request; `path` is decoded and has no query.
    pub fn token(&self, method: &str, path: &str) -> String {
        self.token_at(method, path, now())
    }

    /// A token for all requests, over TLS to a server that takes such ones.
    pub fn scoped_token(&self, scope: &str, lifetime: Duration) -> String {
        let iat = now();
        let exp = iat.saturating_add(lifetime.as_secs());
        self.signed(&ScopedClaims { iss: &self.user, iat, exp, scope })
    }

    fn token_at(&self, method: &str, path: &str, iat: u64) -> String {
        let qsh = hex(&Sha256::digest(format!("{method}&{path}")));
        self.signed(&Claims { iss: &self.user, iat, exp: iat + LIFETIME, qsh })
    }

    fn signed<T: Serialize>(&self, claims: &T) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = URL_SAFE_NO_PAD.encode(crate::json::encode_compact(claims));
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(sign(&self.key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length: this cannot fail, and an empty signature would be refused.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_header_claims_and_signature() {
        let credentials = Credentials { user: "admin".into(), key: "secret".into() };
        let token = credentials.token_at("GET", "/volumes", 1_000);
        let parts: Vec<&str> = token.split('.').collect();
        let decoded = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(decoded(parts[0]), r#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(
            decoded(parts[1]),
            r#"{"iss":"admin","iat":1000,"exp":1300,"qsh":"c162acc9024272120bacfff7709c932cc252337d0a30fa15b025010066662bea"}"#
        );
        assert_eq!(parts[2], "X5FJQeSyWp19Jle8jSt69GKzMYxDb5MwHQ312eNKk4I");
    }
}
