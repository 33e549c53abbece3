//! Requests to the server of a scenario, and its answers.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mortar::client::{Client, Credentials, Quiet};
use serde_json::{Value, json};

use super::server::{Lab, PAUSE};
use crate::conformance::{http, sign::authorization};

/// An answer of the server: status, body, and the headers that scenarios look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub text: String,
    pub location: String,
    pub retry_after: String,
    pub warning: String,
    pub pending: String,
    pub step: String,
    pub preference_applied: String,
    pub job: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The id at the end of the location.
    pub fn located(&self) -> String {
        self.location.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

impl Lab {
    /// A client of this server.
    pub fn client(&self) -> Client {
        self.client_as("", "")
    }

    pub fn client_as(&self, user: &str, key: &str) -> Client {
        let credentials = Credentials { user: user.to_owned(), key: key.into() };
        Client::trusting(self.url(), credentials, Box::new(Quiet), self.trust())
    }

    /// One request as it is; an error where no answer came.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> anyhow::Result<Reply> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = http::send(self.port(), method, path, &headers, body)?;
        let header = |name: &str| response.header(name).unwrap_or_default().to_owned();
        Ok(Reply {
            status: response.status,
            location: header("location"),
            warning: header("x-mortar-warning"),
            retry_after: header("retry-after"),
            pending: header("x-pending"),
            step: header("x-mortar-step"),
            preference_applied: header("preference-applied"),
            job: header("x-mortar-job"),
            text: String::from_utf8_lossy(&response.body).into_owned(),
        })
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        let sent = self.try_send(method, path, headers, body);
        sent.unwrap_or_else(|error| panic!("{error:#}\n{}", self.log_tail()))
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// A request that is signed as heketi's clients sign.
    pub fn signed(&self, who: &str, key: &str, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let sign = json!({"iss": who, "key": key});
        let token = authorization(&sign, method, path).unwrap();
        let body = body.map(|body| body.to_string().into_bytes());
        self.send(method, path, &[("Authorization", &token)], body.as_deref())
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body.to_string().as_bytes()))
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// Whether somebody has asked for a job since the start, and heard that it goes on.
    pub fn was_polled(&self) -> bool {
        let pending =
            "mortar_http_request_duration_seconds_count{method=\"GET\",route=\"/queue/{id}\",status=\"2xx\"}";
        self.get("/metrics").text.lines().any(|line| line.starts_with(pending) && !line.ends_with(" 0"))
    }

    /// The last answer of a job.
    pub fn wait_for(&self, job: &str) -> Reply {
        let begun = Instant::now();
        loop {
            let reply = self.get(job);
            if reply.status != 200 {
                return reply;
            }
            let is_late = begun.elapsed() > Duration::from_secs(120);
            assert!(!is_late, "{job} does not end: {}\n{}", reply.step, self.log_tail());
            std::thread::sleep(PAUSE);
        }
    }
}

/// Writes a body into a file, byte for byte.
pub fn download(port: u16, path: &str, file: &Path) {
    let response = http::send(port, "GET", path, &[], None).unwrap();
    assert_eq!(response.status, 200);
    fs::write(file, response.body).unwrap();
}
