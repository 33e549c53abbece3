//! Programs that hang on a peer whose system is well.

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;
use serde_json::json;

use super::{
    BACK, CROWD, MINUTE, all_end, ask_for_many, becomes, cluster_of, is_up, nothing_is_unfinished,
    others_go_on, two_copies,
};
use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const HOSTS: [&str; 4] = ["10.10.10.17", "10.10.10.18", "10.10.10.19", "10.10.10.20"];

/// The one where something hangs.
pub const SICK: &str = HOSTS[1];

/// Four peers, on one of which these commands hang while the gate is closed. It is open.
pub fn with_what_may_hang(commands: &str) -> Lab {
    with_what_hangs_on(Some(SICK), commands)
}

/// The same on one of them, or on all.
fn with_what_hangs_on(host: Option<&str>, commands: &str) -> Lab {
    let mut lab = Lab::new();
    let mut held = lab.held(commands);
    if let Some(host) = host {
        held["host"] = json!(host);
    }
    lab.inject(Some(json!({"faults": [held]})));
    lab.setting("start_time_monitor_gluster_nodes", json!(1));
    lab.start();
    cluster_of(&lab, &HOSTS.map(str::to_owned));
    lab
}

/// Returns with the server as it was, and nothing left over.
fn is_noticed_and_holds_nobody_up(commands: &str, words: &[&str]) {
    let lab = with_what_may_hang(commands);
    becomes(&lab, SICK, true, MINUTE);
    let before = (0..3).map(|_| lab.create(&replica_3(1)).unwrap());
    let there = before.filter(|made| is_on(&lab, made, SICK)).collect::<Vec<_>>();
    lab.close_gate();
    let jobs = ask_for_many(&lab);
    becomes(&lab, SICK, false, MINUTE);
    assert_says(&lab.log(), words);
    others_go_on(&lab, SICK);
    let made = lab.create(&two_copies()).unwrap().id;
    assert_eq!(lab.ask(&format!("/volumes/{made}/expand"), &json!({"expand_size": 1})).status, 303);
    assert_eq!(lab.remove(&made).status, 204);
    // What is done there all the same is no proof that nothing hangs any more.
    let gone: Vec<String> = there.iter().map(|made| lab.begin_delete(&made.id)).collect();
    others_go_on(&lab, SICK);
    lab.open_gate();
    becomes(&lab, SICK, true, BACK);
    let ends = all_end(&lab, &jobs);
    assert!(ends.iter().all(|end| end.status == 303), "each is made in the end: {ends:?}");
    for end in all_end(&lab, &gone) {
        // Or told that it goes on.
        assert!(matches!(end.status, 204 | 500), "{end:?}");
    }
    assert!(settled(BACK, || nothing_is_unfinished(&lab)), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, BACK);
    assert_eq!(lab.volumes().len(), jobs.len() + 3 - there.len());
}

fn is_on(lab: &Lab, volume: &VolumeInfo, host: &str) -> bool {
    let node = lab.node_of(host).id;
    volume.bricks.iter().any(|brick| brick.node == node)
}

#[test]
fn a_node_that_was_taken_out_of_service_because_it_hangs_holds_nobody_up_either() {
    let lab = with_what_may_hang("lvremove");
    let there: Vec<String> = (0..CROWD).map(|_| lab.create(&replica_3(1)).unwrap().id).collect();
    let node = lab.node_of(SICK).id;
    assert_eq!(lab.ask(&format!("/nodes/{node}/state"), &json!({"state": "offline"})).status, 204);
    lab.close_gate();
    let jobs: Vec<String> = there.iter().map(|id| lab.begin_delete(id)).collect();
    others_go_on(&lab, SICK);
    lab.open_gate();
    all_end(&lab, &jobs);
    assert!(settled(BACK, || nothing_is_unfinished(&lab)), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, BACK);
}

#[test]
fn a_glusterd_that_hangs_is_noticed_within_a_minute_and_holds_nobody_up() {
    is_noticed_and_holds_nobody_up("^gluster ", &[SICK, "glusterd does not answer"]);
}

#[test]
fn an_lvcreate_that_hangs_is_noticed_within_a_minute_and_holds_nobody_up() {
    is_noticed_and_holds_nobody_up("lvcreate", &[SICK, "`lvm lvcreate` has not ended there"]);
}

/// The look at the first one takes as long as anybody waits for it.
#[test]
fn a_node_that_is_slow_to_answer_delays_no_look_at_another() {
    let mut lab = Lab::new();
    let mut held = lab.held("systemctl");
    held["host"] = json!(HOSTS[0]);
    lab.inject(Some(json!({"record": lab.path().join("commands"), "faults": [held]})));
    lab.setting("start_time_monitor_gluster_nodes", json!(1));
    lab.setting("refresh_time_monitor_gluster_nodes", json!(1));
    lab.start();
    cluster_of(&lab, &HOSTS.map(str::to_owned));
    HOSTS.iter().for_each(|host| becomes(&lab, host, true, MINUTE));
    lab.close_gate();
    let is_looked_at = || std::fs::read_to_string(lab.path().join("commands.spent")).is_ok();
    assert!(settled(MINUTE, is_looked_at));
    lab.on(SICK, Action::Glusterd { running: false });
    becomes(&lab, SICK, false, MINUTE);
    assert_eq!(is_up(&lab, HOSTS[0]), Some(true), "nobody knows yet");
    lab.open_gate();
}

#[test]
fn peers_that_are_all_slow_are_not_given_more_to_do_at_once() {
    let lab = with_what_hangs_on(None, "lvcreate");
    HOSTS.iter().for_each(|host| becomes(&lab, host, true, MINUTE));
    lab.close_gate();
    let jobs = ask_for_many(&lab);
    HOSTS.iter().for_each(|host| becomes(&lab, host, false, MINUTE));
    let metrics = lab.get("/metrics").text;
    for (state, count) in [("running", 8), ("waiting", CROWD - 8)] {
        assert_says(&metrics, &[&format!("mortar_operations{{state=\"{state}\"}} {count}\n")]);
    }
    lab.open_gate();
    let ends = all_end(&lab, &jobs);
    assert!(ends.iter().all(|end| end.status == 303), "{ends:?}");
    Audit::new().clean_within(&lab, BACK);
}
