//! Requests that may be refused, or find nobody there.

use std::time::Duration;

use serde_json::Value;

use crate::scenarios::Place as _;
use crate::server::{Server, wait_until};

/// How long a job may take: with many others before it on emulated peers that have little power, gluster works on one thing at
/// a time.
const JOB: Duration = Duration::from_secs(900);

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub text: String,
}

/// Sends bytes; an error where nobody answers. What failed is explained.
pub fn send(server: &Server, method: &str, path: &str, body: &[u8]) -> Result<Answer, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.allow_non_standard_methods(true).build().into();
    let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", server.url()));
    let request =
        request.header("content-type", "application/json").header("accept", "application/problem+json");
    let mut answer = agent.run(request.body(body)?)?;
    let location = answer.headers().get("location").and_then(|found| found.to_str().ok());
    let is_pending = answer.headers().contains_key("x-pending");
    Ok(Answer {
        location: location.unwrap_or_default().to_owned(),
        status: if is_pending { 202 } else { answer.status().as_u16() },
        text: answer.body_mut().read_to_string().unwrap_or_default(),
    })
}

/// The same with what becomes of the job; an error where nobody is there to say it, with the job.
pub fn ask(server: &Server, method: &str, path: &str, body: &Value) -> Result<Answer, String> {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let answer = send(server, method, path, &body).map_err(|_| String::new())?;
    if answer.status == 202 { end_of(server, &answer.location) } else { Ok(answer) }
}

/// What becomes of a job; an error, which is the job, where nobody is there to say it.
pub fn end_of(server: &Server, job: &str) -> Result<Answer, String> {
    let mut last = Err(job.to_owned());
    wait_until(JOB, &format!("the end of {job}"), || {
        last = send(server, "GET", job, b"").map_err(|_| job.to_owned());
        last.as_ref().map_or(true, |answer| answer.status != 202)
    });
    last
}
