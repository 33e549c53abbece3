//! The client against canned answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::patience::Patience;
use super::stub::{SILENCE, Stub, answer, json};
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

/// The same with little patience.
fn hasty_client(stub: &Stub) -> (Client, Told, Arc<Mutex<Vec<Duration>>>) {
    let (mut client, told, waited) = client(stub);
    let limit = Duration::from_millis(400);
    client.0.patience =
        Patience { connect: Duration::from_secs(30), answer: limit, research: limit, job: limit };
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
            r#"{"title":"No space\n","status":500,"detail":"No device has 10 GiB left."}"#,
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

#[test]
fn a_server_that_never_answers_is_given_up_with_its_name_and_what_to_do() {
    let check = |call: fn(&Client) -> String, line: &str, advice: &str| {
        let stub = Stub::new(vec![SILENCE.to_owned()]);
        let (client, ..) = hasty_client(&stub);
        let (method, path) = line.split_once(' ').unwrap();
        let (url, host) = (&stub.url, stub.url.trim_start_matches("http://"));
        let expected = format!("{method} \"{url}{path}\": {host} sent nothing for 0.4 s. {advice}");
        assert_eq!(call(&client), expected);
    };
    let again = "Look whether the host is up and the server runs, and ask again";
    let look = "The request may have been carried out: look whether the host is up and the server runs, and what it has, before you ask again";
    check(|client| client.volume_info("v").unwrap_err().to_string(), "Get /volumes/v", again);
    check(
        |client| client.examine_gluster().unwrap_err().to_string(),
        "Get /internal/state/examine/gluster",
        again,
    );
    check(|client| client.volume_delete("v").unwrap_err().to_string(), "Delete /volumes/v", look);
    check(
        |client| client.cluster_create(&ClusterCreateRequest::default()).unwrap_err().to_string(),
        "Post /clusters",
        look,
    );
}

#[test]
fn an_answer_that_stops_in_the_middle_is_given_up() {
    let half = answer("200 OK", &[], &"x".repeat(100));
    let half = half[..half.len() - 50].to_owned();
    let stub = Stub::that_stops_after(half);
    let error = hasty_client(&stub).0.volume_list().unwrap_err().to_string();
    assert!(error.contains("sent nothing for 0.4 s. Look"), "{error}");
}

#[test]
fn a_job_that_is_not_heard_of_is_asked_for_several_times_and_named() {
    let accepted = answer("202 Accepted", &["Location: /queue/0123"], "");
    let mut answers = vec![accepted, pending("a step")];
    answers.extend((0..7).map(|_| SILENCE.to_owned()));
    let stub = Stub::new(answers);
    let (client, told, waited) = hasty_client(&stub);
    let error = client.volume_delete("v").unwrap_err();
    let host = stub.url.trim_start_matches("http://");
    let begin =
        format!("Get \"{}/queue/0123\": {host} sent nothing for 0.4 s (7 tries). Job 0123 goes on", stub.url);
    assert!(error.to_string().starts_with(&begin), "{error}");
    assert_eq!(stub.lines().iter().filter(|line| *line == "GET /queue/0123").count(), 8);
    let seconds: Vec<u64> = waited.lock().unwrap().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 32]);
    let told = told.0.lock().unwrap();
    assert_eq!(told[..2], ["a step", "no answer, trying again in 1 s"]);
    assert_eq!(told.last().unwrap(), "done");
}

#[test]
fn a_job_of_a_server_that_comes_back_is_waited_for() {
    let cut = "HTTP/1.1 200 OK\r\nX-Pend".to_owned();
    let stub = Stub::new(vec![
        answer("202 Accepted", &["Location: /queue/1"], ""),
        SILENCE.to_owned(),
        cut,
        answer("303 See Other", &["Location: /volumes/v"], ""),
        SILENCE.to_owned(),
        answer("303 See Other", &["Location: /volumes/v"], ""),
        json(r#"{"id":"v","size":3}"#),
    ]);
    let (client, _, waited) = hasty_client(&stub);
    let volume = client.volume_create(&VolumeCreateRequest { size: 3, ..Default::default() }).unwrap();
    assert_eq!((volume.id.as_str(), waited.lock().unwrap().len()), ("v", 3));
}

#[test]
fn a_refusal_and_a_circle_of_redirects_end_the_wait_for_a_job_at_once() {
    let accepted = || answer("202 Accepted", &["Location: /queue/1"], "");
    let stub = Stub::new(vec![accepted(), answer("404 Not Found", &[], "Id not found\n")]);
    let (client, _, waited) = client(&stub);
    assert_eq!(client.volume_delete("v").unwrap_err().to_string(), "Id not found");
    assert!(waited.lock().unwrap().is_empty());

    let mut answers = vec![accepted()];
    answers.extend((0..50).map(|_| answer("303 See Other", &["Location: /queue/1"], "")));
    let stub = Stub::new(answers);
    let error = self::client(&stub).0.volume_delete("v").unwrap_err();
    assert_eq!(error.to_string(), format!("Get \"{}/queue/1\": stopped after 50 redirects", stub.url));
}
