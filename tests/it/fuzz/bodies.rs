//! Bodies of requests: each is carried out or refused, and the server goes on.

use super::fuzz;
use crate::support::Lab;

/// A body that is right for each route that takes one. None of them would be about anything that is there.
const BODIES: &[(&str, &str, &str)] = &[
    ("POST", "/clusters", r#"{"file": true, "block": false}"#),
    ("POST", "/clusters/@/flags", r#"{"file": true, "block": false}"#),
    (
        "POST",
        "/nodes",
        r#"{"zone": 1, "cluster": "@", "hostnames": {"manage": ["h1"], "storage": ["10.0.0.1"]}, "tags": {"a": "b"}}"#,
    ),
    ("POST", "/nodes/@/state", r#"{"state": "offline", "healcheck": "enable"}"#),
    ("POST", "/nodes/@/tags", r#"{"change_type": "set", "tags": {"arbiter": "required"}}"#),
    ("POST", "/devices", r#"{"node": "@", "name": "/dev/vdd", "destroydata": false, "tags": {"a": "b"}}"#),
    ("POST", "/devices/@/state", r#"{"state": "failed"}"#),
    ("DELETE", "/devices/@", r#"{"forceforget": true}"#),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "name": "v", "clusters": ["@"], "durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {"data": 4, "redundancy": 2}}, "gid": 1000, "glustervolumeoptions": ["user.a b"], "block": false, "snapshot": {"enable": true, "factor": 1.5}}"#,
    ),
    ("POST", "/volumes/@/expand", r#"{"expand_size": 10}"#),
    ("POST", "/volumes/@/clone", r#"{"name": "copy"}"#),
    ("POST", "/volumes/@/block-restriction", r#"{"restriction": "locked"}"#),
    ("POST", "/blockvolumes", r#"{"size": 1, "name": "b", "clusters": ["@"], "hacount": 3, "auth": true}"#),
    ("POST", "/blockvolumes/@/expand", r#"{"new_size": 10}"#),
    ("POST", "/bricks/to-evict/@", r#"{"healcheck": "disable"}"#),
    ("POST", "/operations/pending/cleanup", r#"{"operations": ["@"]}"#),
    ("POST", "/internal/logging", r#"{"loglevel": {"glusterfs": "info"}}"#),
];

#[test]
fn bodies_of_all_routes() {
    let lab = Lab::started();
    let id = "ab".repeat(16);
    let seeds: Vec<Vec<u8>> = BODIES.iter().map(|(_, _, body)| body.replace('@', &id).into_bytes()).collect();
    let mut at = 0;
    fuzz("bodies", &seeds, |case| {
        // Each body goes to the next route: also to those that expect another one.
        let (method, path, _) = BODIES[at % BODIES.len()];
        at += 1;
        let headers = [("Content-Type", "application/json")];
        let reply = lab.try_send(method, &path.replace('@', &id), &headers, Some(case));
        let reply = reply.map_err(|error| format!("{method} {path}: no answer: {error:#}"))?;
        let is_an_answer = matches!(reply.status, 200..=204 | 400 | 404 | 409 | 413 | 422 | 429 | 500);
        // 500 is heketi's answer to what cannot be done; what it says of itself is something else.
        let is_a_fault = reply.text.contains("panick") || reply.text.contains("failed to carry this out");
        if is_an_answer && !is_a_fault { Ok(()) } else { Err(format!("{method} {path}: {reply:?}")) }
    });
    assert_eq!(lab.get("/hello").status, 200);
    assert!(!lab.log().contains("panicked"), "{}", lab.log_tail());
}
