//! Connections: accepted for ever, each served by a task of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tracing::debug;

/// How long a client may take to send the headers of a request, the pause after the one before included.
const HEADERS_WITHIN: Duration = Duration::from_secs(60);

/// Serves until it is dropped.
///
/// Not `axum::serve`: there a request whose client closes the connection right behind it is dropped before it is
/// looked at. Here it is carried out, and only its answer is lost.
pub async fn serve(mut listener: TcpListener, router: Router) -> Infallible {
    loop {
        // Waits where the process has no descriptor left.
        let (stream, address) = Listener::accept(&mut listener).await;
        // Answers are small and complete: nothing is gained by waiting for more.
        stream.set_nodelay(true).ok();
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert::<ConnectInfo<SocketAddr>>(ConnectInfo(address));
                router.clone().oneshot(request.map(Body::new))
            });
            let served = http1::Builder::new()
                .half_close(true)
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(broken) = served.await {
                debug!(error = &broken as &dyn std::error::Error, "a connection ended");
            }
        });
    }
}
