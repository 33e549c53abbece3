//! Bodies are read before the routes see them, so that one that is too large has one answer everywhere.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::room::{Held, Room};

/// How long a client may take to send its body: one that stops half-way must not hold a connection for ever. As long it
/// waits for room before.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// What those are told who have waited for room in vain.
pub(in crate::http) const NO_ROOM: &str = "the server is reading too many request bodies; ask again later";

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the request body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the request body could not be read")]
    Broken,
    #[error("the request body did not arrive in time")]
    TooSlow,
    #[error("{NO_ROOM}")]
    NoRoom,
}

impl BodyError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Broken => StatusCode::BAD_REQUEST,
            BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            BodyError::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The same request without its body, which nobody waits for. The routes that need no token read none: strangers could
/// fill the memory.
pub(super) fn unread(request: Request) -> Request {
    request.map(|_| Body::empty())
}

/// The same request with its whole body in memory: up to `limit` bytes, sent within `time`. The room that it takes is
/// to be held as long as the body is there.
pub(super) async fn read(
    request: Request,
    limit: usize,
    room: &Room,
    time: Duration,
) -> Result<(Request, Held), BodyError> {
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    // Where no length is known it may become as large as any.
    let upper = body.size_hint().upper().and_then(|length| usize::try_from(length).ok());
    let most = upper.unwrap_or(limit).min(limit);
    let mut held = timeout(time, room.take(most)).await.map_err(|_| BodyError::NoRoom)?;
    let collected = timeout(time, collect(body.into_data_stream(), most, limit));
    let bytes = collected.await.map_err(|_| BodyError::TooSlow)??;
    held.shrink_to(bytes.len());
    Ok((Request::from_parts(parts, Body::from(bytes)), held))
}

/// `most` is what it may come to, as far as that is known: there is room for no more.
async fn collect(mut pieces: BodyDataStream, most: usize, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if piece.len() > most - bytes.len() {
            return Err(BodyError::TooLarge(limit));
        }
        // At once as large as it may become: while it grows it would be there twice. What is not written to takes nothing.
        bytes.reserve_exact(most - bytes.len());
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, stream};

    use super::*;

    const SOON: Duration = Duration::from_millis(5);

    fn is_refused_with(read: Result<(Request, Held), BodyError>, status: u16, text: &str) {
        let error = read.unwrap_err();
        assert_eq!((error.status().as_u16(), error.to_string().as_str()), (status, text));
    }

    fn stalled() -> Request {
        let begun = stream::iter([Ok::<_, std::io::Error>("0")]);
        Request::new(Body::from_stream(begun.chain(stream::pending())))
    }

    #[tokio::test]
    async fn a_body_that_stalls_is_given_up() {
        let read = read(stalled(), 10, &Room::new(), SOON).await;
        is_refused_with(read, 408, "the request body did not arrive in time");
    }

    #[tokio::test]
    async fn a_body_for_which_there_is_no_room_is_refused_after_a_while_and_read_when_there_is() {
        let room = Room::with(10, 0);
        let whole = || Request::new(Body::from("0123456789"));
        let (first, held) = read(whole(), 10, &room, SOON).await.unwrap();
        is_refused_with(read(whole(), 10, &room, SOON).await, 503, NO_ROOM);
        // Of the same size as any where nobody knows its own.
        is_refused_with(read(stalled(), 10, &room, SOON).await, 503, NO_ROOM);
        assert!(read(Request::new(Body::empty()), 10, &room, SOON).await.is_ok(), "none needs no room");
        drop((first, held));
        assert!(read(whole(), 10, &room, SOON).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_holds_what_it_came_to() {
        let room = Room::with(10, 0);
        let pieces = stream::iter([Ok::<_, std::io::Error>("012"), Ok("3")]);
        let (_request, _held) = read(Request::new(Body::from_stream(pieces)), 10, &room, SOON).await.unwrap();
        assert!(room.take(6).now_or_never().is_some());
        assert!(room.take(7).now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_body_that_is_not_to_be_read_is_waited_for_by_nobody() {
        let read = read(unread(stalled()), 10, &Room::with(0, 0), SOON).await;
        let (request, _held) = read.unwrap();
        assert_eq!(request.into_body().size_hint().exact(), Some(0));
    }
}
