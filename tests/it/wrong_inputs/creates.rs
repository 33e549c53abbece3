//! Volumes that cannot be made.

use serde_json::{Map, Value, json};

use super::desk::{Desk, Row, UNPARSED};
use crate::support::operator::assert_says;
use crate::support::{Audit, Lab};

/// What can be wrong with one field of a create, in the order in which it is looked at, and what is said of it.
const LADDER: &[(&str, &str, u16, &str)] = &[
    ("name", r#""a b""#, 400, "validation failed: name: must be in a valid format."),
    ("gid", "-1", 400, "Bad group id less than zero"),
    ("gid", "2147483647", 400, "Bad group id equal or greater than 2**32"),
    ("durability", r#"{"type": "raid"}"#, 400, "Unknown durability type"),
    ("snapshot", r#"{"enable": true, "factor": 100.5}"#, 400, "Invalid snapshot factor"),
    ("durability", r#"{"type": "replicate", "replicate": {"replica": 4}}"#, 400, "Invalid replica value"),
    ("durability", r#"{"type": "replicate", "replicate": {"replica": -1}}"#, 400, "Invalid replica value"),
    (
        "durability",
        r#"{"type": "disperse", "disperse": {"data": 3, "redundancy": 1}}"#,
        400,
        "Invalid dispersion combination: 3+1",
    ),
    (
        "durability",
        r#"{"type": "disperse", "replicate": {"replica": 3}}"#,
        400,
        "Invalid dispersion combination: 0+0",
    ),
    ("clusters", r#"["@cluster", "@none", "abc"]"#, 400, "Cluster id @none not found"),
    ("clusters", r#"["a cluster", "@none"]"#, 400, "Cluster id a cluster not found"),
    (
        "durability",
        r#"{"type": "disperse", "disperse": {"data": 8, "redundancy": 3}}"#,
        400,
        "Requested volume size (1 GB) is smaller than the minimum supported volume size (8388608)",
    ),
    (
        "glustervolumeoptions",
        r#"["nfs.disable on", "performance.x"]"#,
        400,
        "`performance.x` is no gluster option: a key, a blank and a value are expected",
    ),
    (
        "glustervolumeoptions",
        r#"["user.heketi.device-tag-match a=b", "user.heketi.device-tag-match a-b=c"]"#,
        500,
        "Failed to allocate new volume: Invalid tag matching rule: Invalid tag match rule: a-b=c",
    ),
];

/// For each rung a create that is wrong in that and in all that come after it, as far as they are about other fields.
fn rungs() -> Vec<(String, u16, &'static str)> {
    let body = |wrong: &[(&str, &str, u16, &str)]| {
        let mut body: Map<String, Value> = Map::new();
        body.insert("size".to_owned(), json!(1));
        for (field, value, ..) in wrong.iter().rev() {
            body.insert((*field).to_owned(), serde_json::from_str(value).unwrap());
        }
        Value::Object(body).to_string()
    };
    LADDER
        .iter()
        .enumerate()
        .map(|(at, (_, _, status, text))| (body(&LADDER[at..]), *status, *text))
        .collect()
}

/// Of a create whose fields are right.
pub const REFUSED: &[Row] = &[
    ("POST", "/volumes", "{}", 400, "validation failed: size: cannot be blank."),
    ("POST", "/volumes", r#"{"size": null, "name": ""}"#, 400, "validation failed: size: cannot be blank."),
    (
        "POST",
        "/volumes",
        r#"{"size": -5, "name": "a;b"}"#,
        400,
        "validation failed: name: must be in a valid format; size: must be no less than 1.",
    ),
    ("POST", "/volumes", r#"{"size": 1, "snapshot": {"enable": true}}"#, 400, "Invalid snapshot factor"),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "name": "-x"}"#,
        400,
        "validation failed: name: must be in a valid format.",
    ),
    // Too large for any arithmetic, and yet it is looked first whether there are such clusters.
    (
        "POST",
        "/volumes",
        r#"{"size": 9223372036854775807, "clusters": ["@none"]}"#,
        400,
        "Cluster id @none not found",
    ),
    ("POST", "/volumes", r#"{"size": 9223372036854775807}"#, 500, "Failed to allocate new volume: No space"),
    (
        "POST",
        "/volumes",
        r#"{"size": 5000, "durability": {"type": "replicate", "replicate": {"replica": 3}}}"#,
        500,
        "Failed to allocate new volume: No space",
    ),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "name": "data"}"#,
        500,
        "Failed to allocate new volume: Volume name 'data' already in use",
    ),
    // The last rule counts; and the name is looked at before it.
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "name": "data", "glustervolumeoptions": ["user.heketi.device-tag-match a-b=c"]}"#,
        500,
        "Failed to allocate new volume: Volume name 'data' already in use",
    ),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "glustervolumeoptions": ["user.heketi.device-tag-match a=b", "user.heketi.device-tag-match =b"]}"#,
        500,
        "Failed to allocate new volume: Invalid tag matching rule: Invalid tag match rule: =b",
    ),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "clusters": ["@cluster"], "glustervolumeoptions": ["user.heketi.device-tag-match rack=1"]}"#,
        500,
        "Failed to allocate new volume: No space",
    ),
    (
        "POST",
        "/volumes",
        r#"{"size": 1, "durability": {"type": "replicate", "replicate": {"replica": 3}}, "glustervolumeoptions": ["user.heketi.arbiter true", "user.heketi.average-file-size 2000000"]}"#,
        500,
        "Failed to allocate new volume: Average file size (2000000) is greater than Brick size (1048576)",
    ),
];

#[track_caller]
pub fn refused_rung_by_rung(desk: &Desk, expected: impl Fn(u16, &'static str) -> (u16, &'static str)) {
    let before = desk.everything();
    for (body, status, text) in rungs() {
        let reply = desk.send("POST", "/volumes", &body);
        let (status, text) = expected(status, text);
        assert_eq!((reply.status, reply.text), (status, desk.filled(text) + "\n"), "{body}");
        assert!(desk.everything() == before, "{body} has changed something");
    }
}

#[test]
fn of_all_that_is_wrong_with_a_create_heketi_s_first_is_told() {
    let desk = Desk::new();
    refused_rung_by_rung(&desk, |status, text| (status, text));
    desk.refuses(REFUSED);
}

#[test]
fn bodies_of_creates_that_are_none() {
    let desk = Desk::new();
    let shapes = [
        r#"{"size": "1"}"#,
        r#"{"size": 1.5}"#,
        r#"{"size": 9223372036854775808}"#,
        r#"{"size": 0, "name": 1}"#,
        r#"{"size": 1, "clusters": "@cluster"}"#,
        r#"{"size": 1, "durability": "none"}"#,
        r#"{"size": 1, "durability": {"type": "replicate", "replicate": {"replica": "3"}}}"#,
        r#"{"size": 1, "gid": "2000"}"#,
        r#"{"size": 1, "glustervolumeoptions": "nfs.disable on"}"#,
        r#"{"size": 1, "glustervolumeoptions": [1]}"#,
        r#"{"size": 1, "block": "true"}"#,
        r#"{"size": 1, "snapshot": {"enable": 1}}"#,
        r#"{"size": 1, "snapshot": {"enable": true, "factor": "1.5"}}"#,
    ];
    desk.cannot_parse("POST", &["/volumes"], &shapes);
}

/// What gluster 10.3 does with such a one was tried on a real peer: glusterd ends there.
#[test]
fn an_option_that_glusterd_would_not_survive_is_refused_and_the_longest_that_it_does_is_set() {
    let lab = Lab::started();
    lab.three_peers();
    let with = |bytes: usize| json!({"size": 1, "glustervolumeoptions": [format!("user.a {}", "x".repeat(bytes - 6))]});
    let refused = lab.ask("/volumes", &with(4091));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_says(
        &refused.text,
        &["`user.a xxx", "is no gluster option: key and value are longer than 4,090 bytes"],
    );
    assert!(refused.text.len() < 400, "{refused:?}");
    assert!(Audit::new().findings(&lab).is_empty());
    let made = lab.create(&with(4090)).unwrap();
    assert_eq!(lab.peers().volume(&made.name).unwrap().options["user.a"].len(), 4084);
}

#[test]
fn where_there_is_no_cluster_none_of_those_that_were_named_is_looked_for() {
    let lab = Lab::started();
    let first = LADDER.iter().position(|(field, ..)| *field == "clusters").unwrap();
    for (at, (body, status, text)) in rungs().into_iter().enumerate() {
        let reply = lab.send("POST", "/volumes", &[], Some(body.as_bytes()));
        let expected = if at < first { (status, text) } else { (400, "No clusters configured") };
        assert_eq!((reply.status, reply.text.trim()), expected, "{body}");
    }
    assert_eq!(lab.send("POST", "/volumes", &[], Some(b"{")).text.trim(), UNPARSED);
    assert!(lab.volumes().is_empty());
}
