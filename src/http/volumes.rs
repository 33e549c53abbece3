//! Volumes.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::extract::{Body, Id, IsUser};
use super::{ApiError, App, accepted, answers};
use crate::api::{
    BlockRestrictionRequest, VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest, VolumeInfo,
    VolumeList, VolumeRequestError, VolumeSummaryList,
};
use crate::json;
use crate::model::ids::VolumeId;
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::volume::VolumeSpec;
use crate::operations::{Caller, OpError, RequestKey};
use crate::store::{block_volume, brick, node, volume};

/// The header of a request that may be repeated.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Makes a volume; without `durability` one of ONE copy, as in heketi. With an `Idempotency-Key` a repeated request is answered with the same job.
#[utoipa::path(post, path = "/volumes", tag = "volumes", operation_id = "volume_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "A text that names this request, so that it can be repeated. It is kept for as long as the volume is there, and free again when the request failed and was undone")),
    request_body = VolumeCreateRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn create(
    State(app): State<App>,
    IsUser(is_user): IsUser,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let request: VolumeCreateRequest = json::decode(&body).map_err(|_| ApiError::Parse)?;
    let key = key(&headers, "", &request);
    let spec = VolumeSpec::try_from(request)?;
    Ok(accepted(app.operations.create_volume(spec, Caller { is_user, key }).await?))
}

/// The key of a request to `path`, which is empty for creates: those of earlier versions are to be known again.
pub(super) fn key<T: Serialize>(headers: &HeaderMap, path: &str, request: &T) -> Option<RequestKey> {
    // An empty one names nothing: all clients that send it would have the same.
    let key = headers.get(IDEMPOTENCY_KEY).filter(|key| !key.as_bytes().trim_ascii().is_empty())?;
    // Of what was understood, not of the bytes: white space and the order of fields do not matter.
    let digest = Sha256::new().chain_update(path).chain_update(json::encode(request)).finalize();
    Some(RequestKey {
        key: String::from_utf8_lossy(key.as_bytes()).into_owned(),
        request_hash: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// All volumes but those that are being made or deleted.
#[utoipa::path(get, path = "/volumes", tag = "volumes", operation_id = "volume_list",
    responses((status = 200, description = "Ids of all volumes", body = VolumeList)))]
pub(super) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    Ok(answers::json(StatusCode::OK, &VolumeList::new(&volume::ready_ids(&mut conn).await?)))
}

/// All volumes with names and sizes, in one answer. A `user` sees those that users have made.
#[utoipa::path(get, path = "/volumes/summary", tag = "volumes", operation_id = "volume_summary",
    responses((status = 200, description = "The volumes, without those that are being made or deleted", body = VolumeSummaryList)))]
pub(super) async fn summary(State(app): State<App>, IsUser(is_user): IsUser) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let found = volume::summaries(&mut conn, is_user).await?;
    drop(conn);
    Ok(answers::json(StatusCode::OK, &VolumeSummaryList::new(found)))
}

/// One volume.
#[utoipa::path(get, path = "/volumes/{id}", tag = "volumes", operation_id = "volume_info",
    params(("id" = String, Path, description = "Id of the volume")),
    responses((status = 200, description = "The volume", body = VolumeInfo)))]
pub(super) async fn info(
    State(app): State<App>,
    IsUser(is_user): IsUser,
    Id(id): Id<VolumeId>,
) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    if is_user && !volume::made_by_user(&mut conn, id).await? {
        return Err(ApiError::AdminOnly);
    }
    let found = volume::find(&mut conn, id).await?.filter(|volume| volume.phase == Phase::Ready);
    let found = found.ok_or(OpError::NotFound)?;
    let bricks = brick::of_volume(&mut conn, id).await?;
    let blocks = match found.hosting {
        Some(_) => block_volume::ready_ids_in(&mut conn, id).await?,
        None => Vec::new(),
    };
    let nodes = node::of_cluster(&mut conn, found.cluster).await?;
    let shown = nodes.iter().filter(|node| node.phase != Phase::Creating);
    let hosts = shown.map(|node| node.storage_name().to_owned()).collect();
    Ok(answers::json(StatusCode::OK, &VolumeInfo::new(&found, &bricks, hosts, &blocks)))
}

