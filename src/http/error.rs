//! Every error of the API: its status and its text are decided here and nowhere else.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tracing::error;

use super::problem;
use crate::api::{Invalid, VolumeRequestError};
use crate::operations::OpError;
use crate::store::StoreError;

/// Why a request is not answered as it was meant.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is no JSON, or not of the right shape.
    #[error("request unable to be parsed")]
    Parse,
    /// The same where heketi says why.
    #[error("request unable to be parsed: {0}")]
    NotJson(String),
    /// A field breaks its rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The request asks for no volume that could be.
    #[error(transparent)]
    VolumeRequest(#[from] VolumeRequestError),
    /// Another logger than the one that can be set.
    #[error("Only \"glusterfs\" logger may be modified")]
    NoSuchLogger,
    /// A word that is no level of the log.
    #[error("invalid log level: {0}")]
    NoSuchLevel(String),
    /// An id that is not hex digits matches no route.
    #[error("Invalid path or request")]
    NoRoute,
    /// The caller may not do that.
    #[error("Administrator access required")]
    AdminOnly,
    /// The engine refused.
    #[error(transparent)]
    Operation(#[from] OpError),
    /// The database could not be read as a whole.
    #[error("Could not construct dump from DB: {0}")]
    Dump(#[source] StoreError),
    /// A failed backup.
    #[error("the backup failed")]
    Backup(#[source] anyhow::Error),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        ApiError::Operation(OpError::Store(error))
    }
}

impl ApiError {
    /// The status that goes with it. Most are heketi's, odd ones included.
    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::Parse | ApiError::NoSuchLogger | ApiError::NoSuchLevel(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            ApiError::NotJson(_) | ApiError::Invalid(_) | ApiError::VolumeRequest(_) => {
                StatusCode::BAD_REQUEST
            }
            ApiError::NoRoute => StatusCode::NOT_FOUND,
            ApiError::AdminOnly => StatusCode::UNAUTHORIZED,
            ApiError::Dump(_) | ApiError::Backup(_) => StatusCode::INTERNAL_SERVER_ERROR,
            ApiError::Operation(error) => match error {
                OpError::NotFound | OpError::Missing(_) | OpError::MissingParent(_) => StatusCode::NOT_FOUND,
                OpError::Conflict { .. } | OpError::KeyReused => StatusCode::CONFLICT,
                OpError::BadRequest { .. } => StatusCode::BAD_REQUEST,
                OpError::Refused { .. } | OpError::Store(_) | OpError::Internal => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                OpError::Busy => StatusCode::TOO_MANY_REQUESTS,
                OpError::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            },
        }
    }

    /// heketi's text, which clients compare byte for byte.
    pub fn text(&self) -> String {
        self.to_string()
    }

    /// What kind of failure it is, if the server is to blame and not the request.
    pub fn failure(&self) -> Option<&'static str> {
        match self {
            ApiError::Dump(_) | ApiError::Operation(OpError::Store(_)) => Some("database"),
            ApiError::Backup(_) => Some("backup"),
            ApiError::Operation(OpError::Refused { .. }) => Some("refused"),
            ApiError::Operation(OpError::Busy) => Some("busy"),
            ApiError::Operation(OpError::ShuttingDown) => Some("stopping"),
            ApiError::Operation(OpError::Internal) => Some("internal"),
            _ => None,
        }
    }

    fn explanation(&self) -> Option<&str> {
        match self {
            ApiError::Operation(error) => error.explanation(),
            _ => None,
        }
    }

    /// The answer, as text, or as a problem object with the explanation where the client asked for that.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let status = self.status();
        let text = self.text();
        if status.is_server_error() {
            error!(
                error = self as &dyn std::error::Error,
                explanation = self.explanation(),
                "request failed: {text}"
            );
        } else {
            tracing::info!(explanation = self.explanation(), "refused with {status}: {text}");
        }
        let mut response = problem::failure(request, status, &text, self.explanation());
        if matches!(self, ApiError::Operation(OpError::Busy)) {
            response.headers_mut().insert("retry-after", axum::http::HeaderValue::from_static("5"));
        }
        response
    }
}

/// Without the request's headers the answer is heketi's text; handlers that explain go through
/// [`ApiError::answer`], see [`super::explain`].
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_heketis_status_and_text() {
        let check = |error: ApiError, status: u16, text: &str| {
            assert_eq!((error.status().as_u16(), error.text().as_str()), (status, text));
        };
        check(ApiError::Parse, 422, "request unable to be parsed");
        check(ApiError::NotJson("EOF".to_owned()), 400, "request unable to be parsed: EOF");
        check(ApiError::NoSuchLogger, 422, "Only \"glusterfs\" logger may be modified");
        check(ApiError::NoSuchLevel("loud".to_owned()), 422, "invalid log level: loud");
        check(ApiError::NoRoute, 404, "Invalid path or request");
        check(ApiError::AdminOnly, 401, "Administrator access required");
        check(OpError::NotFound.into(), 404, "Id not found");
        check(OpError::MissingParent("Cluster id does not exist").into(), 404, "Cluster id does not exist");
        check(OpError::conflict("in the way").into(), 409, "in the way");
        check(OpError::refused("No space", None).into(), 500, "No space");
        check(OpError::Busy.into(), 429, "Server busy. Retry operation later.");
        check(OpError::ShuttingDown.into(), 503, "the server is shutting down");
        check(
            OpError::Store(StoreError::Changed { table: "node", row: String::new() }).into(),
            500,
            "Unable to access db",
        );
        check(VolumeRequestError::SnapshotFactor.into(), 400, "Invalid snapshot factor");
    }
}
