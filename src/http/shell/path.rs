//! The path of a request: decoded for matching, cleaned as Go's router cleans it.

use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// What Go encodes in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A decoded path with the query that came with it.
pub(super) struct RequestPath {
    bytes: Vec<u8>,
    text: String,
    query: Option<String>,
}

impl RequestPath {
    /// `None` if a percent sign begins no escape.
    pub(super) fn of(uri: &Uri) -> Option<RequestPath> {
        let encoded = uri.path();
        if !escapes_are_whole(encoded.as_bytes()) {
            return None;
        }
        let bytes: Vec<u8> = percent_decode(encoded.as_bytes()).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(RequestPath { bytes, text, query: uri.query().map(str::to_owned) })
    }

    /// As it was sent, decoded: tokens are made for that.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// For matching. What is no UTF-8 fits no route.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where to go instead, with the query, if the path is not clean.
    pub(super) fn cleaned(&self) -> Option<String> {
        let clean = clean(&self.bytes);
        (clean != self.bytes).then(|| self.link(&clean))
    }

    /// The path without the slash at its end, with the query.
    pub(super) fn without_slash(&self) -> String {
        self.link(self.bytes.strip_suffix(b"/").unwrap_or(&self.bytes))
    }

    /// The decoded path as it is matched by the routes behind the shell.
    pub(super) fn plain(&self) -> Option<Uri> {
        self.link(&self.bytes).parse().ok()
    }

    fn link(&self, path: &[u8]) -> String {
        let path = percent_encode(path, ESCAPED);
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_string(),
        }
    }
}

fn escapes_are_whole(encoded: &[u8]) -> bool {
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return false,
        }
    }
    true
}

/// Without empty segments, `.` and `..`. A slash at the end stays.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let mut clean = vec![b'/'];
    clean.extend(kept.join(&b'/'));
    if path.ends_with(b"/") && clean.len() > 1 {
        clean.push(b'/');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unclean_paths_are_sent_elsewhere() {
        let check = |sent: &str, expected: Option<&str>| {
            let path = RequestPath::of(&sent.parse().unwrap()).unwrap();
            assert_eq!(path.cleaned().as_deref(), expected, "{sent}");
        };
        check("/", None);
        check("/clusters", None);
        check("/clusters/", None);
        check("/%63lusters?x=//", None);
        check("//clusters", Some("/clusters"));
        check("/clusters//", Some("/clusters/"));
        check("/clusters/.", Some("/clusters"));
        check("/a/../clusters?x=1", Some("/clusters?x=1"));
        check("/clusters/%2e%2e/volumes", Some("/volumes"));
        check("/../..", Some("/"));
        check("//", Some("/"));
        check("/a//%20%C3%A9%22", Some("/a/%20%C3%A9%22"));
    }

    #[test]
    fn broken_escapes_are_no_path() {
        let check = |sent: &str, whole: bool| {
            assert_eq!(RequestPath::of(&sent.parse().unwrap()).is_some(), whole, "{sent}");
        };
        check("/%41", true);
        check("/%4", false);
        check("/%zz", false);
        check("/%", false);
    }
}
