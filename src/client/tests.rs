//! The client against canned answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::stub::{Stub, answer, json};
use super::*;

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Progress for Told {
    fn step(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn done(&self) {
        self.0.lock().unwrap().push("done".to_owned());
    }

    fn warning(&self, text: &str) {
        self.0.lock().unwrap().push(format!("warning: {text}"));
    }
}

/// A client of the stub that does not wait but writes down for how long it would have.
fn client(stub: &Stub) -> (Client, Told, Arc<Mutex<Vec<Duration>>>) {
    let told = Told::default();
    let credentials = Credentials { user: "admin".into(), key: "k".into() };
    let mut client = Client::new(stub.url.clone(), credentials, Box::new(told.clone()));
    let waited = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&waited);
    client.0.sleep = Box::new(move |pause| record.lock().unwrap().push(pause));
    (client, told, waited)
}

fn pending(step: &str) -> String {
    answer("200 OK", &["X-Pending: true", &format!("X-Mortar-Step: {step}")], "")
}

#[test]
fn a_job_is_polled_until_it_is_done_and_its_redirect_followed() {
    let mut answers = vec![answer("202 Accepted", &["Location: /queue/1"], "")];
    answers.extend((0..7).map(|n| pending(&format!("step {n}"))));
    answers.push(answer("303 See Other", &["Location: /volumes/v", "X-Mortar-Warning: no rebalance"], "<a>"));
    answers.push(json(r#"{"id":"v","size":3}"#));
    let stub = Stub::new(answers);
    let (client, told, waited) = client(&stub);
    let volume = client.volume_create(&VolumeCreateRequest { size: 3, ..Default::default() }).unwrap();
    assert_eq!((volume.id.as_str(), volume.size), ("v", 3));
    let milliseconds: Vec<u128> = waited.lock().unwrap().iter().map(Duration::as_millis).collect();
    assert_eq!(milliseconds, [20, 40, 80, 160, 320, 400, 400]);
    assert_eq!(
        told.0.lock().unwrap().join(","),
        "step 0,step 1,step 2,step 3,step 4,step 5,step 6,warning: no rebalance,done"
    );
    let asked = stub.asked();
    assert!(asked[0].headers.contains("accept: application/problem+json"), "{}", asked[0].headers);
    assert!(asked[0].headers.contains("content-type: application/json"));
    assert_eq!(asked[9].line, "GET /volumes/v HTTP/1.1");
    let token =
        |n: usize| asked[n].headers.lines().find(|l| l.starts_with("authorization: bearer ")).unwrap();
    assert_ne!(token(8), token(9), "every hop has a token of its own");
}

#[test]
fn a_post_that_is_redirected_becomes_a_get() {
    let stub = Stub::new(vec![
        answer("301 Moved Permanently", &["Location: /clusters"], ""),
        json(r#"{"clusters":[]}"#),
    ]);
    let (client, ..) = client(&stub);
    let error = client.cluster_create(&ClusterCreateRequest { block: true, file: true }).unwrap_err();
    assert_eq!(error.to_string(), r#"{"clusters":[]}"#);
    assert_eq!(stub.lines(), [r#"POST /clusters {"block":true,"file":true}"#, "GET /clusters"]);
}

#[test]
fn a_busy_server_is_asked_seven_times() {
    let busy =
        || answer("429 Too Many Requests", &["Retry-After: 40"], "Server busy. Retry operation later.\n");
    let stub = Stub::new((0..7).map(|_| busy()).collect());
    let (client, _, waited) = client(&stub);
    let error = client.volume_delete("v").unwrap_err();
    assert_eq!(error.to_string(), "Server busy. Retry operation later.");
    let waited = waited.lock().unwrap();
    assert_eq!(waited.len(), 6);
    assert!(waited.iter().all(|pause| (40..50).contains(&pause.as_secs())), "{waited:?}");
}

#[test]
fn a_delete_can_carry_a_body_without_a_type() {
    let stub = Stub::new(vec![
        answer("202 Accepted", &["Location: /queue/1"], ""),
        answer("204 No Content", &[], ""),
    ]);
    let (client, ..) = client(&stub);
    client.device_delete("d", &DeviceDeleteRequest::default()).unwrap();
    assert_eq!(stub.lines(), [r#"DELETE /devices/d {"forceforget":false}"#, "GET /queue/1"]);
    assert!(!stub.asked()[0].headers.contains("content-type"));
}

#[test]
fn failures_are_told_in_heketis_words() {
    let check = |response: String, text: &str, explanation: Option<&str>| {
        let stub = Stub::new(vec![response]);
        let (client, ..) = client(&stub);
        let error = client.volume_info("v").unwrap_err();
        assert_eq!(error.to_string(), text);
        let ClientError::Refused { explanation: found, .. } = error else { return };
        assert_eq!(found.as_deref(), explanation);
    };
    check(answer("404 Not Found", &[], "Id not found\n"), "Id not found", None);
    check(
        answer("500 Internal Server Error", &[], " \n"),
        "server did not provide a message (status 500: Internal Server Error)",
        None,
    );
    check(
        answer(
            "500 Internal Server Error",
            &["Content-Type: application/problem+json"],
            r#"{"title":"No space","status":500,"detail":"No device has 10 GiB left."}"#,
        ),
        "No space",
        Some("No device has 10 GiB left."),
    );
    check(json("<html>"), "invalid character '<' looking for beginning of value", None);
    check(json(""), "EOF", None);
    check(json(r#"{"size":"3"}"#), "size: an integer is expected, not a string", None);
}

#[test]
fn a_job_without_location_and_a_failed_job_are_errors() {
    let stub = Stub::new(vec![answer("202 Accepted", &[], "")]);
    assert_eq!(
        client(&stub).0.volume_delete("v").unwrap_err().to_string(),
        "http: no Location header in response"
    );
    let stub = Stub::new(vec![
        answer("202 Accepted", &["Location: /queue/1"], ""),
        answer("500 Internal Server Error", &[], "No space\n"),
    ]);
    assert_eq!(client(&stub).0.volume_delete("v").unwrap_err().to_string(), "No space");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let client = Client::new(format!("http://127.0.0.1:{port}"), Credentials::default(), Box::new(Quiet));
    let expected = format!(
        "Get \"http://127.0.0.1:{port}/clusters\": dial tcp 127.0.0.1:{port}: connect: connection refused"
    );
    assert_eq!(client.cluster_list().unwrap_err().to_string(), expected);
}
