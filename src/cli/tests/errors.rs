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
    let told = Session::new(global(""), &|_| None).unwrap().explained(failure());
    assert!(told.explanation.unwrap().contains("neither --server nor HEKETI_CLI_SERVER"));
    let named = Session::new(global("http://localhost:8080"), &|_| None).unwrap();
    let named = named.explained(failure());
    assert_eq!(named.explanation, None);
}

const VOLUMES: &str = concat!(
    r#"{"volumes":[{"id":"0123456789abcdef0123456789abcdef","name":"data","size":1,"cluster":"c1","durability":"none","block":false},"#,
    r#"{"id":"fedcba9876543210fedcba9876543210","name":"twice","size":1,"cluster":"c1","durability":"none","block":false},"#,
    r#"{"id":"00000000000000000000000000000000","name":"twice","size":1,"cluster":"c2","durability":"none","block":false}]}"#
);

/// What a person and a script are told by a command that the server refuses.
fn refused(line: &[&str], refusal: &str, looks: Vec<String>) -> (String, String) {
    let refusal = || answer("404 Not Found", &[], &format!("{refusal}\n"));
    let (script, asked) = against(line, vec![refusal()]);
    assert_eq!((script.status, asked.len()), (255, 1));
    let stub = Stub::new(std::iter::once(refusal()).chain(looks).collect());
    (run_with(line, &stub.url, true).err, script.err)
}

