//! The API over HTTP: handlers extract, convert, call and answer. Every change is an operation; the store is read
//! only. What stands around the routes (paths, authentication, states) is in [`shell`].

mod admin;
mod admission;
pub mod answers;
pub mod auth;
mod backup;
mod block_volumes;
mod bricks;
mod clusters;
pub mod connections;
mod database;
mod devices;
mod docs;
mod error;
mod examine;
mod extract;
mod findings;
mod http2;
mod jobs;
mod logging;
mod metrics;
mod nodes;
pub mod openapi;
mod operations;
pub mod problem;
mod queue;
mod service;
pub mod shell;
pub mod tls;
mod volumes;

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use error::ApiError;
use shell::SharedAdminState;

use crate::metrics::Metrics;
use crate::model::ids::JobId;
use crate::operations::Operations;
use crate::telemetry::LogHandle;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// All changes, and the state to read.
    pub operations: Operations,
    /// The file of the database, for backups.
    pub database: Arc<PathBuf>,
    /// Which requests are let in at present.
    pub admin_state: SharedAdminState,
    /// The log, whose level clients may set.
    pub log: LogHandle,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The OpenAPI document as it is published.
    pub document: Bytes,
}

/// The head of the OpenAPI document; the routes add themselves.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "mortar",
        description = include_str!("openapi/description.md"),
        license(name = "Apache-2.0")
    ),
    tags(
        (name = "clusters", description = "Which nodes belong together"),
        (name = "nodes", description = "Peers that hold devices"),
        (name = "devices", description = "Disks of nodes"),
        (name = "bricks", description = "Parts of volumes on devices"),
        (name = "volumes", description = "What clients mount"),
        (name = "blockvolumes", description = "Disks in hosting volumes, which peers export over iSCSI"),
        (name = "jobs", description = "What becomes of requests that touch peers"),
        (name = "operations", description = "What is unfinished"),
        (name = "database", description = "What the server knows, and whether the peers agree"),
        (name = "service", description = "The server itself")
    ),
    modifiers(&Bearer),
    security(("request" = []), ("token" = []))
)]
struct Head;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = |text: &str| {
            let builder = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            SecurityScheme::Http(builder.description(Some(text)).build())
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("request", scheme(A_TOKEN_A_REQUEST));
        components.add_security_scheme("token", scheme(ONE_TOKEN));
    }
}

/// heketi's way.
const A_TOKEN_A_REQUEST: &str = "A token for each request: HS256 with the key of `iss` (`admin` or `user`), claims `iss`, `iat`, `exp` and `qsh`, the hex SHA-256 of `METHOD&/path` (decoded, without the query). A client that follows a redirect needs another one.";

/// Ours beside it.
const ONE_TOKEN: &str = "One token for all requests, as `mortar token` prints it: HS256 with the key of `iss` (`admin` or `user`), claims `iss`, `iat`, `exp` (at most 24 hours later) and `scope`, which is `api`. Only where the server is configured to take such ones (`scoped_tokens`), and over https.";

/// All routes, and the document that describes them.
pub fn routes() -> (axum::Router<App>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(service::hello))
        .routes(routes!(metrics::scrape))
        .routes(routes!(openapi::document))
        .routes(routes!(clusters::create, clusters::list))
        .routes(routes!(clusters::info, clusters::delete))
        .routes(routes!(clusters::set_flags))
        .routes(routes!(nodes::add))
        .routes(routes!(nodes::info, nodes::delete))
        .routes(routes!(nodes::set_state))
        .routes(routes!(nodes::set_tags))
        .routes(routes!(devices::add))
        .routes(routes!(devices::info, devices::delete))
        .routes(routes!(devices::set_state))
        .routes(routes!(devices::resync))
        .routes(routes!(bricks::evict))
        .routes(routes!(devices::set_tags))
        .routes(routes!(volumes::create, volumes::list))
        .routes(routes!(volumes::summary))
        .routes(routes!(volumes::info, volumes::delete))
        .routes(routes!(volumes::expand))
        .routes(routes!(volumes::clone))
        .routes(routes!(volumes::set_block_restriction))
        .routes(routes!(block_volumes::create, block_volumes::list))
        .routes(routes!(block_volumes::info, block_volumes::delete))
        .routes(routes!(block_volumes::expand))
        .routes(routes!(operations::info))
        .routes(routes!(operations::pending))
        .routes(routes!(operations::clean_up))
        .routes(routes!(operations::details))
        .routes(routes!(operations::progress))
        .routes(routes!(queue::poll))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::info))
        .routes(routes!(admin::state, admin::set_state))
        .routes(routes!(logging::level, logging::set_level))
        .routes(routes!(backup::download))
        .routes(routes!(database::dump))
        .routes(routes!(database::check))
        .routes(routes!(examine::gluster))
        .routes(routes!(findings::list))
        .routes(routes!(findings::clear))
        .split_for_parts()
}

/// The routes with their errors made into answers.
///
/// # Errors
/// When the document cannot be made, which would be a fault of the program.
pub fn router(mut app: App) -> Result<(axum::Router, utoipa::openapi::OpenApi), serde_json::Error> {
    let (mut router, document) = routes();
    for (path, handler) in docs::routes() {
        router = router.route(path, handler);
    }
    app.document = openapi::published(&document)?.into();
    let explaining = middleware::from_fn_with_state(app.metrics.clone(), explain);
    Ok((router.route_layer(explaining).with_state(app), document))
}

/// Makes the answer of a handler's error: only here the request's `Accept` is known.
async fn explain(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    match response.extensions().get::<Arc<ApiError>>() {
        Some(error) => {
            error.failure().into_iter().for_each(|kind| metrics.failure(kind));
            error.answer(&headers)
        }
        None => response,
    }
}

/// The header of a 202 that names its job, for clients that want no path.
const JOB: &str = "x-mortar-job";

/// 202 with the path of a job.
fn accepted(job: JobId) -> Response {
    naming(job, answers::accepted(&format!("/queue/{job}")))
}

/// The same as a `GET` gets it.
fn accepted_of_get(job: JobId) -> Response {
    naming(job, answers::accepted_of_get(&format!("/queue/{job}")))
}

fn naming(job: JobId, mut response: Response) -> Response {
    // Hex digits can always stand in a header.
    if let Ok(id) = HeaderValue::from_str(&job.to_string()) {
        response.headers_mut().insert(JOB, id);
    }
    response
}
