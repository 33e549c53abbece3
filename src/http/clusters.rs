//! Clusters.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::extract::{Body, Id};
use super::{ApiError, App, answers};
use crate::api::{ClusterCreateRequest, ClusterInfo, ClusterList};
use crate::model::ids::ClusterId;
use crate::model::state::Phase;
use crate::operations::OpError;
use crate::store::{block_volume, cluster, node, volume};

/// Makes a cluster. Without flags it takes no volumes at all.
#[utoipa::path(post, path = "/clusters", tag = "clusters", operation_id = "cluster_create",
    request_body = ClusterCreateRequest,
    responses((status = 201, description = "The new cluster", body = ClusterInfo)))]
pub(super) async fn create(
    State(app): State<App>,
    Body(request): Body<ClusterCreateRequest>,
) -> Result<Response, ApiError> {
    let made = app.operations.create_cluster(request.into()).await?;
    Ok(answers::json(StatusCode::CREATED, &ClusterInfo::new(&made, &[], &[], &[])))
}

/// All clusters.
#[utoipa::path(get, path = "/clusters", tag = "clusters", operation_id = "cluster_list",
    responses((status = 200, description = "Ids of all clusters", body = ClusterList)))]
pub(super) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let ids: Vec<ClusterId> = cluster::all(&mut conn).await?.into_iter().map(|cluster| cluster.id).collect();
    Ok(answers::json(StatusCode::OK, &ClusterList::new(&ids)))
}

/// One cluster, without the volumes that are being made or deleted.
#[utoipa::path(get, path = "/clusters/{id}", tag = "clusters", operation_id = "cluster_info",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = 200, description = "The cluster", body = ClusterInfo)))]
pub(super) async fn info(State(app): State<App>, Id(id): Id<ClusterId>) -> Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let found = cluster::find(&mut conn, id).await?.ok_or(OpError::NotFound)?;
    let nodes = node::of_cluster(&mut conn, id).await?;
    let nodes: Vec<_> =
        nodes.iter().filter(|node| node.phase != Phase::Creating).map(|node| node.id).collect();
    let volumes = volume::ready_ids_of_cluster(&mut conn, id).await?;
    let blocks = block_volume::ready_ids_of_cluster(&mut conn, id).await?;
    Ok(answers::json(StatusCode::OK, &ClusterInfo::new(&found, &nodes, &volumes, &blocks)))
}

/// Sets both flags; one that is missing becomes false. The volumes that are there stay.
#[utoipa::path(post, path = "/clusters/{id}/flags", tag = "clusters", operation_id = "cluster_set_flags",
    params(("id" = String, Path, description = "Id of the cluster")),
    request_body = ClusterCreateRequest,
    responses((status = 200, description = "The flags are set")))]
pub(super) async fn set_flags(
    State(app): State<App>,
    id: Result<Id<ClusterId>, ApiError>,
    Body(request): Body<ClusterCreateRequest>,
) -> Result<Response, ApiError> {
    // heketi reads the body first.
    let Id(id) = id?;
    app.operations.set_cluster_flags(id, request.into()).await?;
    Ok(answers::empty_json())
}

/// Takes an empty cluster away.
#[utoipa::path(delete, path = "/clusters/{id}", tag = "clusters", operation_id = "cluster_delete",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = 200, description = "The cluster is gone")))]
pub(super) async fn delete(State(app): State<App>, Id(id): Id<ClusterId>) -> Result<Response, ApiError> {
    app.operations.delete_cluster(id).await?;
    Ok(StatusCode::OK.into_response())
}
