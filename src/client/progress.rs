//! What a client says while it waits.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;

/// Told of a job's steps while it runs.
pub trait Progress: Send + Sync {
    /// The job is doing this now.
    fn step(&self, text: &str);
    /// The job has ended.
    fn done(&self);
    /// It was carried out, and something failed all the same.
    fn warning(&self, text: &str);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _text: &str) {}
    fn done(&self) {}
    fn warning(&self, _text: &str) {}
}

/// One line on a terminal, gone when the job has ended.
#[derive(Default)]
pub struct Line(Mutex<Option<ProgressBar>>);

impl Line {
    /// A line on standard error; nothing where that is no terminal.
    pub fn on_stderr() -> Box<dyn Progress> {
        if std::io::stderr().is_terminal() { Box::new(Line::default()) } else { Box::new(Quiet) }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Line {
    fn step(&self, text: &str) {
        let mut bar = self.bar();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(printable(text));
    }

    fn done(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    fn warning(&self, text: &str) {
        self.done();
        eprintln!("Warning: {}", printable(text));
    }
}

/// What a server sends must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
