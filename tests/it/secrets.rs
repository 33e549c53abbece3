//! Everything that is secret, planted in one server, and looked for in everything that it writes and says: at its loudest, with
//! users that are let in and others that are not, and with programs that fail and print what they know.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::conformance::{http, sign};
use crate::openapi::{Operation, document};
use crate::support::{Lab, settled};

const ADMIN: &str = "adm1n-planted-9f83c2";
const USER: &str = "us3r-planted-77ab01";
const KUBE: &str = "kub3-planted-5d20ee";
const WRONG: &str = "wr0ng-planted-c41b7a";
const PRINTED: &str = "pr1nted-planted-08e6d4";

/// What is not to be found, by what it is.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 16, "{what}: {secret} could be there by chance");
        self.0.insert(what.to_owned(), secret.to_owned());
    }

    #[track_caller]
    fn are_not_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            assert!(!text.contains(secret.as_str()), "{what} is in {place}:\n{text}");
        }
    }
}

/// One request over TLS with a token, and the token's signature.
fn ask(
    lab: &Lab,
    (who, key): (&str, &str),
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (String, String, String) {
    let token = sign::authorization(&json!({"iss": who, "key": key}), method, path).unwrap();
    let headers = [
        ("Authorization".to_owned(), token.clone()),
        ("Accept".to_owned(), "application/problem+json".to_owned()),
    ];
    let body = body.map(|body| body.to_string().into_bytes());
    let answer =
        http::send_over(lab.connect_securely(), lab.port(), method, path, &headers, body.as_deref()).unwrap();
    let location = answer.header("location").unwrap_or_default().to_owned();
    let signature = token.rsplit('.').next().unwrap().to_owned();
    (String::from_utf8_lossy(&answer.body).into_owned(), location, signature)
}

fn loud() -> (Lab, String) {
    let (mut lab, _) = Lab::encrypted();
    let key = std::fs::read_to_string(lab.path().join("tls/tls.key")).unwrap();
    lab.keys(ADMIN, USER);
    lab.top_setting("jwt", json!({"admin": {"key": ADMIN}, "user": {"key": USER}, "scoped_tokens": "tls"}));
    lab.setting("loglevel", json!("debug"));
    lab.setting("kubeexec", json!({"host": "https://kube", "user": "k", "password": KUBE}));
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(20));
    (lab, key.lines().nth(1).unwrap().to_owned())
}

