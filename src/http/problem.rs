//! Refusals: heketi's plain text, or a problem object where the client asks for one.

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use crate::api::problem::{PROBLEM_JSON, Problem};
use crate::json;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// A refusal as heketi writes it: the text and a line feed.
pub fn text_error(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    response
}

/// The answer after a panic, which heketi sends without `nosniff`.
pub fn panicked(message: &str) -> Response {
    let mut response = text_error(StatusCode::INTERNAL_SERVER_ERROR, &format!("PANIC: {message}"));
    response.headers_mut().remove(X_CONTENT_TYPE_OPTIONS);
    response
}

/// A refusal in the form that the request asks for. Only a problem object has room for the explanation.
pub fn failure(request: &HeaderMap, status: StatusCode, text: &str, explanation: Option<&str>) -> Response {
    if !wants_problem(request) {
        return text_error(status, text);
    }
    let problem = Problem {
        title: text.trim_end().to_owned(),
        status: status.as_u16(),
        detail: explanation.map(str::to_owned),
    };
    let mut response = Response::new(Body::from(json::encode(&problem)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

/// Whether `Accept` names the media type itself: `*/*` is what clients send who know only heketi's texts.
fn wants_problem(request: &HeaderMap) -> bool {
    let values = request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = values.flat_map(|value| value.split(','));
    ranges.any(|range| {
        let name = range.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(PROBLEM_JSON)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(accept: Option<&str>, content_type: &str, body: &str) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        }
        let response = failure(&headers, StatusCode::CONFLICT, "in the way", Some("because"));
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[CONTENT_TYPE], content_type, "{accept:?}");
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), body);
    }

    #[tokio::test]
    async fn only_who_asks_for_a_problem_gets_one() {
        let problem = "{\"title\":\"in the way\",\"status\":409,\"detail\":\"because\"}\n";
        check(None, "text/plain; charset=utf-8", "in the way\n").await;
        check(Some("*/*"), "text/plain; charset=utf-8", "in the way\n").await;
        check(Some("application/problem+json"), PROBLEM_JSON, problem).await;
        check(Some("text/plain;q=0.1, Application/Problem+JSON;q=0.9"), PROBLEM_JSON, problem).await;
    }
}
