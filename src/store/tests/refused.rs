//! Changes that the database refuses: nothing of them is left.

use super::rows::NewRows;
use super::*;
use crate::model::operation::JobOutcome;

/// Puts a volume with its brick and its operation in.
async fn add(store: &Store, volume: &Volume, bricks: &[Brick], operation: &Operation) -> Result<()> {
    let mut tx = store.write().await?;
    let new = NewRows { volume: Some(volume), bricks, operation: Some(operation), ..NewRows::default() };
    rows::insert(&mut tx, new).await?;
    Ok(tx.commit().await?)
}

async fn with_one_volume(sharing: Sharing) -> (Opened, Volume, Operation) {
    let opened = Opened::new(sharing).await;
    furnish(&opened.store).await;
    let volume = volume('e', "v");
    let operation = operation('0', &volume);
    add(&opened.store, &volume, &[brick('b', &volume)], &operation).await.unwrap();
    (opened, volume, operation)
}

const BOTH: [Sharing; 2] = [Sharing::AsFileSystem, Sharing::Alone];

#[tokio::test]
async fn rows_that_belong_together_come_all_or_not_at_all() {
    for sharing in BOTH {
        let (opened, first, _) = with_one_volume(sharing).await;
        let before = opened.state().await;
        assert_eq!((before.0.volumes.len(), before.0.bricks.len(), before.1), (1, 1, 1));

        let (other, taken) = (volume('f', "w"), volume('f', "v"));
        let refused = |text: &'static str, volume: Volume, bricks: Vec<Brick>, operation: Operation| {
            let opened = &opened;
            let before = &before;
            async move {
                let error = add(&opened.store, &volume, &bricks, &operation).await.unwrap_err();
                let StoreError::Database(error) = error else { panic!("{error:?}") };
                assert!(error.to_string().contains(text), "{text}: {error}");
                assert_eq!(&opened.state().await, before, "{text}");
            }
        };
        let no_room = "CHECK constraint failed: free_kib";
        let op = |digit| operation(digit, &other);
        refused("volume.cluster_id, volume.name", taken.clone(), vec![], op('1')).await;
        refused(no_room, other.clone(), vec![brick('9', &other)], op('1')).await;
        refused("brick.id", other.clone(), vec![brick('b', &first)], op('1')).await;
        // The volume and a brick for which there is room are in by then: the last statements refuse.
        let shares = Brick { thin_pool: "tp_b".to_owned(), ..brick('9', &other) };
        refused("job.id", other.clone(), vec![shares.clone()], op('0')).await;
        let mut twice = op('1');
        twice.steps.push(twice.steps[0].clone());
        refused("operation_step", other.clone(), vec![shares.clone()], twice).await;

        add(&opened.store, &other, &[shares], &op('1')).await.unwrap();
        assert_eq!(opened.state().await.0.volumes.len(), 2);
    }
}

#[tokio::test]
async fn a_refused_statement_takes_back_nothing_that_its_transaction_does_not() {
    for sharing in BOTH {
        let (opened, ..) = with_one_volume(sharing).await;
        let before = opened.state().await;
        let mut tx = opened.store.write().await.unwrap();
        cluster::insert(&mut tx, &new_cluster()).await.unwrap();
        let taken = volume('f', "v");
        let new = NewRows { volume: Some(&taken), ..NewRows::default() };
        rows::insert(&mut tx, new).await.unwrap_err();
        let inside = everything::read(&mut tx).await.unwrap();
        assert_eq!((inside.clusters.len(), inside.volumes.len()), (2, 1));
        drop(tx);
        assert_eq!(opened.state().await, before);
    }
}

#[tokio::test]
async fn an_operation_that_is_gone_is_not_ended_and_its_job_keeps_what_it_has() {
    let (opened, _, operation) = with_one_volume(Sharing::default()).await;
    let mut tx = opened.store.write().await.unwrap();
    operation::delete(&mut tx, operation.id).await.unwrap();
    tx.commit().await.unwrap();
    let before = opened.state().await;

    let mut tx = opened.store.write().await.unwrap();
    let error = operation::end(&mut tx, &operation, &JobOutcome::Done, 7).await.unwrap_err();
    assert!(matches!(&error, StoreError::Changed { table: "operation", .. }), "{error:?}");
    tx.commit().await.unwrap();
    assert_eq!(opened.state().await, before);
    let job = job::find(&mut opened.store.read().await.unwrap(), operation.job).await.unwrap().unwrap();
    assert_eq!(job.outcome, None);
}

#[tokio::test]
async fn an_operation_ends_once_and_its_job_keeps_the_first_outcome() {
    let (opened, _, operation) = with_one_volume(Sharing::default()).await;
    let first = JobOutcome::Location { path: "/volumes/v".to_owned(), warning: None };
    let mut tx = opened.store.write().await.unwrap();
    job::finish(&mut tx, operation.job, &first, 5).await.unwrap();
    // The job has its outcome already, so no row of it changes: the operation ends all the same.
    operation::end(&mut tx, &operation, &JobOutcome::Done, 7).await.unwrap();
    operation::end(&mut tx, &operation, &JobOutcome::Done, 8).await.unwrap_err();
    tx.commit().await.unwrap();
    let job = job::find(&mut opened.store.read().await.unwrap(), operation.job).await.unwrap().unwrap();
    assert_eq!(job.outcome, Some(first));
    assert!(opened.state().await.0.operations.is_empty());
}

#[tokio::test]
async fn a_volume_in_another_phase_keeps_it_and_so_do_its_bricks() {
    let (opened, volume, _) = with_one_volume(Sharing::default()).await;
    let before = opened.state().await;
    let mut tx = opened.store.write().await.unwrap();
    for (id, from) in [(volume.id, Phase::Ready), (volume.id, Phase::Deleting), (id('f'), Phase::Creating)] {
        let error = volume::set_phase(&mut tx, id, from, Phase::Deleting).await.unwrap_err();
        assert!(matches!(&error, StoreError::Changed { table: "volume", .. }), "{error:?}");
    }
    tx.commit().await.unwrap();
    assert_eq!(opened.state().await, before);

    let mut tx = opened.store.write().await.unwrap();
    volume::set_phase(&mut tx, volume.id, Phase::Creating, Phase::Ready).await.unwrap();
    tx.commit().await.unwrap();
    let after = opened.state().await.0;
    assert_eq!((after.volumes[0].phase, after.bricks[0].phase), (Phase::Ready, Phase::Ready));
}

#[tokio::test]
async fn a_volume_without_bricks_changes_its_phase() {
    let opened = Opened::new(Sharing::default()).await;
    furnish(&opened.store).await;
    let volume = volume('e', "v");
    add(&opened.store, &volume, &[], &operation('0', &volume)).await.unwrap();
    let mut tx = opened.store.write().await.unwrap();
    volume::set_phase(&mut tx, volume.id, Phase::Creating, Phase::Ready).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(opened.state().await.0.volumes[0].phase, Phase::Ready);
}
