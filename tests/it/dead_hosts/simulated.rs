//! Programs that hang on a peer whose system is well.

use serde_json::json;

use super::{BACK, MINUTE, all_end, ask_for_many, becomes, cluster_of, others_go_on, two_copies};
use crate::support::operator::assert_says;
use crate::support::{Audit, Lab};

const HOSTS: [&str; 4] = ["10.10.10.17", "10.10.10.18", "10.10.10.19", "10.10.10.20"];

/// The one where something hangs.
pub const SICK: &str = HOSTS[1];

/// Four peers, on one of which these commands hang while the gate is closed. It is open.
pub fn with_what_may_hang(commands: &str) -> Lab {
    let mut lab = Lab::new();
    let mut held = lab.held(commands);
    held["host"] = json!(SICK);
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
    lab.close_gate();
    let jobs = ask_for_many(&lab);
    becomes(&lab, SICK, false, MINUTE);
    assert_says(&lab.log(), words);
    others_go_on(&lab, SICK);
    let made = lab.create(&two_copies()).unwrap().id;
    assert_eq!(lab.ask(&format!("/volumes/{made}/expand"), &json!({"expand_size": 1})).status, 303);
    assert_eq!(lab.remove(&made).status, 204);
    lab.open_gate();
    becomes(&lab, SICK, true, BACK);
    let ends = all_end(&lab, &jobs);
    assert!(ends.iter().all(|end| end.status == 303), "each is made in the end: {ends:?}");
    Audit::new().clean_within(&lab, BACK);
    assert_eq!(lab.volumes().len(), jobs.len());
}

#[test]
fn a_glusterd_that_hangs_is_noticed_within_a_minute_and_holds_nobody_up() {
    is_noticed_and_holds_nobody_up("^gluster ", &[SICK, "glusterd does not answer"]);
}

#[test]
fn an_lvcreate_that_hangs_is_noticed_within_a_minute_and_holds_nobody_up() {
    is_noticed_and_holds_nobody_up("lvcreate", &[SICK, "`lvm lvcreate` has not ended there"]);
}
