//! Connections: accepted for ever, each served by a task of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::serve::Listener;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;
use tracing::debug;

use super::admission::Admission;
use super::tls::{self, Speaks, Tls};
use super::{http2, problem};

/// How long a client may take to send the headers of a request, the pause after the one before included.
pub(super) const HEADERS_WITHIN: Duration = Duration::from_secs(60);

/// How much of a request a connection holds before anything looks at it: its headers, or a piece of its body. Of what comes
/// in one go hyper takes up to twice as much.
const BUFFER: usize = 64 * 1024;

/// How long a client may take until both sides agree on TLS.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long a client may take none of what it is sent: the system's buffers are full then.
const READS_WITHIN: Duration = Duration::from_secs(60);

/// How much of an answer the system keeps for a client. It tells that there is room again when a third of that was taken:
/// where it keeps megabytes, one that reads slowly all the time would seem to read nothing for minutes.
pub const SEND_BUFFER: u32 = 128 * 1024;

/// The words of Go's server, with the cure.
const PLAIN_HTTP: &str =
    "Client sent an HTTP request to an HTTPS server. Write https:// in place of http:// in its address.";

/// Whether a request came over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encrypted(pub bool);

/// Serves until it is dropped; with `tls` nothing but TLS.
///
/// Not `axum::serve`: there a request whose client closes the connection right behind it is dropped before it is
/// looked at. Here it is carried out, and only its answer is lost.
pub async fn serve(mut listener: TcpListener, router: Router, tls: Option<Arc<Tls>>) -> Infallible {
    let admission = Arc::new(Admission::of_this_process());
    loop {
        // Waits where the process has no descriptor left.
        let (stream, address) = Listener::accept(&mut listener).await;
        let Some(place) = admission.admit(address.ip()) else { continue };
        // Answers are small and complete: nothing is gained by waiting for more.
        stream.set_nodelay(true).ok();
        let requests =
            Requests { router: router.clone(), peer: address, encrypted: Encrypted(tls.is_some()) };
        // The handshake belongs to the task: one that stalls keeps nobody else waiting.
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => http1(patient(stream), requests).await,
                Some(tls) => secured(stream, tls, requests).await,
            }
            drop(place);
        });
    }
}

/// A connection to a port that speaks TLS.
async fn secured(stream: TcpStream, tls: Arc<Tls>, requests: Requests) {
    let peer = requests.peer;
    match timeout(HANDSHAKE_WITHIN, tls::speaks(&stream)).await {
        Ok(Ok(Speaks::Tls)) => {}
        Ok(Ok(Speaks::Plain)) => return refuse_plain(stream).await,
        Ok(Ok(Speaks::Nothing) | Err(_)) | Err(_) => return,
    }
    match timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(tls::H2) => {
            http2::serve(patient(stream), requests).await;
        }
        Ok(Ok(stream)) => http1(patient(stream), requests).await,
        Ok(Err(refused)) => debug!("no TLS with {}: {refused}", peer),
        Err(_) => debug!("no TLS with {} within {HANDSHAKE_WITHIN:?}", peer),
    }
}

/// What ends the connection of a client that reads nothing: else its answers would be kept for ever.
fn patient<S: AsyncRead + AsyncWrite>(stream: S) -> Pin<Box<TimeoutStream<S>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READS_WITHIN));
    Box::pin(stream)
}

async fn http1(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, requests: Requests) {
    let service = service_fn(move |request| requests.answer(request));
    let served = http1::Builder::new()
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(broken) = served.await {
        debug!(error = &broken as &dyn std::error::Error, "a connection ended");
    }
}

/// Tells a client that speaks plain HTTP what to do. What speaks neither is told the same, in vain.
async fn refuse_plain(stream: TcpStream) {
    let refuse = |request: Request<Incoming>| async move {
        let status = axum::http::StatusCode::BAD_REQUEST;
        Ok::<Response, Infallible>(problem::failure(request.headers(), status, PLAIN_HTTP, None))
    };
    let served = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE_WITHIN)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service_fn(refuse));
    served.await.ok();
}

/// Hands the requests of one connection on, each with what is known of it.
pub(super) struct Requests {
    pub(super) router: Router,
    pub(super) peer: SocketAddr,
    pub(super) encrypted: Encrypted,
}

impl Requests {
    /// Hands one request on.
    pub(super) fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        request.extensions_mut().insert::<ConnectInfo<SocketAddr>>(ConnectInfo(self.peer));
        request.extensions_mut().insert(self.encrypted);
        self.router.clone().oneshot(request.map(Body::new))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, sleep};

    use super::*;

    fn requests() -> Requests {
        let router = Router::new().route("/", get(|| async { "word ".repeat(100_000) }));
        Requests { router, peer: ([127, 0, 0, 1], 1).into(), encrypted: Encrypted(false) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_let_go() {
        let (mut client, server) = duplex(4096);
        let begun = Instant::now();
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        http1(patient(server), requests()).await;
        assert_eq!(begun.elapsed(), READS_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_its_headers_slowly_is_let_go() {
        let (mut client, server) = duplex(4096);
        let begun = Instant::now();
        let served = tokio::spawn(http1(patient(server), requests()));
        client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        // A line each second does not keep it.
        while !served.is_finished() {
            client.write_all(b"A: b\r\n").await.ok();
            sleep(Duration::from_secs(1)).await;
        }
        assert!(begun.elapsed() <= HEADERS_WITHIN + Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn headers_without_end_are_refused() {
        let of = |length: usize| format!("A: {}\r\n", "x".repeat(length));
        for (line, count) in [(of(1000), 1000), (of(4000), BUFFER / 1000), (of(4 * BUFFER), 1), (of(1), 101)]
        {
            let (mut client, server) = duplex(2_000_000);
            tokio::spawn(http1(patient(server), requests()));
            let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", line.repeat(count));
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.starts_with("HTTP/1.1 431 "), "{count} lines: {answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn headers_of_half_that_size_are_taken() {
        let (mut client, server) = duplex(2_000_000);
        tokio::spawn(http1(patient(server), requests()));
        let header = "x".repeat(BUFFER / 2);
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nA: {header}\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_gets_it_all() {
        let (mut client, server) = duplex(65_536);
        tokio::spawn(http1(patient(server), requests()));
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let (mut buffer, mut all) = (vec![0; 50_000], 0);
        loop {
            sleep(READS_WITHIN / 2).await;
            match client.read(&mut buffer).await.unwrap() {
                0 => break,
                read => all += read,
            }
        }
        assert!(all > 500_000, "{all} bytes came");
    }
}
