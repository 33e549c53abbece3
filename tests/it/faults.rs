//! What goes wrong in a data centre: peers that are off, hang or restart, and requests that are wrong.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, assert_says, refusal, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);
const IN_USE: &str = "The target exists, contains other items, or is in use.";

#[test]
fn a_create_names_the_peer_that_is_off_and_leaves_nothing() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[1], Action::Power { on: false });
    let began = Instant::now();
    let (status, text, explanation) = refusal(lab.create(&replica_3(10)));
    assert_eq!(status, 500);
    assert_says(&format!("{text} {explanation}"), &[HOSTS[1], "is up"]);
    assert!(began.elapsed() < Duration::from_secs(30));
    lab.on(HOSTS[1], Action::Power { on: true });
    Audit::new().clean_within(&lab, SOON * 2);
    assert!(lab.volumes().is_empty());
    lab.create(&replica_3(10)).unwrap();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn two_copies_go_to_the_peers_that_are_on() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[2], Action::Power { on: false });
    let two = json!({"size": 5, "durability": {"type": "replicate", "replicate": {"replica": 2}}});
    // glusterd refuses no change while most of its peers are there.
    let made = lab.create(&two).unwrap();
    let off = lab.node_of(HOSTS[2]).id;
    assert!(made.bricks.iter().all(|brick| brick.node != off));
    lab.on(HOSTS[2], Action::Power { on: true });
    Audit::new().clean_within(&lab, SOON * 2);
}

#[test]
fn a_delete_with_a_peer_off_is_finished_when_that_is_back() {
    let mut lab = Lab::with_three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    lab.on(HOSTS[1], Action::Power { on: false });
    let reply = lab.remove(&id);
    assert_eq!(reply.status, 500, "{reply:?}");
    assert!(lab.volumes().is_empty(), "it is hidden");
    assert_eq!(lab.get(&format!("/volumes/{id}")).status, 404);
    let again = lab.delete(&format!("/volumes/{id}"));
    assert_says(&again.text, &[IN_USE]);
    assert_ne!(again.status, 404, "Kubernetes would forget a volume that is still there");
    // A restart in between changes nothing of that.
    lab.restart();
    assert_says(&lab.delete(&format!("/volumes/{id}")).text, &[IN_USE]);
    lab.on(HOSTS[1], Action::Power { on: true });
    Audit::new().clean_within(&lab, SOON * 2);
    let gone = lab.delete(&format!("/volumes/{id}"));
    assert_eq!((gone.status, gone.text.trim()), (404, "Id not found"));
}

