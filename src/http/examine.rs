//! What the peers have against what the database says.

use axum::extract::State;
use axum::response::Response;

use super::{ApiError, App, answers};
use crate::api::Examination;
use crate::operations::OpError;

/// Asks all peers what they have, and reports what disagrees with the database. Nothing is changed. A peer that does not
/// answer is a line of the report; one that hangs is waited for up to a minute.
#[utoipa::path(get, path = "/internal/state/examine/gluster", tag = "database", operation_id = "examine_gluster",
    responses((status = 200, description = "What was found", body = Examination)))]
pub(super) async fn gluster(State(app): State<App>) -> Result<Response, ApiError> {
    let in_flight = app.operations.in_flight();
    let found = app.operations.examine().await.map_err(|error| match error {
        OpError::Store(error) => ApiError::Dump(error),
        other => ApiError::Operation(other),
    })?;
    let mut report = vec![format!("OnDemand Examiner invoked while {in_flight} ops are in flight")];
    report.extend(found.report);
    let answer = move || answers::indented_json(&Examination::new(&found.database, &found.clusters, report));
    // It may be large: off the threads that serve others.
    tokio::task::spawn_blocking(answer).await.map_err(|_| ApiError::Operation(OpError::Internal))
}
