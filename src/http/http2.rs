//! HTTP/2: many requests at a time on one connection, which is closed when there are none for a while.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at};
use tokio_util::io::InspectWriter;
use tracing::debug;

use super::connections::{HEADERS_WITHIN, Requests};

/// Requests of one connection at a time. Each may hold a body of [`super::shell::MAX_BODY`].
const AT_ONCE: u32 = 32;

/// Bytes that a client may send of one request before anything reads them: what comes is kept.
const AHEAD: u32 = 64 * 1024;

/// The same of all requests of a connection together.
const AHEAD_IN_ALL: u32 = 256 * 1024;

/// Bytes of a request's headers, each with 32 more, as HTTP/2 counts them.
const HEADERS: u32 = 16 * 1024;

/// How long a client may take to answer a ping, which waits behind what it has not read yet.
const PONG_WITHIN: Duration = Duration::from_secs(180);

/// So many bytes are sent also where nothing of an answer is: pings and what belongs to TLS.
const A_FEW: usize = 1024;

/// Serves one connection to its end.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, requests: Requests) {
    let traffic = Arc::new(Traffic::default());
    let sent = Arc::clone(&traffic);
    let stream = InspectWriter::new(stream, move |bytes: &[u8]| {
        sent.sent.fetch_add(bytes.len(), Ordering::Relaxed);
    });
    let counted = Arc::clone(&traffic);
    let slots = Arc::new(Semaphore::new(AT_ONCE as usize));
    let service = service_fn(move |request| {
        let (open, answer) = (Open::new(&counted), requests.answer(request));
        let slots = Arc::clone(&slots);
        async move {
            // What is reset still has its slot until it is done: nobody has more at work by giving up at once.
            let slot = slots.acquire_owned().await;
            // hyper drops what belongs to a stream whose client goes away; a request that has begun is carried out.
            let task = tokio::spawn(async move {
                let answer = answer.await;
                drop((open, slot));
                answer
            });
            task.await.map(|answer| answer.unwrap_or_else(|never| match never {}))
        }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // A client whose host has died is noticed: it answers no ping.
    builder.timer(TokioTimer::new()).keep_alive_interval(HEADERS_WITHIN).keep_alive_timeout(PONG_WITHIN);
    builder.max_concurrent_streams(AT_ONCE).max_header_list_size(HEADERS);
    builder.initial_stream_window_size(AHEAD).initial_connection_window_size(AHEAD_IN_ALL);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut looks = interval_at(Instant::now() + HEADERS_WITHIN, HEADERS_WITHIN);
    let (mut before, mut sent_before, mut closing) = (0, 0, false);
    loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(broken) = served {
                    debug!(error = &broken as &dyn std::error::Error, "a connection ended");
                }
                return;
            }
            _ = looks.tick() => {}
        }
        let begun = traffic.begun.load(Ordering::Relaxed);
        // It has connected and asks nothing.
        if begun == 0 {
            return;
        }
        let sent = traffic.sent.load(Ordering::Relaxed);
        if begun == before && traffic.open.load(Ordering::Relaxed) == 0 {
            // Its streams' windows are shut: it answers pings, and takes nothing of what it asked for.
            if closing && sent - sent_before < A_FEW {
                return;
            }
            // Answers that are still being sent are sent to their end.
            connection.as_mut().graceful_shutdown();
            closing = true;
        }
        (before, sent_before) = (begun, sent);
    }
}

/// Requests of a connection so far, those that are being worked on, and the bytes that were sent.
#[derive(Debug, Default)]
struct Traffic {
    begun: AtomicUsize,
    open: AtomicUsize,
    sent: AtomicUsize,
}

/// One that is being worked on; over when it is dropped, also where its client has gone.
struct Open(Arc<Traffic>);

impl Open {
    fn new(traffic: &Arc<Traffic>) -> Open {
        traffic.begun.fetch_add(1, Ordering::Relaxed);
        traffic.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(traffic))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::Router;
    use axum::routing::get;
    use bytes::Bytes;
    use futures_util::stream;
    use http_body_util::{BodyExt as _, Empty, StreamBody};
    use hyper::Request;
    use hyper::body::Frame;
    use hyper::client::conn::http2::handshake;
    use hyper_util::rt::TokioIo;
    use tokio::io::duplex;

    use super::*;
    use crate::http::connections::Encrypted;

