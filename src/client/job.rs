//! Waiting for jobs.

use std::time::Duration;

use super::address::Address;
use super::error::ClientError;
use super::patience::Awaits;
use super::transport::{Answer, Outgoing, Transport};

/// The wait before the second look at a job; doubles up to [`POLL_MAX`].
const POLL_FIRST: Duration = Duration::from_millis(20);
/// The longest wait between two looks at a job.
const POLL_MAX: Duration = Duration::from_millis(400);
/// Tries of a look at a job that brings no answer. With the waits in between a server can be started again meanwhile.
const TRIES: u32 = 7;
/// The wait before the second try; doubles.
const TRY_FIRST: Duration = Duration::from_secs(1);

impl Transport {
    /// Waits for the job that an answer tells of, and gives its last answer.
    pub(super) fn wait(&self, accepted: Answer) -> Result<Answer, ClientError> {
        let accepted = accepted.expect(&[202])?;
        let location = accepted.header("location");
        if location.is_empty() {
            return Err(ClientError::NoLocation);
        }
        let address = accepted.address.join("GET", location)?;
        let result = self.poll(&address);
        self.progress.done();
        result
    }

    fn poll(&self, address: &Address) -> Result<Answer, ClientError> {
        let mut pause = POLL_FIRST;
        loop {
            let answer = self.look(address)?;
            if answer.header("x-pending") != "true" {
                return Ok(answer);
            }
            let answer = answer.expect(&[200])?;
            if !answer.header("x-mortar-step").is_empty() {
                self.progress.step(answer.header("x-mortar-step"));
            }
            // A server that has waited for us is asked again at once.
            if answer.header("preference-applied") != "wait" {
                (self.sleep)(pause);
                pause = (pause * 2).min(POLL_MAX);
            }
        }
    }

    /// One look at a job. The job goes on in a server that cannot be reached: it is tried several times.
    fn look(&self, address: &Address) -> Result<Answer, ClientError> {
        let poll = Outgoing {
            method: "GET",
            address: address.clone(),
            body: None,
            typed: true,
            awaits: Awaits::Job,
        };
        let mut pause = TRY_FIRST;
        for _ in 1..TRIES {
            match self.follow(&poll) {
                Err(ClientError::Transport { .. }) => {}
                answer_or_refusal => return answer_or_refusal,
            }
            self.progress.step(&format!("no answer, trying again in {} s", pause.as_secs()));
            (self.sleep)(pause);
            pause *= 2;
        }
        self.follow(&poll).map_err(|error| match error {
            ClientError::Transport { .. } => ClientError::lost(&address.path(), TRIES, error),
            other => other,
        })
    }
}