/// Deletes a volume with all that is on it.
#[utoipa::path(delete, path = "/volumes/{id}", tag = "volumes", operation_id = "volume_delete",
    params(("id" = String, Path, description = "Id of the volume")),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn delete(
    State(app): State<App>,
    IsUser(is_user): IsUser,
    Id(id): Id<VolumeId>,
) -> Result<Response, ApiError> {
    Ok(accepted(app.operations.delete_volume(id, is_user).await?))
}

/// Makes a volume larger by whole sets of bricks. With an `Idempotency-Key` a repeated request is answered with the same
/// job, and the volume grows once.
#[utoipa::path(post, path = "/volumes/{id}/expand", tag = "volumes", operation_id = "volume_expand",
    params(("id" = String, Path, description = "Id of the volume"),
           ("Idempotency-Key" = Option<String>, Header, description = "A text that names this request, so that it can be repeated. It is kept for as long as the volume is there: a further expansion needs another one. It is free again when the expansion failed and was undone")),
    request_body = VolumeExpandRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn expand(
    State(app): State<App>,
    id: Result<Id<VolumeId>, ApiError>,
    headers: HeaderMap,
    Body(request): Body<VolumeExpandRequest>,
) -> Result<Response, ApiError> {
    let asked = request.clone();
    let grow = GiB::try_from(request)?;
    let id = id?.0;
    let caller = Caller { is_user: false, key: key(&headers, &format!("/volumes/{id}/expand"), &asked) };
    Ok(accepted(app.operations.expand_volume(id, grow, caller).await?))
}

/// Makes a copy of a volume as it is now, which takes no space but for what is written to either of them. With an
/// `Idempotency-Key` a repeated request is answered with the same job.
#[utoipa::path(post, path = "/volumes/{id}/clone", tag = "volumes", operation_id = "volume_clone",
    params(("id" = String, Path, description = "Id of the volume that is copied"),
           ("Idempotency-Key" = Option<String>, Header, description = "A text that names this request, so that it can be repeated. It is kept for as long as the copy is there, and free again when the request failed and was undone")),
    request_body = VolumeCloneRequest,
    responses((status = 202, description = "Begun; poll the job, which leads to the copy")))]
pub(super) async fn clone(
    State(app): State<App>,
    id: Result<Id<VolumeId>, ApiError>,
    headers: HeaderMap,
    Body(request): Body<VolumeCloneRequest>,
) -> Result<Response, ApiError> {
    let asked = request.clone();
    let name = request.wanted_name().map_err(VolumeRequestError::from)?;
    let id = id?.0;
    let caller = Caller { is_user: false, key: key(&headers, &format!("/volumes/{id}/clone"), &asked) };
    Ok(accepted(app.operations.clone_volume(id, name, caller).await?))
}

/// Keeps new block volumes away from a hosting volume, or lets them in again. The job has ended when this is answered.
#[utoipa::path(post, path = "/volumes/{id}/block-restriction", tag = "volumes", operation_id = "volume_set_block_restriction",
    params(("id" = String, Path, description = "Id of the hosting volume")),
    request_body = BlockRestrictionRequest,
    responses((status = 202, description = "Done; the job leads to the volume")))]
pub(super) async fn set_block_restriction(
    State(app): State<App>,
    id: Result<Id<VolumeId>, ApiError>,
    Body(request): Body<BlockRestrictionRequest>,
) -> Result<Response, ApiError> {
    let wanted = request.wanted()?;
    Ok(accepted(app.operations.restrict_volume(id?.0, wanted).await?))
}
