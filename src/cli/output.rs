//! Where the text goes.

use std::io::Write;

use serde::Serialize;

use super::failure::Failure;
use super::raw;
use super::screen::Screen;
use super::table::Table;
use crate::json::encode_compact;

/// Standard output and standard error of a run.
pub(super) struct Output<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    explain: bool,
    screen: Option<Screen>,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
        explain: bool,
        screen: Option<Screen>,
    ) -> Output<'a> {
        Output { out, err, explain, screen }
    }

    /// The terminal that results are shown on; none where a program reads them.
    pub(super) fn screen(&self) -> Option<Screen> {
        self.screen
    }

    /// A table as wide as the terminal; where there is none, as wide as it is.
    pub(super) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        self.text(&table.render(self.screen))
    }

    /// Text as it is, at once: the line may not be complete.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// Bytes as they came.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out
            .write_all(bytes)
            .and_then(|()| self.out.flush())
            .map_err(|error| Failure::of_printing(&error))
    }

    /// A line.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(&format!("{line}\n"))
    }

    /// JSON without a line feed.
    pub(super) fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.bytes(&encode_compact(value))
    }

    /// Text on standard error.
    pub(super) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.err.write_all(text.as_bytes()).map_err(|error| Failure::of_printing(&error))
    }

    /// Whether a person reads it.
    pub(super) fn has_reader(&self) -> bool {
        self.explain
    }

    /// Text on standard error that only a person reads.
    pub(super) fn hint(&mut self, text: &str) -> Result<(), Failure> {
        if self.explain { self.note(text) } else { Ok(()) }
    }

    /// The last words of a command.
    pub(super) fn failure(&mut self, failure: &Failure) {
        let mut text = format!("Error: {}\n", failure.text);
        if let Some(explanation) = &failure.explanation
            && (self.explain || failure.always_explained)
        {
            text.push_str(explanation);
            text.push('\n');
        }
        // There is nobody left to tell when this fails too.
        let _ = self.err.write_all(raw::shown(&text).as_bytes());
    }
}
