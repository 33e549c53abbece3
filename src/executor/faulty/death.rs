//! Ends without any clean-up: of the process, or of a task.

use std::process::{Command, Stdio, abort, exit, id};
use std::time::Duration;

use tracing::error;

/// The exit status of a Go program that panicked: what heketi's suites look for.
const PANICKED: i32 = 2;

/// Ends as heketi does when it panics.
pub fn panic(text: &str) -> ! {
    error!("panic: {text}");
    exit(PANICKED)
}

/// Kills this process with SIGKILL: no destructor runs, nothing is written any more.
pub fn kill() -> ! {
    let script = format!("kill -9 {}", id());
    // The shell's own `kill`: containers often have no program of that name.
    let sent = Command::new("sh").arg("-c").arg(script).stdin(Stdio::null()).status();
    if sent.is_ok() {
        std::thread::sleep(Duration::from_secs(5));
    }
    abort()
}

/// Ends the task that runs a command, as an error of the server's own does.
#[expect(clippy::panic, reason = "it is what is injected")]
pub fn of_task(what: &str) -> ! {
    panic!("{what}: by fault injection")
}
