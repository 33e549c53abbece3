//! Clones in whose middle the server died.

use serde_json::json;

use super::{SOON, cloned, gluster, roomy};
use crate::support::operator::HOSTS;
use crate::support::{Audit, Lab, settled};

#[test]
fn a_clone_that_was_interrupted_leaves_nothing_or_is_there() {
    let check = |command: &str, is_there: bool| {
        let mut lab = Lab::new();
        let faults = [lab.held("."), json!({"command": command, "fault": "kill_after"})];
        lab.inject(Some(json!({"faults": faults})));
        lab.start();
        lab.three_peers();
        let source = lab.create(&roomy("data")).unwrap();
        let path = format!("/volumes/{}/clone", source.id);
        let job = lab.answered_first(|lab| lab.post(&path, &json!({"name": "copy"})).location);
        assert!(settled(SOON, || lab.has_died()));
        lab.inject(None);
        lab.start();
        let answer = lab.wait_for(&job);
        assert_eq!(answer.status, if is_there { 303 } else { 500 }, "{command}: {answer:?}");
        assert_eq!(lab.volumes().len(), if is_there { 2 } else { 1 });
        Audit::new().clean_within(&lab, SOON);
        if !is_there {
            cloned(&lab, &source.id, "copy");
        }
        assert_eq!(lab.remove(&source.id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    };
    check("snapshot create", false);
    check("snapshot clone", false);
    check("volume start copy", false);
    check("snapshot delete", true);
}

#[test]
fn a_clone_that_was_in_use_when_its_database_was_put_back_is_kept() {
    let mut lab = Lab::new();
    let faults = [lab.held("."), json!({"command": "snapshot clone", "fault": "kill_before"})];
    lab.inject(Some(json!({"faults": faults})));
    lab.start();
    lab.three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let path = format!("/volumes/{}/clone", source.id);
    let job = lab.answered_first(|lab| lab.post(&path, &json!({"name": "copy"})).location);
    assert!(settled(SOON, || lab.has_died()));
    lab.inject(None);
    // A later server has made the clone after all, and its database is lost.
    let snapshot = lab.peers().snapshots[0].name.clone();
    for words in [
        format!("snapshot activate {snapshot}"),
        format!("snapshot clone copy {snapshot}"),
        "volume start copy".to_owned(),
        format!("snapshot delete {snapshot}"),
    ] {
        lab.on(HOSTS[0], gluster(&words));
    }
    lab.start();
    let answer = lab.wait_for(&job);
    assert_eq!(answer.status, 303, "{answer:?}\n{}", lab.log_tail());
    assert_eq!(lab.volume(&answer.located()).name, "copy");
    Audit::new().clean_within(&lab, SOON);
}
