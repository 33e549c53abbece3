//! Jobs on the wire, for clients that follow no redirects.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use crate::model::operation::{Doing, Job, JobOutcome};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for its turn, or for something that works on the same object.
    Queued,
    /// It is being worked on.
    Running,
    /// It waits until it can be tried again, or to be taken up after a restart of the server.
    Waiting,
    /// It was carried out.
    Done,
    /// It was not carried out; what it had begun was undone, or is being undone in the background. A delete goes on there: what
    /// it takes away is hidden until it is gone. `error.detail` says which.
    Failed,
}

/// What a job has made or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobResult {
    /// Its path on this server, such as `/volumes/ID`.
    #[schema(required = true)]
    pub path: String,
    /// Its id.
    #[schema(required = true)]
    pub id: String,
}

/// Why a job failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobError {
    /// The text that `/queue/ID` answers with, for programs that compare it.
    #[schema(required = true)]
    pub title: String,
    /// What happened, where, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
}

/// A job: what becomes of a request that was answered with 202.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobInfo {
    /// Its id, the last part of the `Location` of the 202 and the value of its `X-Mortar-Job`.
    pub id: String,
    /// What it does, such as `volume-create` or `device-add`; later versions may have further ones. Missing for jobs of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kind: Option<String>,
    /// The id of the object that it makes, changes or takes away, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<String>,
    /// How far it is.
    pub state: JobState,
    /// What it does at present, in a few words; not when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<String>,
    /// The hosts that it works on at present.
    #[schema(value_type = Vec<String>)]
    pub hosts: List<String>,
    /// Seconds since it was begun.
    pub age_seconds: i64,
    /// What it has made or changed, where there is something to look at. Only when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub result: Option<JobResult>,
    /// What failed although the job was carried out, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub warning: Option<String>,
    /// Why it failed. Only when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<JobError>,
    /// Whether it has ended and nobody has asked for it since. Where the server was restarted meanwhile its client may not
    /// know what it has made.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub unclaimed: bool,
}

impl JobInfo {
    /// A job at a time, with what it does then. `taken_on`: whether the server is on it.
    pub fn new(job: &Job, doing: Option<&Doing>, taken_on: bool, now_ms: i64) -> JobInfo {
        let subject = job.subject.as_ref();
        let mut info = JobInfo {
            id: job.id.to_string(),
            kind: subject.map(|subject| subject.kind.clone()),
            target: subject.map(|subject| subject.target.clone()).filter(|target| !target.is_empty()),
            state: unfinished(doing, taken_on),
            step: doing.map(|doing| doing.text.clone()),
            hosts: List::from(doing.map(|doing| doing.hosts.clone()).unwrap_or_default()),
            age_seconds: now_ms.saturating_sub(job.created_ms).max(0) / 1000,
            result: None,
            warning: None,
            error: None,
            unclaimed: job.outcome.is_some() && !job.is_read,
        };
        match &job.outcome {
            None => {}
            Some(JobOutcome::Done) => info.state = JobState::Done,
            Some(JobOutcome::Location { path, warning }) => {
                let id = path.rsplit('/').next().unwrap_or_default().to_owned();
                info.state = JobState::Done;
                info.result = Some(JobResult { path: path.clone(), id });
                info.warning.clone_from(warning);
            }
            Some(JobOutcome::Failed { text, explanation }) => {
                info.state = JobState::Failed;
                info.error = Some(JobError { title: text.clone(), detail: explanation.clone() });
            }
        }
        info
    }
}

fn unfinished(doing: Option<&Doing>, taken_on: bool) -> JobState {
    match doing {
        Some(doing) if doing.waits => JobState::Waiting,
        Some(_) => JobState::Running,
        None if taken_on => JobState::Queued,
        None => JobState::Waiting,
    }
}

/// Jobs that the server knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobList {
    /// Those that have not ended, then the others, newest first.
    #[schema(value_type = Vec<JobInfo>, required = true)]
    pub jobs: List<JobInfo>,
    /// Whether there are more than are listed here.
    #[schema(required = true)]
    pub truncated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::JobId;
    use crate::model::operation::JobSubject;

    fn shown(outcome: Option<JobOutcome>, doing: Option<Doing>, taken_on: bool) -> String {
        let id: JobId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let subject = Some(JobSubject::new("volume-create", "ab"));
        let job = Job { id, subject, by_user: false, outcome, created_ms: 1000, is_read: true };
        let text = crate::json::encode_compact(&JobInfo::new(&job, doing.as_ref(), taken_on, 66_999));
        let text = String::from_utf8(text).unwrap();
        let head = r#"{"id":"0123456789abcdef0123456789abcdef","kind":"volume-create","target":"ab","#;
        text.strip_prefix(head).unwrap().to_owned()
    }

    #[test]
    fn a_job_says_how_far_it_is() {
        let waits =
            |waits| Some(Doing { text: "making bricks".to_owned(), hosts: vec!["a".to_owned()], waits });
        let rest = r#""age_seconds":65"#;
        assert_eq!(shown(None, None, true), format!(r#""state":"queued","hosts":[],{rest}}}"#));
        assert_eq!(shown(None, None, false), format!(r#""state":"waiting","hosts":[],{rest}}}"#));
        let step = r#""step":"making bricks","hosts":["a"]"#;
        assert_eq!(shown(None, waits(false), true), format!(r#""state":"running",{step},{rest}}}"#));
        assert_eq!(shown(None, waits(true), true), format!(r#""state":"waiting",{step},{rest}}}"#));
        let done = JobOutcome::Location { path: "/volumes/ab".to_owned(), warning: Some("w".to_owned()) };
        let result = r#""result":{"path":"/volumes/ab","id":"ab"},"warning":"w""#;
        assert_eq!(shown(Some(done), None, false), format!(r#""state":"done","hosts":[],{rest},{result}}}"#));
        let failed = JobOutcome::Failed { text: "No space".to_owned(), explanation: None };
        let error = r#""error":{"title":"No space"}"#;
        assert_eq!(
            shown(Some(failed), None, false),
            format!(r#""state":"failed","hosts":[],{rest},{error}}}"#)
        );
    }
}
