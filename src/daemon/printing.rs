//! Standard output of commands whose only purpose it is.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use super::failed;
use crate::words::go::os_reason;

/// The exit status where nobody reads any more, as of `mortard openapi | head -1`. What the shell says of a program that
/// SIGPIPE has ended, as it ends heketi: 128 and the number of that signal.
const NOBODY_READS: u8 = 141;

/// Prints what a command is for.
pub(super) fn print(text: &[u8]) -> ExitCode {
    let mut out = std::io::stdout();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => not_printed(&error),
    }
}

/// The end of a command that was to print something.
pub(super) fn ended_by(error: &anyhow::Error, text: &str) -> ExitCode {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == ErrorKind::BrokenPipe => not_printed(error),
        _ => failed(text),
    }
}

fn not_printed(error: &std::io::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::BrokenPipe => ExitCode::from(NOBODY_READS),
        _ => failed(&format!("ERROR: cannot write to standard output: {}", os_reason(error))),
    }
}
