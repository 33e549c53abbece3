//! Devices, but for their states.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::desk::{Desk, NO_ROUTE, NOT_FOUND, Row};
use super::expected::TAGS;

pub const REFUSED: &[Row] = &[
    ("POST", "/devices", "{}", 400, "validation failed: name: cannot be blank; node: cannot be blank."),
    (
        "POST",
        "/devices",
        r#"{"name": "vdd", "node": "@NONE"}"#,
        400,
        "validation failed: name: must be in a valid format.",
    ),
    (
        "POST",
        "/devices",
        r#"{"name": "/", "node": "@node", "destroydata": true}"#,
        400,
        "validation failed: name: must be in a valid format.",
    ),
    (
        "POST",
        "/devices",
        r#"{"name": "/dev/v dd; reboot", "node": "abc", "tags": {"a b": "c"}}"#,
        400,
        "validation failed: name: must be in a valid format; node: abc is not a valid UUID; tags: invalid characters in tag name a b.",
    ),
    ("POST", "/devices", r#"{"name": "/dev/vdf", "node": "@none"}"#, 404, "Node id does not exist"),
    ("POST", "/devices", r#"{"name": "/dev/vdf", "node": "@NODE"}"#, 404, "Node id does not exist"),
    ("POST", "/devices", r#"{"name": "/dev/vdf", "node": "@device"}"#, 404, "Node id does not exist"),
    ("GET", "/devices/@none", "", 404, NOT_FOUND),
    ("GET", "/devices/abc", "", 404, NOT_FOUND),
    ("GET", "/devices/@DEVICE", "", 404, NOT_FOUND),
    ("GET", "/devices/@brick", "", 404, NOT_FOUND),
    ("GET", "/devices/vdd", "", 404, NO_ROUTE),
    ("GET", "/devices/@none/resync", "", 404, NOT_FOUND),
    ("GET", "/devices/abc/resync", "", 404, NOT_FOUND),
    ("GET", "/devices/@DEVICE/resync", "", 404, NOT_FOUND),
    ("GET", "/devices/vdd/resync", "", 404, NO_ROUTE),
    ("DELETE", "/devices/@none", "", 404, NOT_FOUND),
    ("DELETE", "/devices/abc", "{}", 404, NOT_FOUND),
    ("DELETE", "/devices/@DEVICE", r#"{"forceforget": true}"#, 404, NOT_FOUND),
    ("DELETE", "/devices/vdd", "{", 404, NO_ROUTE),
    // Whatever is on it, and whatever was asked.
    ("DELETE", "/devices/@device", "", 400, "device: @device is not in failed state"),
    ("DELETE", "/devices/@device", r#"{"forceforget": true}"#, 400, "device: @device is not in failed state"),
    ("POST", "/devices/@none/tags", r#"{"change_type": "set", "tags": {"a": "b"}}"#, 404, NOT_FOUND),
    ("POST", "/devices/abc/tags", r#"{"change_type": "update"}"#, 404, NOT_FOUND),
    ("POST", "/devices/@DEVICE/tags", r#"{"change_type": "delete", "tags": {"a": ""}}"#, 404, NOT_FOUND),
    ("POST", "/devices/vdd/tags", "{", 404, NO_ROUTE),
];

#[test]
fn devices_that_cannot_be() {
    Desk::new().refuses(REFUSED);
}

#[test]
fn bodies_about_devices_that_are_none() {
    let desk = Desk::new();
    let shapes = [
        r#"{"name": 1}"#,
        r#"{"name": ["/dev/vdf"]}"#,
        r#"{"node": 2}"#,
        r#"{"destroydata": "yes"}"#,
        r#"{"tags": []}"#,
        r#"{"tags": {"a": null, "b": 1}}"#,
    ];
    desk.cannot_parse("POST", &["/devices"], &shapes);
    let shapes = [r#"{"tags": ["a"]}"#, r#"{"tags": {"a": 1}}"#, r#"{"change_type": 1}"#];
    desk.cannot_parse(
        "POST",
        &["/devices/@device/tags", "/devices/@none/tags", "/devices/abc/tags"],
        &shapes,
    );
    let shapes = [r#"{"forceforget": 1}"#, r#"{"forceforget": "true"}"#];
    desk.cannot_parse_if_any("DELETE", &["/devices/@device", "/devices/@none", "/devices/abc"], &shapes);
}

#[test]
fn tags_of_devices_that_cannot_be() {
    let desk = Desk::new();
    for path in ["/devices/@device/tags", "/devices/@none/tags", "/devices/abc/tags"] {
        let rows: Vec<Row> = TAGS.iter().map(|(body, text)| ("POST", path, *body, 400, *text)).collect();
        desk.refuses(&rows);
    }
}

#[test]
fn a_body_that_does_not_say_how_long_it_is_is_not_looked_at_where_none_is_needed() {
    let desk = Desk::new();
    let check = |method: &str, path: &str, status: u16, text: &str| {
        let before = desk.everything();
        let path = desk.filled(path);
        let mut stream = TcpStream::connect(("127.0.0.1", desk.lab.port())).unwrap();
        let head = "Host: x\r\nConnection: close\r\nTransfer-Encoding: chunked";
        write!(stream, "{method} {path} HTTP/1.1\r\n{head}\r\n\r\n1\r\n{{\r\n0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let text = format!("\r\n\r\n{}\n", desk.filled(text));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path} {answer}");
        assert!(answer.ends_with(&text), "{method} {path} {answer}");
        assert!(desk.everything() == before, "{method} {path} has changed something");
    };
    check("DELETE", "/devices/@none", 404, NOT_FOUND);
    check("DELETE", "/devices/@device", 400, "device: @device is not in failed state");
    check("POST", "/bricks/to-evict/@none", 404, NOT_FOUND);
    check("POST", "/nodes", 422, super::desk::UNPARSED);
}
