//! The state as a whole: dumped and checked.

use axum::extract::State;
use axum::response::Response;

use super::{ApiError, App, answers};
use crate::api::{CheckReport, Dump};
use crate::operations::OpError;
use crate::store::everything;

/// Everything that the database holds, in the shape of heketi's dumps. Unfinished operations that heketi does not
/// record (of nodes and devices) are left out.
#[utoipa::path(get, path = "/db/dump", tag = "database", operation_id = "db_dump",
    responses((status = 200, description = "The state", body = Dump)))]
pub(super) async fn dump(State(app): State<App>) -> Result<Response, ApiError> {
    of_dump(&app, |dump| answers::indented_json(&dump)).await
}

/// What contradicts itself in the database. Nothing is changed, and the answer is 200 also when something does.
#[utoipa::path(get, path = "/db/check", tag = "database", operation_id = "db_check",
    responses((status = 200, description = "What was found", body = CheckReport)))]
pub(super) async fn check(State(app): State<App>) -> Result<Response, ApiError> {
    of_dump(&app, |dump| answers::indented_json(&CheckReport::new(&dump))).await
}

/// Reads one consistent state and makes an answer of it, off the threads that serve others: it may be large.
async fn of_dump(app: &App, answer: fn(Dump) -> Response) -> Result<Response, ApiError> {
    let mut snapshot = app.operations.store().snapshot().await.map_err(ApiError::Dump)?;
    let all = everything::read(&mut snapshot).await.map_err(ApiError::Dump)?;
    drop(snapshot);
    let made = tokio::task::spawn_blocking(move || answer(Dump::new(&all))).await;
    made.map_err(|_| ApiError::Operation(OpError::Internal))
}
