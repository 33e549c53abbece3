//! Bricks.

use axum::extract::State;
use axum::response::Response;

use super::extract::{Id, OptionalBody};
use super::{ApiError, App, accepted};
use crate::api::{BrickEvictRequest, Validate as _};
use crate::model::ids::BrickId;

/// Moves a brick to another device of its cluster.
#[utoipa::path(post, path = "/bricks/to-evict/{id}", tag = "bricks", operation_id = "brick_evict",
    params(("id" = String, Path, description = "Id of the brick")),
    request_body(content = BrickEvictRequest, description = "Optional"),
    responses((status = 202, description = "Begun; poll the job")))]
pub(super) async fn evict(
    State(app): State<App>,
    id: Result<Id<BrickId>, ApiError>,
    OptionalBody(request): OptionalBody<BrickEvictRequest>,
) -> Result<Response, ApiError> {
    request.validate()?;
    Ok(accepted(app.operations.evict_brick(id?.0, !request.skips_heal_check()).await?))
}
