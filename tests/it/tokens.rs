//! Tokens with a scope: for programs that cannot sign each request.

use serde_json::json;

use crate::conformance::http;
use crate::support::Lab;
use crate::support::operator::assert_says;

/// What a request over TLS with a token is answered.
fn securely(lab: &Lab, method: &str, path: &str, token: &str) -> (u16, String) {
    let headers = [("Authorization".to_owned(), format!("Bearer {token}"))];
    let stream = lab.connect_securely();
    let answer = http::send_over(stream, lab.port(), method, path, &headers, Some(b"{}")).unwrap();
    (answer.status, String::from_utf8_lossy(&answer.body).trim_end().to_owned())
}

fn token(lab: &Lab, user: &str, key: &str, lifetime: &str) -> String {
    let flags = [&format!("--user={user}"), &format!("--secret={key}"), "token", lifetime].map(String::from);
    let (code, token, said) = lab.mortar(&flags.each_ref().map(String::as_str));
    assert_eq!((code, said.as_str()), (Some(0), ""));
    token.trim_end().to_owned()
}

#[test]
fn a_token_with_a_scope_is_good_for_all_requests_over_tls_and_no_more_than_its_issuer_may() {
    let (mut lab, _) = Lab::encrypted();
    lab.keys("a", "u");
    lab.top_setting("jwt", json!({"admin": {"key": "a"}, "user": {"key": "u"}, "scoped_tokens": "tls"}));
    // The level that tells most.
    lab.setting("loglevel", json!("debug"));
    lab.start();
    let admin = token(&lab, "admin", "a", "--lifetime=1h");
    assert_eq!(securely(&lab, "POST", "/clusters", &admin).0, 201);
    assert_eq!(securely(&lab, "GET", "/clusters", &admin).0, 200);
    assert_eq!(securely(&lab, "GET", "/jobs", &admin), (200, r#"{"jobs":[],"truncated":false}"#.to_owned()));
    let user = token(&lab, "user", "u", "--lifetime=90s");
    assert_eq!(securely(&lab, "GET", "/volumes", &user).0, 200);
    let refused = (401, "Administrator access required".to_owned());
    assert_eq!(securely(&lab, "GET", "/clusters", &user), refused);
    let wrong = token(&lab, "admin", "u", "--lifetime=1h");
    let (status, said) = securely(&lab, "GET", "/clusters", &wrong);
    assert_eq!(status, 401);
    assert_says(&said, &["signature is invalid"]);
    // heketi's signature stays good beside it.
    assert_eq!(lab.client_as("admin", "a").cluster_list().unwrap().clusters.len(), 1);
    assert_says(&securely(&lab, "GET", "/internal/logging", &admin).1, &["debug"]);
    assert!(!lab.log().contains(&admin) && !lab.log().contains(&user), "tokens are never logged");
}

#[test]
fn tokens_with_a_scope_are_off_by_default() {
    let (mut lab, _) = Lab::encrypted();
    lab.keys("a", "u");
    lab.start();
    let admin = token(&lab, "admin", "a", "--lifetime=1h");
    let refused = (401, "Invalid qsh claim in token".to_owned());
    assert_eq!(securely(&lab, "GET", "/clusters", &admin), refused, "as heketi says");
}

#[test]
fn the_client_mints_no_token_without_a_key_or_for_longer_than_a_day() {
    let lab = Lab::new();
    let ask = |flags: &[&str]| lab.mortar(&[flags, &["token"]].concat());
    let (code, out, said) = ask(&["--user=admin"]);
    assert_eq!((code, out.as_str()), (Some(255), ""));
    assert_says(&said, &["Missing secret", "HEKETI_CLI_KEY"]);
    assert_says(&ask(&["--secret=a"]).2, &["Missing user"]);
    assert_says(&ask(&["--user=bob", "--secret=a"]).2, &["bob", "admin or user"]);
    let (code, _, said) = lab.mortar(&["--user=admin", "--secret=a", "token", "--lifetime=25h"]);
    assert_eq!(code, Some(255));
    assert_says(&said, &["25h", "at most 24h"]);
}