/// All that can be read, of all that there is; what is meant to show a password shows it.
fn look_everywhere(lab: &Lab, secrets: &mut Secrets) {
    let ids = |path: &str, list: &str| {
        let answer: Value = serde_json::from_str(&ask(lab, ("admin", ADMIN), "GET", path, None).0).unwrap();
        let all = answer[list].as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|one| one["id"].as_str().or(one.as_str()).unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let known = [
        ids("/clusters", "clusters"),
        ids("/volumes", "volumes"),
        ids("/jobs", "jobs"),
        ids("/blockvolumes", "blockvolumes"),
    ];
    for operation in Operation::all(&document()).iter().filter(|operation| operation.method == "GET") {
        // What shows the password to whoever may have it, and the whole database.
        if matches!(operation.path.as_str(), "/blockvolumes/{id}" | "/backup/db") {
            continue;
        }
        for id in known.concat() {
            let path = operation.path.replace("{id}", &id);
            for who in [("admin", ADMIN), ("user", USER), ("admin", WRONG)] {
                let (text, _, signature) = ask(lab, who, "GET", &path, None);
                secrets.add(&format!("the token of {} for {path}", who.0), &signature);
                secrets.are_not_in(&path, &text);
            }
            if path == operation.path {
                break;
            }
        }
    }
    secrets.are_not_in("the log", &lab.log());
}

#[test]
fn no_secret_is_written_or_said() {
    let (mut lab, tls_key) = loud();
    let mut secrets = Secrets::default();
    for (what, secret) in [
        ("the key of admin", ADMIN),
        ("the key of user", USER),
        ("the password of kubeexec", KUBE),
        ("a wrong key", WRONG),
        ("the private key of TLS", &tls_key),
        ("what gluster-block prints", PRINTED),
    ] {
        secrets.add(what, secret);
    }
    let plain = json!({"size": 8, "auth": true});
    with_nodes(&mut lab);
    let (_, job, _) = ask(&lab, ("admin", ADMIN), "POST", "/blockvolumes", Some(&plain));
    let made = last_location(&lab, &job);
    let block: Value = serde_json::from_str(&ask(&lab, ("admin", ADMIN), "GET", &made, None).0).unwrap();
    secrets.add("the password of a block volume", block["blockvolume"]["password"].as_str().unwrap());
    tokens_and_clients(&lab, &mut secrets);
    look_everywhere(&lab, &mut secrets);
    // From now on gluster-block fails, and prints a password.
    let said = format!("{{ \"PASSWORD\": \"{PRINTED}\", \"RESULT\": \"PERHAPS\" ");
    let reaction = json!({"Result": said, "ErrOutput": said, "ForceErr": true});
    lab.inject(Some(
        json!({"command_injection": {"commands": [{"Cmd": "^gluster-block ", "Reaction": reaction}]}}),
    ));
    lab.restart();
    let (_, job, _) = ask(&lab, ("admin", ADMIN), "POST", "/blockvolumes", Some(&plain));
    secrets.are_not_in("the answer of a failed create", &last_answer(&lab, &job).0);
    let (_, job, _) = ask(&lab, ("admin", ADMIN), "DELETE", &made, None);
    secrets.are_not_in("the answer of a failed delete", &last_answer(&lab, &job).0);
    look_everywhere(&lab, &mut secrets);
    lab.stop();
    secrets.are_not_in("the log of all of it", &lab.log());
}

/// One cluster with the peers of the lab.
fn with_nodes(lab: &mut Lab) {
    lab.start();
    let client = lab.client_as("admin", ADMIN);
    let cluster =
        client.cluster_create(&mortar::api::ClusterCreateRequest { file: true, block: true }).unwrap().id;
    for host in crate::support::operator::HOSTS {
        let names = || mortar::api::List::from(vec![host.to_owned()]);
        let hostnames = mortar::api::Hostnames { manage: names(), storage: names() };
        let cluster = cluster.clone();
        let request = mortar::api::NodeAddRequest { zone: 1, hostnames, cluster, ..Default::default() };
        let node = client.node_add(&request).unwrap().id;
        let name = crate::support::operator::DISKS[0].to_owned();
        client.device_add(&mortar::api::DeviceAddRequest { name, node, ..Default::default() }).unwrap();
    }
}

fn last_answer(lab: &Lab, job: &str) -> (String, String) {
    let mut last = (String::new(), String::new());
    let ended = || {
        let (text, location, _) = ask(lab, ("admin", ADMIN), "GET", job, None);
        let is_pending = text.is_empty() && location.is_empty();
        last = (text, location);
        !is_pending
    };
    assert!(settled(std::time::Duration::from_secs(120), ended), "{job} does not end\n{}", lab.log_tail());
    last
}

fn last_location(lab: &Lab, job: &str) -> String {
    last_answer(lab, job).1
}

/// Tokens for all requests, clients that are refused, and the check of the configuration, right and damaged.
fn tokens_and_clients(lab: &Lab, secrets: &mut Secrets) {
    for (user, key) in [("admin", ADMIN), ("user", USER), ("admin", WRONG)] {
        let flags = [format!("--user={user}"), format!("--secret={key}")];
        let (code, token, said) = lab.mortar(&[&flags[..], &["token".to_owned()]].concat());
        assert_eq!((code, said.as_str()), (Some(0), ""));
        let headers = [("Authorization".to_owned(), format!("Bearer {}", token.trim()))];
        let answer =
            http::send_over(lab.connect_securely(), lab.port(), "GET", "/clusters", &headers, None).unwrap();
        secrets.are_not_in("an answer to a token", &String::from_utf8_lossy(&answer.body));
        secrets.add(&format!("a token of {user} by {key}"), token.trim().rsplit('.').next().unwrap());
        let words = ["topology", "info"].map(str::to_owned);
        let (_, out, err) = lab.mortar(&[&flags[..], &words[..]].concat());
        secrets.are_not_in("what the client prints", &(out + &err));
    }
    let file = lab.config_file();
    let right = std::fs::read_to_string(&file).unwrap();
    // Cut off in the middle of a key, a key of another type, and something behind the end.
    let cut = &right[..right.find(ADMIN).unwrap() + 8];
    let damaged = [
        right.clone(),
        cut.to_owned(),
        right.replace(&format!("\"{USER}\""), &format!("[\"{USER}\"]")),
        format!("{right} {USER}"),
    ];
    let copy = lab.path().join("damaged.json");
    for text in damaged {
        std::fs::write(&copy, text).unwrap();
        for arguments in [&["config", "check"][..], &["config", "check", "--json"]] {
            let (_, out, err) = lab.mortard(&[arguments, &[copy.to_str().unwrap()]].concat());
            secrets.are_not_in("the check of a configuration", &(out + &err));
        }
        let (_, out, err) = lab.mortard(&["--config", copy.to_str().unwrap(), "--help"]);
        secrets.are_not_in("a start", &(out + &err));
    }
}
