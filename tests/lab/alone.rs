//! Whoever runs the scenarios has the lab alone: another run on this host would put the peers back in the middle of it.

use std::process::{Child, Command, Stdio};

use crate::peers::{lab, program, reset};

/// The variable by which the lab's program knows what belongs to the run.
const INSIDE: &str = "MORTAR_LAB_EXEC";

/// All that changes the lab.
const CHANGES: [&str; 6] = ["link 1 up", "exec true", "up", "reset", "power 1 off", "down"];

/// Begins with a change of somebody who thinks that he belongs to another run, or to none. After some seconds he is made
/// to give up.
fn outsider(run: Option<&str>, change: &str) -> Child {
    let mut limited = Command::new("timeout");
    limited
        .arg("6")
        .arg(program())
        .args(change.split(' '))
        .env_remove(INSIDE)
        .envs(run.map(|run| (INSIDE, run)));
    limited.stderr(Stdio::piped()).spawn().expect("it runs")
}

#[test]
#[ignore = "needs the lab: make test-lab"]
fn who_does_not_belong_to_the_run_that_has_the_lab_waits_for_its_end() {
    let holder = std::env::var(INSIDE).expect("`lab exec` says that its command has the lab");
    // An earlier run may have left a peer without power.
    reset();
    lab(&["link", "1", "up"]);
    lab(&["exec", "true"]);

    let runs = [None, Some("1")];
    let outsiders: Vec<(&str, Child)> =
        CHANGES.iter().flat_map(|change| runs.map(|run| (*change, outsider(run, change)))).collect();
    for (change, outsider) in outsiders {
        let output = outsider.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(124), "lab {change} did not wait: {text}");
        let who = format!("waiting for pid {holder}, which has the lab for itself: ");
        assert!(text.contains(&who), "lab {change}: {text}");
    }
    let status = lab(&["status"]);
    assert!(status.contains(&format!("held by pid {holder}, ")), "{status}");
    assert_eq!(status.matches("link up, VM status: running").count(), 3, "{status}");
}
