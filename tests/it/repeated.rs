//! Clones and expansions that are asked for again after a lost reply, with an `Idempotency-Key`.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::replica_3;
use crate::support::{Audit, Lab, Reply, settled};

const SOON: Duration = Duration::from_secs(60);
const REUSED: &str = "the Idempotency-Key was used before with another request";

/// Posts something with a key.
fn keyed(lab: &Lab, path: &str, key: &str, body: &Value) -> Reply {
    lab.send("POST", path, &[("Idempotency-Key", key)], Some(body.to_string().as_bytes()))
}

fn volume(lab: &Lab) -> String {
    let mut body = replica_3(10);
    body["snapshot"] = json!({"enable": true, "factor": 1.5});
    lab.create(&body).unwrap().id
}

fn more() -> Value {
    json!({"expand_size": 5})
}

#[track_caller]
fn check(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.text.trim()), (status, text), "{reply:?}");
}

#[track_caller]
fn check_size(lab: &Lab, id: &str, size: i64, bricks: usize) {
    let found = lab.volume(id);
    assert_eq!((found.size, found.bricks.len()), (size, bricks));
}

/// Forgets all jobs, as the server does in time.
fn forget_jobs(lab: &mut Lab) {
    lab.stop();
    let sql = "DELETE FROM job";
    assert!(Command::new("sqlite3").arg(lab.database()).arg(sql).status().unwrap().success());
    lab.start();
}

