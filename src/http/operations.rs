//! Unfinished operations: counted, listed, shown, and tried again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::extract::Body;
use super::{ApiError, App, accepted, answers};
use crate::api::Validate as _;
use crate::api::operation::{
    CleanUpRequest, OperationProgress, OperationProgressList, OperationsInfo, PendingOperation,
    PendingOperationDetails, PendingOperationList,
};
use crate::operations::OpError;

/// How many operations there are.
#[utoipa::path(get, path = "/operations", tag = "operations", operation_id = "operations_info",
    responses((status = 200, description = "Numbers", body = OperationsInfo),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The server failed", body = String, content_type = "text/plain")))]
pub(super) async fn info(State(app): State<App>) -> Result<Response, ApiError> {
    let all = app.operations.unfinished().await?;
    Ok(answers::json(StatusCode::OK, &OperationsInfo::new(&all, app.operations.in_flight())))
}

/// All unfinished operations.
#[utoipa::path(get, path = "/operations/pending", tag = "operations", operation_id = "operations_pending",
    responses((status = 200, description = "The operations", body = PendingOperationList),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The server failed", body = String, content_type = "text/plain")))]
pub(super) async fn pending(State(app): State<App>) -> Result<Response, ApiError> {
    let mut all = app.operations.unfinished().await?;
    all.sort_by_key(|op| op.id);
    let shown = all.iter().map(|op| PendingOperation::new(op, app.operations.runs(op.id)));
    let list = PendingOperationList { pendingoperations: shown.collect::<Vec<_>>().into() };
    Ok(answers::json(StatusCode::OK, &list))
}

/// An unfinished operation with what it changes.
#[utoipa::path(get, path = "/operations/pending/{id}", tag = "operations", operation_id = "operation_details",
    params(("id" = String, Path, description = "Id of the operation")),
    responses((status = 200, description = "The operation", body = PendingOperationDetails),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The server failed", body = String, content_type = "text/plain")))]
pub(super) async fn details(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::NoRoute);
    }
    let all = app.operations.unfinished().await?;
    let found = all.iter().find(|op| op.id.to_string() == id);
    let op = found.ok_or_else(|| OpError::Missing(format!("Id not found: {id}")))?;
    Ok(answers::json(StatusCode::OK, &PendingOperationDetails::new(op)))
}

/// All unfinished operations with what they do now, how old they are, how often they were tried, and why they wait.
#[utoipa::path(get, path = "/operations/progress", tag = "operations", operation_id = "operations_progress",
    responses((status = 200, description = "The operations", body = OperationProgressList),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The server failed", body = String, content_type = "text/plain")))]
pub(super) async fn progress(State(app): State<App>) -> Result<Response, ApiError> {
    let all = app.operations.unfinished().await?;
    let now = app.operations.now_ms();
    let shown = all.iter().map(|op| OperationProgress::new(op, app.operations.doing(op), now));
    let list = OperationProgressList { operations: shown.collect::<Vec<_>>().into() };
    Ok(answers::json(StatusCode::OK, &list))
}

/// Tries operations again that failed or came with an import. The job ends when each has been tried; what still cannot
/// be cleaned up stays listed.
#[utoipa::path(post, path = "/operations/pending/cleanup", tag = "operations", operation_id = "operations_clean_up",
    request_body = CleanUpRequest,
    responses((status = 202, description = "Begun; poll the job", headers(("Location" = String, description = "Path of the job"))),
              (status = "4XX", description = "The request was refused", body = String, content_type = "text/plain"),
              (status = "5XX", description = "The server failed", body = String, content_type = "text/plain")))]
pub(super) async fn clean_up(
    State(app): State<App>,
    Body(request): Body<CleanUpRequest>,
) -> Result<Response, ApiError> {
    request.validate()?;
    let all = request.operations.is_empty();
    Ok(accepted(app.operations.clean_up((!all).then(|| request.ids())).await?))
}
