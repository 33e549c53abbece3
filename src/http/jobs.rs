//! Jobs as JSON, beside `/queue`: one status for all that can become of them, and no redirects.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::extract::{Id, IsUser};
use super::queue::preferred_wait;
use super::{ApiError, App, answers};
use crate::api::{JobInfo, JobList};
use crate::model::ids::JobId;
use crate::operations::JobView;

/// The most that a list has.
const LIST_LIMIT: u32 = 1000;

/// Jobs: those that have not ended, then the others, newest first; up to 1000, and `truncated` says whether there are
/// more. A `user` sees those that users have started. To be listed does not count as being read. A job that has ended
/// and that nobody has read has `unclaimed: true`.
#[utoipa::path(get, path = "/jobs", tag = "jobs", operation_id = "job_list",
    responses((status = 200, description = "The jobs", body = JobList)))]
pub(super) async fn list(State(app): State<App>, IsUser(is_user): IsUser) -> Result<Response, ApiError> {
    let (views, truncated) = app.operations.jobs(is_user, LIST_LIMIT).await?;
    let now = app.operations.now_ms();
    let jobs: Vec<JobInfo> = views.iter().map(|view| shown(view, now)).collect();
    Ok(answers::json(StatusCode::OK, &JobList { jobs: jobs.into(), truncated }))
}

/// A job, whatever has become of it. One that has ended is kept for ten minutes after it was first read, and for
/// seven days if nobody reads it. With `Prefer: wait=SECONDS` the answer comes as soon as it has ended, or after that
/// time. It is known by the id at the end of the `Location` of the 202, which is also its `X-Mortar-Job`.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", operation_id = "job_info",
    params(("id" = String, Path, description = "Id of the job"),
           ("Prefer" = Option<String>, Header, description = "`wait=SECONDS`, at most 60: answer when the job has ended, or after that time")),
    responses((status = 200, description = "The job", body = JobInfo,
               headers(("Preference-Applied" = String, description = "`wait`: it was waited for as long as `Prefer` said")))))]
pub(super) async fn info(
    State(app): State<App>,
    IsUser(is_user): IsUser,
    Id(id): Id<JobId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (view, waited) = read(&app, is_user, id, &headers).await?;
    let mut response = answers::json(StatusCode::OK, &shown(&view, app.operations.now_ms()));
    if waited {
        response.headers_mut().insert("preference-applied", HeaderValue::from_static("wait"));
    }
    Ok(response)
}

/// Reads a job, which counts as being read, if its caller may do that; waits for its end if that is wanted. Says
/// whether it was waited for all the time.
pub(super) async fn read(
    app: &App,
    is_user: bool,
    id: JobId,
    headers: &HeaderMap,
) -> Result<(JobView, bool), ApiError> {
    let view = app.operations.job(id).await?;
    if is_user && !view.job.by_user {
        return Err(ApiError::AdminOnly);
    }
    match (&view.job.outcome, preferred_wait(headers)) {
        (None, Some(time)) => Ok(app.operations.job_within(id, time).await?),
        _ => Ok((view, false)),
    }
}

fn shown(view: &JobView, now_ms: i64) -> JobInfo {
    JobInfo::new(&view.job, view.doing.as_ref(), view.taken_on, now_ms)
}
