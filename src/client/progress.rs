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

/// How much of a step is shown behind what stands in a line already, of 80 columns.
const BEHIND: usize = 34;

/// Behind what stands in the last line of a terminal, gone when the job has ended.
#[derive(Default)]
pub struct Behind(Mutex<bool>);

impl Behind {
    /// For a command that shows on standard output how far it is; nothing where that or standard error is no terminal.
    pub fn stdout() -> Box<dyn Progress> {
        let both = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        if both { Box::new(Behind::default()) } else { Box::new(Quiet) }
    }

    /// Goes back to where the line ended before, which the first text is written behind.
    fn rewrite(&self, text: Option<&str>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = if *shown { "\x1b8\x1b[K" } else { "\x1b7" };
        match text {
            Some(text) => eprint!("{begin}{}", printable(text).chars().take(BEHIND).collect::<String>()),
            None if *shown => eprint!("{begin}"),
            None => {}
        }
        *shown = text.is_some();
    }
}

impl Progress for Behind {
    fn step(&self, text: &str) {
        self.rewrite(Some(text));
    }

    fn done(&self) {
        self.rewrite(None);
    }

    fn warning(&self, text: &str) {
        self.done();
        eprintln!("\nWarning: {}", printable(text));
    }
}

/// What a server sends must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
