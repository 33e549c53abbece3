//! Requests and answers: one signed request, redirects, retries.

use std::borrow::Cow;
use std::net::ToSocketAddrs;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};
use ureq::{AsSendBody, http};

use super::address::{Address, title};
use super::advice::{self, Refusal};
use super::error::ClientError;
use super::patience::{Awaits, Patience, WAIT};
use super::progress::Progress;
use super::tls::{self, TlsConnector, Trust};
use super::token::Credentials;
use crate::api::problem::PROBLEM_JSON;
use crate::json;
use crate::words::go::os_reason;

/// Tries of a request that a busy server turns away.
const BUSY_TRIES: u32 = 7;
/// Hops after which a chain of redirects is taken for a circle.
const MAX_HOPS: u32 = 50;
/// The largest answer that is read.
const MAX_BODY: u64 = 1 << 30;

/// A way to wait; another one in tests.
pub(super) type Sleep = Box<dyn Fn(Duration) + Send + Sync>;

/// What carries requests to one server.
pub(super) struct Transport {
    agent: ureq::Agent,
    server: String,
    credentials: Credentials,
    pub(super) progress: Box<dyn Progress>,
    pub(super) sleep: Sleep,
    pub(super) patience: Patience,
}

/// A request to send, perhaps several times.
pub(super) struct Outgoing {
    pub(super) method: &'static str,
    pub(super) address: Address,
    pub(super) body: Option<Vec<u8>>,
    pub(super) typed: bool,
    pub(super) awaits: Awaits,
}

/// An answer with its whole body.
pub(super) struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
    /// What a refusal is likely to come from.
    advice: Option<String>,
    /// Where it came from, after redirects.
    pub(super) address: Address,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn failure(&self) -> ClientError {
        let known_length = self.headers.contains_key("content-length");
        let error = ClientError::refused(self.status, self.header("content-type"), known_length, &self.body);
        match (error, &self.advice) {
            // What a server says of tokens is for those who write clients.
            (ClientError::Refused { status, text, .. }, Some(advice)) => {
                ClientError::Refused { status, text, explanation: Some(advice.clone()) }
            }
            (error, _) => error,
        }
    }

    /// The answer if its status is one of those expected.
    pub(super) fn expect(self, statuses: &[u16]) -> Result<Answer, ClientError> {
        if statuses.contains(&self.status) { Ok(self) } else { Err(self.failure()) }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Whether it tells of a job.
    pub(super) fn is_accepted(&self) -> bool {
        self.status == 202
    }

    /// What it carries, byte for byte.
    pub(super) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The JSON it carries.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        json::decode_first(&self.body).map_err(|error| ClientError::undecodable(&self.body, &error))
    }
}

