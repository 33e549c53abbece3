use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::*;
use crate::model::ids::RandomIds;

const NOW: i64 = 1_700_000_000;

struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        NOW * 1000
    }
}

#[utoipa::path(get, path = "/hello", responses((status = 200)))]
async fn hello() -> &'static str {
    "hello"
}

#[utoipa::path(get, path = "/volumes", responses((status = 200)))]
async fn list(request: Request) -> String {
    format!("list {:?} {}", request.extensions().get::<Issuer>(), request.uri())
}

#[utoipa::path(post, path = "/volumes", request_body = String, responses((status = 200)))]
async fn create(body: Bytes) -> Response {
    format!("{} bytes", body.len()).into_response()
}

#[utoipa::path(get, path = "/volumes/{id}", params(("id" = String, Path)), responses((status = 200)))]
async fn show(Path(id): Path<String>) -> String {
    id
}

#[utoipa::path(post, path = "/panic", responses((status = 200)))]
async fn panic() -> Response {
    // Not a constant, or the compiler would see that nothing comes back.
    static FATAL: AtomicBool = AtomicBool::new(true);
    assert!(!FATAL.load(Ordering::Relaxed), "lost count");
    answers::no_content()
}

fn options(keys: Option<Keys>) -> ShellOptions {
    ShellOptions {
        keys,
        iat_leeway: 120,
        admin_state: SharedAdminState::default(),
        scoped_tokens: ScopedTokens::Off,
        max_body: 10,
        clock: Arc::new(FixedClock),
        ids: Arc::new(RandomIds),
        metrics: crate::metrics::Metrics::new().unwrap(),
    }
}

fn app(options: ShellOptions) -> Router {
    let routes = OpenApiRouter::new()
        .routes(routes!(hello))
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(panic));
    let (router, document) = routes.split_for_parts();
    wrap(router, &document, options)
}

fn open() -> Router {
    app(options(None))
}

fn closed() -> Router {
    app(options(Some(Keys { admin: "admin's".into(), user: "user's".into() })))
}

