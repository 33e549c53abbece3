//! What a client says while it waits.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::{Term, measure_text_width, truncate_str};
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
        match (std::io::stderr().is_terminal(), is_dumb()) {
            (false, _) => Box::new(Quiet),
            (true, true) => Box::new(Dumb),
            (true, false) => Box::new(Line::default()),
        }
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

/// Columns that are not worth a step.
const LEAST_ROOM: usize = 8;

/// The columns between two stops of a tabulator.
const TAB: usize = 8;

/// How far the last line of standard output goes, for what is shown behind it.
#[derive(Debug, Clone, Default)]
pub struct Ahead(Arc<AtomicUsize>);

impl Ahead {
    /// The line that has been begun.
    pub fn line(&self, text: &str) {
        let column = text.split('\t').map(measure_text_width).reduce(|before, next| {
            // A tabulator goes to the next stop.
            (before / TAB + 1) * TAB + next
        });
        self.0.store(column.unwrap_or_default(), Ordering::Relaxed);
    }

    /// What is free behind it on a terminal of that width, but for the last column, where some terminals wrap.
    fn room(&self, width: usize) -> usize {
        let column = self.0.load(Ordering::Relaxed).checked_rem(width).unwrap_or_default();
        width.saturating_sub(column + 1)
    }
}

/// Behind what stands in the last line of a terminal, gone when the job has ended.
pub struct Behind {
    ahead: Ahead,
    terminal: Term,
    shown: Mutex<String>,
}

impl Behind {
    /// For a command that shows on standard output how far it is, and says there with `ahead` which line it has begun;
    /// nothing where that or standard error is no terminal.
    pub fn stdout(ahead: &Ahead) -> Box<dyn Progress> {
        match (std::io::stdout().is_terminal() && std::io::stderr().is_terminal(), is_dumb()) {
            (false, _) => Box::new(Quiet),
            (true, true) => Box::new(Dumb),
            (true, false) => {
                Box::new(Behind { ahead: ahead.clone(), terminal: Term::stderr(), shown: Mutex::default() })
            }
        }
    }

    fn rewrite(&self, text: &str) {
        let width = usize::from(self.terminal.size().1);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((written, now)) = behind(&shown, text, self.ahead.room(width)) {
            // Where it cannot be written nobody looks.
            let _ = self.terminal.write_str(&written);
            *shown = now;
        }
    }
}

/// What is written to have `text` in the place of what is `shown` behind a line, and what is shown then; nothing where
/// it stands there already. The first text is written behind where the line ended, which is gone back to.
fn behind(shown: &str, text: &str, room: usize) -> Option<(String, String)> {
    let text = printable(text);
    let text = if room < LEAST_ROOM { "" } else { &truncate_str(&text, room, "…") };
    let begin = if shown.is_empty() { "\x1b7" } else { "\x1b8\x1b[K" };
    (text != shown).then(|| (format!("{begin}{text}"), text.to_owned()))
}

impl Progress for Behind {
    fn step(&self, text: &str) {
        self.rewrite(text);
    }

    fn done(&self) {
        self.rewrite("");
    }

    fn warning(&self, text: &str) {
        self.done();
        eprintln!("\nWarning: {}", printable(text));
    }
}

/// On a terminal that cannot go back in a line.
struct Dumb;

impl Progress for Dumb {
    fn step(&self, _text: &str) {}
    fn done(&self) {}

    fn warning(&self, text: &str) {
        eprintln!("\nWarning: {}", printable(text));
    }
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// What a server sends must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(line: &str, width: usize) -> usize {
        let ahead = Ahead::default();
        ahead.line(line);
        ahead.room(width)
    }

    #[test]
    fn what_is_free_behind_a_line_counts_tabulators_and_lines_that_wrap() {
        assert_eq!(room("", 80), 79);
        assert_eq!(room("\t\tAdding device /dev/vdb ... ", 80), 80 - 16 - 27 - 1);
        assert_eq!(room("1234567\t8\t", 80), 80 - 16 - 1);
        assert_eq!(room(&"x".repeat(85), 80), 80 - 5 - 1);
        assert_eq!((room("x", 0), room("x", 1)), (0, 0));
    }

    #[test]
    fn a_step_is_cut_to_the_room_and_written_only_where_it_changes() {
        let (written, shown) = behind("", "making a file system on /dev/vdb", 12).unwrap();
        assert_eq!(written, "\x1b7making a fi…");
        assert_eq!(behind(&shown, "making a file system on /dev/vdb", 12), None);
        let (written, shown) = behind(&shown, "done\x1b[2J", 12).unwrap();
        assert_eq!((written.as_str(), shown.as_str()), ("\x1b8\x1b[Kdone[2J", "done[2J"));
        assert_eq!(behind(&shown, "", 12), Some(("\x1b8\x1b[K".to_owned(), String::new())));
        assert_eq!(behind("", "", 12), None);
        // A line that fills the terminal has nothing behind it.
        assert_eq!(behind("", "a step", 7), None);
    }
}