    fn requests() -> Requests {
        let router = Router::new().route("/", get(|| async { "here" }));
        Requests { router, peer: ([127, 0, 0, 1], 1).into(), encrypted: Encrypted(true) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_asks_nothing_ends() {
        let (_client, server) = duplex(4096);
        let begun = Instant::now();
        serve(server, requests()).await;
        assert_eq!(begun.elapsed(), HEADERS_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_client_resets_its_stream_is_carried_out() {
        let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
        let (done, mut is_done) = tokio::sync::mpsc::channel(1);
        let slow = get(move || {
            let (begun, done) = (begun.clone(), done.clone());
            async move {
                begun.send(()).await.unwrap();
                tokio::time::sleep(Duration::from_secs(5)).await;
                done.send(()).await.unwrap();
                "here"
            }
        });
        let router = Router::new().route("/", slow);
        let (client, server) = duplex(4096);
        tokio::spawn(serve(server, Requests { router, ..requests() }));
        let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
        let answer = tokio::spawn(sender.send_request(request));
        has_begun.recv().await.unwrap();
        answer.abort();
        assert!(is_done.recv().await.is_some(), "it was dropped half-way");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_requests_of_one_connection_are_at_work_and_the_others_wait() {
        let (working, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, peak) = (Arc::clone(&working), Arc::clone(&most));
        let slow = get(move || {
            let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
            async move {
                peak.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                now.fetch_sub(1, Ordering::Relaxed);
            }
        });
        let (client, server) = duplex(65_536);
        tokio::spawn(serve(server, Requests { router: Router::new().route("/", slow), ..requests() }));
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        let asked = (0..3 * AT_ONCE).map(|_| {
            let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
            sender.clone().send_request(request)
        });
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
        assert_eq!(most.load(Ordering::Relaxed), AT_ONCE as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reads_is_sent_so_far_and_no_further() {
        const PIECE: usize = 8192;
        let pieces = Arc::new(AtomicUsize::new(0));
        // Never answered, and the body is not looked at.
        let deaf = get(|unread: axum::extract::Request| async move {
            std::future::pending::<()>().await;
            drop(unread);
        });
        let (client, server) = duplex(65_536);
        let router = Router::new().route("/", deaf);
        tokio::spawn(serve(server, Requests { router, ..requests() }));
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..AT_ONCE {
            let pieces = Arc::clone(&pieces);
            let endless = stream::repeat_with(move || {
                pieces.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; PIECE])))
            });
            let request = Request::get("http://a/").body(StreamBody::new(endless)).unwrap();
            tokio::spawn(sender.clone().send_request(request));
        }
        // The clock goes on by itself when nobody can do anything any more.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let sent = pieces.load(Ordering::Relaxed) * PIECE;
        // Each request has drawn pieces that it could not send yet.
        let most = AHEAD_IN_ALL as usize + 2 * PIECE * AT_ONCE as usize;
        assert!(sent >= AHEAD_IN_ALL as usize && sent <= most, "{sent} bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn headers_without_end_are_refused() {
        let (client, server) = duplex(65_536);
        tokio::spawn(serve(server, requests()));
        let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        for (length, status) in [(HEADERS / 2, 200), (HEADERS, 431)] {
            let header = "x".repeat(length as usize);
            let request = Request::get("http://a/").header("a", header).body(Empty::<Bytes>::new()).unwrap();
            assert_eq!(sender.send_request(request).await.unwrap().status(), status);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_it_has_asked_nothing_more_for_a_while() {
        let (client, server) = duplex(4096);
        let served = tokio::spawn(serve(server, requests()));
        let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        let begun = Instant::now();
        for _ in 0..3 {
            let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
            assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
            tokio::time::sleep(HEADERS_WITHIN - Duration::from_secs(1)).await;
        }
        assert!(!served.is_finished(), "it is in use");
        served.await.unwrap();
        assert!(begun.elapsed() < HEADERS_WITHIN * 5, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_its_answer_is_let_go() {
        let router = Router::new().route("/", get(|| async { "word ".repeat(100_000) }));
        let (client, server) = duplex(4096);
        let served = tokio::spawn(serve(server, Requests { router, ..requests() }));
        let mut client_builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let builder = client_builder.initial_stream_window_size(1000).adaptive_window(false);
        let (mut sender, connection) = builder.handshake(TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let begun = Instant::now();
        served.await.unwrap();
        assert!(begun.elapsed() <= HEADERS_WITHIN * 4, "{:?}", begun.elapsed());
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_gets_it_all() {
        let router = Router::new().route("/", get(|| async { "word ".repeat(200_000) }));
        let (client, server) = duplex(16_384);
        tokio::spawn(serve(server, Requests { router, ..requests() }));
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let builder = builder.initial_stream_window_size(40_000).adaptive_window(false);
        let (mut sender, connection) = builder.handshake(TokioIo::new(client)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
        let mut answer = sender.send_request(request).await.unwrap();
        let mut all = 0;
        while let Some(frame) = answer.frame().await {
            all += frame.unwrap().into_data().map_or(0, |data| data.len());
            tokio::time::sleep(HEADERS_WITHIN / 3).await;
        }
        assert_eq!(all, 1_000_000);
    }
}
