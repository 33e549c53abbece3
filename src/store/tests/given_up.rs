//! Changes that somebody began and did not wait for: all of them happens, or nothing.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::FutureExt as _;

use super::*;

/// Gives a future up after so many polls; what it brought, if it came to its end before.
async fn given_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Nothing is half-done, those who read are not disturbed, and the next change works.
async fn assert_whole(opened: &Opened, what: &str) {
    let before = opened.clusters().await;
    add_pair(&opened.store).await.unwrap();
    // What was given up may have been carried out in between: wholly.
    let after = opened.clusters().await;
    assert!(before % 2 == 0 && after % 2 == 0 && after >= before + 2, "{what}: {before}, {after}");
}

#[tokio::test]
async fn a_change_that_is_dropped_leaves_nothing_and_the_next_one_works() {
    for opened in Opened::both().await {
        let mut tx = opened.store.write().await.unwrap();
        cluster::insert(&mut tx, &new_cluster()).await.unwrap();
        drop(tx);
        assert_eq!(opened.clusters().await, 0);
        drop(opened.store.write().await.unwrap());
        assert_whole(&opened, "dropped").await;
    }
}

#[tokio::test]
async fn a_change_can_be_given_up_at_any_moment() {
    for opened in Opened::both().await {
        // Several times: how many polls it takes is up to the thread.
        for _ in 0..5 {
            let mut polls = 1;
            while given_up_after(polls, add_pair(&opened.store)).await.is_none() {
                assert_whole(&opened, &format!("{polls} polls")).await;
                polls += 1;
            }
            assert!(polls > 1);
        }
    }
}

#[tokio::test]
async fn a_change_can_be_given_up_while_it_begins() {
    for opened in Opened::both().await {
        for _ in 0..10 {
            drop(opened.store.write().now_or_never());
            assert_whole(&opened, "begin").await;
        }
        // Nobody looks after it in between.
        for _ in 0..100 {
            drop(opened.store.write().now_or_never());
        }
        assert_whole(&opened, "begin").await;
    }
}

#[tokio::test]
async fn those_who_read_do_not_meet_a_transaction_that_was_given_up_while_it_began() {
    for opened in Opened::both().await {
        for polls in 1..4 {
            given_up_after(polls, opened.store.write()).await;
            // A transaction cannot begin within another one.
            assert_eq!(opened.clusters().await, 0, "{polls}");
        }
    }
}

/// Gives the thread of a connection something to do, so that what comes next has to wait.
fn keep_busy(conn: &mut SqliteConnection) {
    let long = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
                SELECT count(*) FROM n";
    assert!(sqlx::query(long).execute(conn).now_or_never().is_none());
}

#[tokio::test]
async fn a_change_can_be_given_up_in_a_statement() {
    for opened in Opened::both().await {
        let mut tx = opened.store.write().await.unwrap();
        cluster::insert(&mut tx, &new_cluster()).await.unwrap();
        keep_busy(&mut tx);
        assert!(cluster::insert(&mut tx, &new_cluster()).now_or_never().is_none());
        drop(tx);
        assert_eq!(opened.clusters().await, 0);
        assert_whole(&opened, "statement").await;
    }
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_has_happened_wholly_or_not_at_all() {
    for opened in Opened::both().await {
        for busy in [true, false] {
            let mut tx = opened.store.write().await.unwrap();
            cluster::insert(&mut tx, &new_cluster()).await.unwrap();
            cluster::insert(&mut tx, &new_cluster()).await.unwrap();
            if busy {
                keep_busy(&mut tx);
            }
            let done = tx.commit().now_or_never();
            assert!(!busy || done.is_none());
            assert_whole(&opened, "commit").await;
        }
    }
}

#[tokio::test]
async fn a_change_of_one_statement_can_be_given_up() {
    let two = "INSERT INTO cluster (id, file, block) VALUES (lower(hex(randomblob(16))), 1, 1),
                                                            (lower(hex(randomblob(16))), 1, 1)";
    for opened in Opened::both().await {
        let mut conn = opened.store.writer().await.unwrap();
        keep_busy(&mut conn);
        assert!(sqlx::query(two).execute(&mut *conn).now_or_never().is_none());
        drop(conn);
        assert_whole(&opened, "one statement").await;
    }
}

#[tokio::test]
async fn a_store_is_closed_after_what_was_given_up_and_writes_no_more() {
    for opened in Opened::both().await {
        let mut tx = opened.store.write().await.unwrap();
        keep_busy(&mut tx);
        drop(tx);
        opened.store.close().await;
        let error = add_pair(&opened.store).await.unwrap_err();
        assert!(matches!(&error, StoreError::Database(sqlx::Error::PoolClosed)), "{error:?}");
    }
}
