//! URLs as Go's client makes them: the server's address with a path behind it, nothing checked beyond that.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::error::ClientError;
use crate::words::go::quoted;

/// What cannot stand in a URL; ids are put into paths as they are.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A URL that a request can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    url: String,
    /// Where the host begins in `url`.
    host_at: usize,
    /// Where the path begins in `url`.
    path_at: usize,
}

impl Address {
    /// Parses a URL. `method` is for the message.
    pub(super) fn parse(method: &str, url: &str) -> Result<Address, ClientError> {
        let mut url = utf8_percent_encode(url, NOT_IN_URLS).to_string();
        if let Some(length) = scheme(&url).map(str::len) {
            url[..length].make_ascii_lowercase();
        }
        let refuse = |reason: String| {
            let shown = without_password(&url);
            Err(ClientError::Address(format!("{} \"{shown}\": {reason}", title(method))))
        };
        match scheme(&url) {
            Some("http" | "https") => {}
            None if first_segment(&url).contains(':') => {
                let reason = "first path segment in URL cannot contain colon";
                return Err(ClientError::Address(format!("parse \"{}\": {reason}", without_password(&url))));
            }
            other => {
                return refuse(format!("unsupported protocol scheme \"{}\"", other.unwrap_or("")));
            }
        }
        let Some((_, rest)) = url.split_once(':').filter(|(_, rest)| rest.starts_with("//")) else {
            return refuse("http: no Host in request URL".to_owned());
        };
        let host_at = url.len() - rest.len() + "//".len();
        let path_at = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |at| host_at + at);
        if path_at == host_at {
            return refuse("http: no Host in request URL".to_owned());
        }
        if let Some(port) = port(&url[host_at..path_at]).filter(|port| !port.is_empty()) {
            if !port.bytes().all(|byte| byte.is_ascii_digit()) {
                let reason = format!("invalid port {} after host", quoted(&format!(":{port}")));
                let shown = without_password(&url);
                return Err(ClientError::Address(format!("parse \"{shown}\": {reason}")));
            }
            if port.parse::<u16>().is_err() {
                return refuse(format!("dial tcp: address {port}: invalid port"));
            }
        }
        Ok(Address { url, host_at, path_at })
    }

    /// The whole of it.
    pub(super) fn as_str(&self) -> &str {
        &self.url
    }

    /// The same for people, without a password that it may have in it.
    pub(super) fn shown(&self) -> String {
        without_password(&self.url)
    }

    /// The path, decoded, without query: what a token is made for.
    pub(super) fn path(&self) -> String {
        let path = &self.url[self.path_at..];
        let end = path.find(['?', '#']).unwrap_or(path.len());
        percent_decode_str(&path[..end]).decode_utf8_lossy().into_owned()
    }

    /// The host and its port.
    pub(super) fn host(&self) -> &str {
        self.url[self.host_at..self.path_at].rsplit('@').next().unwrap_or_default()
    }

    /// The port where none is named.
    pub(super) fn standard_port(&self) -> u16 {
        if self.is_https() { 443 } else { 80 }
    }

    /// Whether TLS is spoken there.
    pub(super) fn is_https(&self) -> bool {
        self.url.starts_with("https:")
    }

    /// Where a `Location` header leads from here.
    pub(super) fn join(&self, method: &str, location: &str) -> Result<Address, ClientError> {
        let target = if scheme(location).is_some() && location.contains("://") {
            location.to_owned()
        } else if location.starts_with("//") {
            let scheme = if self.is_https() { "https" } else { "http" };
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{}{location}", &self.url[..self.path_at])
        } else {
            let end = self.url.rfind('/').filter(|at| *at >= self.path_at).unwrap_or(self.path_at);
            format!("{}/{location}", &self.url[..end])
        };
        Address::parse(method, &target)
    }
}

/// The method as Go's client writes it in messages.
pub(super) fn title(method: &str) -> String {
    let (first, rest) = method.split_at(1.min(method.len()));
    format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
}

