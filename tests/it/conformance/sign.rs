//! The tokens of requests, wrong ones included.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::block_api::EagerHash;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The value of `Authorization` that a `sign` object describes.
pub fn authorization(sign: &Value, method: &str, path: &str) -> Option<String> {
    let text = |name: &str| sign.get(name).and_then(Value::as_str);
    if sign.is_null() {
        return None;
    }
    if let Some(value) = text("authorization") {
        return Some(value.to_owned());
    }
    let algorithm = text("alg").unwrap_or("HS256");
    let header = sign.get("header").cloned().unwrap_or_else(|| json!({"alg": algorithm, "typ": "JWT"}));
    let claims = Value::Object(claims(sign, method, path));
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let key = text("key").unwrap_or_default();
    let signature = match text("signature") {
        Some(signature) => signature.to_owned(),
        None => URL_SAFE_NO_PAD.encode(signature(header["alg"].as_str(), key.as_bytes(), signed.as_bytes())),
    };
    let (scheme, gap) = (text("scheme").unwrap_or("bearer"), text("gap").unwrap_or(" "));
    Some(format!("{scheme}{gap}{signed}.{signature}"))
}

fn claims(sign: &Value, method: &str, path: &str) -> Map<String, Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), sign["iss"].clone());
    for (name, offset) in [("exp", json!(300)), ("iat", json!(0)), ("nbf", Value::Null)] {
        let offset = sign.get(name).unwrap_or(&offset).as_i64();
        claims.insert(name.to_owned(), offset.map_or(Value::Null, |offset| json!(now + offset)));
    }
    let hashed = match sign.get("qsh").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => format!("{method}&{}", path.split('?').next().unwrap_or_default()),
    };
    let qsh: String = Sha256::digest(hashed).iter().map(|byte| format!("{byte:02x}")).collect();
    claims.insert("qsh".to_owned(), json!(qsh));
    claims.extend(sign.get("claims").and_then(Value::as_object).cloned().unwrap_or_default());
    claims.retain(|_, value| !value.is_null());
    claims
}

fn signature(algorithm: Option<&str>, key: &[u8], text: &[u8]) -> Vec<u8> {
    match algorithm {
        Some("HS384") => mac::<Sha384>(key, text),
        Some("HS512") => mac::<Sha512>(key, text),
        _ => mac::<Sha256>(key, text),
    }
}

fn mac<D: EagerHash>(key: &[u8], text: &[u8]) -> Vec<u8> {
    Hmac::<D>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}