fn request(method: &str, path: &str) -> Request {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn signed(issuer: &str, method: &str, path: &str) -> Request {
    let digest = Sha256::digest(format!("{method}&{path}"));
    let qsh: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = format!(r#"{{"iss":"{issuer}","exp":{NOW},"qsh":"{qsh}"}}"#);
    with_token(issuer, &claims, request(method, path))
}

/// With a token that is good for all requests.
fn scoped(issuer: &str, method: &str, path: &str) -> Request {
    let claims = format!(r#"{{"iss":"{issuer}","iat":{NOW},"exp":{NOW},"scope":"api"}}"#);
    with_token(issuer, &claims, request(method, path))
}

fn with_token(issuer: &str, claims: &str, mut request: Request) -> Request {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(format!("{issuer}'s").as_bytes()).unwrap().chain_update(&text);
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    let value = HeaderValue::from_str(&format!("bearer {text}.{signature}")).unwrap();
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

async fn ask(app: &Router, request: Request) -> (u16, HeaderMap, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 10_000).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

#[track_caller]
fn status_and_body(answer: (u16, HeaderMap, String), status: u16, body: &str) {
    assert_eq!((answer.0, answer.2.as_str()), (status, body));
}

#[tokio::test]
async fn unclean_paths_are_sent_elsewhere_before_anybody_is_asked_who_it_is() {
    let (status, headers, body) = ask(&closed(), request("POST", "//volumes/./?a=b")).await;
    assert_eq!((status, body.as_str()), (301, ""));
    assert_eq!(headers["location"], "/volumes/?a=b");
    assert!(!headers.contains_key("content-type"));
    status_and_body(ask(&closed(), request("GET", "/%zz")).await, 400, "400 Bad Request\n");
}

#[tokio::test]
async fn hello_is_open_and_only_exactly_hello() {
    status_and_body(ask(&closed(), request("GET", "/hello")).await, 200, "hello");
    status_and_body(ask(&closed(), request("GET", "/%68ello?x")).await, 200, "hello");
    for (method, path) in [("POST", "/hello"), ("PUT", "/hello"), ("GET", "/hello/")] {
        let missing = "Required authorization token not found\n";
        status_and_body(ask(&closed(), request(method, path)).await, 401, missing);
        status_and_body(ask(&open(), request(method, path)).await, 404, "Invalid path or request\n");
    }
}

#[tokio::test]
async fn tokens_say_who_asks() {
    let list = |issuer: &str| format!("list Some({issuer}) /volumes");
    status_and_body(ask(&closed(), signed("admin", "GET", "/volumes")).await, 200, &list("Admin"));
    status_and_body(ask(&closed(), signed("user", "GET", "/volumes")).await, 200, &list("User"));
    status_and_body(ask(&open(), request("GET", "/volumes")).await, 200, "list None /volumes");
    let (status, headers, body) = ask(&closed(), request("GET", "/nothing")).await;
    assert_eq!((status, body.as_str()), (401, "Required authorization token not found\n"));
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn users_get_as_far_as_their_volumes() {
    let denied = "Administrator access required\n";
    for path in ["/nothing", "/volumes/", "/volumes/12", "/hello/"] {
        status_and_body(ask(&closed(), signed("user", "GET", path)).await, 401, denied);
    }
    status_and_body(ask(&closed(), signed("user", "DELETE", "/volumes")).await, 405, "");
    let id = "0123456789abcdef0123456789abcdef";
    let path = format!("/volumes/{id}");
    status_and_body(ask(&closed(), signed("user", "GET", &path)).await, 200, id);
    status_and_body(ask(&closed(), signed("user", "DELETE", &path)).await, 401, denied);
}

#[tokio::test]
async fn tokens_for_all_requests_are_taken_from_far_away_over_tls_only() {
    let keys = || Keys { admin: "admin's".into(), user: "user's".into() };
    let check = async |scoped_tokens, peer: &str, encrypted: bool, expected: (u16, &str)| {
        let app = app(ShellOptions { scoped_tokens, ..options(Some(keys())) });
        let mut request = scoped("admin", "GET", "/volumes/12");
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        request.extensions_mut().insert(Encrypted(encrypted));
        status_and_body(ask(&app, request).await, expected.0, expected.1);
    };
    let (far, near) = ("10.0.0.1:1", "127.0.0.1:1");
    let (taken, off) = ((200, "12"), (401, "Invalid qsh claim in token\n"));
    let open = (401, "Tokens with a scope are taken over TLS only\n");
    for (peer, encrypted) in [(far, false), (far, true), (near, false), (near, true)] {
        check(ScopedTokens::Off, peer, encrypted, off).await;
        check(ScopedTokens::EvenWithoutTls, peer, encrypted, taken).await;
    }
    check(ScopedTokens::Tls, far, false, open).await;
    check(ScopedTokens::Tls, far, true, taken).await;
    check(ScopedTokens::Tls, near, false, taken).await;
}

#[tokio::test]
async fn the_admin_state_comes_before_the_routes() {
    let options = options(None);
    let state = options.admin_state.clone();
    let app = app(options);
    let closed = "Service disabled for maintenance\n";
    state.set(AdminState::ReadOnly);
    status_and_body(ask(&app, request("POST", "/nothing")).await, 503, closed);
    status_and_body(ask(&app, request("GET", "/volumes/12")).await, 200, "12");
    state.set(AdminState::LocalClient);
    status_and_body(ask(&app, request("POST", "/volumes")).await, 503, closed);
    for (peer, status) in
        [("127.0.0.1:1", 200), ("[::1]:1", 200), ("[::ffff:127.0.0.1]:1", 200), ("127.0.0.2:1", 503)]
    {
        let mut request = request("POST", "/volumes");
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        assert_eq!(ask(&app, request).await.0, status, "{peer}");
    }
    state.set(AdminState::Normal);
    status_and_body(ask(&app, request("POST", "/volumes")).await, 200, "0 bytes");
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    for path in ["/", "/nothing", "/Volumes", "/volumes/xyz", "/volumes/12/34", "/volumes/%C3"] {
        status_and_body(ask(&open(), request("GET", path)).await, 404, "Invalid path or request\n");
    }
    for (method, path) in
        [("PUT", "/volumes"), ("HEAD", "/volumes"), ("ODD", "/volumes/12"), ("GET", "/panic/")]
    {
        let (status, headers, body) = ask(&open(), request(method, path)).await;
        assert_eq!((status, body.as_str()), (405, ""), "{method} {path}");
        assert!(!headers.contains_key("allow") && !headers.contains_key("content-type"));
    }
}

#[tokio::test]
async fn a_slash_too_many_is_sent_elsewhere() {
    let (status, headers, body) = ask(&open(), request("GET", "/volumes/12/?a=b&c")).await;
    let link = "<a href=\"/volumes/12?a=b&amp;c\">Moved Permanently</a>.\n\n";
    assert_eq!((status, body.as_str()), (301, link));
    assert_eq!(headers["location"], "/volumes/12?a=b&c");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let (status, headers, body) = ask(&open(), request("POST", "/volumes/")).await;
    assert_eq!((status, body.as_str()), (301, ""));
    assert_eq!(headers["location"], "/volumes");
    assert!(!headers.contains_key("content-type"));
}

#[tokio::test]
async fn encoded_paths_reach_their_routes() {
    status_and_body(ask(&open(), request("GET", "/%76olumes/%31%32?a")).await, 200, "12");
    status_and_body(ask(&open(), request("GET", "/%76olumes?a=%20")).await, 200, "list None /volumes?a=%20");
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let post = |body: Body| Request::builder().method("POST").uri("/volumes").body(body).unwrap();
    status_and_body(ask(&open(), post(Body::from("0123456789"))).await, 200, "10 bytes");
    let pieces = || ["01234", "56789", "0"].map(Ok::<_, std::io::Error>);
    let chunked = Body::from_stream(futures_util::stream::iter(pieces()));
    let (status, headers, body) = ask(&open(), post(chunked)).await;
    assert_eq!((status, body.as_str()), (413, "the request body is larger than 10 bytes\n"));
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    let mut announced = post(Body::empty());
    announced.headers_mut().insert("content-length", HeaderValue::from_static("11"));
    assert_eq!(ask(&open(), announced).await.0, 413);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let (status, headers, body) = ask(&open(), request("POST", "/panic")).await;
    assert_eq!((status, body.as_str()), (500, "PANIC: lost count\n"));
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    assert!(!headers.contains_key("x-content-type-options"));
}

#[tokio::test]
async fn every_answer_has_the_name_of_its_request() {
    let app = closed();
    let mut seen = std::collections::BTreeSet::new();
    for path in ["//", "/hello", "/volumes"] {
        let (_, headers, _) = ask(&app, request("GET", path)).await;
        assert_eq!(headers["x-request-id"].len(), 32);
        assert!(seen.insert(headers["x-request-id"].clone()));
    }
}

#[tokio::test]
async fn refusals_are_explained_to_who_asks_for_problems() {
    let check = async |app: Router, path: &str, status: u16, title: &str, detail: &str| {
        let mut request = request("GET", path);
        request.headers_mut().insert("accept", HeaderValue::from_static("application/problem+json"));
        let (seen, headers, body) = ask(&app, request).await;
        assert_eq!(
            (seen, &headers["content-type"]),
            (status, &HeaderValue::from_static("application/problem+json"))
        );
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["title"], title);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}");
    };
    check(open(), "/nothing", 404, "Invalid path or request", "no such path").await;
    check(closed(), "/volumes", 401, "Required authorization token not found", "bearer TOKEN").await;
}
