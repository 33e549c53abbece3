//! Jobs: what clients poll.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::extract::{Id, IsUser};
use super::{ApiError, App, answers, problem};
use crate::model::ids::JobId;
use crate::model::operation::JobOutcome;

/// The header that says what a running job is doing.
const STEP: &str = "x-mortar-step";

/// What became of a request that was accepted. A finished job is kept for ten minutes after it was first read.
#[utoipa::path(get, path = "/queue/{id}", tag = "jobs", operation_id = "job_poll",
    params(("id" = String, Path, description = "Id of the job")),
    responses((status = 200, description = "Running; poll again", headers(("X-Pending" = String, description = "`true`"),
                  ("X-Mortar-Step" = String, description = "The running step in a few words"))),
              (status = 204, description = "Done; there is nothing to show"),
              (status = 303, description = "Done; here is the object", headers(("Location" = String, description = "Path of the object"))),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The job failed; the text says why", body = String, content_type = "text/plain")))]
pub(super) async fn poll(
    State(app): State<App>,
    IsUser(is_user): IsUser,
    Id(id): Id<JobId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let view = app.operations.job(id).await?;
    if is_user && !view.job.by_user {
        return Err(ApiError::AdminOnly);
    }
    Ok(match view.job.outcome {
        None => running(view.step.as_deref()),
        Some(JobOutcome::Done) => answers::no_content(),
        Some(JobOutcome::Location { path }) => answers::see_other(&path),
        Some(JobOutcome::Failed { text, explanation }) => {
            problem::failure(&headers, StatusCode::INTERNAL_SERVER_ERROR, &text, explanation.as_deref())
        }
    })
}

fn running(step: Option<&str>) -> Response {
    let mut response = answers::pending();
    if let Some(value) = step.and_then(|step| HeaderValue::from_str(step).ok()) {
        response.headers_mut().insert(STEP, value);
    }
    response
}
