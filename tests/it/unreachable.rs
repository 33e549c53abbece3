//! Peers that were in use and cannot be reached any more: they take another key, show another one, or accept
//! connections and never answer. What is asked of them fails with the peer and the cure by name, and nothing is lost.

use std::time::Duration;

use mortar::executor::sim::{Action, Refusal};
use serde_json::{Value, json};

use crate::sshd::{Sshd, silent};
use crate::support::operator::{DISKS, HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

/// Peers that are on this machine, so that a real server of SSH can be what they are.
const LOCAL: [&str; 3] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];

/// A server with a volume on simulated peers by local addresses; the volume.
fn with_local_peers() -> (Lab, String) {
    let lab = Lab::started();
    let cluster = lab.new_cluster();
    for host in LOCAL {
        let node = lab.add_node(&cluster, host).id;
        for disk in DISKS {
            lab.add_device(&node, disk, false).unwrap();
        }
    }
    let volume = lab.create(&replica_3(10)).unwrap().id;
    (lab, volume)
}

/// From the next start on the same peers are reached by SSH.
fn reach_by_ssh(lab: &mut Lab, section: &Value) {
    lab.stop();
    lab.setting("executor", json!("ssh"));
    lab.setting("sshexec", section.clone());
    // There is nowhere else to try.
    lab.setting("operation_retry_limits", json!({"volume_create": 0}));
    lab.start();
}

/// From the next start on they are simulated again, as they were.
fn reach_by_simulation(lab: &mut Lab) {
    lab.stop();
    lab.setting("executor", json!("sim"));
    lab.start();
}

/// The last answer of a job, with its explanation.
fn explained(lab: &Lab, accepted: &Reply) -> Reply {
    assert_eq!(accepted.status, 202, "{accepted:?}");
    lab.wait_for(&accepted.location);
    lab.send("GET", &accepted.location, &[("Accept", "application/problem+json")], None)
}

/// A create, an expansion and a delete fail, and say why. There is as much as before, but for the volume that is being
/// deleted.
fn all_that_is_asked_fails(lab: &Lab, volume: &str, words: &[&str]) {
    let before = lab.get("/db/dump").json();
    let grow = json!({"expand_size": 5});
    for (path, body) in [("/volumes".to_owned(), replica_3(3)), (format!("/volumes/{volume}/expand"), grow)] {
        let refused = explained(lab, &lab.post(&path, &body));
        assert_eq!(refused.status, 500, "{path}: {refused:?}\n{}", lab.log_tail());
        assert_says(&refused.text, words);
        assert_eq!(lab.get("/db/dump").json(), before, "{path} has left something");
        assert_eq!(lab.get("/operations").json()["total"], 0, "{path}");
    }
    let refused = explained(lab, &lab.delete(&format!("/volumes/{volume}")));
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, words);
}

/// The peers can be reached again: the delete was not lost, and all goes on.
fn all_goes_on(lab: &Lab, volume: &str) {
    Audit::new().clean_within(lab, SOON);
    let gone = || lab.delete(&format!("/volumes/{volume}"));
    if lab.volumes().is_empty() {
        assert_eq!((gone().status, gone().text.trim()), (404, "Id not found"));
    } else {
        // Nothing of it was done, and the volume is there as before.
        assert_eq!(lab.volumes(), [volume]);
        assert_eq!(lab.remove(volume).status, 204);
    }
    let other = lab.create(&replica_3(3)).unwrap();
    Audit::new().clean_within(lab, SOON);
    assert_eq!(lab.volumes(), [other.id]);
}

#[test]
fn a_key_that_no_peer_takes_is_named_with_its_peer_and_the_cure() {
    let sshd = Sshd::start_with(&LOCAL, "");
    sshd.make_key("other");
    let (mut lab, volume) = with_local_peers();
    let (config, key) = (sshd.config(), sshd.path("other"));
    let section = json!({"keyfile": key, "user": config.user, "port": sshd.port.to_string()});
    reach_by_ssh(&mut lab, &section);
    let refused = format!("does not let user {} in with the key {}", config.user, key.display());
    all_that_is_asked_fails(&lab, &volume, &["127.0.0.", &refused, "authorized_keys"]);
    reach_by_simulation(&mut lab);
    all_goes_on(&lab, &volume);
}

#[test]
fn peers_that_accept_connections_and_never_answer_are_named() {
    let (mut lab, volume) = with_local_peers();
    let sshd = Sshd::start();
    let (port, first) = silent(LOCAL[0], 0, b"");
    let others = [silent(LOCAL[1], port, b"").1, silent(LOCAL[2], port, b"SSH-2.0-Silent_1.0\r\n").1];
    let section = json!({"keyfile": sshd.path("user"), "user": sshd.config().user, "port": port.to_string()});
    reach_by_ssh(&mut lab, &section);
    let silence = format!(" s on port {port}");
    all_that_is_asked_fails(&lab, &volume, &["127.0.0.", "did not answer within ", &silence, "is up"]);
    for count in [&first, &others[0], &others[1]] {
        assert!(count.load(std::sync::atomic::Ordering::SeqCst) > 0, "all were asked");
    }
    reach_by_simulation(&mut lab);
    all_goes_on(&lab, &volume);
}

#[test]
fn a_peer_that_refuses_our_key_or_shows_another_one_is_waited_for() {
    for (why, words) in
        [(Refusal::Key, "Permission denied (publickey)"), (Refusal::HostKey, "Host key verification failed")]
    {
        let mut lab = Lab::new();
        lab.setting("operation_retry_limits", json!({"volume_create": 0}));
        lab.start();
        lab.three_peers();
        let volume = lab.create(&replica_3(10)).unwrap().id;
        lab.on(HOSTS[1], Action::Refuse { why: Some(why) });
        all_that_is_asked_fails(&lab, &volume, &[HOSTS[1], words]);
        assert!(lab.volumes().is_empty(), "it is hidden while it is being deleted");
        lab.on(HOSTS[1], Action::Refuse { why: None });
        all_goes_on(&lab, &volume);
    }
}
