//! Volumes that are there, or are not.

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};

const NAME: &str = "validation failed: name: must be in a valid format.";
const RESTRICTION: &str = "validation failed: restriction: must be a valid value.";

pub const REFUSED: &[Row] = &[
    ("GET", "/volumes/@none", "", 404, NOT_FOUND),
    ("GET", "/volumes/abc", "", 404, NOT_FOUND),
    ("GET", "/volumes/@VOLUME", "", 404, NOT_FOUND),
    ("GET", "/volumes/@brick", "", 404, NOT_FOUND),
    ("GET", "/volumes/vol_@volume", "", 404, NO_ROUTE),
    ("DELETE", "/volumes/@none", "", 404, NOT_FOUND),
    ("DELETE", "/volumes/abc", "{", 404, NOT_FOUND),
    ("DELETE", "/volumes/@VOLUME", "", 404, NOT_FOUND),
    ("DELETE", "/volumes/vol_@volume", "", 404, NO_ROUTE),
    ("DELETE", "/volumes/@database", "", 409, "Cannot delete volume containing the Heketi database"),
    // What is wrong with the body comes before what the path names.
    ("POST", "/volumes/@volume/expand", "{}", 400, "validation failed: expand_size: cannot be blank."),
    ("POST", "/volumes/@none/expand", "null", 400, "validation failed: expand_size: cannot be blank."),
    (
        "POST",
        "/volumes/abc/expand",
        r#"{"expand_size": -1}"#,
        400,
        "validation failed: expand_size: must be no less than 1.",
    ),
    ("POST", "/volumes/@none/expand", r#"{"expand_size": 1}"#, 404, NOT_FOUND),
    ("POST", "/volumes/@VOLUME/expand", r#"{"expand_size": 1}"#, 404, NOT_FOUND),
    ("POST", "/volumes/abc/expand", r#"{"expand_size": 5000}"#, 404, NOT_FOUND),
    ("POST", "/volumes/@none/expand", r#"{"expand_size": 9223372036854775807}"#, 404, NOT_FOUND),
    ("POST", "/volumes/vol_@volume/expand", "{", 404, NO_ROUTE),
    (
        "POST",
        "/volumes/@volume/expand",
        r#"{"expand_size": 5000}"#,
        500,
        "Failed to allocate volume expansion: Maximum number of bricks reached.",
    ),
    ("POST", "/volumes/@volume/clone", r#"{"name": "a b"}"#, 400, NAME),
    ("POST", "/volumes/@volume/clone", r#"{"name": "-x"}"#, 400, NAME),
    ("POST", "/volumes/@none/clone", r#"{"name": "a/b"}"#, 400, NAME),
    ("POST", "/volumes/abc/clone", r#"{"name": "é"}"#, 400, NAME),
    ("POST", "/volumes/@none/clone", r#"{"name": "copy"}"#, 404, NOT_FOUND),
    ("POST", "/volumes/@VOLUME/clone", "{}", 404, NOT_FOUND),
    ("POST", "/volumes/abc/clone", "null", 404, NOT_FOUND),
    ("POST", "/volumes/vol_@volume/clone", "{", 404, NO_ROUTE),
    (
        "POST",
        "/volumes/@hosting/clone",
        r#"{"name": "copy"}"#,
        500,
        "Failed clone volume @hosting: Cloning of block hosting volumes is not supported",
    ),
    (
        "POST",
        "/volumes/@volume/clone",
        r#"{"name": "hosting"}"#,
        500,
        "Failed clone volume @volume: Volume name 'hosting' already in use",
    ),
    ("POST", "/volumes/@hosting/block-restriction", r#"{"restriction": "unlocked"}"#, 400, RESTRICTION),
    (
        "POST",
        "/volumes/@hosting/block-restriction",
        r#"{"restriction": "locked-by-update"}"#,
        400,
        RESTRICTION,
    ),
    ("POST", "/volumes/@none/block-restriction", r#"{"restriction": "Locked"}"#, 400, RESTRICTION),
    ("POST", "/volumes/abc/block-restriction", r#"{"restriction": " "}"#, 400, RESTRICTION),
    ("POST", "/volumes/@none/block-restriction", r#"{"restriction": "locked"}"#, 404, NOT_FOUND),
    ("POST", "/volumes/@HOSTING/block-restriction", "{}", 404, NOT_FOUND),
    ("POST", "/volumes/abc/block-restriction", r#"{"restriction": ""}"#, 404, NOT_FOUND),
    ("POST", "/volumes/vol_@hosting/block-restriction", "{", 404, NO_ROUTE),
    (
        "POST",
        "/volumes/@volume/block-restriction",
        r#"{"restriction": "locked"}"#,
        500,
        "Failed to set block restriction: Block restrictions can only be set on block hosting volumes",
    ),
    (
        "POST",
        "/volumes/@volume/block-restriction",
        "{}",
        500,
        "Failed to set block restriction: Block restrictions can only be set on block hosting volumes",
    ),
];

#[test]
fn volumes_that_are_not_there_or_are_kept_as_they_are() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn bodies_about_volumes_that_are_none() {
    let desk = Desk::new();
    let check = |paths: [&'static str; 3], shapes: &[&'static str]| desk.cannot_parse("POST", &paths, shapes);
    check(
        ["/volumes/@volume/expand", "/volumes/@none/expand", "/volumes/abc/expand"],
        &[
            r#"{"expand_size": "1"}"#,
            r#"{"expand_size": 1.0}"#,
            r#"{"expand_size": 1e2}"#,
            r#"{"expand_size": 1e40}"#,
        ],
    );
    check(
        ["/volumes/@volume/clone", "/volumes/@none/clone", "/volumes/abc/clone"],
        &[r#"{"name": 1}"#, r#"{"name": {}}"#],
    );
    check(
        [
            "/volumes/@hosting/block-restriction",
            "/volumes/@none/block-restriction",
            "/volumes/abc/block-restriction",
        ],
        &[r#"{"restriction": true}"#, r#"{"restriction": ["locked"]}"#],
    );
}
