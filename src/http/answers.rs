//! The answers that are not errors, with exactly heketi's headers.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use crate::json;

/// As heketi writes it: `UTF-8` in upper case here, in lower case elsewhere.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const PENDING: HeaderValue = HeaderValue::from_static("true");

/// What cannot stand in a header as it is.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// A value as JSON.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let mut response = with_body(status, json::encode(value));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// What is JSON already.
pub fn text_of_json(status: StatusCode, text: Bytes) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// 200 with a value as JSON that people read.
pub fn indented_json<T: Serialize>(value: &T) -> Response {
    let mut response = with_body(StatusCode::OK, json::encode_indented(value));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// 200 that calls itself JSON and is empty.
pub fn empty_json() -> Response {
    let mut response = empty(StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// 202 with the path of a job.
pub fn accepted(path: &str) -> Response {
    let mut response = empty(StatusCode::ACCEPTED);
    response.headers_mut().insert(LOCATION, location(path));
    response
}

/// 202 with the path of a job, as a `GET` gets it.
pub fn accepted_of_get(path: &str) -> Response {
    linked(StatusCode::ACCEPTED, path, "Accepted")
}

/// 200 of a job that runs.
pub fn pending() -> Response {
    let mut response = empty(StatusCode::OK);
    response.headers_mut().insert("x-pending", PENDING);
    response
}

/// 303 to the object that a job has made.
pub fn see_other(path: &str) -> Response {
    linked(StatusCode::SEE_OTHER, path, "See Other")
}

/// 301 with a link, as a `GET` gets it.
pub fn moved(path: &str) -> Response {
    linked(StatusCode::MOVED_PERMANENTLY, path, "Moved Permanently")
}

/// 301 without a body, as the other methods get it.
pub fn moved_silently(path: &str) -> Response {
    let mut response = empty(StatusCode::MOVED_PERMANENTLY);
    response.headers_mut().insert(LOCATION, location(path));
    response
}

/// 204.
pub fn no_content() -> Response {
    empty(StatusCode::NO_CONTENT)
}

/// A status alone: no body, no `Content-Type`.
pub fn empty(status: StatusCode) -> Response {
    with_body(status, Vec::new())
}

fn linked(status: StatusCode, path: &str, words: &str) -> Response {
    let text = format!("<a href=\"{}\">{words}</a>.\n\n", escaped(path));
    let mut response = with_body(status, text.into_bytes());
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    response.headers_mut().insert(LOCATION, location(path));
    response
}

fn with_body(status: StatusCode, body: Vec<u8>) -> Response {
    let body = if body.is_empty() { Body::empty() } else { Body::from(body) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// The path as a header's value, with what a header cannot hold percent-encoded.
fn location(path: &str) -> HeaderValue {
    let encoded = utf8_percent_encode(path, UNSAFE).to_string();
    HeaderValue::from_str(&encoded).unwrap_or(HeaderValue::from_static("/"))
}

/// A text inside of HTML, in the spelling of Go.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&#34;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(response: Response, status: u16, headers: &[(&str, &str)], body: &str) {
        assert_eq!(response.status().as_u16(), status);
        let found: Vec<(&str, &str)> =
            response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(found, headers);
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), body);
    }

    #[tokio::test]
    async fn answers_have_exactly_heketis_headers() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=UTF-8");
        const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
        check(json(StatusCode::CREATED, &["<a>"]), 201, &[JSON], "[\"\\u003ca\\u003e\"]\n").await;
        check(empty_json(), 200, &[JSON], "").await;
        check(accepted("/queue/ab"), 202, &[("location", "/queue/ab")], "").await;
        check(pending(), 200, &[("x-pending", "true")], "").await;
        check(no_content(), 204, &[], "").await;
        let link = "<a href=\"/volumes/ab\">See Other</a>.\n\n";
        check(see_other("/volumes/ab"), 303, &[HTML, ("location", "/volumes/ab")], link).await;
        let link = "<a href=\"/v?a=1&amp;b=&#34;\">Moved Permanently</a>.\n\n";
        check(moved("/v?a=1&b=\""), 301, &[HTML, ("location", "/v?a=1&b=%22")], link).await;
        check(moved_silently("/v"), 301, &[("location", "/v")], "").await;
    }
}
