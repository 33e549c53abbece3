//! A token: header, claims and signature.

use hmac::digest::block_api::EagerHash;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

use super::base64url;
use super::claims::Claims;
use super::{AuthError, Issuer};
use crate::json::go::{self, Value};

/// A token that could be read; whether it is true is another question.
pub(super) struct Token<'a> {
    /// What it says.
    pub(super) claims: Claims,
    algorithm: Algorithm,
    signed: &'a str,
    signature: &'a str,
}

enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    /// One that heketi's library knows and heketi does not take.
    Foreign(String),
}

impl Token<'_> {
    /// Takes a token apart.
    pub(super) fn parse(text: &str) -> Result<Token<'_>, AuthError> {
        let segments: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = segments[..] else {
            return Err(AuthError::token("token contains an invalid number of segments"));
        };
        let header_json = base64url::decode(header).map_err(AuthError::Token)?;
        let header_value = go::whole(&header_json).map_err(AuthError::Token)?;
        let fields = header_fields(header_value).map_err(AuthError::Token)?;
        let claims_json = base64url::decode(claims).map_err(AuthError::Token)?;
        Ok(Token {
            claims: Claims::parse(&claims_json).map_err(AuthError::Token)?,
            algorithm: Algorithm::of(&fields)?,
            signed: &text[..header.len() + 1 + claims.len()],
            signature,
        })
    }

    /// Whose key it has to be signed with.
    pub(super) fn issuer(&self) -> Result<Issuer, AuthError> {
        if let Algorithm::Foreign(name) = &self.algorithm {
            return Err(AuthError::token(format!("Unexpected signing method: {name}")));
        }
        match self.claims.iss.as_str() {
            "admin" => Ok(Issuer::Admin),
            "user" => Ok(Issuer::User),
            "" => Err(AuthError::token("Token missing iss claim")),
            _ => Err(AuthError::token("Unknown user")),
        }
    }

    /// Whether it was signed with this key.
    pub(super) fn check_signature(&self, key: &[u8]) -> Result<(), AuthError> {
        let signature = base64url::decode(self.signature).map_err(AuthError::Token)?;
        let signed = self.signed.as_bytes();
        let fits = match self.algorithm {
            Algorithm::Hs256 => fits::<Sha256>(key, signed, &signature),
            Algorithm::Hs384 => fits::<Sha384>(key, signed, &signature),
            Algorithm::Hs512 => fits::<Sha512>(key, signed, &signature),
            Algorithm::Foreign(_) => false,
        };
        let wrong = || AuthError::token("signature is invalid (client and server secrets may not match)");
        if fits { Ok(()) } else { Err(wrong()) }
    }
}

impl Algorithm {
    fn of(header: &[(String, Value)]) -> Result<Algorithm, AuthError> {
        // The header is a map in heketi: its names count in their exact case, and the last one wins.
        let Some((_, Value::Text(name))) = header.iter().rev().find(|(key, _)| key == "alg") else {
            return Err(AuthError::token("signing method (alg) is unspecified."));
        };
        match name.as_str() {
            "HS256" => Ok(Algorithm::Hs256),
            "HS384" => Ok(Algorithm::Hs384),
            "HS512" => Ok(Algorithm::Hs512),
            "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "ES512" | "PS256" | "PS384" | "PS512"
            | "none" => Ok(Algorithm::Foreign(name.clone())),
            _ => Err(AuthError::token("signing method (alg) is unavailable.")),
        }
    }
}

fn header_fields(header: Value) -> Result<Vec<(String, Value)>, String> {
    match header {
        Value::Null => Ok(Vec::new()),
        Value::Object(entries) => Ok(entries),
        other => Err(format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            other.kind()
        )),
    }
}

/// Compares in constant time.
fn fits<D: EagerHash>(key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    // HMAC takes keys of any length: the error never happens, and would be a refusal.
    Hmac::<D>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok())
}
