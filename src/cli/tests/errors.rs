//! Errors that say whom was asked and what they are likely to come from; scripts see heketi-cli's text only.

use super::*;

/// What a person is told by a command that lists clusters, and what a script is.
fn told(answers: Vec<String>, user: &str) -> (String, String) {
    let [person, script] = [true, false].map(|explain| {
        let stub = Stub::new(answers.clone());
        let user = format!("--user={user}");
        let ran = run_with(&["cluster", "list", &user, "--secret=k"], &stub.url, explain);
        assert_eq!(ran.status, 255);
        ran.err.replace(&stub.url, "URL").replace(stub.url.trim_start_matches("http://"), "HOST")
    });
    (person, script)
}

#[test]
fn a_wrong_key_and_a_wrong_clock_are_told_apart() {
    let refused =
        |headers: &[&str]| answer("401 Unauthorized", headers, "Invalid JWT token: signature is invalid\n");
    let (person, script) = told(vec![refused(&[])], "admin");
    assert_eq!(script, "Error: Invalid JWT token: signature is invalid\n");
    assert!(person.starts_with(&script), "{person}");
    assert!(person.contains("HOST does not know user \"admin\" with this key: compare --user"), "{person}");
    let (person, _) = told(vec![refused(&["Date: Thu, 01 Jan 2015 00:00:00 GMT"])], "admin");
    assert!(person.contains("hours ahead of that of HOST: set the one that is wrong\n"), "{person}");
}

#[test]
fn the_advice_is_given_in_place_of_what_servers_say_to_programmers() {
    let problem = r#"{"title":"Administrator access required","status":401,"detail":"A token is three base64url texts."}"#;
    let headers = ["Content-Type: application/problem+json"];
    let (person, script) = told(vec![answer("401 Unauthorized", &headers, problem)], "user");
    assert_eq!(script, "Error: Administrator access required\n");
    assert!(person.contains("--user=admin") && !person.contains("base64url"), "{person}");
}

#[test]
fn the_wrong_scheme_is_recognized() {
    let go = "Client sent an HTTP request to an HTTPS server.\n";
    let (person, script) = told(vec![answer("400 Bad Request", &[], go)], "admin");
    assert_eq!(script, format!("Error: {go}"));
    assert!(person.contains("HOST speaks TLS") && person.contains("https://"), "{person}");
    // An alert of TLS, as a server sends it that does not understand.
    let (person, _) = told(vec!["\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{16}".to_owned()], "admin");
    assert!(person.contains("What listens at HOST does not answer in HTTP"), "{person}");
}

#[test]
fn where_nothing_listens_the_address_is_told_and_where_it_came_from() {
    let ran = run_with(&["cluster", "list"], "http://127.0.0.1:1", true);
    let text =
        "Error: Get \"http://127.0.0.1:1/clusters\": dial tcp 127.0.0.1:1: connect: connection refused\n";
    assert!(ran.err.starts_with(text), "{}", ran.err);
    assert!(ran.err[text.len()..].starts_with("Nothing listens at 127.0.0.1:1. Look whether"), "{}", ran.err);
    assert_eq!(run_with(&["cluster", "list"], "http://127.0.0.1:1", false).err, text);
    let ran = run_with(&["cluster", "list", "--server=http://no.such.host.invalid"], "", true);
    assert!(ran.err.contains("no such host\nLook at the name no.such.host.invalid"), "{}", ran.err);
}

#[test]
fn an_address_that_nobody_named_is_told_to_be_the_default() {
    let global = |server: &str| args::Global {
        server: server.to_owned(),
        user: String::new(),
        secret: String::new(),
        json: false,
        insecure_tls: false,
        tls_cert: Vec::new(),
    };
    let failure = || Failure::new("Get \"http://localhost:8080/clusters\": refused");
    let told = Session::new(global(""), &|_| None).explained(failure());
    assert!(told.explanation.unwrap().contains("neither --server nor HEKETI_CLI_SERVER"));
    let named = Session::new(global("http://localhost:8080"), &|_| None).explained(failure());
    assert_eq!(named.explanation, None);
}
