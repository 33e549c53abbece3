//! How much is logged.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tracing::info;

use super::extract::ExplainedBody;
use super::{ApiError, App, answers};
use crate::api::LogLevels;
use crate::telemetry::LogLevel;

/// How much is logged at present.
#[utoipa::path(get, path = "/internal/logging", tag = "service", operation_id = "log_level",
    responses((status = 200, description = "The level", body = LogLevels)))]
pub(super) async fn level(State(app): State<App>) -> Response {
    answers::json(StatusCode::OK, &LogLevels::new(app.log.level().name()))
}

/// Logs more or less from now on. A restart goes back to the configured level.
#[utoipa::path(post, path = "/internal/logging", tag = "service", operation_id = "log_set_level",
    request_body = LogLevels,
    responses((status = 200, description = "The level that is set", body = LogLevels)))]
pub(super) async fn set_level(
    State(app): State<App>,
    ExplainedBody(request): ExplainedBody<LogLevels>,
) -> Result<Response, ApiError> {
    let word = request.of_server().ok_or(ApiError::NoSuchLogger)?;
    // heketi takes an empty one, and leaves everything as it is.
    if !word.is_empty() {
        let level = LogLevel::parse(word).ok_or_else(|| ApiError::NoSuchLevel(word.to_owned()))?;
        app.log.set(level);
        info!("the log level is {word} from now on");
    }
    Ok(level(State(app)).await)
}