impl Transport {
    pub(super) fn new(
        server: String,
        credentials: Credentials,
        progress: Box<dyn Progress>,
        trust: Trust,
    ) -> Transport {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // By hand: every hop needs a token of its own.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A DELETE of a device has a body.
            .allow_non_standard_methods(true)
            .proxy(None)
            .user_agent(concat!("mortar/", env!("CARGO_PKG_VERSION")))
            .accept(PROBLEM_JSON)
            .build();
        let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(trust));
        Transport {
            agent: ureq::Agent::with_parts(config, connector, DefaultResolver::default()),
            server,
            credentials,
            progress,
            sleep: Box::new(std::thread::sleep),
            patience: Patience::default(),
        }
    }

    /// Sends a request without a body and follows redirects.
    pub(super) fn send(&self, method: &'static str, path: &str) -> Result<Answer, ClientError> {
        self.patiently(self.outgoing(method, path, None)?)
    }

    /// The same for what the server has to ask its peers for.
    pub(super) fn send_research(&self, method: &'static str, path: &str) -> Result<Answer, ClientError> {
        self.patiently(Outgoing { awaits: Awaits::Research, ..self.outgoing(method, path, None)? })
    }

    /// Sends a request with a JSON body and follows redirects.
    pub(super) fn send_json<T: Serialize>(
        &self,
        method: &'static str,
        path: &str,
        body: &T,
    ) -> Result<Answer, ClientError> {
        self.patiently(self.outgoing(method, path, Some(json::encode_compact(body)))?)
    }

    fn outgoing(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Outgoing, ClientError> {
        let address = Address::parse(method, &format!("{}{path}", self.server))?;
        // heketi's client names no type in these two cases, though there is a body.
        let typed = method != "DELETE" && !path.starts_with("/bricks/to-evict/");
        Ok(Outgoing { method, address, typed, body, awaits: Awaits::Answer })
    }

    /// Sends again while the server is busy.
    fn patiently(&self, request: Outgoing) -> Result<Answer, ClientError> {
        for _ in 1..BUSY_TRIES {
            let answer = self.follow(&request)?;
            if answer.status != 429 {
                return Ok(answer);
            }
            let pause = busy_pause(answer.header("retry-after"));
            self.progress.step(&format!("the server is busy, trying again in {} s", pause.as_secs()));
            (self.sleep)(pause);
            self.progress.done();
        }
        self.follow(&request)
    }

    pub(super) fn follow(&self, request: &Outgoing) -> Result<Answer, ClientError> {
        let mut method = request.method;
        let mut address = request.address.clone();
        for _ in 0..MAX_HOPS {
            let with_body = method == request.method;
            let body = request.body.as_ref().filter(|_| with_body);
            let answer = self.once(method, &address, body, request)?;
            if !answer.header("x-mortar-warning").is_empty() {
                self.progress.warning(answer.header("x-mortar-warning"));
            }
            let location = answer.header("location");
            match answer.status {
                301..=303 if !location.is_empty() => method = "GET",
                307 | 308 if !location.is_empty() => {}
                _ => return Ok(answer),
            }
            address = address.join(method, location)?;
        }
        let (method, url) = (title(method), address.shown());
        Err(ClientError::Address(format!("{method} \"{url}\": stopped after {MAX_HOPS} redirects")))
    }

    fn once(
        &self,
        method: &str,
        address: &Address,
        body: Option<&Vec<u8>>,
        of: &Outgoing,
    ) -> Result<Answer, ClientError> {
        let failed = |error: ureq::Error| ClientError::Transport {
            method: title(method),
            url: address.shown(),
            advice: advice::of_failure(&error, address),
            reason: match error {
                ureq::Error::Timeout(limit) => {
                    self.patience.reason(limit, of.method, address.host(), of.awaits)
                }
                other => reason(&other, address),
            },
        };
        let token = self.credentials.token(method, &address.path());
        let mut request = http::Request::builder()
            .method(method)
            .uri(address.as_str())
            .header("authorization", format!("bearer {token}"));
        if body.is_some() && of.typed {
            request = request.header("content-type", "application/json");
        }
        if of.awaits == Awaits::Job {
            request = request.header("prefer", format!("wait={WAIT}"));
        }
        let response = match body {
            Some(body) => self.run(request.body(body.clone()), of.awaits),
            None => self.run(request.body(()), of.awaits),
        };
        let (parts, mut body) = response.map_err(failed)?.into_parts();
        let body = body.with_config().limit(MAX_BODY).read_to_vec().map_err(failed)?;
        let date = parts.headers.get("date").and_then(|value| value.to_str().ok());
        let status = parts.status.as_u16();
        let text = if status < 400 { Cow::Borrowed("") } else { String::from_utf8_lossy(&body) };
        let refusal = Refusal {
            status,
            text: &text,
            date,
            now: SystemTime::now(),
            host: address.host(),
            credentials: &self.credentials,
        };
        let advice = advice::of_refusal(&refusal);
        let address = address.clone();
        Ok(Answer { status, headers: parts.headers, body, advice, address })
    }

    fn run<S: AsSendBody>(
        &self,
        request: http::Result<http::Request<S>>,
        awaits: Awaits,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        self.agent.run(self.patience.limit(&self.agent, request?, awaits))
    }
}

/// How long to wait for a busy server; by chance, so that clients do not come back all at once.
fn busy_pause(retry_after: &str) -> Duration {
    match retry_after.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds.saturating_add(rand::random_range(0..10))),
        Err(_) => Duration::from_secs(rand::random_range(10..30)),
    }
}

/// What Go's client would say.
fn reason(error: &ureq::Error, address: &Address) -> String {
    use std::io::ErrorKind;
    let host = address.host();
    if let Some(failure) = tls::failure(error) {
        return tls::reason(failure, host);
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match error {
        other if advice::is_unknown_host(other) => format!("dial tcp: lookup {name}: no such host"),
        ureq::Error::Io(io) => match io.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown => {
                format!("dial tcp {}: connect: {}", dialled(host, address.standard_port()), os_reason(io))
            }
            ErrorKind::UnexpectedEof => "EOF".to_owned(),
            ErrorKind::ConnectionReset => format!("read: {}", os_reason(io)),
            ErrorKind::BrokenPipe => format!("write: {}", os_reason(io)),
            _ => os_reason(io),
        },
        ureq::Error::Protocol(_) => {
            "net/http: HTTP/1.x transport connection broken: malformed HTTP response".to_owned()
        }
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        other => other.to_string(),
    }
}

/// The address that was dialled, of which IPv4 is shown where there is one.
fn dialled(host: &str, standard_port: u16) -> String {
    let target = if host.contains(':') { host.to_owned() } else { format!("{host}:{standard_port}") };
    let address = target.to_socket_addrs().ok().and_then(|addresses| {
        let mut known: Vec<_> = addresses.collect();
        known.sort_by_key(std::net::SocketAddr::is_ipv6);
        known.first().map(ToString::to_string)
    });
    address.unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_in_gos_words() {
        let address = Address::parse("GET", "http://127.0.0.1:8080/clusters").unwrap();
        let check = |error: ureq::Error, expected: &str| assert_eq!(reason(&error, &address), expected);
        // Of Linux: ECONNRESET, EPIPE, EHOSTUNREACH, EMFILE.
        let system = |number| ureq::Error::Io(std::io::Error::from_raw_os_error(number));
        check(system(104), "read: connection reset by peer");
        check(system(32), "write: broken pipe");
        check(system(113), "dial tcp 127.0.0.1:8080: connect: no route to host");
        check(system(24), "too many open files");
        check(ureq::Error::BodyExceedsLimit(9), "the answer is larger than 9 bytes");
    }
}
