//! Nodes, but for their states.

use mortar::executor::sim::Action;
use serde_json::json;

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};
use super::expected::TAGS;
use crate::support::operator::HOSTS;

pub const REFUSED: &[Row] = &[
    // What is wrong with it is told of all fields at once, and before it is looked whether there is such a cluster.
    (
        "POST",
        "/nodes",
        "{}",
        400,
        "validation failed: cluster: cannot be blank; hostnames: (manage: cannot be blank; storage: cannot be blank.); zone: cannot be blank.",
    ),
    (
        "POST",
        "/nodes",
        r#"{"zone": -1, "cluster": "abc", "tags": {"": "x"}, "hostnames": {"manage": ["a b", "c"], "storage": ["-x"]}}"#,
        400,
        "validation failed: cluster: abc is not a valid UUID; hostnames: (manage: [a b c] is not a valid manage hostname; storage: [-x] is not a valid storage hostname.); tags: tag names may not be empty; zone: must be no less than 1.",
    ),
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@none", "hostnames": {"manage": [""], "storage": ["x"]}}"#,
        400,
        "validation failed: hostnames: (manage: [] is not a valid manage hostname.).",
    ),
    (
        "POST",
        "/nodes",
        r#"{"cluster": "@cluster", "hostnames": {"manage": ["10.10.10.17"], "storage": ["10.10.10.17"]}}"#,
        400,
        "validation failed: zone: cannot be blank.",
    ),
    // Also where the host is known already.
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@none", "hostnames": {"manage": ["10.10.10.17"], "storage": ["10.10.10.17"]}}"#,
        404,
        "Cluster id does not exist",
    ),
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@CLUSTER", "hostnames": {"manage": ["10.10.10.20"], "storage": ["10.10.10.20"]}}"#,
        404,
        "Cluster id does not exist",
    ),
    // heketi ends this text with a line feed more than others.
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.17"], "storage": ["10.10.10.20"]}}"#,
        409,
        "Hostname 10.10.10.17 already used by node with id @node\n",
    ),
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.20"], "storage": ["10.10.10.17"]}}"#,
        409,
        "Hostname 10.10.10.17 already used by node with id @node\n",
    ),
    // Names of the one kind are looked at first, all of them.
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.20", "10.10.10.18"], "storage": ["10.10.10.17"]}}"#,
        409,
        "Hostname 10.10.10.18 already used by node with id @second\n",
    ),
    ("GET", "/nodes/@none", "", 404, NOT_FOUND),
    ("GET", "/nodes/abc", "", 404, NOT_FOUND),
    ("GET", "/nodes/@NODE", "", 404, NOT_FOUND),
    ("GET", "/nodes/@cluster", "", 404, NOT_FOUND),
    ("GET", "/nodes/gluster1", "", 404, NO_ROUTE),
    ("DELETE", "/nodes/@none", "", 404, NOT_FOUND),
    ("DELETE", "/nodes/abc", "", 404, NOT_FOUND),
    ("DELETE", "/nodes/@NODE", "", 404, NOT_FOUND),
    ("DELETE", "/nodes/@node", "", 409, "Unable to delete node [@node] because it contains devices"),
    ("POST", "/nodes/@none/tags", r#"{"change_type": "set", "tags": {"a": "b"}}"#, 404, NOT_FOUND),
    ("POST", "/nodes/abc/tags", r#"{"change_type": "update"}"#, 404, NOT_FOUND),
    ("POST", "/nodes/@NODE/tags", r#"{"change_type": "delete", "tags": {"a": ""}}"#, 404, NOT_FOUND),
    ("POST", "/nodes/gluster1/tags", "{", 404, NO_ROUTE),
];

#[test]
fn nodes_that_cannot_be() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn bodies_about_nodes_that_are_none() {
    let desk = Desk::new();
    let shapes = [
        r#"{"zone": "1"}"#,
        r#"{"zone": 1.0}"#,
        r#"{"hostnames": []}"#,
        r#"{"hostnames": {"manage": "10.10.10.20"}}"#,
        r#"{"hostnames": {"manage": ["10.10.10.20"], "storage": [1]}}"#,
        r#"{"cluster": 7}"#,
        r#"{"tags": []}"#,
        r#"{"tags": {"a": 1}}"#,
    ];
    desk.cannot_parse("POST", &["/nodes"], &shapes);
    let shapes = [r#"{"tags": ["a"]}"#, r#"{"tags": {"a": 1}}"#, r#"{"change_type": 1}"#];
    desk.cannot_parse("POST", &["/nodes/@node/tags", "/nodes/@none/tags", "/nodes/abc/tags"], &shapes);
}

#[test]
fn tags_of_nodes_that_cannot_be() {
    let desk = Desk::new();
    for path in ["/nodes/@node/tags", "/nodes/@none/tags", "/nodes/abc/tags"] {
        let rows: Vec<Row> = TAGS.iter().map(|(body, text)| ("POST", path, *body, 400, *text)).collect();
        desk.refuses(&rows);
    }
}

#[test]
fn one_host_twice_in_one_node() {
    let desk = Desk::new();
    let twice = |manage: &[&str], storage: &[&str]| {
        let names = json!({"manage": manage, "storage": storage});
        let body = json!({"zone": 1, "cluster": desk.id("cluster"), "hostnames": names});
        let before = desk.everything();
        let refused = desk.lab.post("/nodes", &body);
        assert_eq!(refused.status, 400, "{refused:?}");
        assert!(desk.everything() == before, "{body} has changed something");
    };
    twice(&["10.10.10.20", "10.10.10.20"], &["10.10.10.20"]);
    twice(&["10.10.10.20"], &["10.10.10.21", "10.10.10.20", "10.10.10.21"]);
}

#[test]
fn a_node_is_not_added_where_no_glusterd_answers() {
    const ADD: &str = r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.20"], "storage": ["10.10.10.20"]}}"#;
    const KNOWN: &str = r#"{"zone": 1, "cluster": "@cluster", "hostnames": {"manage": ["10.10.10.18"], "storage": ["10.10.10.20"]}}"#;
    let none_runs: &[Row] = &[
        ("POST", "/nodes", ADD, 400, "None of the nodes in cluster has glusterd running"),
        // Peers are asked last.
        ("POST", "/nodes", KNOWN, 409, "Hostname 10.10.10.18 already used by node with id @second\n"),
    ];
    let mut desk = Desk::new();
    for host in HOSTS {
        desk.lab.on(host, Action::Glusterd { running: false });
    }
    // It is done before the next command.
    let told = desk.send("POST", "/nodes", ADD);
    assert_eq!(told.status, 400, "{told:?}");
    desk.refuses(none_runs);
    for host in HOSTS {
        desk.lab.on(host, Action::Glusterd { running: true });
    }
    // Those that are out of service are not asked.
    for host in HOSTS {
        let node = desk.lab.node_of(host).id;
        desk.put(&format!("nodes/{node}"), "offline");
    }
    desk.refuses(none_runs);
    // In a cluster without nodes the new one itself counts, and nothing of it is kept.
    let empty = desk.lab.new_cluster();
    desk.call("empty", &empty);
    desk.lab.on("10.10.10.20", Action::Glusterd { running: false });
    let first = r#"{"zone": 1, "cluster": "@empty", "hostnames": {"manage": ["10.10.10.20"], "storage": ["10.10.10.20"]}}"#;
    let told = desk.send("POST", "/nodes", first);
    assert_eq!((told.status, told.text.trim()), (400, "New Node doesn't have glusterd running"));
    desk.refuses(&[("POST", "/nodes", first, 400, "New Node doesn't have glusterd running")]);
    desk.lab.on("10.10.10.20", Action::Glusterd { running: true });
    let added = desk.send("POST", "/nodes", first);
    assert_eq!(desk.lab.wait_for(&added.location).status, 303, "{added:?}");
}
