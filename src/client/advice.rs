//! What a refusal or a lost connection is likely to come from, for whoever reads it: clocks, keys, the wrong scheme.

use std::time::{Duration, SystemTime};

use super::address::Address;
use super::token::Credentials;

/// Clocks that differ by less are not worth a word: servers allow for two minutes.
const SKEW: Duration = Duration::from_secs(60);

/// An answer that may be a refusal.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) text: &'a str,
    /// The server's `Date`.
    pub(super) date: Option<&'a str>,
    /// The time here.
    pub(super) now: SystemTime,
    pub(super) host: &'a str,
    pub(super) credentials: &'a Credentials,
}

/// What a refusal is likely to come from.
pub(super) fn of_refusal(refusal: &Refusal<'_>) -> Option<String> {
    let Refusal { status, text, host, .. } = *refusal;
    match status {
        400 if is_plain_http(text) => Some(format!(
            "{host} speaks TLS, and was asked over plain HTTP: write https:// in place of http://"
        )),
        401 => Some(not_let_in(refusal)),
        _ => None,
    }
}

/// In Go's words, or nginx's; a server that says what to do needs no more.
fn is_plain_http(text: &str) -> bool {
    let says =
        ["Client sent an HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port"];
    says.iter().any(|said| text.contains(said)) && !text.contains("https://")
}

fn not_let_in(refusal: &Refusal<'_>) -> String {
    let Refusal { text, host, credentials: Credentials { user, key }, .. } = *refusal;
    let clocks = clocks(refusal);
    let of_time = ["expired", "before issued", "not valid yet"].iter().any(|word| text.contains(word));
    match () {
        () if clocks.is_some() || of_time => clocks.unwrap_or_else(|| {
            format!("Compare the clocks of this machine and of {host}: a token is good for five minutes")
        }),
        () if user.is_empty() || key.is_empty() => {
            let missing = match (user.is_empty(), key.is_empty()) {
                (true, true) => {
                    "no user and no secret were given: --user and --secret, or HEKETI_CLI_USER and HEKETI_CLI_KEY"
                }
                (true, false) => "no user was given: --user or HEKETI_CLI_USER, admin or user",
                _ => "no secret was given: --secret or HEKETI_CLI_KEY",
            };
            format!("{host} lets nobody in without both, and {missing}")
        }
        () if text.contains("Administrator access required") => {
            format!(
                "{host} lets user \"{user}\" only make volumes and look at those that users made (`volume create`, \
                 `volume list --wide`, `volume info`): for the rest give --user=admin and its key"
            )
        }
        () => format!(
            "{host} does not know user \"{user}\" with this key: compare --user and --secret, or HEKETI_CLI_USER and HEKETI_CLI_KEY, with the keys in the server's configuration (jwt)"
        ),
    }
}

/// How far the clocks are apart, where that matters.
fn clocks(refusal: &Refusal<'_>) -> Option<String> {
    let theirs = httpdate::parse_http_date(refusal.date?).ok()?;
    let (skew, side) = match refusal.now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let host = refusal.host;
    (skew > SKEW).then(|| {
        format!(
            "The clock of this machine is {} {side} that of {host}: set the one that is wrong",
            span(skew)
        )
    })
}

fn span(time: Duration) -> String {
    let minutes = (time.as_secs() + 30) / 60;
    if minutes < 120 { format!("{minutes} minutes") } else { format!("{} hours", (minutes + 30) / 60) }
}

/// What it is likely to come from that no answer came.
pub(super) fn of_failure(error: &ureq::Error, address: &Address) -> Option<String> {
    let host = address.host();
    let wrong_scheme = || {
        let told = format!(
            "What listens at {host} does not answer in HTTP: if it speaks TLS, write https:// in place of http://"
        );
        (!address.is_https()).then_some(told)
    };
    match error {
        _ if is_unknown_host(error) => Some(format!(
            "Look at the name {host} in --server or HEKETI_CLI_SERVER, and at the name servers of this machine"
        )),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Some(format!(
                "Nothing listens at {host}. Look whether the server runs there, and whether that is its port (`port` in its configuration)"
            )),
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => wrong_scheme(),
            _ => None,
        },
        ureq::Error::Protocol(_) => wrong_scheme(),
        _ => None,
    }
}

/// Whether a host has no address. The system says so in words only.
pub(super) fn is_unknown_host(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound => true,
        ureq::Error::Io(error) => error.to_string().contains("failed to lookup address information"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NOW: Duration = Duration::from_secs(1_767_225_600);

    fn advice(status: u16, text: &str, date: Option<&str>, user: &str) -> String {
        let credentials = Credentials { user: user.to_owned(), key: "k".into() };
        let now = SystemTime::UNIX_EPOCH + NOW;
        let refusal = Refusal { status, text, date, now, host: "a:8080", credentials: &credentials };
        of_refusal(&refusal).unwrap_or_default()
    }

    #[test]
    fn clocks_are_compared_before_keys_are_doubted() {
        let expired = "Invalid JWT token: Token is expired by 5m0s";
        let check = |date: &str, says: &str| {
            let told = advice(401, expired, Some(date), "admin");
            assert!(told.contains(says), "{told}");
        };
        check("Thu, 01 Jan 2026 00:10:00 GMT", "is 10 minutes behind that of a:8080");
        check("Wed, 31 Dec 2025 00:00:00 GMT", "is 24 hours ahead of that of a:8080");
        check("Thu, 01 Jan 2026 00:00:30 GMT", "Compare the clocks");
        check("some day", "Compare the clocks");
    }

    #[test]
    fn who_is_not_let_in_is_told_what_to_compare() {
        let date = Some("Thu, 01 Jan 2026 00:00:00 GMT");
        let wrong = "Invalid JWT token: signature is invalid";
        assert!(advice(401, wrong, date, "admin").contains("does not know user \"admin\" with this key"));
        assert!(advice(401, wrong, date, "").contains("no user was given: --user"));
        assert!(advice(401, "Administrator access required\n", date, "user").contains("--user=admin"));
        assert_eq!(advice(404, "Id not found", date, "admin"), "");
    }

    #[test]
    fn plain_http_to_a_port_with_tls_is_recognized() {
        let go = "Client sent an HTTP request to an HTTPS server.\n";
        assert!(advice(400, go, None, "admin").contains("a:8080 speaks TLS"));
        assert_eq!(advice(400, &format!("{go} Write https:// instead."), None, "admin"), "");
        assert_eq!(advice(400, "Name is empty", None, "admin"), "");
    }
}
