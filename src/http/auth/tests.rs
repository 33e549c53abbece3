use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::*;

const NOW: i64 = 1_700_000_000;
const LEEWAY: i64 = 120;

fn keys() -> Keys {
    Keys { admin: "adminkey".into(), user: "userkey".into() }
}

/// A token; tests change one thing of a good one.
struct Sample {
    header: Value,
    claims: Value,
    key: &'static str,
    signature: Option<&'static str>,
}

fn good() -> Sample {
    let digest = Sha256::digest("GET&/volumes");
    let qsh: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Sample {
        header: json!({"alg": "HS256", "typ": "JWT"}),
        claims: json!({"iss": "admin", "iat": NOW, "exp": NOW + 300, "qsh": qsh}),
        key: "adminkey",
        signature: None,
    }
}

impl Sample {
    fn claim(mut self, name: &str, value: Value) -> Sample {
        self.claims[name] = value;
        self
    }

    fn without(mut self, name: &str) -> Sample {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    fn header(mut self, header: Value) -> Sample {
        self.header = header;
        self
    }

    fn key(mut self, key: &'static str) -> Sample {
        self.key = key;
        self
    }

    fn signature(mut self, signature: &'static str) -> Sample {
        self.signature = Some(signature);
        self
    }

    fn text(&self) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&self.header), encode(&self.claims));
        let signature = match self.signature {
            Some(signature) => signature.to_owned(),
            None => URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes())),
        };
        format!("{signed}.{signature}")
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        let key = self.key.as_bytes();
        match self.header["alg"].as_str() {
            Some("HS384") => Hmac::<Sha384>::new_from_slice(key)
                .unwrap()
                .chain_update(text)
                .finalize()
                .into_bytes()
                .to_vec(),
            Some("HS512") => Hmac::<Sha512>::new_from_slice(key)
                .unwrap()
                .chain_update(text)
                .finalize()
                .into_bytes()
                .to_vec(),
            _ => Hmac::<Sha256>::new_from_slice(key)
                .unwrap()
                .chain_update(text)
                .finalize()
                .into_bytes()
                .to_vec(),
        }
    }
}

fn ask(authorization: &str) -> Result<Issuer, AuthError> {
    ask_by(authorization, HEKETIS)
}

/// What a server goes by that is configured like heketi.
const HEKETIS: Rules = Rules { now: NOW, leeway: LEEWAY, scoped: ScopedTokens::Off, private: true };

fn ask_by(authorization: &str, rules: Rules) -> Result<Issuer, AuthError> {
    verify("GET", b"/volumes", Some(authorization.as_bytes()), &keys(), rules)
}

fn ask_with(sample: Sample) -> Result<Issuer, AuthError> {
    ask(&format!("bearer {}", sample.text()))
}

#[track_caller]
fn refused(sample: Sample, text: &str) {
    let error = ask_with(sample).unwrap_err();
    assert_eq!((error.status().as_u16(), error.to_string()), (401, format!("Invalid JWT token: {text}")));
}

#[test]
fn good_tokens_say_who_asks() {
    assert_eq!(ask_with(good()), Ok(Issuer::Admin));
    assert_eq!(ask_with(good().claim("iss", json!("user")).key("userkey")), Ok(Issuer::User));
    for algorithm in ["HS384", "HS512"] {
        assert_eq!(ask_with(good().header(json!({"alg": algorithm}))), Ok(Issuer::Admin));
    }
    let token = good().text();
    for header in ["bearer  ", "Bearer\t", " BEARER "] {
        assert_eq!(ask(&format!("{header}{token} ")), Ok(Issuer::Admin), "{header}");
    }
}

#[test]
fn the_header_is_bearer_and_a_token() {
    let missing = |value: Option<&[u8]>| {
        let error = verify("GET", b"/volumes", value, &keys(), HEKETIS).unwrap_err();
        assert_eq!(error.status().as_u16(), 401);
        assert_eq!(error.to_string(), "Required authorization token not found");
    };
    missing(None);
    missing(Some(b""));
    for value in [" ", "bearer", "basic abc", "bearer a b", "abc"] {
        let error = ask(value).unwrap_err();
        assert_eq!(error.status().as_u16(), 400, "{value}");
        assert_eq!(error.to_string(), "Authorization header format must be Bearer {token}");
    }
}