#[test]
fn a_name_in_the_place_of_an_id_is_told_with_the_id() {
    let check = |line: &str, refusal: &str, looks: Vec<String>, told: &str| {
        let (person, script) = refused(&line.split(' ').collect::<Vec<_>>(), refusal, looks);
        assert_eq!(script, format!("Error: {refusal}\n"), "{line}");
        assert_eq!(person, format!("{script}{told}\n"), "{line}");
    };
    let none = "Invalid path or request";
    let wanted = |what: &str, word: &str| {
        let article = if what == "operation" { "an" } else { "a" };
        format!("The id of {article} {what} is wanted, 32 hex digits, and \"{word}\" is none:")
    };
    let volume = |word: &str| wanted("volume", word);
    let volumes = || vec![json(VOLUMES)];
    let told = format!("{} data is volume 0123456789abcdef0123456789abcdef", volume("data"));
    check("volume info data", none, volumes(), &told);
    check("volume expand --volume=data --expand-size=1", none, volumes(), &told);
    let told =
        "2 have that name: volume fedcba9876543210fedcba9876543210, volume 00000000000000000000000000000000";
    check("volume delete twice", none, volumes(), &format!("{} {told}", volume("twice")));
    check(
        "volume delete abc",
        "Id not found",
        volumes(),
        &format!("{} `heketi-cli volume list` shows them", volume("abc")),
    );
    let nodes = || {
        let node = r#"{"id":"n","hostnames":{"manage":["peer1"],"storage":["10.0.0.1"]},"devices":[{"id":"d","name":"/dev/vdd"}]}"#;
        vec![json(r#"{"clusters":["c"]}"#), json(r#"{"id":"c","nodes":["n"]}"#), json(node)]
    };
    check("node info 10.0.0.1", none, nodes(), &format!("{} 10.0.0.1 is node n", wanted("node", "10.0.0.1")));
    let uuid = "validation failed: node: peer1 is not a valid UUID.";
    check(
        "device add --name=/dev/x --node=peer1",
        uuid,
        nodes(),
        &format!("{} peer1 is node n", wanted("node", "peer1")),
    );
    let told = format!("{} /dev/vdd is device d on peer1", wanted("device", "/dev/vdd"));
    check("device remove /dev/vdd", none, nodes(), &told);
    let told = format!("{} `heketi-cli cluster list` shows them", wanted("cluster", "mine"));
    check("volume create --size=1 --clusters=mine", "Cluster id mine not found", vec![], &told);
    let told = format!("{} `heketi-cli server operations list` shows them", wanted("operation", "it"));
    check("server operations info it", "Id not found", vec![], &told);
    // An id is an id, also where there is nothing.
    let (person, script) =
        refused(&["volume", "info", "0123456789abcdef0123456789abcdef"], "Id not found", vec![]);
    assert_eq!(person, script);
}

#[test]
fn where_a_name_is_taken_is_told() {
    let taken = "Failed to allocate new volume: Volume name 'twice' already in use";
    let (person, script) =
        refused(&["volume", "create", "--size=1", "--name=twice"], taken, vec![json(VOLUMES)]);
    let told = concat!(
        "\"twice\" is taken: cluster c1 has it as volume fedcba9876543210fedcba9876543210, ",
        "cluster c2 has it as volume 00000000000000000000000000000000\n"
    );
    assert_eq!(person, format!("{script}{told}"));
    // A server that does not tell leaves it at its refusal.
    let (person, script) = refused(
        &["volume", "clone", "--name=x", "v"],
        "Volume name 'x' already in use",
        vec![answer("500 No", &[], "no")],
    );
    assert_eq!(person, script);
}

#[test]
fn refusals_of_values_list_what_there_is() {
    let check = |line: &str, refusal: &str, told: &str| {
        let (person, script) = refused(&line.split(' ').collect::<Vec<_>>(), refusal, vec![]);
        assert_eq!(script, format!("Error: {refusal}\n"));
        assert!(person.starts_with(&script) && person[script.len()..].contains(told), "{line}: {person}");
    };
    check(
        "volume create --size=1 --durability=raid",
        "Unknown durability type",
        "none, replicate or disperse",
    );
    check("volume create --size=1 --replica=7", "Invalid replica value", "1, 2 or 3");
    check(
        "server mode set off",
        "validation failed: state: must be a valid value.",
        "normal, read-only or local-client",
    );
    check("loglevel set loud", "invalid log level: loud", "none, critical, error, warning, info or debug");
    check("server mode set normal", "Service disabled for maintenance", "kill -USR2");
    let told = |line: &[&str]| run_with(line, "http://127.0.0.1:1", true).err;
    let said = told(&["cluster", "create", "--block=maybe"]);
    assert!(said.ends_with("invalid syntax\n--block takes true or false\n"), "{said}");
    assert!(told(&["volume", "create", "--size=1.5"]).ends_with("\n--size takes a whole number\n"));
    assert!(
        told(&["setup-openshift-heketi-storage", "--durability=x"])
            .ends_with("\n--durability takes none or replicate\n")
    );
}

#[test]
fn a_missing_secret_is_told_as_that() {
    let stub =
        || Stub::new(vec![answer("401 Unauthorized", &[], "Invalid JWT token: signature is invalid\n")]);
    let check = |line: &[&str], told: &str| {
        let ran = run_with(line, &stub().url, true);
        let (first, rest) = ran.err.split_once('\n').unwrap();
        assert_eq!(first, "Error: Invalid JWT token: signature is invalid");
        assert!(rest.ends_with(told), "{rest}");
    };
    check(&["cluster", "list", "--user=admin"], "no secret was given: --secret or HEKETI_CLI_KEY\n");
    check(
        &["cluster", "list", "--secret=k"],
        "no user was given: --user or HEKETI_CLI_USER, admin or user\n",
    );
    check(
        &["cluster", "list"],
        "no user and no secret were given: --user and --secret, or HEKETI_CLI_USER and HEKETI_CLI_KEY\n",
    );
}

#[test]
fn an_address_without_a_scheme_is_told_to_everybody() {
    let check = |server: &str, text: &str| {
        let ran = alone(&["cluster", "list", &format!("--server={server}")]);
        let advice = "The address of the server (--server or HEKETI_CLI_SERVER) begins with http:// or https://, for example http://localhost:8080\n";
        assert_eq!((ran.status, ran.err), (255, format!("Error: {text}\n{advice}")));
    };
    check("localhost:8080", r#"Get "localhost:8080/clusters": unsupported protocol scheme "localhost""#);
    check(
        "10.0.0.1:8080",
        r#"parse "10.0.0.1:8080/clusters": first path segment in URL cannot contain colon"#,
    );
    check("ftp://a", r#"Get "ftp://a/clusters": unsupported protocol scheme "ftp""#);
}

#[test]
fn a_token_that_is_good_for_seconds_is_told() {
    let token = |lifetime: &str| alone(&["token", "--user=admin", "--secret=k", lifetime]);
    let ran = token("--lifetime=8");
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (0, "The token is good for 8 s only: for hours write --lifetime=8h\n")
    );
    assert_eq!(ran.out.matches('.').count(), 2);
    assert_eq!(token("--lifetime=60s").err, "");
}
