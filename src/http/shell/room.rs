//! Room for the bodies of all requests together: however many clients send at a time, the server's memory holds so much.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Up to here a body is small, as all are that clients of the API need.
const SMALL: usize = 64 * 1024;

/// Bytes of small bodies at a time.
const OF_SMALL: usize = 16 * 1024 * 1024;

/// Bytes of larger bodies at a time.
const OF_LARGE: usize = 48 * 1024 * 1024;

/// The room of a server. Small bodies have their own: those that send large ones slowly keep nobody else out.
#[derive(Debug)]
pub(super) struct Room {
    small: Part,
    large: Part,
}

#[derive(Debug)]
struct Part {
    bytes: usize,
    free: Arc<Semaphore>,
}

/// Room that was taken; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Held(Option<OwnedSemaphorePermit>);

impl Room {
    /// That of a server.
    pub(super) fn new() -> Room {
        Room::with(OF_SMALL, OF_LARGE)
    }

    pub(super) fn with(small: usize, large: usize) -> Room {
        let part = |bytes| Part { bytes, free: Arc::new(Semaphore::new(bytes)) };
        Room { small: part(small), large: part(large) }
    }

    /// Waits until so many bytes are free, in the order of those who ask. All at once: who waits holds nothing that
    /// another one waits for.
    pub(super) async fn take(&self, bytes: usize) -> Held {
        if bytes == 0 {
            return Held(None);
        }
        let part = if bytes <= SMALL { &self.small } else { &self.large };
        // More than there is would be waited for without end.
        let bytes = u32::try_from(bytes.min(part.bytes)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        Held(Arc::clone(&part.free).acquire_many_owned(bytes).await.ok())
    }
}

impl Held {
    /// Gives back what is beyond so many bytes.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        if let Some(permit) = &mut self.0 {
            drop(permit.split(permit.num_permits().saturating_sub(bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const LARGE: usize = SMALL + 1;

    #[tokio::test]
    async fn who_finds_no_room_waits_until_some_is_given_back() {
        let room = Room::with(100, 0);
        let first = room.take(60).await;
        let mut second = Box::pin(room.take(60));
        assert!(second.as_mut().now_or_never().is_none(), "there is none");
        // Whoever came later does not overtake, and needs nothing where he sends nothing.
        assert!(room.take(40).now_or_never().is_none());
        assert!(room.take(0).now_or_never().is_some());
        drop(first);
        assert!(second.now_or_never().is_some());
        assert_eq!(room.small.free.available_permits(), 100);
    }

    #[tokio::test]
    async fn large_bodies_keep_no_small_ones_out() {
        let room = Room::with(SMALL, 2 * LARGE);
        let _large = (room.take(LARGE).await, room.take(LARGE).await);
        assert!(room.take(LARGE).now_or_never().is_none());
        assert!(room.take(SMALL).now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_a_body_did_not_need_is_given_back_and_in_the_end_all() {
        let room = Room::with(100, 0);
        let mut held = room.take(100).await;
        held.shrink_to(30);
        held.shrink_to(70);
        assert_eq!(room.small.free.available_permits(), 70);
        held.shrink_to(0);
        assert_eq!(room.small.free.available_permits(), 100);
        drop(held);
        // A body for which there is never so much room takes all.
        let all = room.take(200).await;
        assert_eq!(room.small.free.available_permits(), 0);
        drop(all);
        assert_eq!(room.small.free.available_permits(), 100);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_keeps_nobody_waiting() {
        let room = Room::with(100, 0);
        let held = room.take(50).await;
        let mut waits = Box::pin(room.take(100));
        assert!(waits.as_mut().now_or_never().is_none());
        drop(waits);
        assert!(room.take(50).now_or_never().is_some());
        drop(held);
        assert_eq!(room.small.free.available_permits(), 100);
    }
}
