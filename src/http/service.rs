//! The service itself.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

/// Says that the server is there; needs no token.
#[utoipa::path(get, path = "/hello", tag = "service", operation_id = "hello", security(()),
    responses((status = 200, description = "A greeting", body = String, content_type = "text/plain")))]
pub(super) async fn hello() -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=UTF-8")], "Hello from Heketi").into_response()
}