#[test]
fn a_repeated_expansion_lets_the_volume_grow_once() {
    let mut lab = Lab::with_three_peers();
    let (id, other) = (volume(&lab), volume(&lab));
    let path = format!("/volumes/{id}/expand");
    let first = keyed(&lab, &path, "grow-1", &more());
    let at_once = keyed(&lab, &path, "grow-1", &more());
    assert_eq!((first.status, &first), (202, &at_once));
    assert_eq!(lab.wait_for(&first.location).located(), id);
    assert_eq!(keyed(&lab, &path, "grow-1", &more()), first);
    check_size(&lab, &id, 15, 6);
    check(&keyed(&lab, &path, "grow-1", &json!({"expand_size": 6})), 409, REUSED);
    check(&keyed(&lab, &format!("/volumes/{other}/expand"), "grow-1", &more()), 409, REUSED);
    check(&keyed(&lab, &format!("/volumes/{id}/clone"), "grow-1", &json!({})), 409, REUSED);
    check(&keyed(&lab, "/volumes", "grow-1", &replica_3(5)), 409, REUSED);
    // The key is known for as long as the volume is there.
    forget_jobs(&mut lab);
    let late = keyed(&lab, &path, "grow-1", &more());
    let answer = lab.wait_for(&late.location);
    assert_eq!((answer.status, answer.located()), (303, id.clone()));
    check_size(&lab, &id, 15, 6);
    let further = keyed(&lab, &path, "grow-2", &more());
    assert_eq!(lab.wait_for(&further.location).status, 303);
    check_size(&lab, &id, 20, 9);
    assert_eq!(lab.ask(&path, &more()).status, 303);
    check_size(&lab, &id, 25, 12);
    assert_eq!(lab.remove(&id).status, 204);
    check(&keyed(&lab, &path, "grow-1", &more()), 404, "Id not found");
    let free = keyed(&lab, &format!("/volumes/{other}/expand"), "grow-1", &more());
    assert_eq!(lab.wait_for(&free.location).status, 303);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_repeated_clone_is_the_same_copy_also_without_its_source() {
    let mut lab = Lab::with_three_peers();
    let source = volume(&lab);
    let path = format!("/volumes/{source}/clone");
    let body = json!({"name": "copy"});
    let first = keyed(&lab, &path, "copy-1", &body);
    let at_once = keyed(&lab, &path, "copy-1", &body);
    assert_eq!((first.status, &first), (202, &at_once));
    let copy = lab.wait_for(&first.location).located();
    assert_eq!(keyed(&lab, &path, "copy-1", &body), first);
    assert_eq!(lab.volumes().len(), 2);
    check(&keyed(&lab, &path, "copy-1", &json!({"name": "other"})), 409, REUSED);
    check(&keyed(&lab, &format!("/volumes/{source}/expand"), "copy-1", &more()), 409, REUSED);
    assert_eq!(lab.remove(&source).status, 204);
    forget_jobs(&mut lab);
    let late = keyed(&lab, &path, "copy-1", &body);
    assert_eq!(lab.wait_for(&late.location).located(), copy);
    assert_eq!(lab.remove(&copy).status, 204);
    check(&keyed(&lab, &path, "copy-1", &body), 404, "Id not found");
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_key_is_free_again_when_its_request_has_failed() {
    for (command, what, body) in
        [("add-brick", "expand", more()), ("snapshot clone", "clone", json!({"name": "copy"}))]
    {
        let mut lab = Lab::new();
        let refuse = json!({"command": command, "fault": "refuse", "times": 1, "stderr": "not today"});
        lab.inject(Some(json!({"faults": [refuse]})));
        lab.start();
        lab.three_peers();
        let id = volume(&lab);
        let path = format!("/volumes/{id}/{what}");
        let failed = keyed(&lab, &path, "again", &body);
        assert_eq!(lab.wait_for(&failed.location).status, 500);
        let second = keyed(&lab, &path, "again", &body);
        assert_ne!(second.location, failed.location);
        assert_eq!(lab.wait_for(&second.location).status, 303, "{}", lab.log_tail());
        assert_eq!(keyed(&lab, &path, "again", &body), second);
        // What failed is still said to whoever asks for it.
        assert_eq!(lab.wait_for(&failed.location).status, 500);
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn a_refusal_before_anything_was_done_takes_no_key() {
    let lab = Lab::with_three_peers();
    let id = volume(&lab);
    let path = format!("/volumes/{id}/expand");
    assert_eq!(keyed(&lab, &path, "grow", &json!({"expand_size": 90_000})).status, 500);
    let smaller = keyed(&lab, &path, "grow", &more());
    assert_eq!(lab.wait_for(&smaller.location).status, 303);
    check_size(&lab, &id, 15, 6);
}

#[test]
fn a_keyed_request_is_gone_on_with_after_a_kill_and_its_repetition_finds_it() {
    let check = |what: &str, body: Value, fault: &str, command: &str| {
        let mut lab = Lab::new();
        lab.start();
        lab.three_peers();
        let id = volume(&lab);
        let held = lab.held(".");
        lab.inject(Some(json!({"faults": [held, {"command": command, "fault": fault}]})));
        lab.restart();
        let path = format!("/volumes/{id}/{what}");
        let begun = lab.answered_first(|lab| keyed(lab, &path, "once", &body));
        assert!(settled(SOON, || lab.has_died()), "{command}");
        lab.inject(None);
        lab.start();
        let again = keyed(&lab, &path, "once", &body);
        assert_eq!(again, begun, "{command}");
        let answer = lab.wait_for(&again.location);
        assert_eq!(answer.status, 303, "{fault} {command}: {answer:?}\n{}", lab.log_tail());
        match what {
            "expand" => check_size(&lab, &id, 15, 6),
            _ => check_size(&lab, &answer.located(), 10, 3),
        }
        assert_eq!(lab.volumes().len(), if what == "clone" { 2 } else { 1 });
        Audit::new().clean_within(&lab, SOON);
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    };
    for fault in ["kill_before", "kill_after"] {
        check("expand", more(), fault, "add-brick");
        for command in
            ["snapshot create", "snapshot activate", "snapshot clone", "volume start copy", "snapshot delete"]
        {
            check("clone", json!({"name": "copy"}), fault, command);
        }
    }
}

#[test]
fn an_expansion_killed_before_gluster_has_anything_to_do_with_it_is_gone_on_with() {
    let mut lab = Lab::with_three_peers();
    let id = volume(&lab);
    let held = lab.held(".");
    lab.inject(Some(json!({"faults": [held, {"command": "mkfs.xfs", "fault": "kill_before"}]})));
    lab.restart();
    let path = format!("/volumes/{id}/expand");
    let begun = lab.answered_first(|lab| keyed(lab, &path, "once", &more()));
    assert!(settled(SOON, || lab.has_died()));
    lab.inject(None);
    lab.start();
    assert_eq!(keyed(&lab, &path, "once", &more()), begun);
    assert_eq!(lab.wait_for(&begun.location).status, 303, "{}", lab.log_tail());
    check_size(&lab, &id, 15, 6);
    Audit::new().clean_within(&lab, SOON);
}
