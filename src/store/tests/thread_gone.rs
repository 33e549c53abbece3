//! The thread that owns a connection ends, as sqlx's does where it panics.

use tracing::instrument::{Instrument as _, WithSubscriber as _};
use tracing::span::Id;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use super::writer::answers;
use super::*;

/// Panics where the thread of a connection takes up what it is asked: sqlx enters the span of the asker there.
struct Ending;

impl<S: tracing::Subscriber> Layer<S> for Ending {
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        let thread = std::thread::current();
        assert!(!thread.name().is_some_and(|name| name.starts_with("sqlx-sqlite")), "this thread is to end");
    }
}

/// Lets the thread of a connection end at the first thing that `work` asks of it.
async fn with_the_end<T>(work: impl Future<Output = T>) -> T {
    let work = async { work.instrument(tracing::error_span!("the end")).await };
    work.with_subscriber(Registry::default().with(Ending)).await
}

/// Lets the thread of a connection end and waits until it has.
async fn end_thread_of(conn: &mut SqliteConnection) {
    let ended = with_the_end(sqlx::query("SELECT 1").fetch_all(&mut *conn)).await;
    assert!(ended.is_ok_and(|rows| rows.is_empty()), "sqlx takes no answer for an empty one");
    assert!(!answers(conn).await);
}

#[tokio::test]
async fn a_connection_whose_thread_has_ended_is_opened_again() {
    for opened in Opened::both().await {
        add_pair(&opened.store).await.unwrap();
        end_thread_of(&mut opened.store.writer().await.unwrap()).await;
        add_pair(&opened.store).await.unwrap();
        end_thread_of(&mut opened.store.writer().await.unwrap()).await;
        let mut conn = opened.store.writer().await.unwrap();
        cluster::insert(&mut conn, &new_cluster()).await.unwrap();
        drop(conn);
        assert_eq!(opened.clusters().await, 5);
        // With the same options: there is no such node.
        let mut tx = opened.store.write().await.unwrap();
        let orphan = "INSERT INTO node VALUES (?, ?, 1, '{}', 'online', 'ready')";
        let (node, nowhere) = ("1".repeat(32), "2".repeat(32));
        let refused = sqlx::query(orphan).bind(node).bind(nowhere).execute(&mut *tx).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("FOREIGN KEY")));
    }
}

#[tokio::test]
async fn a_change_whose_thread_ends_is_an_error_and_leaves_nothing() {
    for opened in Opened::both().await {
        let mut tx = opened.store.write().await.unwrap();
        cluster::insert(&mut tx, &new_cluster()).await.unwrap();
        end_thread_of(&mut tx).await;
        cluster::insert(&mut tx, &new_cluster()).await.unwrap_err();
        let error = tx.commit().await.unwrap_err();
        assert!(matches!(error, sqlx::Error::WorkerCrashed), "{error:?}");
        // Its lock went with it.
        add_pair(&opened.store).await.unwrap();
        assert_eq!(opened.clusters().await, 2);
    }
}

#[tokio::test]
async fn a_commit_whose_thread_ends_is_an_error() {
    for opened in Opened::both().await {
        let mut tx = opened.store.write().await.unwrap();
        cluster::insert(&mut tx, &new_cluster()).await.unwrap();
        let error = with_the_end(tx.commit()).await.unwrap_err();
        assert!(matches!(error, sqlx::Error::WorkerCrashed), "{error:?}");
        add_pair(&opened.store).await.unwrap();
        assert_eq!(opened.clusters().await, 2);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_again_is_an_error_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("x.db"), folder.path().join("away.db"));
    let store = Store::open(&path, Sharing::default()).await.unwrap();
    add_pair(&store).await.unwrap();
    end_thread_of(&mut store.writer().await.unwrap()).await;
    std::fs::rename(&path, &away).unwrap();
    std::fs::create_dir(&path).unwrap();
    for _ in 0..2 {
        let error = store.write().await.unwrap_err();
        assert!(matches!(error, StoreError::Database(_)), "{error:?}");
    }
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&away, &path).unwrap();
    add_pair(&store).await.unwrap();
    store.close().await;
}