#[test]
fn tokens_that_cannot_be_read() {
    let check = |token: &str, text: &str| {
        let error = ask(&format!("bearer {token}")).unwrap_err();
        assert_eq!(error, AuthError::token(text), "{token}");
    };
    let of = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = of(r#"{"alg":"HS256"}"#);
    for token in ["a", "a.b", "a.b.c.d"] {
        check(token, "token contains an invalid number of segments");
    }
    check("a!.b.c", "illegal base64 data at input byte 1");
    check(&format!("{header}=.b.c"), &format!("illegal base64 data at input byte {}", header.len()));
    check(&format!("{header}.e30=.c"), "illegal base64 data at input byte 3");
    check("..", "unexpected end of JSON input");
    check(
        &format!("{}..", of("[1]")),
        "json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
    check(&format!("{}..", of("{x")), "invalid character 'x' looking for beginning of object key string");
    check(&format!("{header}.."), "EOF");
    check(
        &format!("{header}.{}.", of(r#"{"iss":5}"#)),
        "json: cannot unmarshal number into Go struct field HeketiJwtClaims.iss of type string",
    );
}

#[test]
fn algorithms() {
    for header in [json!({"typ": "JWT"}), json!({"alg": 5}), json!({"ALG": "HS256"}), json!(null)] {
        refused(good().header(header), "signing method (alg) is unspecified.");
    }
    for name in ["", "HS1", "hs256"] {
        refused(good().header(json!({"alg": name})), "signing method (alg) is unavailable.");
    }
    for name in ["none", "RS256", "ES256", "PS512"] {
        refused(
            good().header(json!({"alg": name})).signature(""),
            &format!("Unexpected signing method: {name}"),
        );
    }
}

#[test]
fn issuers() {
    refused(good().without("iss"), "Token missing iss claim");
    refused(good().claim("iss", json!("")), "Token missing iss claim");
    refused(good().claim("iss", json!("Admin")), "Unknown user");
    let mut only_qsh = good();
    only_qsh.claims = json!({"qsh": only_qsh.claims["qsh"]});
    refused(only_qsh, "Token missing iss claim");
}

#[test]
fn signatures() {
    const WRONG: &str = "signature is invalid (client and server secrets may not match)";
    refused(good().key("userkey"), WRONG);
    refused(good().key(""), WRONG);
    refused(good().signature(""), WRONG);
    refused(good().signature("AAAA"), WRONG);
    refused(good().signature("AA="), "illegal base64 data at input byte 2");
    refused(good().claim("iss", json!("user")), WRONG);
}

#[test]
fn times() {
    assert_eq!(ask_with(good().claim("exp", json!(NOW))), Ok(Issuer::Admin));
    assert_eq!(ask_with(good().claim("nbf", json!(NOW))), Ok(Issuer::Admin));
    assert_eq!(ask_with(good().claim("iat", json!(NOW + LEEWAY))), Ok(Issuer::Admin));
    assert_eq!(ask_with(good().without("iat")), Ok(Issuer::Admin));
    refused(good().claim("exp", json!(NOW - 65)), "Token is expired by 1m5s");
    refused(good().without("exp"), "Token is expired by 472222h13m20s");
    refused(good().claim("nbf", json!(NOW + 1)), "token is not valid yet");
    let early = "Token used before issued (client and server clocks may differ)";
    refused(good().claim("iat", json!(NOW + LEEWAY + 1)), early);
}

#[test]
fn of_several_faults_one_is_reported() {
    let old = || good().claim("exp", json!(1)).claim("qsh", json!("x"));
    let early = || old().claim("iat", json!(NOW + 1000));
    let unborn = || early().claim("nbf", json!(NOW + 1000));
    refused(unborn().key("x"), "signature is invalid (client and server secrets may not match)");
    refused(unborn(), "token is not valid yet");
    refused(early(), "Token used before issued (client and server clocks may differ)");
    refused(old(), "Token is expired by 472222h13m19s");
}

#[test]
fn a_token_is_good_for_one_request() {
    let token = format!("bearer {}", good().text());
    let check = |method: &str, path: &str| {
        let error = verify(method, path.as_bytes(), Some(token.as_bytes()), &keys(), HEKETIS).unwrap_err();
        assert_eq!(
            (error.status().as_u16(), error.to_string().as_str()),
            (401, "Invalid qsh claim in token")
        );
    };
    check("POST", "/volumes");
    check("GET", "/volumes/");
    check("get", "/volumes");
    let upper = good().claims["qsh"].as_str().unwrap().to_uppercase();
    for sample in [good().without("qsh"), good().claim("qsh", json!(upper))] {
        assert_eq!(ask_with(sample), Err(AuthError::OtherRequest));
    }
}

fn scoped() -> Sample {
    good().without("qsh").claim("scope", json!("api"))
}

#[test]
fn tokens_with_a_scope_are_taken_where_they_are_allowed() {
    let check = |sample: Sample, scoped: ScopedTokens, private: bool, expected: Result<Issuer, AuthError>| {
        let text = format!("bearer {}", sample.text());
        assert_eq!(ask_by(&text, Rules { scoped, private, ..HEKETIS }), expected, "{:?}", sample.claims);
    };
    let user = || scoped().claim("iss", json!("user")).key("userkey");
    for private in [true, false] {
        check(scoped(), ScopedTokens::Off, private, Err(AuthError::ScopesOff));
        check(user(), ScopedTokens::EvenWithoutTls, private, Ok(Issuer::User));
        check(good(), ScopedTokens::Tls, private, Ok(Issuer::Admin));
    }
    check(scoped(), ScopedTokens::Tls, true, Ok(Issuer::Admin));
    check(scoped(), ScopedTokens::Tls, false, Err(AuthError::ScopeInTheOpen));
    assert_eq!(AuthError::ScopesOff.to_string(), AuthError::OtherRequest.to_string(), "heketi's text");
}

#[test]
fn a_scope_is_good_for_a_day_and_for_this_api_and_stands_alone() {
    let rules = Rules { scoped: ScopedTokens::Tls, ..HEKETIS };
    let check = |sample: Sample, expected: Result<Issuer, AuthError>| {
        assert_eq!(ask_by(&format!("bearer {}", sample.text()), rules), expected, "{:?}", sample.claims);
    };
    let admin = Ok(Issuer::Admin);
    check(scoped().claim("scope", json!("read api")), admin.clone());
    check(scoped().claim("exp", json!(NOW + 86_400)), admin.clone());
    check(scoped().claim("exp", json!(NOW + 86_401)), Err(AuthError::TooLong));
    check(scoped().without("iat"), Err(AuthError::TooLong));
    check(scoped().claim("scope", json!("apis")), Err(AuthError::OtherScope));
    for nothing in [json!(""), json!(5), json!(["api"]), json!(null)] {
        check(scoped().claim("scope", nothing.clone()), Err(AuthError::OtherRequest));
        check(good().claim("scope", nothing), admin.clone());
    }
    // Made for another request: the scope does not widen that.
    check(scoped().claim("qsh", json!("00")), Err(AuthError::OtherRequest));
    let expired = scoped().claim("iat", json!(NOW - 100)).claim("exp", json!(NOW - 5));
    check(expired, Err(AuthError::token("Token is expired by 5s")));
    let wrong = "signature is invalid (client and server secrets may not match)";
    check(scoped().key("userkey"), Err(AuthError::token(wrong)));
}

#[test]
fn keys_are_not_shown() {
    let shown = format!("{:?}", keys());
    assert!(!shown.contains("adminkey") && !shown.contains("userkey"), "{shown}");
}
