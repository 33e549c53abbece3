//! That no route which changes something is left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SEEDS;
use super::schedule::Schedule;

/// Routes that no schedule asks, and why.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "DELETE",
    "/findings/{id}",
    "there are findings only where a database of heketi's was imported: tests/it/moving_in",
)];

/// Methods and paths of the document that change something. One that is asked with GET does so where it begins a job.
fn changing() -> BTreeSet<(String, String)> {
    let document = include_str!("../../../openapi/openapi.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, route) in methods.as_object().unwrap() {
            if method != "get" || route["responses"].get("202").is_some() {
                found.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

/// What these schedules may ask that changes something.
fn drawn(seeds: impl Iterator<Item = u64>) -> BTreeSet<(String, String)> {
    let lives = seeds.map(Schedule::of).flat_map(|schedule| schedule.lives);
    let acts = lives.flat_map(|life| life.clients).flatten();
    let routes = acts.flat_map(|act| act.routes());
    routes.map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect()
}

#[test]
fn every_route_that_changes_something_is_drawn_or_has_a_reason_not_to_be() {
    let drawn = drawn(SEEDS.into_iter());
    let excepted = EXCEPTIONS.map(|(method, path, _)| (method.to_owned(), path.to_owned()));
    let covered: BTreeSet<_> = drawn.iter().cloned().chain(excepted.clone()).collect();
    assert_eq!(covered, changing(), "schedules ask other routes than the document has");
    assert!(excepted.iter().all(|route| !drawn.contains(route)), "an exception is drawn all the same");
}
