//! What an operator sets of the server: who is let in, what may be changed, and how much is logged.

use std::time::Duration;

use serde_json::json;

use crate::support::operator::{assert_says, refusal, replica_3};
use crate::support::{Lab, settled};

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

#[test]
fn a_server_that_begins_read_only_shows_all_and_changes_nothing() {
    let mut lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(1)).unwrap();
    lab.stop();
    lab.top_setting("default_state", json!("read-only"));
    lab.start();
    let before = lab.client().topology().unwrap();
    assert_eq!(lab.volumes(), std::slice::from_ref(&made.id));
    let (status, text, explanation) = refusal(lab.create(&replica_3(1)));
    assert_eq!((status, text.trim()), (503, "Service disabled for maintenance"));
    assert_says(&explanation, &["read-only", "SIGUSR2 or a restart ends that"]);
    assert_eq!(lab.delete(&format!("/volumes/{}", made.id)).status, 503);
    assert_eq!(lab.client().topology().unwrap(), before);
}

#[test]
fn a_database_that_may_not_be_changed_is_not_served_and_the_reason_says_what_to_do() {
    let mut lab = Lab::with_three_peers();
    lab.stop();
    let before = std::fs::read(lab.database()).unwrap();
    lab.setting("db_read_only", json!(true));
    let (code, said) = lab.start_in_vain();
    assert_eq!(code, Some(1), "{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("ERROR:")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert_says(
        errors[0],
        &["db_read_only is set", "take the key out", "\"default_state\" to \"read-only\""],
    );
    assert_eq!(std::fs::read(lab.database()).unwrap(), before);
}

#[test]
fn signals_take_a_server_out_of_its_state_or_do_nothing() {
    let mut lab = Lab::new();
    lab.top_setting("default_state", json!("read-only"));
    lab.start();
    let state = |lab: &Lab| lab.get("/admin").json()["state"].clone();
    lab.signal("USR1");
    assert_eq!(state(&lab), "read-only");
    lab.signal("USR2");
    assert!(settled(Duration::from_secs(10), || state(&lab) == "normal"), "{}", lab.log_tail());
    assert!(!lab.has_died());
    lab.stop();
    assert_says(&lab.log(), &["\nShutting down...\n", "Closed"]);
}
