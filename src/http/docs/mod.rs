//! The document as a page: Swagger UI, with all that it needs from this server. Needs no token: it shows what is
//! published anyway, and what it asks the server needs one.

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use super::{ApiError, answers};

/// The page; what it needs is below it.
pub(super) const PATH: &str = "/docs";

/// What the page may do: run our scripts and ask our server. Swagger UI sets styles in place.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

struct File {
    name: &'static str,
    kind: &'static str,
    gzipped: bool,
    content: &'static [u8],
}

impl File {
    /// What tells two states of it apart: files change with the server only.
    fn tag(&self) -> String {
        format!("\"{}-{:x}\"", env!("CARGO_PKG_VERSION"), self.content.len())
    }
}

const FILES: [File; 4] = [
    File {
        name: "swagger-ui-bundle.js",
        kind: "text/javascript; charset=utf-8",
        gzipped: true,
        content: include_bytes!("swagger-ui/swagger-ui-bundle.js.gz"),
    },
    File {
        name: "swagger-ui.css",
        kind: "text/css; charset=utf-8",
        gzipped: true,
        content: include_bytes!("swagger-ui/swagger-ui.css.gz"),
    },
    File {
        name: "favicon-32x32.png",
        kind: "image/png",
        gzipped: false,
        content: include_bytes!("swagger-ui/favicon-32x32.png"),
    },
    File {
        name: "page.js",
        kind: "text/javascript; charset=utf-8",
        gzipped: false,
        content: include_bytes!("page.js"),
    },
];

const PAGE: File = File {
    name: "",
    kind: "text/html; charset=utf-8",
    gzipped: false,
    content: include_bytes!("index.html"),
};

/// The routes, which are no part of the API.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> [(&'static str, MethodRouter<S>); 3] {
    [(PATH, get(page)), ("/docs/", get(elsewhere)), ("/docs/{name}", get(file))]
}

async fn page(headers: HeaderMap) -> Response {
    answer(&PAGE, &headers)
}

/// What the page names is relative to the address without the slash.
async fn elsewhere() -> Response {
    let mut response = answers::empty(StatusCode::MOVED_PERMANENTLY);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("../docs"));
    response
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = FILES.iter().find(|file| file.name == name).ok_or(ApiError::NoRoute)?;
    Ok(answer(found, &headers))
}

fn answer(file: &File, request: &HeaderMap) -> Response {
    let tag = file.tag();
    if request.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return answers::empty(StatusCode::NOT_MODIFIED);
    }
    // All browsers take it; unpacked, the script alone would be kept in memory with 1.7 MB.
    if file.gzipped && !takes_gzip(request) {
        return answers::empty(StatusCode::NOT_ACCEPTABLE);
    }
    let mut response = Response::new(Body::from(Bytes::from_static(file.content)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.kind));
    if file.gzipped {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    headers.extend(HeaderValue::from_str(&tag).ok().map(|tag| (ETAG, tag)));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whoever says nothing takes everything. Source: RFC 9110, section 12.5.3.
fn takes_gzip(request: &HeaderMap) -> bool {
    let mut values = request.get_all(ACCEPT_ENCODING).iter().peekable();
    if values.peek().is_none() {
        return true;
    }
    let codings = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut named = codings.filter(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && (name.eq_ignore_ascii_case("gzip") || name == "*")
    });
    named.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let check = |accepts: Option<&'static str>, expected: bool| {
            let value = accepts.map(|text| (ACCEPT_ENCODING, HeaderValue::from_static(text)));
            assert_eq!(takes_gzip(&HeaderMap::from_iter(value)), expected, "{accepts:?}");
        };
        check(None, true);
        check(Some("gzip, deflate, br, zstd"), true);
        check(Some("br;q=1.0, GZIP;q=0.5"), true);
        check(Some("*"), true);
        check(Some("identity"), false);
        check(Some("gzip;q=0, br"), false);
    }
}
