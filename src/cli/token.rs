//! `token`

use std::time::Duration;

use super::args::Token;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use crate::api::token::{API_SCOPE, LONGEST_LIFETIME};

/// Less than this is likely to be meant otherwise.
const SHORT: Duration = Duration::from_secs(60);

pub(super) fn run(arguments: &Token, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let credentials = session.credentials();
    let missing = |what: &str, flag: &str, variable: &str| {
        Failure::new(format!("Missing {what}: give --{flag}, or set {variable}"))
    };
    if credentials.user.is_empty() {
        return Err(missing("user", "user", "HEKETI_CLI_USER"));
    }
    if credentials.key.is_empty() {
        return Err(missing("secret", "secret", "HEKETI_CLI_KEY"));
    }
    if !matches!(credentials.user.as_str(), "admin" | "user") {
        let text = format!("\"{}\" is no user that a server knows: admin or user", credentials.user);
        return Err(Failure::new(text));
    }
    let lifetime = lifetime(&arguments.lifetime)?;
    if lifetime < SHORT {
        let seconds = lifetime.as_secs();
        output.note(&format!("The token is good for {seconds} s only: for hours write --lifetime=8h\n"))?;
    }
    output.line(&credentials.scoped_token(API_SCOPE, lifetime))
}

/// A number with `s`, `m` or `h`; seconds without.
fn lifetime(text: &str) -> Result<Duration, Failure> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 60 * 60),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    let found = seconds.map(Duration::from_secs).filter(|time| !time.is_zero() && *time <= LONGEST_LIFETIME);
    found.ok_or_else(|| {
        Failure::new(format!(
            "\"{text}\" is no lifetime of a token: give 90s, 30m or 8h, for example; at most 24h"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_bounded() {
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(lifetime(text).ok().map(|time| time.as_secs()), seconds, "{text}");
        };
        check("90s", Some(90));
        check("90", Some(90));
        check("30m", Some(1800));
        check("24h", Some(86_400));
        for wrong in ["", "0", "h", "-1h", "1d", "1.5h", "25h", "1441m", "99999999999999999999h"] {
            check(wrong, None);
        }
    }
}
