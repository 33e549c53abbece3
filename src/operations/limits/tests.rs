use super::*;
use uuid::Uuid;

fn cluster(number: u128) -> ClusterId {
    ClusterId::from_uuid(Uuid::from_u128(number))
}

#[test]
fn heketis_limit_refuses_the_next_one_until_one_is_done() {
    let limits = Limits::new(2);
    let first = limits.try_enter().unwrap();
    let _second = limits.try_enter().unwrap();
    assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
    drop(first);
    assert!(limits.try_enter().is_ok());
}

#[tokio::test]
async fn what_has_left_its_place_is_under_way_and_keeps_nobody_out() {
    let limits = Limits::new(1);
    let cluster = cluster(1);
    let mut place = limits.place(limits.try_enter_in(cluster).unwrap()).await;
    assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
    place.leave();
    let next = limits.try_enter().unwrap();
    assert_eq!(limits.in_flight(), 2);
    // Back it counts, whatever has begun meanwhile.
    place.come_back();
    drop(next);
    assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
    place.leave();
    let next = limits.try_enter().unwrap();
    drop((place, next));
    assert_eq!(limits.in_flight(), 0);
}

#[tokio::test]
async fn without_a_limit_eight_run_a_cluster_and_256_wait() {
    let limits = Limits::new(0);
    let cluster = cluster(1);
    let mut running = Vec::new();
    for _ in 0..RUNNING_A_CLUSTER {
        running.push(limits.place(limits.try_enter_in(cluster).unwrap()).await);
    }
    let waiting: Vec<_> = (0..WAITING_A_CLUSTER).map(|_| limits.try_enter_in(cluster).unwrap()).collect();
    assert!(matches!(limits.try_enter_in(cluster), Err(OpError::Busy)));
    drop(waiting);
    let ninth = limits.place(limits.try_enter_in(cluster).unwrap());
    assert!(tokio::time::timeout(std::time::Duration::from_millis(20), ninth).await.is_err());
    running.pop();
    let ninth = limits.place(limits.try_enter_in(cluster).unwrap()).await;
    // One that has left comes back where a place is free, and does not wait for it.
    let mut first = running.remove(0);
    first.leave();
    let in_its_place = limits.place(limits.try_enter_in(cluster).unwrap()).await;
    first.come_back();
    assert!(first.permit.is_none());
    drop((ninth, in_its_place));
    first.come_back();
    assert!(first.permit.is_some());
}

#[test]
fn those_that_wait_in_one_cluster_keep_nobody_out_of_another() {
    let limits = Limits::new(0);
    let waiting: Vec<_> = (0..WAITING_A_CLUSTER).map(|_| limits.try_enter_in(cluster(1)).unwrap()).collect();
    assert!(limits.is_full(cluster(1)) && !limits.is_full(cluster(2)));
    // One whose cluster was not known when it came is told only then.
    let ticket = limits.try_enter().unwrap();
    assert!(matches!(limits.queue(ticket, cluster(1)), Err(OpError::Busy)));
    let elsewhere = limits.queue(limits.try_enter().unwrap(), cluster(2)).unwrap();
    assert_eq!(limits.waiting(), WAITING_A_CLUSTER + 1);
    drop((waiting, elsewhere));
    assert_eq!((limits.waiting(), limits.in_flight()), (0, 0), "refused ones do not count");
    assert!(limits.try_enter_in(cluster(1)).is_ok());
}

#[test]
fn however_many_wait_in_other_clusters_some_are_let_in_to_each() {
    let limits = Limits::new(0);
    let numbers = (0..).map(|number| cluster(number / WAITING_A_CLUSTER as u128));
    let waiting: Vec<_> =
        numbers.take(WAITING_IN_ALL).map(|cluster| limits.try_enter_in(cluster).unwrap()).collect();
    let fresh = cluster(u128::MAX);
    let few: Vec<_> = (0..WAITING_BESIDE_OTHERS).map(|_| limits.try_enter_in(fresh).unwrap()).collect();
    assert!(limits.is_full(fresh));
    assert!(matches!(limits.try_enter_in(fresh), Err(OpError::Busy)));
    drop(waiting);
    assert!(limits.try_enter_in(fresh).is_ok());
    drop(few);
}

#[tokio::test]
async fn who_has_a_place_waits_no_more_and_one_that_was_begun_before_is_never_refused() {
    let limits = Limits::new(0);
    let place = limits.place(limits.try_enter_in(cluster(1)).unwrap()).await;
    assert_eq!((limits.waiting(), limits.in_flight()), (0, 1));
    let _waiting: Vec<_> = (0..WAITING_A_CLUSTER).map(|_| limits.try_enter_in(cluster(1)).unwrap()).collect();
    let again = limits.place(limits.enter(cluster(1))).await;
    assert_eq!(limits.waiting(), WAITING_A_CLUSTER);
    drop((place, again));
}

#[test]
fn where_heketis_limit_is_set_no_cluster_has_one_of_its_own() {
    let limits = Limits::new(2000);
    let all: Vec<_> = (0..2000).map(|_| limits.try_enter_in(cluster(1)).unwrap()).collect();
    assert!(!limits.is_full(cluster(1)));
    assert!(matches!(limits.try_enter_in(cluster(2)), Err(OpError::Busy)));
    drop(all);
}

#[tokio::test]
async fn so_many_step_aside_for_others_and_no_more() {
    let limits = Limits::new(0);
    let cluster = cluster(1);
    let mut running = Vec::new();
    for _ in 0..RUNNING_A_CLUSTER + BESIDE_SLOW_ONES {
        let mut place = limits.place(limits.try_enter_in(cluster).unwrap()).await;
        place.step_aside();
        running.push(place);
    }
    assert_eq!(running.iter().filter(|place| place.permit.is_some()).count(), RUNNING_A_CLUSTER);
    // Who comes back leaves room beside the slow ones, where it finds a place.
    running[0].come_back();
    assert!(running[0].beside.is_some());
    running.pop();
    running[0].come_back();
    assert!(running[0].beside.is_none());
    let last = running.last_mut().unwrap();
    last.leave();
    last.step_aside();
    assert_eq!(running.iter().filter(|place| place.beside.is_some()).count(), BESIDE_SLOW_ONES);
}

#[tokio::test]
async fn nobody_steps_aside_where_heketis_limit_is_set() {
    let limits = Limits::new(1);
    let cluster = cluster(1);
    let mut place = limits.place(limits.try_enter_in(cluster).unwrap()).await;
    place.step_aside();
    assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
    // Also one that had left because its peer was down, which is only slow now.
    place.leave();
    assert!(limits.try_enter().is_ok());
    place.step_aside();
    assert!(matches!(limits.try_enter(), Err(OpError::Busy)));
}
