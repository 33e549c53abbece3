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

/// The header that says what failed all the same.
const WARNING: &str = "x-mortar-warning";

/// What became of a request that was accepted. A finished job is kept for ten minutes after it was first read.
#[utoipa::path(get, path = "/queue/{id}", tag = "jobs", operation_id = "job_poll",
    params(("id" = String, Path, description = "Id of the job")),
    responses((status = 200, description = "Running; poll again", headers(("X-Pending" = String, description = "`true`"),
                  ("X-Mortar-Step" = String, description = "The running step in a few words"))),
              (status = 204, description = "Done; there is nothing to show"),
              (status = 303, description = "Done; here is the object", headers(("Location" = String, description = "Path of the object"),
                  ("X-Mortar-Warning" = String, description = "What failed all the same, and what to do"))),
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
        Some(JobOutcome::Location { path, warning }) => done(&path, warning.as_deref()),
        Some(JobOutcome::Failed { text, explanation }) => {
            problem::failure(&headers, StatusCode::INTERNAL_SERVER_ERROR, &text, explanation.as_deref())
        }
    })
}

/// What failed although the request was carried out is told in a header: the answer itself is heketi's.
fn done(path: &str, warning: Option<&str>) -> Response {
    let mut response = answers::see_other(path);
    let line = warning.map(|text| text.replace(['\r', '\n'], " "));
    if let Some(value) = line.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(WARNING, value);
    }
    response
}

fn running(step: Option<&str>) -> Response {
    let mut response = answers::pending();
    if let Some(value) = step.and_then(|step| HeaderValue::from_str(step).ok()) {
        response.headers_mut().insert(STEP, value);
    }
    response
}
