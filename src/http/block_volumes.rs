//! Block volumes.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::extract::{Body, Id};
use super::volumes::key;
use super::{ApiError, App, accepted, answers};
use crate::api::{BlockVolumeCreateRequest, BlockVolumeExpandRequest, BlockVolumeInfo, BlockVolumeList};
use crate::json;
use crate::model::block_volume::BlockVolumeSpec;
use crate::model::ids::BlockVolumeId;
use crate::model::state::Phase;
use crate::operations::{Caller, OpError};
use crate::store::block_volume;

/// Makes a block volume in a hosting volume that has room for it; where none has, one is made if the configuration allows
/// that. With an `Idempotency-Key` a repeated request is answered with the same job.
#[utoipa::path(post, path = "/blockvolumes", tag = "blockvolumes", operation_id = "block_volume_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "A text that names this request, so that it can be repeated. It is kept for as long as the block volume is there, and free again when the request failed and was undone")),
    request_body = BlockVolumeCreateRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let request: BlockVolumeCreateRequest = json::decode(&body).map_err(|_| ApiError::Parse)?;
    let key = key(&headers, "/blockvolumes", &request);
    let spec = BlockVolumeSpec::try_from(request)?;
    Ok(accepted(app.operations.create_block_volume(spec, Caller { is_user: false, key }).await?))
}

/// All block volumes but those that are being made or deleted.
#[utoipa::path(get, path = "/blockvolumes", tag = "blockvolumes", operation_id = "block_volume_list",
    responses((status = 200, description = "Ids of all block volumes", body = BlockVolumeList)))]
pub(super) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    Ok(answers::json(StatusCode::OK, &BlockVolumeList::new(&block_volume::ready_ids(&mut conn).await?)))
}

/// One block volume, with the login that clients need.
#[utoipa::path(get, path = "/blockvolumes/{id}", tag = "blockvolumes", operation_id = "block_volume_info",
    params(("id" = String, Path, description = "Id of the block volume")),
    responses((status = 200, description = "The block volume", body = BlockVolumeInfo)))]
pub(super) async fn info(State(app): State<App>, Id(id): Id<BlockVolumeId>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let found = block_volume::find(&mut conn, id).await?.filter(|block| block.phase == Phase::Ready);
    Ok(answers::json(StatusCode::OK, &BlockVolumeInfo::new(&found.ok_or(OpError::NotFound)?)))
}

/// Deletes a block volume with all that is on it. The volume that hosts it stays.
#[utoipa::path(delete, path = "/blockvolumes/{id}", tag = "blockvolumes", operation_id = "block_volume_delete",
    params(("id" = String, Path, description = "Id of the block volume")),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn delete(State(app): State<App>, Id(id): Id<BlockVolumeId>) -> Result<Response, ApiError> {
    Ok(accepted(app.operations.delete_block_volume(id).await?))
}

/// Makes a block volume larger. Where that fails on some of its hosts, the job says so, and asking for the same size again
/// tries those. With an `Idempotency-Key` a repeated request is answered with the same job.
#[utoipa::path(post, path = "/blockvolumes/{id}/expand", tag = "blockvolumes", operation_id = "block_volume_expand",
    params(("id" = String, Path, description = "Id of the block volume"),
           ("Idempotency-Key" = Option<String>, Header, description = "A text that names this request, so that it can be repeated. It is kept for as long as the block volume is there: a further expansion needs another one. It is free again when the expansion failed and was undone")),
    request_body = BlockVolumeExpandRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn expand(
    State(app): State<App>,
    id: Result<Id<BlockVolumeId>, ApiError>,
    headers: HeaderMap,
    Body(request): Body<BlockVolumeExpandRequest>,
) -> Result<Response, ApiError> {
    let size = request.size()?;
    let id = id?.0;
    let caller =
        Caller { is_user: false, key: key(&headers, &format!("/blockvolumes/{id}/expand"), &request) };
    Ok(accepted(app.operations.expand_block_volume(id, size, caller).await?))
}
