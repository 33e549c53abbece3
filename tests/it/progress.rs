//! What unfinished operations do, where, since when and why not, as an operator sees it.

use std::time::Duration;

use mortar::api::OperationProgress;
use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

fn unfinished(lab: &Lab) -> Vec<OperationProgress> {
    serde_json::from_value(lab.get("/operations/progress").json()["operations"].take()).unwrap()
}

#[test]
fn a_create_under_way_says_its_step_its_hosts_and_its_age() {
    let mut lab = Lab::with_three_peers();
    assert!(unfinished(&lab).is_empty());
    lab.close_gate();
    let held = lab.held("mkfs.xfs");
    lab.inject(Some(json!({"faults": [held]})));
    lab.restart();
    let job = lab.begin_create(&replica_3(10));
    let shown = || unfinished(&lab).pop();
    let makes_bricks = || shown().is_some_and(|found| found.step.starts_with("making bricks on "));
    assert!(settled(SOON, makes_bricks), "{:?}", shown());
    let found = shown().unwrap();
    assert_eq!((&*found.kind, found.undoes, found.attempt, found.retries), ("volume-create", false, 1, 0));
    let mut hosts = found.hosts.to_vec();
    hosts.sort();
    assert_eq!(hosts, HOSTS[..3]);
    assert!(job.ends_with(&found.job) && found.waits.is_none() && !found.needs_person, "{found:?}");
    assert_eq!((found.done, found.steps), (0, 5));
    assert!(settled(SOON, || shown().is_some_and(|found| found.age >= 1)), "{:?}", shown());
    let (_, out, told) = lab.mortar(&["server", "operations", "list"]);
    assert!(
        out.contains("Type:create-volume") && told.is_empty(),
        "for a script it is as heketi's: {out}{told}"
    );
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 303);
    assert!(unfinished(&lab).is_empty());
}

#[test]
fn a_delete_that_waits_for_a_peer_says_for_which_and_how_often_it_was_tried() {
    let mut lab = Lab::new();
    lab.setting("delete_patience", json!(2));
    lab.start();
    lab.three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    lab.on(HOSTS[2], Action::Power { on: false });
    assert_eq!(lab.remove(&id).status, 500);
    let waits = || unfinished(&lab).pop().filter(|found| found.retries > 0 && found.waits.is_some());
    assert!(settled(SOON, || waits().is_some()), "{:?}", unfinished(&lab));
    let found = waits().unwrap();
    assert_eq!((&*found.kind, &*found.target), ("volume-delete", &*id));
    assert!(!found.step.is_empty() && !found.hosts.is_empty(), "{found:?}");
    assert_says(&found.waits.unwrap(), &["Some of the peers are down", "`gluster peer status` on "]);
    lab.on(HOSTS[2], Action::Power { on: true });
    Audit::new().clean_within(&lab, SOON);
    assert!(unfinished(&lab).is_empty());
}
