//! How long a server may be silent: one whose host has died closes no connection.

use std::time::Duration;

use ureq::{AsSendBody, http};

/// The seconds that a look at a job asks the server to wait for its end. Few, as each answer tells which step is running.
pub(super) const WAIT: u64 = 1;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaits {
    /// An answer, which a server has at once.
    Answer,
    /// An answer for which the server asks its peers, one after the other.
    Research,
    /// News of a job; the server answers after [`WAIT`] in any case.
    Job,
}

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a connection.
    pub(super) connect: Duration,
    /// For each next byte. There is no limit to the whole: a large answer takes its time.
    pub(super) answer: Duration,
    /// The same where the server asks its peers: one command of gluster may take ten minutes.
    pub(super) research: Duration,
    /// For the whole of a look at a job.
    pub(super) job: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(30),
            answer: Duration::from_secs(300),
            research: Duration::from_secs(1800),
            job: Duration::from_secs(WAIT + 30),
        }
    }
}

impl Patience {
    fn of(&self, awaits: Awaits) -> Duration {
        match awaits {
            Awaits::Answer => self.answer,
            Awaits::Research => self.research,
            Awaits::Job => self.job,
        }
    }

    /// The request with these limits.
    pub(super) fn limit<S: AsSendBody>(
        &self,
        agent: &ureq::Agent,
        request: http::Request<S>,
        awaits: Awaits,
    ) -> http::Request<S> {
        let silence = Some(self.of(awaits));
        let whole = silence.filter(|_| awaits == Awaits::Job);
        agent
            .configure_request(request)
            .timeout_resolve(Some(self.connect))
            .timeout_connect(Some(self.connect))
            .timeout_per_read(silence)
            .timeout_per_write(silence)
            .timeout_global(whole)
            .build()
    }

    /// What happened at one of the limits, and what to do. `method` is that of the request, before redirects.
    pub(super) fn reason(&self, timeout: ureq::Timeout, method: &str, host: &str, awaits: Awaits) -> String {
        let seconds = |limit: Duration| limit.as_secs_f32();
        match timeout {
            ureq::Timeout::Resolve => {
                let limit = seconds(self.connect);
                format!(
                    "dial tcp: lookup {host}: no answer within {limit} s. Look at the name servers of this machine"
                )
            }
            ureq::Timeout::Connect => format!(
                "dial tcp {host}: i/o timeout: no connection within {} s. Look whether the host is up and the network lets you through",
                seconds(self.connect)
            ),
            _ => format!("{host} sent nothing for {} s{}", seconds(self.of(awaits)), advice(method, awaits)),
        }
    }
}

fn advice(method: &str, awaits: Awaits) -> &'static str {
    match (method, awaits) {
        // What becomes of the job is told in its place.
        (_, Awaits::Job) => "",
        ("GET", _) => ". Look whether the host is up and the server runs, and ask again",
        _ => {
            ". The request may have been carried out: look whether the host is up and the server runs, and what it has, before you ask again"
        }
    }
}
