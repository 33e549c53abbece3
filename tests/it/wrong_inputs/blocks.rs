//! Block volumes that are not there, or for which there is no place.

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};

const BLANK: &str = "validation failed: new_size: cannot be blank.";

pub const REFUSED: &[Row] = &[
    ("POST", "/blockvolumes", "{}", 400, "validation failed: size: cannot be blank."),
    (
        "POST",
        "/blockvolumes",
        r#"{"size": -5, "name": "a;b", "hacount": -1}"#,
        400,
        "validation failed: hacount: must be no less than 1; name: must be in a valid format; size: must be no less than 1.",
    ),
    (
        "POST",
        "/blockvolumes",
        r#"{"size": 1, "name": "-x"}"#,
        400,
        "validation failed: name: must be in a valid format.",
    ),
    (
        "POST",
        "/blockvolumes",
        r#"{"size": 9223372036854775807, "clusters": ["@none"]}"#,
        400,
        "Cluster id @none not found",
    ),
    (
        "POST",
        "/blockvolumes",
        r#"{"size": 9223372036854775807}"#,
        500,
        "Failed to allocate new block volume: The size configured for automatic creation of block hosting volumes (1024) is too small to host the requested block volume of size 8796093022207. The available size on this block hosting volume, minus overhead, is 1003. Please create a sufficiently large block hosting volume manually.",
    ),
    // The hosting volume that is there has nothing left beside its reserve.
    (
        "POST",
        "/blockvolumes",
        r#"{"size": 1}"#,
        500,
        "Failed to allocate new block volume: Block Hosting Volume Creation is disabled. Create a Block hosting volume and try again.",
    ),
    ("GET", "/blockvolumes/@none", "", 404, NOT_FOUND),
    ("GET", "/blockvolumes/abc", "", 404, NOT_FOUND),
    ("GET", "/blockvolumes/@hosting", "", 404, NOT_FOUND),
    ("GET", "/blockvolumes/vol_@hosting", "", 404, NO_ROUTE),
    ("DELETE", "/blockvolumes/@none", "", 404, NOT_FOUND),
    ("DELETE", "/blockvolumes/abc", "{", 404, NOT_FOUND),
    ("DELETE", "/blockvolumes/@hosting", "", 404, NOT_FOUND),
    ("DELETE", "/blockvolumes/vol_@hosting", "", 404, NO_ROUTE),
    ("POST", "/blockvolumes/@none/expand", "{}", 400, BLANK),
    ("POST", "/blockvolumes/abc/expand", "null", 400, BLANK),
    (
        "POST",
        "/blockvolumes/@none/expand",
        r#"{"new_size": -1}"#,
        400,
        "validation failed: new_size: must be no less than 1.",
    ),
    ("POST", "/blockvolumes/@none/expand", r#"{"new_size": 1}"#, 404, NOT_FOUND),
    ("POST", "/blockvolumes/abc/expand", r#"{"new_size": 9223372036854775807}"#, 404, NOT_FOUND),
    ("POST", "/blockvolumes/vol_@hosting/expand", "{", 404, NO_ROUTE),
];

#[test]
fn block_volumes_that_are_not_there_or_have_no_place() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn bodies_about_block_volumes_that_are_none() {
    let desk = Desk::new();
    desk.cannot_parse(
        "POST",
        &["/blockvolumes"],
        &[
            r#"{"size": "1"}"#,
            r#"{"size": 1, "hacount": "3"}"#,
            r#"{"size": 1, "auth": "true"}"#,
            r#"{"size": 1, "clusters": "@cluster"}"#,
        ],
    );
    desk.cannot_parse(
        "POST",
        &["/blockvolumes/@none/expand", "/blockvolumes/abc/expand"],
        &[r#"{"new_size": "1"}"#, r#"{"new_size": 1.5}"#],
    );
}
