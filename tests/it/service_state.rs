//! What a client may set of the running server: who is let in, and how much is logged.

use serde_json::json;

use crate::support::Lab;

#[test]
fn the_log_is_made_louder_while_the_server_runs() {
    let lab = Lab::started();
    let check = |body: &str, status: u16, text: &str| {
        let reply = lab.send("POST", "/internal/logging", &[], Some(body.as_bytes()));
        assert_eq!((reply.status, reply.text.as_str()), (status, text), "{body}");
    };
    check("", 400, "request unable to be parsed: unexpected end of JSON input\n");
    check("{} x", 400, "request unable to be parsed: invalid character 'x' after top-level value\n");
    check("{}", 422, "Only \"glusterfs\" logger may be modified\n");
    check(r#"{"loglevel":{"jwt":"debug"}}"#, 422, "Only \"glusterfs\" logger may be modified\n");
    check(r#"{"loglevel":{"glusterfs":"loud"}}"#, 422, "invalid log level: loud\n");
    check(r#"{"loglevel":{"glusterfs":""}}"#, 200, "{\"loglevel\":{\"glusterfs\":\"info\"}}\n");
    check(r#"{"loglevel":{"glusterfs":"critical"}}"#, 200, "{\"loglevel\":{\"glusterfs\":\"critical\"}}\n");
    let before = lab.log().len();
    lab.get("/clusters");
    assert_eq!(lab.log().len(), before, "nothing is said at this level");
    check(r#"{"loglevel":{"glusterfs":"debug"}}"#, 200, "{\"loglevel\":{\"glusterfs\":\"debug\"}}\n");
    assert_eq!(lab.get("/internal/logging").json(), json!({"loglevel": {"glusterfs": "debug"}}));
    lab.get("/hello");
    assert!(lab.log()[before..].contains("DEBUG"), "{}", lab.log_tail());
}

#[test]
fn an_admin_state_that_is_none_is_refused_with_the_reason() {
    let lab = Lab::started();
    let check = |body: &str, text: &str| {
        let reply = lab.send("POST", "/admin", &[], Some(body.as_bytes()));
        assert_eq!((reply.status, reply.text.as_str()), (400, text), "{body}");
    };
    check("", "request unable to be parsed: unexpected end of JSON input\n");
    check("{}", "validation failed: state: cannot be blank.\n");
    check(r#"{"state":"closed"}"#, "validation failed: state: must be a valid value.\n");
    check(r#"{"state":3}"#, "request unable to be parsed: state: a string is expected, not an integer\n");
    assert_eq!(lab.get("/admin").json(), json!({"state": "normal"}));
}
