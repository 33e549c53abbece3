//! Operations, jobs, and the server itself.

use serde_json::json;

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};

pub const REFUSED: &[Row] = &[
    ("GET", "/jobs/@none", "", 404, NOT_FOUND),
    ("GET", "/jobs/abc", "", 404, NOT_FOUND),
    ("GET", "/jobs/job", "", 404, NO_ROUTE),
    ("GET", "/queue/@none", "", 404, NOT_FOUND),
    ("GET", "/queue/abc", "", 404, NOT_FOUND),
    ("GET", "/queue/@volume", "", 404, NOT_FOUND),
    ("GET", "/queue/job", "", 404, NO_ROUTE),
    // This one names the id.
    ("GET", "/operations/pending/@none", "", 404, "Id not found: @none"),
    ("GET", "/operations/pending/@NONE", "", 404, "Id not found: @NONE"),
    ("GET", "/operations/pending/abc", "", 404, "Id not found: abc"),
    ("GET", "/operations/pending/all", "", 404, NO_ROUTE),
    (
        "POST",
        "/operations/pending/cleanup",
        r#"{"operations": ["all"]}"#,
        400,
        "validation failed: operations: all is not a valid UUID.",
    ),
    (
        "POST",
        "/operations/pending/cleanup",
        r#"{"operations": ["@none", "", "abc"]}"#,
        400,
        "validation failed: operations: abc is not a valid UUID.",
    ),
    ("DELETE", "/findings/@none", "", 404, NOT_FOUND),
    ("DELETE", "/findings/7", "", 404, NOT_FOUND),
    ("DELETE", "/findings/all", "", 404, NO_ROUTE),
    ("POST", "/admin", "{}", 400, "validation failed: state: cannot be blank."),
    ("POST", "/admin", "null", 400, "validation failed: state: cannot be blank."),
    ("POST", "/admin", r#"{"state": "Normal"}"#, 400, "validation failed: state: must be a valid value."),
    ("POST", "/admin", r#"{"state": "readonly"}"#, 400, "validation failed: state: must be a valid value."),
    ("POST", "/admin", "", 400, "request unable to be parsed: unexpected end of JSON input"),
    ("POST", "/admin", r#"{"state""#, 400, "request unable to be parsed: unexpected end of JSON input"),
    (
        "POST",
        "/admin",
        r#"{"state": "normal"} x"#,
        400,
        "request unable to be parsed: invalid character 'x' after top-level value",
    ),
    ("POST", "/internal/logging", "", 400, "request unable to be parsed: unexpected end of JSON input"),
    (
        "POST",
        "/internal/logging",
        "no",
        400,
        "request unable to be parsed: invalid character 'o' in literal null (expecting 'u')",
    ),
    ("POST", "/internal/logging", "null", 422, r#"Only "glusterfs" logger may be modified"#),
    ("POST", "/internal/logging", r#"{"loglevel": null}"#, 422, r#"Only "glusterfs" logger may be modified"#),
    (
        "POST",
        "/internal/logging",
        r#"{"loglevel": {"Glusterfs": "debug"}}"#,
        422,
        r#"Only "glusterfs" logger may be modified"#,
    ),
    ("POST", "/internal/logging", r#"{"loglevel": {"glusterfs": "Debug"}}"#, 422, "invalid log level: Debug"),
    (
        "POST",
        "/internal/logging",
        r#"{"loglevel": {"glusterfs": "trace", "jwt": "debug"}}"#,
        422,
        "invalid log level: trace",
    ),
];

#[test]
fn jobs_operations_and_settings_that_are_none() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn clean_ups_that_cannot_be() {
    let desk = Desk::new();
    let shapes = [r#"{"operations": "@none"}"#, r#"{"operations": [1]}"#, r#"{"operations": {}}"#];
    desk.cannot_parse("POST", &["/operations/pending/cleanup"], &shapes);
    let before = desk.everything();
    let check = |count: usize, last: &str, status: u16, text: &str| {
        let mut ids = vec![desk.id("none"); count];
        ids.push(last);
        let reply = desk.lab.post("/operations/pending/cleanup", &json!({"operations": ids}));
        assert_eq!((reply.status, reply.text.trim()), (status, text), "{count} {last}");
    };
    // That they are too many is told before what is wrong with one of them.
    let many = "validation failed: operations: too many ids specified (33), up to 32 supported.";
    check(32, desk.id("none"), 400, many);
    check(32, "abc", 400, many);
    check(31, "abc", 400, "validation failed: operations: abc is not a valid UUID.");
    // Ids of nothing are left out.
    check(31, desk.id("none"), 202, "");
    assert!(desk.everything() == before);
}
