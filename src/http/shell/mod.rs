//! What stands around the routes, in heketi's order: paths are cleaned, then the caller is asked who it is, then
//! the admin state, then whether there is such a route. An unknown caller learns nothing about the routes.

mod access;
mod admin_state;
mod body;
mod path;
mod room;
mod route_table;

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures_util::FutureExt as _;
use tower::ServiceExt as _;
use tracing::{Instrument as _, debug, error, info, info_span};
use utoipa::openapi::OpenApi;

pub use self::admin_state::{AdminState, SharedAdminState, UnknownAdminState};
pub(super) use self::body::NO_ROOM;
use self::path::RequestPath;
use self::room::Room;
use self::route_table::{Found, RouteTable};
use super::auth::{self, Issuer, Keys, Rules};
use super::connections::Encrypted;
use super::{answers, problem};
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::ids::{FreshId, Ids};
use crate::model::scoped_tokens::ScopedTokens;

/// Bodies that are larger get 413, unless the options say otherwise.
pub const MAX_BODY: usize = 1024 * 1024;

/// What metrics call a path or a method that nobody knows.
const OTHER: &str = "other";

/// The header that names a request, as the log does.
const REQUEST_ID: &str = "x-request-id";

/// How requests are let in.
#[derive(Clone)]
pub struct ShellOptions {
    /// The keys of the issuers; without them everybody is let in (`--disable-auth`).
    pub keys: Option<Keys>,
    /// Seconds by which the clocks of clients may be ahead.
    pub iat_leeway: i64,
    /// Whether tokens are taken that are good for all requests.
    pub scoped_tokens: ScopedTokens,
    /// Which requests are let in at present.
    pub admin_state: SharedAdminState,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// The time, for tokens.
    pub clock: Arc<dyn Clock>,
    /// Where names of requests come from.
    pub ids: Arc<dyn Ids>,
    /// What is counted and timed.
    pub metrics: Metrics,
}

/// Puts the shell around the routes that `document` describes. Serve it with `ConnectInfo<SocketAddr>`: without it
/// no peer is local.
pub fn wrap(inner: Router, document: &OpenApi, options: ShellOptions) -> Router {
    // The limit is kept here, where its answer is known.
    let inner = inner.layer(DefaultBodyLimit::disable());
    let shell = Arc::new(Shell { inner, routes: RouteTable::of(document), options, room: Room::new() });
    Router::new().fallback(move |request: Request| async move { shell.serve(request).await })
}

struct Shell {
    inner: Router,
    routes: RouteTable,
    options: ShellOptions,
    /// For the bodies that are there.
    room: Room,
}

impl Shell {
    /// Answers one request, and logs that.
    async fn serve(&self, request: Request) -> Response {
        let id = FreshId::from_uuid(self.options.ids.draw()).to_string();
        let span = info_span!("http", method = %request.method(), path = request.uri().path(), id);
        let begun = Instant::now();
        let (method, route) = (method_label(request.method()), self.route_label(&request));
        let mut response = async {
            let quiet = request.uri().path() == "/hello";
            let response = self.recover(request).await;
            log(&response, begun.elapsed(), quiet || response.headers().contains_key("x-pending"));
            response
        }
        .instrument(span)
        .await;
        self.options.metrics.request(method, route, response.status().as_u16(), begun.elapsed());
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }

    /// What metrics call the path of a request: never the path itself, of which there is no end.
    fn route_label(&self, request: &Request) -> &str {
        let template = RequestPath::of(request.uri()).and_then(|path| self.routes.template(path.text()));
        template.unwrap_or(OTHER)
    }

    /// A panic is an answer; the server lives on.
    async fn recover(&self, request: Request) -> Response {
        let outcome = AssertUnwindSafe(self.admit(request)).catch_unwind().await;
        outcome.unwrap_or_else(|panic| {
            let message = panic_message(&*panic);
            error!("a handler panicked: {message}");
            self.options.metrics.failure("panic");
            problem::panicked(message)
        })
    }

