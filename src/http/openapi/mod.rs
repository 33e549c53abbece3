//! The OpenAPI document: what utoipa makes of the routes, completed with what all of them have in common, and
//! brought down to the version that every generator takes.

mod complete;
mod lower;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use utoipa::openapi::OpenApi;

use super::{App, answers};

/// The document as it is published: OpenAPI 3.0.3, two spaces, a line feed at the end.
///
/// # Errors
/// When it cannot be made, which would be a fault of the program.
pub fn published(document: &OpenApi) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    complete::document(&mut value)?;
    lower::document(&mut value);
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// This description of the API; needs no token.
#[utoipa::path(get, path = "/openapi.json", tag = "service", operation_id = "openapi_document", security(()),
    responses((status = 200, description = "The document", body = Value)))]
pub(super) async fn document(State(app): State<App>) -> Response {
    let mut response = answers::text_of_json(StatusCode::OK, app.document.clone());
    // It changes with the version of the server only.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}
