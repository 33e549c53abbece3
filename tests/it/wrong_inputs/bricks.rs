//! Bricks that are to move.

use serde_json::json;

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};

pub const REFUSED: &[Row] = &[
    ("POST", "/bricks/to-evict/@none", "", 404, NOT_FOUND),
    ("POST", "/bricks/to-evict/@none", "{}", 404, NOT_FOUND),
    ("POST", "/bricks/to-evict/abc", r#"{"healcheck": "disable"}"#, 404, NOT_FOUND),
    ("POST", "/bricks/to-evict/@BRICK", "null", 404, NOT_FOUND),
    ("POST", "/bricks/to-evict/@volume", "", 404, NOT_FOUND),
    ("POST", "/bricks/to-evict/brick", "{", 404, NO_ROUTE),
    (
        "POST",
        "/bricks/to-evict/@brick",
        r#"{"healcheck": "no"}"#,
        400,
        "validation failed: healcheck: no is not valid heal info check.",
    ),
    (
        "POST",
        "/bricks/to-evict/@none",
        r#"{"healcheck": "Enable"}"#,
        400,
        "validation failed: healcheck: Enable is not valid heal info check.",
    ),
    (
        "POST",
        "/bricks/to-evict/abc",
        r#"{"healcheck": "maybe"}"#,
        400,
        "validation failed: healcheck: maybe is not valid heal info check.",
    ),
];

#[test]
fn bricks_that_are_not_there() {
    let desk = Desk::new();
    desk.refuses(REFUSED);
    let shapes = [r#"{"healcheck": 1}"#, r#"{"healcheck": ["disable"]}"#];
    let paths = ["/bricks/to-evict/@brick", "/bricks/to-evict/@none", "/bricks/to-evict/abc"];
    desk.cannot_parse_if_any("POST", &paths, &shapes);
}

#[test]
fn bricks_that_cannot_move() {
    let mut desk = Desk::new();
    let single = desk.lab.create(&json!({"size": 1})).unwrap();
    desk.call("single", &single.bricks[0].id);
    let lonely = "Cannot replace brick @single as only 0 of 1 required peer bricks are online";
    desk.fails(&[
        ("POST", "/bricks/to-evict/@single", "", 500, lonely),
        ("POST", "/bricks/to-evict/@single", r#"{"healcheck": "enable"}"#, 500, lonely),
        (
            "POST",
            "/bricks/to-evict/@single",
            r#"{"healcheck": "disable"}"#,
            500,
            "Cannot replace brick @single as it holds the only copy of its data",
        ),
    ]);
    // The other peers have a copy each, and the other disk of this one is out of service.
    let other = desk.other_disk();
    desk.call("other", &other);
    desk.put("devices/@other", "offline");
    let nowhere = "No Replacement was found for resource requested to be removed";
    desk.fails(&[
        ("POST", "/bricks/to-evict/@brick", "", 500, nowhere),
        ("POST", "/bricks/to-evict/@brick", r#"{"healcheck": "disable"}"#, 500, nowhere),
    ]);
}
