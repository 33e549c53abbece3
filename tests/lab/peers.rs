//! The three peers, as an administrator reaches them.

use std::path::PathBuf;
use std::process::Command;

/// Addresses of the peers, by number from 1.
pub const ADDRESSES: [&str; 3] = ["10.10.10.17", "10.10.10.18", "10.10.10.19"];

/// The program that runs the lab.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lab/vm/lab")
}

/// Runs the lab's program and returns what it printed.
pub fn lab(arguments: &[&str]) -> String {
    let output = Command::new(program()).args(arguments).output().expect("the lab's program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "lab {arguments:?}: {stdout}{stderr}");
    stdout.into_owned()
}

/// Puts all peers back into the state in which nothing was ever done to them.
pub fn reset() {
    lab(&["reset"]);
}

/// Runs a line on peer `n` (from 1) as root; panics where it fails.
pub fn on(n: usize, line: &str) -> String {
    lab(&["ssh", &n.to_string(), line])
}

/// The private key that all peers take.
pub fn key() -> String {
    let environment = lab(&["env"]);
    let line =
        environment.lines().find_map(|line| line.strip_prefix("LAB_SSH_KEY=")).expect("the lab has a key");
    line.trim_matches('"').to_owned()
}