    /// Cleans the path, and lets through what is open to all.
    async fn admit(&self, request: Request) -> Response {
        let Some(path) = RequestPath::of(request.uri()) else {
            return problem::text_error(StatusCode::BAD_REQUEST, "400 Bad Request");
        };
        if let Some(clean) = path.cleaned() {
            return answers::moved_silently(&clean);
        }
        if request.method() == Method::GET && route_table::is_open(path.text()) {
            return self.call(body::unread(request), &path).await;
        }
        match self.check(request, &path) {
            Ok(request) => self.route(request, &path).await,
            Err(refusal) => *refusal,
        }
    }

    /// Who asks, whether it may, and whether anybody may at present.
    fn check(&self, mut request: Request, path: &RequestPath) -> Result<Request, Box<Response>> {
        if let Some(issuer) = self.issuer(&request, path)? {
            if !access::allowed(issuer, request.method(), path.text()) {
                let status = StatusCode::UNAUTHORIZED;
                return Err(refused(&request, status, access::ADMIN_ONLY, access::ADMIN_ONLY_WHY));
            }
            request.extensions_mut().insert(issuer);
        }
        if !self.options.admin_state.get().admits(request.method(), is_local(&request)) {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(refused(&request, status, admin_state::CLOSED, admin_state::CLOSED_WHY));
        }
        Ok(request)
    }

    /// `None` where nobody is asked.
    fn issuer(&self, request: &Request, path: &RequestPath) -> Result<Option<Issuer>, Box<Response>> {
        let Some(keys) = &self.options.keys else { return Ok(None) };
        let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let rules = Rules {
            now: self.options.clock.now_ms().div_euclid(1000),
            leeway: self.options.iat_leeway,
            scoped: self.options.scoped_tokens,
            private: is_encrypted(request) || is_local(request),
        };
        let outcome = auth::verify(request.method().as_str(), path.bytes(), header, keys, rules);
        outcome
            .map(Some)
            .map_err(|error| refused(request, error.status(), &error.to_string(), error.explanation()))
    }

    async fn route(&self, request: Request, path: &RequestPath) -> Response {
        match self.routes.find(request.method(), path.text()) {
            Found::Route => self.call(request, path).await,
            Found::WithoutSlash if request.method() == Method::GET => answers::moved(&path.without_slash()),
            Found::WithoutSlash => answers::moved_silently(&path.without_slash()),
            Found::OtherMethod => answers::empty(StatusCode::METHOD_NOT_ALLOWED),
            Found::Nothing => {
                let (text, why) = (route_table::NO_ROUTE, route_table::NO_ROUTE_WHY);
                *refused(&request, StatusCode::NOT_FOUND, text, why)
            }
        }
    }

    /// Hands the request to the routes, its path decoded and its body read.
    async fn call(&self, mut request: Request, path: &RequestPath) -> Response {
        if let Some(uri) = path.plain() {
            *request.uri_mut() = uri;
        }
        let headers = request.headers().clone();
        match body::read(request, self.options.max_body, &self.room, body::TIME_LIMIT).await {
            Ok((request, held)) => {
                let answered = self.inner.clone().oneshot(request).await;
                // Not before: the routes may keep the body until they answer.
                drop(held);
                // The error of a router is uninhabited.
                answered.unwrap_or_else(|never| match never {})
            }
            Err(error) => problem::failure(&headers, error.status(), &error.to_string(), None),
        }
    }
}

/// What metrics call a method.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or(OTHER)
}

/// What clients ask again and again is for debugging only.
fn log(response: &Response, took: Duration, quiet: bool) {
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if quiet {
        debug!(status, duration_ms, "answered with {status}");
    } else {
        info!(status, duration_ms, "answered with {status}");
    }
}

/// Boxed, for an answer is large beside the request that is handed on otherwise.
fn refused(request: &Request, status: StatusCode, text: &str, why: &str) -> Box<Response> {
    info!("refused with {status}: {text}");
    Box::new(problem::failure(request.headers(), status, text, Some(why)))
}

fn is_encrypted(request: &Request) -> bool {
    request.extensions().get() == Some(&Encrypted(true))
}

/// Exactly the two addresses that heketi takes for local. Forwarded addresses do not count.
fn is_local(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(address)| {
        let ip = address.ip().to_canonical();
        ip == IpAddr::V4(Ipv4Addr::LOCALHOST) || ip == IpAddr::V6(Ipv6Addr::LOCALHOST)
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
