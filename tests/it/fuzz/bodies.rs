//! Bodies of requests: each is carried out or refused, and the server goes on.

use super::fuzz;
use crate::openapi::{Operation, document};
use crate::support::Lab;

/// Bodies with all the fields there are, more than the document shows as examples.
const WHOLE: [&str; 6] = [
    r#"{"zone": 1, "cluster": "@", "hostnames": {"manage": ["h1"], "storage": ["10.0.0.1"]}, "tags": {"a": "b"}}"#,
    r#"{"state": "offline", "healcheck": "enable"}"#,
    r#"{"node": "@", "name": "/dev/vdd", "destroydata": false, "tags": {"a": "b"}}"#,
    r#"{"size": 1, "name": "v", "clusters": ["@"], "durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {"data": 4, "redundancy": 2}}, "gid": 1000, "glustervolumeoptions": ["user.a b"], "block": false, "snapshot": {"enable": true, "factor": 1.5}}"#,
    r#"{"size": 1, "name": "b", "clusters": ["@"], "hacount": 3, "auth": true}"#,
    r#"{"change_type": "set", "tags": {"arbiter": "required"}}"#,
];

/// What the server says while it is in a state in which it takes no changes: a body may have put it there.
const RESTRICTED: u16 = 503;

/// The method and the path of each operation of the document that takes a body, with its example. None of them is about
/// anything that is there.
fn routes(id: &str) -> Vec<(String, String, String)> {
    let operations = Operation::all(&document()).into_iter();
    let routes = operations.filter_map(|operation| {
        let example =
            operation.body.get("requestBody")?["content"]["application/json"]["example"].to_string();
        Some((operation.method, operation.path.replace("{id}", id), example))
    });
    routes.collect()
}

#[test]
fn bodies_of_all_routes() {
    let lab = Lab::started();
    let id = "ab".repeat(16);
    let routes = routes(&id);
    assert!(routes.len() >= 19, "{routes:?}");
    let examples = routes.iter().map(|(.., example)| example.clone().into_bytes());
    let seeds: Vec<Vec<u8>> =
        examples.chain(WHOLE.iter().map(|body| body.replace('@', &id).into_bytes())).collect();
    let mut at = 0;
    fuzz("bodies", &seeds, |case| {
        // Each body goes to the next route: also to those that expect another one.
        let (method, path, _) = &routes[at % routes.len()];
        at += 1;
        let headers = [("Content-Type", "application/json")];
        let reply = lab.try_send(method, path, &headers, Some(case));
        let reply = reply.map_err(|error| format!("{method} {path}: no answer: {error:#}"))?;
        if reply.status == RESTRICTED || path == "/admin" {
            lab.post("/admin", &serde_json::json!({"state": "normal"}));
        }
        let is_an_answer =
            matches!(reply.status, 200..=204 | 400 | 404 | 409 | 413 | 422 | 429 | 500 | RESTRICTED);
        // 500 is heketi's answer to what cannot be done; what it says of itself is something else.
        let is_a_fault = reply.text.contains("panick") || reply.text.contains("failed to carry this out");
        if is_an_answer && !is_a_fault { Ok(()) } else { Err(format!("{method} {path}: {reply:?}")) }
    });
    assert!(at >= routes.len(), "each route had a body, {at} in all");
    assert_eq!(lab.get("/hello").status, 200);
    assert!(!lab.log().contains("panicked"), "{}", lab.log_tail());
}
