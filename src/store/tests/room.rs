//! The room of hosting volumes: it follows the block volumes in them, and never goes below nothing.

use super::*;
use crate::model::block_volume::{BlockAccess, BlockVolume, Login};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::secret::Secret;
use crate::store::rows::NewRows;

fn gib(size: u64) -> GiB {
    GiB::new(size).unwrap()
}

fn block(digit: char, name: &str, size: u64) -> BlockVolume {
    BlockVolume {
        id: id(digit),
        cluster: id('c'),
        hosting: id('e'),
        name: name.to_owned(),
        size: gib(size),
        usable: gib(size),
        taken: gib(size),
        ha_count: 0,
        auth: true,
        access: BlockAccess::default(),
        asked_clusters: vec![id('c')],
        phase: Phase::Creating,
    }
}

async fn add(store: &Store, block: &BlockVolume) -> Result<()> {
    let mut tx = store.write().await?;
    rows::insert(&mut tx, NewRows { block_volume: Some(block), ..NewRows::default() }).await?;
    Ok(tx.commit().await?)
}

/// A hosting volume of 100 GiB.
async fn hosting() -> Opened {
    let opened = Opened::new(Sharing::AsFileSystem).await;
    furnish(&opened.store).await;
    let new = Volume {
        size: gib(100),
        hosting: Some(Hosting::empty(gib(100))),
        phase: Phase::Ready,
        ..volume('e', "blocks")
    };
    let mut tx = opened.store.write().await.unwrap();
    rows::insert(&mut tx, NewRows { volume: Some(&new), ..NewRows::default() }).await.unwrap();
    tx.commit().await.unwrap();
    opened
}

async fn free(opened: &Opened) -> u64 {
    let mut conn = opened.store.read().await.unwrap();
    volume::find(&mut conn, id('e')).await.unwrap().unwrap().hosting.unwrap().free.get()
}

#[tokio::test]
async fn room_is_taken_and_given_back_with_block_volumes_and_never_twice() {
    let opened = hosting().await;
    let store = &opened.store;
    add(store, &block('1', "a", 40)).await.unwrap();
    assert_eq!(free(&opened).await, 58);
    let too_large = add(store, &block('2', "b", 59)).await.unwrap_err();
    assert!(format!("{too_large:?}").contains("CHECK constraint failed"), "{too_large:?}");
    let taken = add(store, &block('2', "a", 1)).await.unwrap_err();
    assert!(format!("{taken:?}").contains("UNIQUE constraint failed"), "{taken:?}");
    assert_eq!(free(&opened).await, 58);

    let mut conn = store.writer().await.unwrap();
    block_volume::take(&mut conn, id('1'), gib(98)).await.unwrap();
    assert!(block_volume::take(&mut conn, id('1'), gib(99)).await.is_err());
    drop(conn);
    assert_eq!(free(&opened).await, 0);
    let mut conn = store.writer().await.unwrap();
    block_volume::resize(&mut conn, id('1'), gib(50), gib(40)).await.unwrap();
    block_volume::give_back(&mut conn, id('1')).await.unwrap();
    drop(conn);
    assert_eq!(free(&opened).await, 48);
    let found = block_volume::find(&mut store.read().await.unwrap(), id('1')).await.unwrap().unwrap();
    assert_eq!((found.size, found.usable, found.taken), (gib(50), gib(40), gib(50)));
    // What has block volumes in it cannot go.
    assert!(volume::delete(&mut store.writer().await.unwrap(), id('e')).await.is_err());
    block_volume::delete(&mut store.writer().await.unwrap(), id('1')).await.unwrap();
    assert_eq!(free(&opened).await, 98);
    volume::delete(&mut store.writer().await.unwrap(), id('e')).await.unwrap();
}

#[tokio::test]
async fn a_block_volume_is_read_as_it_was_written_with_its_hosts_in_order() {
    let opened = hosting().await;
    let store = &opened.store;
    add(store, &block('1', "a", 40)).await.unwrap();
    let login = Some(Login { username: "who".to_owned(), password: Secret::new("1e3") });
    let access = BlockAccess { hosts: vec!["s2".to_owned(), "s1".to_owned()], iqn: "iqn".to_owned(), login };
    block_volume::make_ready(&mut store.writer().await.unwrap(), id('1'), &access).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let found = block_volume::find(&mut conn, id('1')).await.unwrap().unwrap();
    let expected = BlockVolume { access, ha_count: 2, phase: Phase::Ready, ..block('1', "a", 40) };
    assert_eq!(found, expected);
    assert_eq!(block_volume::all(&mut conn).await.unwrap(), [expected]);
    let exported = block_volume::exported(&mut conn).await.unwrap();
    assert_eq!(exported.into_iter().collect::<Vec<_>>(), [("s1".to_owned(), 1), ("s2".to_owned(), 1)]);
    drop(conn);
    // It is made once.
    let again = block_volume::make_ready(&mut store.writer().await.unwrap(), id('1'), &found.access).await;
    assert!(matches!(again, Err(StoreError::Changed { .. })));
}

#[tokio::test]
async fn rooms_are_those_of_volumes_that_may_take_it() {
    let opened = hosting().await;
    let store = &opened.store;
    let rooms = async |size: u64, name: &str| {
        let mut conn = store.read().await.unwrap();
        super::super::hosting::rooms(&mut conn, &[id('c')], gib(size), name).await.unwrap().len()
    };
    add(store, &block('1', "a", 40)).await.unwrap();
    assert_eq!((rooms(58, "b").await, rooms(59, "b").await, rooms(1, "a").await), (1, 0, 0));
    let mut conn = store.read().await.unwrap();
    let elsewhere = super::super::hosting::rooms(&mut conn, &[id('d')], gib(1), "b").await.unwrap();
    assert!(elsewhere.is_empty());
    let locked = Hosting { free: gib(58), reserved: gib(2), restriction: Restriction::Locked };
    drop(conn);
    volume::set_hosting(&mut store.writer().await.unwrap(), id('e'), locked).await.unwrap();
    assert_eq!(rooms(1, "b").await, 0);
}
