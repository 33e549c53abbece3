//! Operations that are interrupted: by a restart of the server, or by an error of its own.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::{HOSTS, assert_says, replica_3};
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);

/// From the next start on; what was recorded before is forgotten.
fn inject(lab: &mut Lab, faults: &Value) {
    let record = lab.path().join("commands");
    std::fs::remove_file(&record).ok();
    let faults: Vec<Value> = [lab.held(".")].into_iter().chain(faults.as_array().unwrap().clone()).collect();
    lab.inject(Some(json!({"record": record, "faults": faults})));
}

/// As somebody who is logged in on a peer.
fn run(program: &str, args: &[&str]) -> Action {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

fn times_sent(lab: &Lab, command: &str) -> usize {
    let recorded = std::fs::read_to_string(lab.path().join("commands")).unwrap();
    recorded.lines().filter(|line| line.contains(command)).count()
}

fn create(lab: &Lab, headers: &[(&str, &str)]) -> String {
    let body = replica_3(10).to_string();
    let reply = lab.answered_first(|lab| lab.send("POST", "/volumes", headers, Some(body.as_bytes())));
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.location
}

/// With the explanation.
fn explained(lab: &Lab, job: &str) -> Reply {
    lab.wait_for(job);
    lab.send("GET", job, &[("Accept", "application/problem+json")], None)
}

#[test]
fn a_create_that_failed_before_a_restart_is_undone_and_not_tried_elsewhere() {
    let mut lab = Lab::with_three_peers();
    // Its undo, that comes before another try, is interrupted.
    inject(
        &mut lab,
        &json!([{"command": "lvcreate", "host": HOSTS[0], "fault": "refuse", "stderr": "no extents"},
                {"command": "lvremove", "fault": "kill_before"}]),
    );
    lab.restart();
    let job = create(&lab, &[]);
    assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
    inject(&mut lab, &json!([]));
    lab.start();
    let answer = lab.wait_for(&job);
    assert_eq!((answer.status, answer.text.trim()), (500, "no extents"), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(times_sent(&lab, "lvcreate"), 0, "its client may have asked again meanwhile");
    assert!(lab.volumes().is_empty());
    lab.create(&replica_3(10)).unwrap();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_keyed_create_that_goes_on_after_a_restart_and_fails_is_not_tried_elsewhere() {
    let mut lab = Lab::with_three_peers();
    let key = [("Idempotency-Key", "claim-7")];
    inject(&mut lab, &json!([{"command": "mkfs.xfs", "host": HOSTS[2], "fault": "kill_before"}]));
    lab.restart();
    let job = create(&lab, &key);
    assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
    inject(
        &mut lab,
        &json!([{"command": "mkfs.xfs", "host": HOSTS[2], "fault": "refuse", "stderr": "bad sectors"}]),
    );
    lab.start();
    let answer = lab.wait_for(&job);
    assert_eq!((answer.status, answer.text.trim()), (500, "bad sectors"), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    assert!(lab.volumes().is_empty());
    assert!(times_sent(&lab, "lvcreate") <= 3, "one for each brick of the first placement");
    // Its key is free again, and its client comes back with it.
    let again = lab.wait_for(&create(&lab, &key));
    assert_eq!(again.status, 303, "{again:?}");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn an_operation_that_panics_is_answered_and_undone_and_the_others_go_on() {
    let mut lab = Lab::with_three_peers();
    let bug = lab.path().join("bug");
    std::fs::write(&bug, "").unwrap();
    let broken = json!({"host": HOSTS[1], "fault": "panic", "times": 0, "cond_file": bug});
    let fault = |command: &str| {
        let mut fault = broken.clone();
        fault["command"] = command.into();
        fault
    };
    // Doing and undoing panic, again and again.
    inject(&mut lab, &json!([fault("lvcreate"), fault("lvremove"), fault("lvm lvs")]));
    lab.restart();
    let reply = explained(&lab, &create(&lab, &[]));
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_says(&reply.text, &["an internal error ended the operation", "is undone in the background"]);
    assert_eq!(lab.get("/operations").json()["failed"], 1, "{}", lab.get("/operations").text);
    // Two copies have room on the peers that the panic is not about.
    let node = lab.node_of(HOSTS[1]).id;
    let state = format!("/nodes/{node}/state");
    assert_eq!(lab.wait_for(&lab.post(&state, &json!({"state": "offline"})).location).status, 204);
    let two = json!({"size": 5, "durability": {"type": "replicate", "replicate": {"replica": 2}}});
    let other = lab.create(&two).unwrap();
    assert_eq!(lab.remove(&other.id).status, 204);
    let cleaned = lab.post("/operations/pending/cleanup", &json!({}));
    assert_eq!(lab.wait_for(&cleaned.location).status, 204, "it was tried, and waits on");
    assert_eq!(lab.get("/operations").json()["total"], 1, "{}", lab.get("/operations").text);
    std::fs::remove_file(&bug).unwrap();
    Audit::new().clean_within(&lab, SOON);
    assert!(lab.volumes().is_empty());
    lab.stop();
}

#[test]
fn a_delete_that_panics_goes_on_in_the_background_and_says_so() {
    let mut lab = Lab::with_three_peers();
    let id = lab.create(&replica_3(10)).unwrap().id;
    inject(&mut lab, &json!([{"command": "volume delete", "fault": "panic"}]));
    lab.restart();
    let reply = explained(&lab, &lab.begin_delete(&id));
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_says(&reply.text, &["an internal error ended the operation", "goes on in the background"]);
    assert!(lab.volumes().is_empty(), "it is hidden");
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.delete(&format!("/volumes/{id}")).status, 404);
}

#[test]
fn a_volume_that_was_nearly_done_is_finished_after_a_restart_and_told_to_be_unclaimed() {
    let mut lab = Lab::with_three_peers();
    inject(&mut lab, &json!([{"command": "volume start", "fault": "kill_before"}]));
    lab.restart();
    let job = create(&lab, &[]);
    assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
    lab.inject(None);
    let before = lab.log().len();
    lab.start();
    let is_listed = || {
        let jobs = lab.get("/jobs").json()["jobs"].clone();
        let ended =
            jobs.as_array().unwrap().iter().find(|found| job.ends_with(found["id"].as_str().unwrap()));
        ended.is_some_and(|ended| ended["state"] == "done" && ended["unclaimed"] == true)
    };
    assert!(settled(SOON, is_listed), "{}", lab.get("/jobs").text);
    let made = lab.wait_for(&job);
    assert_eq!(made.status, 303, "{made:?}");
    assert!(!is_listed(), "its client has heard of it");
    let log = lab.log()[before..].to_owned();
    assert_says(&log, &["1 operations of an earlier server were left unfinished"]);
    let line = log.lines().find(|line| line.contains("unclaimed")).unwrap();
    assert_says(line, &[&made.located(), "finished after restart"]);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn what_waits_for_a_person_is_listed_at_every_start_with_the_reason() {
    let mut lab = Lab::with_three_peers();
    inject(&mut lab, &json!([{"command": "volume start", "fault": "kill_after"}]));
    lab.restart();
    let job = create(&lab, &[]);
    assert!(settled(SOON, || lab.has_died()), "{}", lab.log_tail());
    // Somebody has written into it: an undo would remove that.
    let name = lab.peers().volumes[0].name.clone();
    lab.on(HOSTS[0], Action::WriteFile { volume: name, name: "letter.txt".to_owned() });
    lab.on(HOSTS[0], run("gluster", &["--mode=script", "volume", "stop", &lab.peers().volumes[0].name]));
    let refused = "volume start: failed: the brick has bad blocks";
    inject(&mut lab, &json!([{"command": "volume start", "fault": "refuse", "times": 0, "stderr": refused}]));
    lab.start();
    let answer = lab.wait_for(&job);
    assert_eq!((answer.status, answer.text.trim()), (500, refused), "{}", lab.log_tail());
    lab.inject(None);
    for _ in 0..2 {
        let before = lab.log().len();
        lab.restart();
        let log = lab.log()[before..].to_owned();
        let line = log.lines().find(|line| line.contains("waits for a person"));
        assert_says(line.unwrap_or(&log), &["waits for a person", "holds files that somebody wrote"]);
        assert_eq!(lab.get("/operations").json()["failed"], 1);
    }
    let volume = lab.peers().volumes[0].clone();
    assert_eq!(volume.bricks.len(), 3, "it is all there");
}

#[test]
fn a_brick_whose_file_system_was_only_half_made_is_taken_away_again() {
    let lab = Lab::with_three_peers();
    lab.on(HOSTS[1], Action::BreakMkfs { on: true });
    let failed = lab.wait_for(&create(&lab, &[]));
    assert_eq!(failed.status, 500, "{failed:?}");
    assert_says(&failed.text, &["mkfs.xfs: pwrite failed: Input/output error"]);
    Audit::new().clean_within(&lab, SOON);
    lab.on(HOSTS[1], Action::BreakMkfs { on: false });
    lab.create(&replica_3(10)).unwrap();
    Audit::new().clean_within(&lab, SOON);
}
