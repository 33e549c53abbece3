//! Whoever runs the scenarios has the lab alone: another run on this host would put the peers back in the middle of it.

use std::process::{Command, Output};

use crate::peers::{lab, program};

/// The variable by which the lab's program knows what belongs to the run.
const INSIDE: &str = "MORTAR_LAB_EXEC";

/// What waits is ended after two seconds, together with all that it started.
fn ended_in_time(prepare: impl Fn(&mut Command), arguments: &[&str]) -> Output {
    let mut limited = Command::new("timeout");
    prepare(limited.arg("2").arg(program()).args(arguments));
    limited.output().expect("it runs")
}

#[test]
#[ignore = "needs the lab: make test-lab"]
fn who_does_not_belong_to_the_run_that_has_the_lab_waits_for_its_end() {
    let holder = std::env::var(INSIDE).expect("`lab exec` says that its command has the lab");
    lab(&["link", "1", "up"]);
    lab(&["exec", "true"]);

    for command in ["link 1 up", "exec true", "up", "reset", "power 1 off", "down"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let outside = |lab: &mut Command| _ = lab.env_remove(INSIDE);
        // The variable of an earlier run opens nothing.
        let of_earlier_run = |lab: &mut Command| _ = lab.env(INSIDE, "1");
        for output in [ended_in_time(outside, &arguments), ended_in_time(of_earlier_run, &arguments)] {
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(124), "lab {command} did not wait: {text}");
            let who = format!("waiting for pid {holder}, which has the lab for itself: ");
            assert!(text.contains(&who), "lab {command}: {text}");
        }
    }
    let status = lab(&["status"]);
    assert!(status.contains(&format!("held by pid {holder}, ")), "{status}");
    assert_eq!(status.matches("link up, VM status: running").count(), 3, "{status}");
}