/// As Go's client shows a URL in errors.
fn without_password(url: &str) -> String {
    let found = url.find("://").map(|at| at + "://".len()).and_then(|begin| {
        let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
        let at = begin + url[begin..end].rfind('@')?;
        let colon = begin + url[begin..at].find(':')?;
        Some((colon + 1, at))
    });
    found.map_or_else(|| url.to_owned(), |(from, to)| format!("{}***{}", &url[..from], &url[to..]))
}

/// The port that a host with whoever asks it names.
fn port(authority: &str) -> Option<&str> {
    let host = authority.rsplit('@').next().unwrap_or_default();
    // The colons of an IPv6 address stand in brackets.
    let behind = host.rsplit(']').next().unwrap_or_default();
    behind.rsplit_once(':').map(|(_, port)| port)
}

fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let letters = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let valid = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (letters && valid).then_some(scheme)
}

fn first_segment(url: &str) -> &str {
    url.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_in_gos_words() {
        let check = |url: &str, expected: &str| {
            let found = match Address::parse("GET", url) {
                Ok(address) => format!("{} {}", address.host(), address.path()),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{url}");
        };
        check("http://a:8080/clusters?x=1", "a:8080 /clusters");
        check("http://a//clusters", "a //clusters");
        check("http://a/volumes/%41 b", "a /volumes/A b");
        check(
            "localhost:8080/clusters",
            "Get \"localhost:8080/clusters\": unsupported protocol scheme \"localhost\"",
        );
        check("/clusters", "Get \"/clusters\": unsupported protocol scheme \"\"");
        check(
            "10.0.0.1:8080/clusters",
            "parse \"10.0.0.1:8080/clusters\": first path segment in URL cannot contain colon",
        );
        check("https://a:8443/clusters?x=1", "a:8443 /clusters");
        check("ftp://a/clusters", "Get \"ftp://a/clusters\": unsupported protocol scheme \"ftp\"");
        check("HTTP://LOCALHOST/clusters", "LOCALHOST /clusters");
        check("http://a:99999/c", "Get \"http://a:99999/c\": dial tcp: address 99999: invalid port");
        check("http://a:x/c", "parse \"http://a:x/c\": invalid port \":x\" after host");
        check("http://[::1]:8080/c", "[::1]:8080 /c");
        check("http://[::1]/c", "[::1] /c");
        check(
            "http://me:s3cret@a:99999/c",
            "Get \"http://me:***@a:99999/c\": dial tcp: address 99999: invalid port",
        );
        check("ftp://me:s3cret@a/c", "Get \"ftp://me:***@a/c\": unsupported protocol scheme \"ftp\"");
        check("https:/clusters", "Get \"https:/clusters\": http: no Host in request URL");
    }

    #[test]
    fn a_password_is_never_shown() {
        let check = |url: &str, expected: &str| {
            assert_eq!(Address::parse("GET", url).unwrap().shown(), expected, "{url}");
        };
        check("http://me:s3@cret@a:1/c?x=y:z@b", "http://me:***@a:1/c?x=y:z@b");
        check("http://me@a:1/c", "http://me@a:1/c");
        check("http://a:1/c:d@e", "http://a:1/c:d@e");
    }

    #[test]
    fn locations_lead_on_from_where_they_were_found() {
        let from = Address::parse("GET", "http://a:1/volumes/x").unwrap();
        let check = |location: &str, expected: &str| {
            assert_eq!(from.join("GET", location).unwrap().as_str(), expected, "{location}");
        };
        check("/queue/1", "http://a:1/queue/1");
        check("http://b/queue/1", "http://b/queue/1");
        check("//b/queue/1", "http://b/queue/1");
        check("y", "http://a:1/volumes/y");
        let secure = Address::parse("GET", "https://a:1/volumes/x").unwrap();
        assert_eq!(secure.join("GET", "/queue/1").unwrap().as_str(), "https://a:1/queue/1");
        assert_eq!(secure.join("GET", "//b/queue/1").unwrap().as_str(), "https://b/queue/1");
    }
}
