//! A peer that shows another host key than the one that is known, or an unknown one where only known ones are trusted: a
//! real sshd, as simulated peers have no keys.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::sshd::{Sshd, run};
use crate::support::Lab;
use crate::support::operator::{assert_says, refusal};

const PEER: &str = "127.0.0.1";

/// A server that reaches its peers by way of this sshd.
fn lab_with(sshd: &Sshd, host_keys: &str) -> Lab {
    let mut lab = Lab::new();
    let config = sshd.config();
    lab.setting("executor", json!("ssh"));
    lab.setting(
        "sshexec",
        json!({"keyfile": config.key, "user": config.user, "port": sshd.port.to_string(), "host_keys": host_keys}),
    );
    lab
}

/// Adds the peer, which is refused: the explanation. Nothing of it is left.
fn explained_refusal(lab: &Lab, cluster: &str) -> String {
    let before = lab.get("/db/dump").text;
    let (status, text, explanation) = refusal(lab.try_add_node(cluster, PEER));
    assert_eq!((status, text.as_str()), (400, "New Node doesn't have glusterd running"), "{explanation}");
    assert_eq!(lab.get("/db/dump").text, before);
    assert!(lab.client().cluster_info(cluster).unwrap().nodes.is_empty());
    assert_eq!(lab.client().operations_info().unwrap().total, 0);
    for table in ["node", "node_hostname", "operation", "operation_step"] {
        assert_eq!(rows_of(lab, table), "0", "{table}");
    }
    explanation
}

fn rows_of(lab: &Lab, table: &str) -> String {
    let count = format!("SELECT count(*) FROM {table}");
    let output = Command::new("sqlite3").arg("-readonly").arg(lab.database()).arg(count).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_node_whose_host_key_has_changed_is_refused_until_the_cure_is_taken() {
    let sshd = Sshd::start();
    let mut lab = lab_with(&sshd, "learn");
    sshd.make_key("earlier");
    let earlier = fs::read_to_string(sshd.path("earlier.pub")).unwrap();
    let known = lab.path().join("heketi.db.known_hosts");
    fs::write(&known, format!("[{PEER}]:{} {earlier}", sshd.port)).unwrap();
    lab.start();
    let cluster = lab.new_cluster();

    let why = explained_refusal(&lab, &cluster);
    let file = known.display().to_string();
    assert_says(
        &why,
        &[&format!("the host key of {PEER} has changed"), &file, "If the peer was installed anew"],
    );
    assert_eq!(fs::read_to_string(&known).unwrap(), format!("[{PEER}]:{} {earlier}", sshd.port));

    let (_, cure) = why.split_once("run: ").unwrap();
    let (cure, _) = cure.split_once(". If not").unwrap();
    assert!(run(Command::new("sh").arg("-c").arg(cure)), "{cure}");
    lab.restart();
    let why = explained_refusal(&lab, &cluster);
    assert!(!why.contains("host key"), "{why}");
    assert_says(&why, &[PEER, "gluster"]);
    let own = fs::read_to_string(sshd.path("host.pub")).unwrap();
    let own = own.split_whitespace().nth(1).unwrap();
    assert!(fs::read_to_string(&known).unwrap().contains(own), "it is learnt");
}

#[test]
fn a_node_whose_host_key_nobody_knows_is_refused_by_strict() {
    let sshd = Sshd::start();
    let mut lab = lab_with(&sshd, "strict");
    lab.start();
    let cluster = lab.new_cluster();
    let why = explained_refusal(&lab, &cluster);
    let port = format!("ssh-keyscan -p {} {PEER}", sshd.port);
    assert_says(&why, &[&format!("the host key of {PEER} is not known"), &port, "heketi.db.known_hosts"]);

    let own = fs::read_to_string(sshd.path("host.pub")).unwrap();
    let known = lab.path().join("heketi.db.known_hosts");
    fs::write(&known, format!("[{PEER}]:{} {own}", sshd.port)).unwrap();
    lab.restart();
    let why = explained_refusal(&lab, &cluster);
    assert!(!why.contains("host key"), "{why}");
}
