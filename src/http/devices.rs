//! Devices.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::extract::{Body, Id, OptionalBody};
use super::{ApiError, App, accepted, accepted_of_get, answers};
use crate::api::{
    DeviceAddRequest, DeviceDeleteRequest, DeviceInfo, StateRequest, TagsRequest, Validate as _,
};
use crate::model::ids::DeviceId;
use crate::model::node::TagChange;
use crate::model::state::Phase;
use crate::operations::OpError;
use crate::operations::devices::DeviceSpec;
use crate::store::{brick, device};

/// Prepares a disk of a node for bricks. The job ends with 204: read the node to learn the new id.
#[utoipa::path(post, path = "/devices", tag = "devices", operation_id = "device_add",
    request_body = DeviceAddRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn add(
    State(app): State<App>,
    Body(request): Body<DeviceAddRequest>,
) -> Result<Response, ApiError> {
    request.validate()?;
    let spec = DeviceSpec {
        node: request.node,
        name: request.name,
        tags: request.tags,
        destroy_data: request.destroydata,
    };
    Ok(accepted(app.operations.add_device(spec).await?))
}

/// One device with its bricks.
#[utoipa::path(get, path = "/devices/{id}", tag = "devices", operation_id = "device_info",
    params(("id" = String, Path, description = "Id of the device")),
    responses((status = 200, description = "The device", body = DeviceInfo)))]
pub(super) async fn info(State(app): State<App>, Id(id): Id<DeviceId>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let found = device::find(&mut conn, id).await?.filter(|device| device.phase != Phase::Creating);
    let found = found.ok_or(OpError::NotFound)?;
    let bricks = brick::of_device(&mut conn, id).await?;
    Ok(answers::json(StatusCode::OK, &DeviceInfo::new(&found, &bricks)))
}

/// Releases an empty device that is in the failed state.
#[utoipa::path(delete, path = "/devices/{id}", tag = "devices", operation_id = "device_delete",
    params(("id" = String, Path, description = "Id of the device")),
    request_body(content = DeviceDeleteRequest, description = "Optional"),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn delete(
    State(app): State<App>,
    id: Result<Id<DeviceId>, ApiError>,
    OptionalBody(request): OptionalBody<DeviceDeleteRequest>,
) -> Result<Response, ApiError> {
    Ok(accepted(app.operations.delete_device(id?.0, request.forceforget).await?))
}

/// Sets the state of a device; the job says whether that was possible.
#[utoipa::path(post, path = "/devices/{id}/state", tag = "devices", operation_id = "device_set_state",
    params(("id" = String, Path, description = "Id of the device")),
    request_body = StateRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn set_state(
    State(app): State<App>,
    id: Result<Id<DeviceId>, ApiError>,
    Body(request): Body<StateRequest>,
) -> Result<Response, ApiError> {
    let state = request.entry_state()?;
    Ok(accepted(app.operations.set_device_state(id?.0, state, !request.skips_heal_check()).await?))
}

/// Reads the size of a device again.
#[utoipa::path(get, path = "/devices/{id}/resync", tag = "devices", operation_id = "device_resync",
    params(("id" = String, Path, description = "Id of the device")),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn resync(State(app): State<App>, Id(id): Id<DeviceId>) -> Result<Response, ApiError> {
    Ok(accepted_of_get(app.operations.resync_device(id).await?))
}

/// Changes the tags of a device; answers with those it has then.
#[utoipa::path(post, path = "/devices/{id}/tags", tag = "devices", operation_id = "device_set_tags",
    params(("id" = String, Path, description = "Id of the device")),
    request_body = TagsRequest,
    responses((status = 200, description = "All tags of the device", body = BTreeMap<String, String>)))]
pub(super) async fn set_tags(
    State(app): State<App>,
    id: Result<Id<DeviceId>, ApiError>,
    Body(request): Body<TagsRequest>,
) -> Result<Response, ApiError> {
    let change = TagChange::try_from(request)?;
    Ok(answers::json(StatusCode::OK, &app.operations.change_device_tags(id?.0, change).await?))
}
