//! What an import from heketi could not reconcile: listed, and cleared when somebody has mended it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{ApiError, App, answers};
use crate::api::{FindingInfo, FindingList};
use crate::operations::OpError;

/// What an import from heketi could not reconcile, until somebody clears it. Empty where nothing was imported.
#[utoipa::path(get, path = "/findings", tag = "database", operation_id = "findings_list",
    responses((status = 200, description = "The findings", body = FindingList)))]
pub(super) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let found = app.operations.findings().await?;
    let findings = found.iter().map(FindingInfo::from).collect::<Vec<_>>().into();
    Ok(answers::json(StatusCode::OK, &FindingList { findings }))
}

/// Takes a finding out of the list, since somebody has mended it. Its devices get new bricks again, unless other findings
/// are about them, too.
#[utoipa::path(delete, path = "/findings/{id}", tag = "database", operation_id = "finding_clear",
    params(("id" = String, Path, description = "Number of the finding")),
    responses((status = 200, description = "The finding is gone")))]
pub(super) async fn clear(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::NoRoute);
    }
    // Other routes know longer ids: none of those is a number of ours.
    let number = id.parse().map_err(|_| OpError::NotFound)?;
    app.operations.clear_finding(number).await?;
    Ok(StatusCode::OK.into_response())
}
