//! URLs as Go's client makes them: the server's address with a path behind it, nothing checked beyond that.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::error::ClientError;

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
        let url = utf8_percent_encode(url, NOT_IN_URLS).to_string();
        let refuse =
            |reason: String| Err(ClientError::Address(format!("{} \"{url}\": {reason}", title(method))));
        match scheme(&url) {
            Some("http" | "https") => {}
            None if first_segment(&url).contains(':') => {
                let reason = "first path segment in URL cannot contain colon";
                return Err(ClientError::Address(format!("parse \"{url}\": {reason}")));
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
        Ok(Address { url, host_at, path_at })
    }

    /// The whole of it.
    pub(super) fn as_str(&self) -> &str {
        &self.url
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
        check("https:/clusters", "Get \"https:/clusters\": http: no Host in request URL");
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
