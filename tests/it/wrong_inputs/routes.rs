//! Paths and methods that there are not; and that these tests send something wrong to every route there is.

use serde_json::Value;

use super::desk::{Desk, NO_ROUTE, Row};
use super::{blocks, bricks, clusters, creates, devices, nodes, service, states, volumes};

const METHODS: [&str; 8] = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "BREW"];

/// Routes that take nothing which could be wrong.
const HARMLESS: [(&str, &str); 13] = [
    ("GET", "/admin"),
    ("GET", "/backup/db"),
    ("GET", "/clusters"),
    ("GET", "/db/check"),
    ("GET", "/db/dump"),
    ("GET", "/hello"),
    ("GET", "/internal/logging"),
    ("GET", "/internal/state/examine/gluster"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/operations"),
    ("GET", "/operations/pending"),
    ("GET", "/operations/progress"),
];

/// Those that only list.
const LISTS: [(&str, &str); 5] = [
    ("GET", "/blockvolumes"),
    ("GET", "/findings"),
    ("GET", "/jobs"),
    ("GET", "/volumes"),
    ("GET", "/volumes/summary"),
];

/// What a create of a cluster can be is in `cannot_parse` alone: all that can be parsed is taken.
const ALL_TAKEN: [(&str, &str); 1] = [("POST", "/clusters")];

/// The routes of the published document.
fn described() -> Vec<(String, String)> {
    let file = format!("{}/openapi/openapi.json", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
        let methods = methods.filter(|method| METHODS.contains(&method.as_str()));
        routes.extend(methods.map(|method| (method, path.clone())));
    }
    routes
}

/// The path of a route as it is described, `/nodes/{id}/state` of `/nodes/@node/state` say.
fn template(path: &str) -> String {
    let is_id = |segment: &&str| segment.starts_with('@') || *segment == "abc";
    let segments = path.split('/').map(|segment| if is_id(&segment) { "{id}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn something_wrong_is_sent_to_every_route() {
    let tables: [&[Row]; 10] = [
        blocks::REFUSED,
        bricks::REFUSED,
        clusters::REFUSED,
        creates::REFUSED,
        devices::REFUSED,
        nodes::REFUSED,
        service::REFUSED,
        states::REFUSED,
        states::FAILING,
        volumes::REFUSED,
    ];
    let sent: Vec<(&str, String)> =
        tables.into_iter().flatten().map(|(method, path, ..)| (*method, template(path))).collect();
    let excepted: Vec<(&str, &str)> = [&HARMLESS[..], &LISTS, &ALL_TAKEN].concat();
    let known = described();
    for (method, path) in &known {
        let is_sent = sent.iter().any(|(sent, to)| sent == method && to == path);
        let is_excepted = excepted.contains(&(method.as_str(), path.as_str()));
        assert_ne!(is_sent, is_excepted, "{method} {path}");
    }
    for (method, path) in excepted {
        assert!(known.contains(&(method.to_owned(), path.to_owned())), "there is no {method} {path}");
    }
}

#[test]
fn methods_that_a_path_does_not_have() {
    let desk = Desk::new();
    let known = described();
    let before = desk.everything();
    for (_, path) in &known {
        for method in METHODS {
            if known.contains(&(method.to_owned(), path.clone())) {
                continue;
            }
            let is_open = matches!(path.as_str(), "/hello" | "/metrics" | "/openapi.json");
            let (status, text) = if is_open { (404, "Invalid path or request\n") } else { (405, "") };
            let text = if method == "HEAD" { "" } else { text };
            let at = path.replace("{id}", desk.id("volume"));
            for at in [at.clone(), at + "/"] {
                let reply = desk.send(method, &at, "{}");
                assert_eq!((reply.status, reply.text.as_str()), (status, text), "{method} {at}");
            }
        }
    }
    assert!(desk.everything() == before);
}

#[test]
fn paths_that_are_none() {
    let desk = Desk::new();
    let known = described();
    let before = desk.everything();
    for (method, path) in &known {
        let at = path.replace("{id}", desk.id("volume"));
        let mut wrong = vec![
            format!("{at}x"),
            format!("{at}/x"),
            format!("/x{at}"),
            at.to_uppercase().replace("ID", "id"),
        ];
        if path.contains("{id}") {
            wrong.push(path.replace("{id}", "vol_1"));
            wrong.push(path.replace("{id}", "0123456789abcdefg"));
            wrong.push(path.replace("{id}", "12-34"));
        }
        for at in wrong {
            let reply = desk.send(method, &at, "{}");
            assert_eq!((reply.status, reply.text.trim()), (404, NO_ROUTE), "{method} {at}");
        }
    }
    assert!(desk.everything() == before);
}
