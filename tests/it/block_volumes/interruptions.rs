//! Servers that die in the middle.

use serde_json::{Value, json};

use super::{SOON, making_hosting_volumes, room, with_faults};
use crate::support::{Audit, Lab, Reply, settled};

/// A server whose commands stand still until an answer is there, with faults behind that.
fn dying(faults: Value) -> Lab {
    let mut lab = making_hosting_volumes();
    lab.start();
    lab.three_peers();
    die_at(&mut lab, faults);
    lab
}

fn die_at(lab: &mut Lab, faults: Value) {
    let Value::Array(faults) = faults else { panic!("no list of faults") };
    let faults: Vec<Value> = [lab.held(".")].into_iter().chain(faults).collect();
    with_faults(lab, &Value::Array(faults));
    lab.restart();
}

/// The last answer of a job of a server that has died meanwhile.
fn after_the_restart(lab: &mut Lab, job: &str) -> Reply {
    start_after_death(lab);
    lab.wait_for(job)
}

fn start_after_death(lab: &mut Lab) {
    assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
    with_faults(lab, &json!([]));
    lab.start();
}

fn create(lab: &Lab, headers: &[(&str, &str)]) -> String {
    let body = json!({"size": 8, "auth": true}).to_string();
    let reply = lab.answered_first(|lab| lab.send("POST", "/blockvolumes", headers, Some(body.as_bytes())));
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.location
}

#[test]
fn a_create_that_was_interrupted_early_is_undone_with_its_hosting_volume() {
    let mut lab = dying(json!([{"command": "volume start", "fault": "kill_before"}]));
    let job = create(&lab, &[]);
    let answer = after_the_restart(&mut lab, &job);
    assert_eq!(answer.status, 500);
    Audit::new().clean_within(&lab, SOON);
    assert!(lab.volumes().is_empty() && lab.blocks().is_empty());
}

#[test]
fn a_create_that_was_nearly_done_is_finished_and_its_login_is_found_again() {
    let mut lab = dying(json!([{"command": "gluster-block create", "fault": "kill_after"}]));
    let job = create(&lab, &[]);
    let answer = after_the_restart(&mut lab, &job);
    assert_eq!(answer.status, 303, "{answer:?}");
    let made = lab.block(&answer.located());
    let access = &made.blockvolume;
    // Only the peers knew it.
    assert!(access.iqn.ends_with(&access.username), "{made:?}");
    assert_eq!(access.password.expose().len(), 36);
    assert_eq!((made.hacount, room(&lab, &made.blockhostingvolume)), (3, (90, 2)));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_create_with_a_key_goes_on_wherever_it_was() {
    let key = [("Idempotency-Key", "once")];
    for at in ["mkfs", "volume create", "gluster-block create"] {
        let mut lab = dying(json!([{"command": at, "fault": "kill_after"}]));
        let job = create(&lab, &key);
        let answer = after_the_restart(&mut lab, &job);
        assert_eq!(answer.status, 303, "{at} {answer:?}");
        assert_eq!(create(&lab, &key), job);
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn a_delete_goes_on_after_a_restart() {
    for fault in ["kill_before", "kill_after"] {
        let mut lab = making_hosting_volumes();
        lab.start();
        lab.three_peers();
        let made = lab.create_block(&json!({"size": 8})).unwrap();
        with_faults(&mut lab, &json!([{"command": "gluster-block delete", "fault": fault}]));
        lab.restart();
        // It dies of the first command: who asked may have no answer.
        drop(lab.try_send("DELETE", &format!("/blockvolumes/{}", made.id), &[], None));
        start_after_death(&mut lab);
        let is_gone = || lab.blocks().is_empty() && room(&lab, &made.blockhostingvolume) == (98, 2);
        assert!(settled(SOON, is_gone), "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn an_expansion_after_a_restart_is_what_gluster_block_says_it_is() {
    for (fault, status, size) in [("kill_before", 500, 8), ("kill_after", 303, 20)] {
        let mut lab = making_hosting_volumes();
        lab.start();
        lab.three_peers();
        let made = lab.create_block(&json!({"size": 8})).unwrap();
        die_at(&mut lab, json!([{"command": "gluster-block modify", "fault": fault}]));
        let path = format!("/blockvolumes/{}/expand", made.id);
        let job = lab.answered_first(|lab| lab.post(&path, &json!({"new_size": 20}))).location;
        assert_eq!(after_the_restart(&mut lab, &job).status, status, "{fault}");
        let found = lab.block(&made.id);
        assert_eq!((found.size, found.usablesize), (size, size), "{fault}");
        assert_eq!(room(&lab, &made.blockhostingvolume), (98 - size, 2));
        Audit::new().clean_within(&lab, SOON);
    }
}