#[test]
fn a_peer_that_restarts_mounts_its_bricks_again() {
    let lab = Lab::with_three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    lab.on(HOSTS[1], Action::Reboot);
    let second = lab.create(&replica_3(1)).unwrap();
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.peers().host(HOSTS[1]).unwrap().mounts.len(), 2);
    assert_eq!(lab.remove(&id).status, 204);
    assert_eq!(lab.remove(&second.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn tokens_are_checked() {
    let mut lab = Lab::new();
    lab.keys("key-of-admin", "key-of-user");
    lab.start();
    assert!(lab.client_as("admin", "key-of-admin").cluster_list().is_ok());
    let (status, ..) = refusal(lab.client_as("admin", "wrong").cluster_list());
    assert_eq!(status, 401);
    let (status, ..) = refusal(lab.client_as("nobody", "key-of-admin").cluster_list());
    assert_eq!(status, 401);
    let (status, ..) = refusal(lab.client_as("user", "key-of-user").cluster_list());
    assert_eq!(status, 401);
    assert_eq!(lab.get("/clusters").status, 401);
    assert_eq!(lab.get("/hello").status, 200);
    assert!(!lab.log().contains("key-of-"), "a key is never shown");
}

#[test]
fn a_server_without_keys_does_not_start_by_accident() {
    let mut lab = Lab::new();
    lab.keys("", "");
    let (code, said) = lab.start_in_vain();
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ERROR:")).count(), 1, "{said}");
}

#[test]
fn a_body_that_is_no_json_is_refused() {
    let lab = Lab::with_three_peers();
    let long = "x".repeat(4 << 20);
    for body in ["", "{", "no", "[]", "{\"size\": \"ten\"}", "{\"size\": 1e400}", long.as_str()] {
        let reply = lab.try_send("POST", "/volumes", &[], Some(body.as_bytes()));
        // A body that is far too long may be answered by closing the connection.
        let Ok(reply) = reply else {
            assert!(body.len() > 1 << 20);
            continue;
        };
        assert!((400..500).contains(&reply.status), "{:.20} {reply:?}", body);
    }
    assert!(lab.volumes().is_empty());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn shell_characters_never_reach_a_peer() {
    let mut lab = Lab::new();
    lab.inject(Some(json!({"record": lab.path().join("commands")})));
    lab.start();
    lab.three_peers();
    let record = || std::fs::read_to_string(lab.path().join("commands")).unwrap();
    let before = record();
    for name in ["a;reboot", "$(reboot)", "`id`", "a b", "../x", "a\nb", "a'b", "a\"b", "a|b", "é"] {
        let mut body = replica_3(1);
        body["name"] = name.into();
        let reply = lab.post("/volumes", &body);
        assert_eq!(reply.status, 400, "{name:?} {reply:?}");
    }
    for option in ["a;reboot b", "$(reboot) on", "performance.x", "a`id` on", "--force on", "a/b on"] {
        let mut body = replica_3(1);
        body["glustervolumeoptions"] = json!([option]);
        let reply = lab.post("/volumes", &body);
        assert_eq!(reply.status, 400, "{option:?} {reply:?}");
    }
    assert_eq!(record(), before, "nothing reached a peer");
    assert!(lab.volumes().is_empty());
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn topology_files_with_mistakes_are_refused_before_anything_is_done() {
    let lab = Lab::started();
    let load = |name: &str, text: &str| {
        let file = lab.path().join(name);
        std::fs::write(&file, text).unwrap();
        lab.mortar(&["topology", "load", &format!("--json={}", file.display())])
    };
    let node = |devices: &str| {
        format!(
            r#"{{"clusters": [{{"nodes": [{{"node": {{"hostnames": {{"manage": ["10.10.10.17"], "storage": ["10.10.10.17"]}}, "zone": 1}}, "devices": {devices}}}]}}]}}"#
        )
    };
    let check = |name: &str, text: &str, words: &[&str]| {
        let (code, out, err) = load(name, text);
        assert_eq!(code, Some(255), "{name}: {out}{err}");
        assert_says(&format!("{out}{err}"), words);
    };
    check("twice.json", &node(r#"["/dev/vdd", "/dev/vdd"]"#), &["/dev/vdd", "10.10.10.17"]);
    check("no-zone.json", &node("[]").replace(", \"zone\": 1", ""), &["zone is missing"]);
    check("no-host.json", &node("[]").replace("manage", "manages"), &["hostnames.manage is missing"]);
    check("no-json.json", "{", &["no-json.json"]);
    assert!(lab.client().cluster_list().unwrap().clusters.is_empty());
}

#[test]
fn a_client_that_goes_away_after_its_request_has_its_volume() {
    let lab = Lab::with_three_peers();
    for count in 1..=10 {
        let body = replica_3(10).to_string();
        let head = format!(
            "POST /volumes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", lab.port())).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        drop(stream);
        assert!(settled(SOON, || lab.volumes().len() == count), "{count}\n{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_second_server_on_a_database_refuses_to_start() {
    let lab = Lab::with_three_peers();
    let (code, _, err) =
        lab.mortard(&["--disable-auth", &format!("--config={}", lab.config_file().display())]);
    assert_eq!(code, Some(1), "{err}");
    let errors: Vec<&str> = err.lines().filter(|line| line.starts_with("ERROR:")).collect();
    assert_eq!(errors.len(), 1, "{err}");
    assert_says(errors[0], &["heketi.db"]);
    lab.create(&replica_3(1)).unwrap();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_database_that_is_gone_while_its_log_is_there_is_not_begun_anew() {
    let mut lab = Lab::with_three_peers();
    lab.kill();
    let log = lab.path().join("heketi.db-wal");
    assert!(log.metadata().unwrap().len() > 0, "a killed server leaves its log");
    let content = std::fs::read(&log).unwrap();
    std::fs::remove_file(lab.database()).unwrap();
    let (code, said) = lab.start_in_vain();
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &["heketi.db-wal"]);
    assert!(!lab.database().exists());
    let kept = std::fs::read_dir(lab.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.to_string_lossy().contains("orphan")).collect();
    assert_eq!(std::fs::read(&kept[0]).unwrap(), content, "nothing is thrown away");
}

#[test]
fn a_damaged_database_is_refused_and_left_as_it_is() {
    let mut lab = Lab::with_three_peers();
    lab.stop();
    let good = std::fs::read(lab.database()).unwrap();
    let mut half = good.clone();
    for byte in half.iter_mut().skip(4096).step_by(3) {
        *byte ^= 0x5a;
    }
    for bad in [b"this is no database at all, and longer than its head".to_vec(), half] {
        std::fs::write(lab.database(), &bad).unwrap();
        let (code, said) = lab.start_in_vain();
        assert_eq!(code, Some(1), "{said}");
        assert_says(&said, &["heketi.db"]);
        assert_eq!(said.lines().filter(|line| line.starts_with("ERROR:")).count(), 1, "{said}");
        assert_eq!(std::fs::read(lab.database()).unwrap(), bad, "it is left as it is");
    }
    std::fs::write(lab.database(), &good).unwrap();
    lab.start();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_create_can_be_repeated_under_its_key() {
    let mut lab = Lab::with_three_peers();
    let send = |lab: &Lab, size: u64| {
        let body = replica_3(size).to_string();
        lab.send("POST", "/volumes", &[("Idempotency-Key", "claim-1")], Some(body.as_bytes()))
    };
    let first = send(&lab, 10);
    let again = send(&lab, 10);
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.location, again.location);
    let made = lab.wait_for(&first.location);
    assert_eq!(made.status, 303);
    assert_eq!(send(&lab, 11).status, 409);
    lab.restart();
    assert_eq!(lab.wait_for(&send(&lab, 10).location).location, made.location);
    // A job can be asked again, also after the restart.
    assert_eq!(lab.get(&first.location), made);
    assert_eq!(lab.volumes().len(), 1);
    let id = made.located();
    assert_eq!(lab.remove(&id).status, 204);
    // The key is free when the object is gone.
    let third = send(&lab, 11);
    assert_eq!(lab.wait_for(&third.location).status, 303);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_backup_made_in_the_middle_of_work_opens_and_has_the_volumes() {
    let lab = Lab::with_three_peers();
    let known = lab.create(&replica_3(1)).unwrap().id;
    let jobs: Vec<String> = (0..30).map(|_| lab.begin_create(&replica_3(1))).collect();
    let copy = lab.path().join("copy.db");
    let config = format!("--config={}", lab.config_file().display());
    let (code, out, err) = lab.mortard(&["backup", &copy.display().to_string(), &config]);
    assert_eq!(code, Some(0), "{out}{err}");
    let sent = lab.path().join("sent.db");
    crate::support::download(lab.port(), "/backup/db", &sent);
    for job in jobs {
        assert_eq!(lab.wait_for(&job).status, 303);
    }
    for file in [copy, sent] {
        let mut other = Lab::new();
        std::fs::copy(&file, other.database()).unwrap();
        other.start();
        assert!(other.volumes().contains(&known), "{}", file.display());
        Audit::new().clean_within(&other, SOON);
    }
    Audit::new().clean_within(&lab, SOON);
}
