//! Tokens: only the one that was signed lets in.

use super::fuzz;
use crate::conformance::sign::authorization;
use crate::support::Lab;

#[test]
fn tokens_that_are_damaged_let_nobody_in() {
    let mut lab = Lab::new();
    lab.keys("admin's key", "user's key");
    lab.start();
    let of = |who: &str, key: &str, path: &str| {
        let sign = serde_json::json!({"iss": who, "key": key});
        authorization(&sign, "GET", path).unwrap().into_bytes()
    };
    let right = of("admin", "admin's key", "/clusters");
    let seeds = [
        right.clone(),
        of("user", "user's key", "/clusters"),
        of("admin", "user's key", "/clusters"),
        of("admin", "admin's key", "/volumes"),
        b"bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJhZG1pbiJ9.".to_vec(),
    ];
    fuzz("tokens", &seeds, |case| {
        // What no header can have is refused by whoever sends it.
        let Ok(text) = std::str::from_utf8(case) else { return Ok(()) };
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Ok(());
        }
        let reply = lab.try_send("GET", "/clusters", &[("Authorization", text)], None);
        let reply = reply.map_err(|error| format!("no answer: {error:#}"))?;
        // Case and blanks of the scheme do not matter; the bits behind the last character of a signature neither.
        let is_right = reply.status == 200 && same_token(text.as_bytes(), &right);
        if is_right || matches!(reply.status, 400 | 401 | 431) { Ok(()) } else { Err(format!("{reply:?}")) }
    });
    assert!(!lab.log().contains("panicked"), "{}", lab.log_tail());
}

fn same_token(given: &[u8], right: &[u8]) -> bool {
    let token = |header: &[u8]| {
        let text = String::from_utf8_lossy(header).into_owned();
        text.trim().rsplit(' ').next().unwrap_or_default().to_owned()
    };
    token(given) == token(right)
}
