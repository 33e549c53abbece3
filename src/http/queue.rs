//! Jobs: what clients poll.

use std::time::Duration;

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

/// The header that says how the client wants its answer. Source: RFC 7240.
const PREFER: &str = "prefer";

/// The longest wait that a client may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What became of a request that was accepted. A finished job is kept for ten minutes after it was first read. With
/// `Prefer: wait=SECONDS` the answer comes as soon as the job is finished, or after that time.
#[utoipa::path(get, path = "/queue/{id}", tag = "jobs", operation_id = "job_poll",
    params(("id" = String, Path, description = "Id of the job"),
           ("Prefer" = Option<String>, Header, description = "`wait=SECONDS`, at most 60: answer when the job is finished, or after that time")),
    responses((status = 200, description = "Running; poll again", headers(("X-Pending" = String, description = "`true`"),
                  ("X-Mortar-Step" = String, description = "The running step in a few words"),
                  ("Preference-Applied" = String, description = "`wait`: it was waited for as long as `Prefer` said"))),
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
    let mut view = app.operations.job(id).await?;
    if is_user && !view.job.by_user {
        return Err(ApiError::AdminOnly);
    }
    let mut waited = false;
    if let (None, Some(time)) = (&view.job.outcome, preferred_wait(&headers)) {
        (view, waited) = app.operations.job_within(id, time).await?;
    }
    Ok(match view.job.outcome {
        None => running(view.step.as_deref(), waited),
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
    insert_line(&mut response, WARNING, warning);
    response
}

/// What a program printed may have several lines, and a header has one.
fn insert_line(response: &mut Response, name: &'static str, text: Option<&str>) {
    let line = text.map(|text| text.replace(['\r', '\n'], " "));
    if let Some(value) = line.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(name, value);
    }
}

/// How long the client wants to wait. What cannot be read is no preference: those are hints.
fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let seconds = values.flat_map(|value| value.split(',')).find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse::<u32>().ok()?;
        name.trim().eq_ignore_ascii_case("wait").then_some(seconds)
    })?;
    Some(Duration::from_secs(seconds.into()).min(LONGEST_WAIT))
}

fn running(step: Option<&str>, waited: bool) -> Response {
    let mut response = answers::pending();
    if waited {
        response.headers_mut().insert("preference-applied", HeaderValue::from_static("wait"));
    }
    insert_line(&mut response, STEP, step);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(prefer: &'static str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(PREFER.parse().unwrap(), HeaderValue::from_static(prefer))]);
        preferred_wait(&headers).map(|time| time.as_secs())
    }

    #[test]
    fn a_step_of_several_lines_is_shown_in_one() {
        let response = running(Some("waiting: no answer\n  from lvm\u{7}"), false);
        assert!(response.headers().get(STEP).is_none(), "no header can have that");
        let response = running(Some("waiting: no answer\n  from lvm"), false);
        assert_eq!(response.headers()[STEP], "waiting: no answer   from lvm");
    }

    #[test]
    fn a_client_says_how_long_it_waits() {
        assert_eq!(wait("wait=10"), Some(10));
        assert_eq!(wait("respond-async, Wait = \"5\"; x=1"), Some(5));
        assert_eq!(wait("wait=4000000000"), Some(60));
        for nothing in ["", "wait", "wait=", "wait=-1", "wait=soon", "waiting=3", "wait=99999999999"] {
            assert_eq!(wait(nothing), None, "{nothing}");
        }
    }
}
