//! What a token says, and whether that holds now and for this request.

use sha2::{Digest as _, Sha256};

use super::AuthError;
use crate::api::token::{API_SCOPE, LONGEST_LIFETIME};
use crate::json::go::{self, Value};

/// The claims that count. One that is absent is empty or 0.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) iss: String,
    exp: i64,
    iat: i64,
    nbf: i64,
    qsh: Vec<u8>,
    /// Ours: what a token without `qsh` is good for.
    scope: String,
}

impl Claims {
    /// Reads the first value of the text, as heketi's streaming decoder does.
    pub(super) fn parse(text: &[u8]) -> Result<Claims, String> {
        match go::first(text)? {
            Value::Null => Ok(Claims::default()),
            Value::Object(entries) => Claims::from_entries(entries),
            other => Err(format!(
                "json: cannot unmarshal {} into Go value of type middleware.HeketiJwtClaims",
                other.kind()
            )),
        }
    }

    /// Names count in any case, the last entry of a name wins, the first wrong type is reported.
    fn from_entries(entries: Vec<(String, Value)>) -> Result<Claims, String> {
        let mut claims = Claims::default();
        for (key, value) in entries {
            match key.to_ascii_lowercase().as_str() {
                "iss" => set_text("iss", value, |text| claims.iss = text)?,
                // Of another type it is somebody else's, and ignored, as heketi ignores it.
                "scope" => claims.scope = if let Value::Text(text) = value { text } else { String::new() },
                "qsh" => set_text("qsh", value, |text| claims.qsh = text.into_bytes())?,
                name @ ("aud" | "sub" | "jti") => set_text(name, value, drop)?,
                "exp" => set_seconds("exp", &value, &mut claims.exp)?,
                "iat" => set_seconds("iat", &value, &mut claims.iat)?,
                "nbf" => set_seconds("nbf", &value, &mut claims.nbf)?,
                _ => {}
            }
        }
        Ok(claims)
    }

    /// Whether the token is good at `now`. Only `iat` has a leeway.
    pub(super) fn check_times(&self, now: i64, leeway: i64) -> Result<(), AuthError> {
        if now < self.nbf {
            return Err(AuthError::token("token is not valid yet"));
        }
        if now < self.iat.saturating_sub(leeway) {
            return Err(AuthError::token("Token used before issued (client and server clocks may differ)"));
        }
        if now > self.exp {
            return Err(AuthError::token(format!("Token is expired by {}", since(self.exp, now))));
        }
        Ok(())
    }

    /// What the token is good for, if it was not made for one request.
    pub(super) fn scope(&self) -> Scope {
        let longest = i64::try_from(LONGEST_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        match self.scope.as_str() {
            _ if !self.qsh.is_empty() => Scope::Missing,
            "" => Scope::Missing,
            scope if !scope.split_ascii_whitespace().any(|word| word == API_SCOPE) => Scope::Other,
            // Without `iat` it begins in 1970, and is too long.
            _ if self.exp.saturating_sub(self.iat) > longest => Scope::TooLong,
            _ => Scope::Api,
        }
    }

    /// Whether the token was made for this method and path.
    pub(super) fn is_for(&self, method: &str, path: &[u8]) -> bool {
        let digest = Sha256::new().chain_update(method).chain_update(b"&").chain_update(path).finalize();
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.qsh == expected.as_bytes()
    }
}

/// What a token is good for that was not made for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// It says nothing of that.
    Missing,
    /// All requests.
    Api,
    /// Something that this server does not know.
    Other,
    /// All requests, for longer than anybody should be trusted.
    TooLong,
}

fn set_text(name: &str, value: Value, set: impl FnOnce(String)) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::Text(text) => set(text),
        other => return Err(mismatch(other.kind(), name, "string")),
    }
    Ok(())
}

fn set_seconds(name: &str, value: &Value, seconds: &mut i64) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::Number(digits) => match digits.parse() {
            Ok(number) => *seconds = number,
            Err(_) => return Err(mismatch(&format!("number {digits}"), name, "int64")),
        },
        other => return Err(mismatch(other.kind(), name, "int64")),
    }
    Ok(())
}

fn mismatch(found: &str, name: &str, wanted: &str) -> String {
    format!("json: cannot unmarshal {found} into Go struct field HeketiJwtClaims.{name} of type {wanted}")
}

/// The time between two moments in Go's form, such as `1h0m5s`.
fn since(then: i64, now: i64) -> String {
    let seconds = now.saturating_sub(then);
    // Go counts nanoseconds in 64 bits and stops at the largest number.
    if seconds > i64::MAX / 1_000_000_000 {
        return "2562047h47m16.854775807s".to_owned();
    }
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let check = |then, now, expected: &str| assert_eq!(since(then, now), expected);
        check(0, 5, "5s");
        check(0, 125, "2m5s");
        check(100, 3761, "1h1m1s");
        check(0, 3600, "1h0m0s");
        check(0, 1_795_381_327, "498717h2m7s");
        check(i64::MIN, 0, "2562047h47m16.854775807s");
    }

    #[test]
    fn wrong_types_are_reported_in_gos_words() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Claims::parse(text.as_bytes()).unwrap_err(), expected, "{text}");
        };
        let of = |found: &str, rest: &str| {
            format!("json: cannot unmarshal {found} into Go struct field HeketiJwtClaims.{rest}")
        };
        check(r#"{"iss":5}"#, &of("number", "iss of type string"));
        check(r#"{"aud":["a"]}"#, &of("array", "aud of type string"));
        check(r#"{"sub":{},"jti":true}"#, &of("object", "sub of type string"));
        check(r#"{"exp":123.0}"#, &of("number 123.0", "exp of type int64"));
        check(r#"{"IAT":"1"}"#, &of("string", "iat of type int64"));
        check(r#"{"nbf":99999999999999999999}"#, &of("number 99999999999999999999", "nbf of type int64"));
        check("[]", "json: cannot unmarshal array into Go value of type middleware.HeketiJwtClaims");
        check("", "EOF");
        check(r#"{"iss""#, "unexpected EOF");
    }

    #[test]
    fn names_count_in_any_case_and_what_follows_does_not_count() {
        let claims = Claims::parse(br#"{"ISS":"a","iss":"b","Iat":7,"exp":null,"other":[1]} x"#).unwrap();
        assert_eq!(claims, Claims { iss: "b".into(), iat: 7, ..Claims::default() });
        assert_eq!(Claims::parse(b"null").unwrap(), Claims::default());
    }
}
