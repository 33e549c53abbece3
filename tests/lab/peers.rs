//! The three peers, as an administrator reaches them.

use std::path::PathBuf;
use std::process::Command;

pub use crate::scenarios::ADDRESSES;

/// Longer than a peer waits for the device of a line in its fstab, in seconds.
const BOOT_MAY_TAKE: u64 = 240;

/// The program that runs the lab.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lab/vm/lab")
}

/// Runs the lab's program: what it printed, with what it complained of where it failed.
fn try_lab(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program()).args(arguments).output().expect("the lab's program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(stdout.into_owned()) } else { Err(format!("{stdout}{stderr}")) }
}

/// Runs the lab's program and returns what it printed; panics where it fails.
pub fn lab(arguments: &[&str]) -> String {
    let done = try_lab(arguments);
    assert!(done.is_ok(), "lab {arguments:?}: {}", done.as_ref().err().map_or("", String::as_str));
    done.unwrap_or_default()
}

/// Puts all peers back into the state in which nothing was ever done to them.
pub fn reset() {
    lab(&["reset"]);
    if user() != "root" {
        let rules = include_str!("../../packaging/sudoers");
        for n in 1..=ADDRESSES.len() {
            on(n, &format!("cat > /etc/sudoers.d/mortar <<'RULES'\n{rules}RULES\nvisudo -cq"));
        }
    }
}

/// As whom the server comes to the peers: `MORTAR_LAB_USER`, else root. Who is not root may do what `packaging/sudoers`
/// says, and nothing else.
pub fn user() -> String {
    std::env::var("MORTAR_LAB_USER").unwrap_or_else(|_| "root".to_owned())
}

/// Runs a line on peer `n` (from 1) as root; panics where it fails.
pub fn on(n: usize, line: &str) -> String {
    lab(&["ssh", &n.to_string(), line])
}

/// The same, for a line that may be refused.
pub fn try_on(n: usize, line: &str) -> Result<String, String> {
    try_lab(&["ssh", &n.to_string(), line])
}

/// Waits until a peer that was started has mounted what it can: its ssh and its glusterd are there earlier. Says what
/// failed on the way.
pub fn boot_ends(n: usize) {
    let state =
        on(n, &format!("timeout {BOOT_MAY_TAKE} systemctl is-system-running --wait || systemctl --failed"));
    if state.trim() != "running" {
        eprintln!("peer {n} is up: {state}");
    }
}

/// The private key that all peers take.
pub fn key() -> String {
    let environment = lab(&["env"]);
    let line =
        environment.lines().find_map(|line| line.strip_prefix("LAB_SSH_KEY=")).expect("the lab has a key");
    line.trim_matches('"').to_owned()
}
