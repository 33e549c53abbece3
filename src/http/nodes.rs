//! Nodes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::extract::{Body, Id};
use super::{ApiError, App, accepted, answers};
use crate::api::{DeviceInfo, NodeAddRequest, NodeInfo, StateRequest, TagsRequest, Validate as _};
use crate::model::ids::NodeId;
use crate::model::node::TagChange;
use crate::model::state::Phase;
use crate::operations::OpError;
use crate::operations::nodes::NodeSpec;
use crate::store::{brick, device, node};

/// Adds a node to a cluster and joins it to the trusted pool.
#[utoipa::path(post, path = "/nodes", tag = "nodes", operation_id = "node_add",
    request_body = NodeAddRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn add(
    State(app): State<App>,
    Body(request): Body<NodeAddRequest>,
) -> Result<Response, ApiError> {
    request.validate()?;
    let spec = NodeSpec {
        cluster: request.cluster,
        zone: request.zone,
        manage: request.hostnames.manage.to_vec(),
        storage: request.hostnames.storage.to_vec(),
        tags: request.tags,
    };
    Ok(accepted(app.operations.add_node(spec).await?))
}

/// One node with its devices and their bricks.
#[utoipa::path(get, path = "/nodes/{id}", tag = "nodes", operation_id = "node_info",
    params(("id" = String, Path, description = "Id of the node")),
    responses((status = 200, description = "The node", body = NodeInfo)))]
pub(super) async fn info(State(app): State<App>, Id(id): Id<NodeId>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let found = node::find(&mut conn, id).await?.filter(|node| node.phase != Phase::Creating);
    let found = found.ok_or(OpError::NotFound)?;
    let devices = device::of_node(&mut conn, id).await?;
    let bricks = brick::of_node(&mut conn, id).await?;
    let shown = devices.iter().filter(|device| device.phase != Phase::Creating);
    let devices = shown.map(|device| DeviceInfo::new(device, &bricks)).collect();
    Ok(answers::json(StatusCode::OK, &NodeInfo::new(&found, devices)))
}

/// Takes a node without devices away.
#[utoipa::path(delete, path = "/nodes/{id}", tag = "nodes", operation_id = "node_delete",
    params(("id" = String, Path, description = "Id of the node")),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn delete(State(app): State<App>, Id(id): Id<NodeId>) -> Result<Response, ApiError> {
    Ok(accepted(app.operations.delete_node(id).await?))
}

/// Sets the state of a node; the job says whether that was possible.
#[utoipa::path(post, path = "/nodes/{id}/state", tag = "nodes", operation_id = "node_set_state",
    params(("id" = String, Path, description = "Id of the node")),
    request_body = StateRequest,
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn set_state(
    State(app): State<App>,
    id: Result<Id<NodeId>, ApiError>,
    Body(request): Body<StateRequest>,
) -> Result<Response, ApiError> {
    let state = request.entry_state()?;
    Ok(accepted(app.operations.set_node_state(id?.0, state, !request.skips_heal_check()).await?))
}

/// Changes the tags of a node; answers with those it has then.
#[utoipa::path(post, path = "/nodes/{id}/tags", tag = "nodes", operation_id = "node_set_tags",
    params(("id" = String, Path, description = "Id of the node")),
    request_body = TagsRequest,
    responses((status = 200, description = "All tags of the node", body = BTreeMap<String, String>)))]
pub(super) async fn set_tags(
    State(app): State<App>,
    id: Result<Id<NodeId>, ApiError>,
    Body(request): Body<TagsRequest>,
) -> Result<Response, ApiError> {
    let change = TagChange::try_from(request)?;
    Ok(answers::json(StatusCode::OK, &app.operations.change_node_tags(id?.0, change).await?))
}
