//! Clusters.

use serde_json::json;

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};
use crate::support::operator::HOSTS;
use crate::support::{Audit, Lab, settled};

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

pub const REFUSED: &[Row] = &[
    ("GET", "/clusters/@none", "", 404, NOT_FOUND),
    ("GET", "/clusters/abc", "", 404, NOT_FOUND),
    ("GET", "/clusters/@CLUSTER", "", 404, NOT_FOUND),
    ("GET", "/clusters/@node", "", 404, NOT_FOUND),
    ("GET", "/clusters/data", "", 404, NO_ROUTE),
    ("POST", "/clusters/@none/flags", r#"{"file": true, "block": true}"#, 404, NOT_FOUND),
    ("POST", "/clusters/abc/flags", r#"{"file": true, "block": true}"#, 404, NOT_FOUND),
    ("POST", "/clusters/@CLUSTER/flags", "null", 404, NOT_FOUND),
    ("POST", "/clusters/data/flags", "{", 404, NO_ROUTE),
    ("DELETE", "/clusters/@none", "", 404, NOT_FOUND),
    ("DELETE", "/clusters/abc", "", 404, NOT_FOUND),
    ("DELETE", "/clusters/@CLUSTER", "", 404, NOT_FOUND),
    (
        "DELETE",
        "/clusters/@cluster",
        "",
        409,
        "Unable to delete cluster [@cluster] because it contains volumes and/or nodes",
    ),
];

#[test]
fn clusters_that_are_not_there_or_are_not_empty() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn flags_that_are_none() {
    let desk = Desk::new();
    let shapes =
        [r#"{"file": 1}"#, r#"{"file": "true"}"#, r#"{"block": []}"#, r#"{"file": true, "block": {}}"#];
    desk.cannot_parse("POST", &["/clusters"], &shapes);
    desk.cannot_parse("POST", &["/clusters/@cluster/flags", "/clusters/@none/flags"], &shapes);
    desk.cannot_parse("POST", &["/clusters/abc/flags"], &shapes);
}

#[test]
fn a_cluster_whose_first_node_is_still_being_added_stays() {
    let mut lab = Lab::new();
    lab.close_gate();
    let mut held = lab.held("is-active");
    // The first time it is asked before the request is answered.
    held["skip"] = json!(1);
    lab.inject(Some(json!({"faults": [held]})));
    lab.start();
    let cluster = lab.new_cluster();
    let names = json!({"manage": [HOSTS[0]], "storage": [HOSTS[0]]});
    let job = lab.post("/nodes", &json!({"zone": 1, "hostnames": names, "cluster": cluster}));
    assert_eq!(job.status, 202, "{job:?}");
    assert!(lab.get(&format!("/clusters/{cluster}")).json()["nodes"] == json!([]), "nobody sees it yet");
    let refused = lab.delete(&format!("/clusters/{cluster}"));
    let text = format!("Unable to delete cluster [{cluster}] because it contains volumes and/or nodes\n");
    assert_eq!((refused.status, refused.text), (409, text));
    lab.open_gate();
    let added = lab.wait_for(&job.location);
    assert_eq!(added.status, 303, "{added:?}\n{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    let gone = lab.delete(&added.location);
    assert_eq!(lab.wait_for(&gone.location).status, 204);
    assert!(settled(SOON, || lab.delete(&format!("/clusters/{cluster}")).status == 200));
}
