//! Bodies are read before the routes see them, so that one that is too large has one answer everywhere.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;

/// How long a client may take to send its body: one that stops half-way must not hold a connection for ever.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the request body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the request body could not be read")]
    Broken,
    #[error("the request body did not arrive in time")]
    TooSlow,
}

impl BodyError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Broken => StatusCode::BAD_REQUEST,
            BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// The same request with its whole body in memory: up to `limit` bytes, sent within `time`.
pub(super) async fn read(request: Request, limit: usize, time: Duration) -> Result<Request, BodyError> {
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    let collected = tokio::time::timeout(time, collect(body.into_data_stream(), limit));
    let bytes = collected.await.map_err(|_| BodyError::TooSlow)??;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn collect(mut pieces: BodyDataStream, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if piece.len() > limit - bytes.len() {
            return Err(BodyError::TooLarge(limit));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_stalls_is_given_up() {
        let begun = stream::iter([Ok::<_, std::io::Error>("0")]);
        let stalled = Request::new(Body::from_stream(begun.chain(stream::pending())));
        let error = read(stalled, 10, Duration::from_millis(5)).await.unwrap_err();
        assert_eq!(
            (error.status().as_u16(), error.to_string().as_str()),
            (408, "the request body did not arrive in time")
        );
    }
}
