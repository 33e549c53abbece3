//! The admin state: which requests are let in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tracing::warn;

use super::extract::ExplainedBody;
use super::shell::AdminState;
use super::{ApiError, App, answers};
use crate::api::{AdminStatus, Validate as _};

/// Which requests are let in at present.
#[utoipa::path(get, path = "/admin", tag = "service", operation_id = "admin_state",
    responses((status = 200, description = "The state", body = AdminStatus)))]
pub(super) async fn state(State(app): State<App>) -> Response {
    answers::json(StatusCode::OK, &AdminStatus { state: app.admin_state.get().name().to_owned() })
}

/// Lets only requests in that read (`read-only`), or from this machine all (`local-client`), or all (`normal`).
///
/// `read-only` refuses this request too: SIGUSR2 or a restart ends it. A restart forgets what was set.
#[utoipa::path(post, path = "/admin", tag = "service", operation_id = "admin_set_state",
    request_body = AdminStatus,
    responses((status = 204, description = "The state is set")))]
pub(super) async fn set_state(
    State(app): State<App>,
    ExplainedBody(request): ExplainedBody<AdminStatus>,
) -> Result<Response, ApiError> {
    request.validate()?;
    // A valid name is the name of a state.
    let state: AdminState = request.state.parse().unwrap_or_default();
    app.admin_state.set(state);
    warn!("the admin state is {state} from now on");
    Ok(answers::no_content())
}
