//! The file the simulated peers live in: one JSON line for each command that changed something, its records in an
//! array. Survives the end of the process at any moment, not the loss of power: nothing is synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::SimError;
use super::state::{Record, State};
use crate::files::beside;

/// How many times as many records as there are may be in the file before it is rewritten.
const GROWTH: u64 = 4;

/// Below this many records rewriting is not worth it.
const SMALL: u64 = 10_000;

/// The open file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    written: u64,
}

/// What reading a file gave.
pub struct Reading {
    /// What is in it.
    pub state: State,
    /// Records that were read.
    pub records: u64,
    /// Bytes up to the end of the last whole line.
    pub whole: u64,
    /// Whether something follows that is no whole line.
    pub torn: bool,
}

impl Journal {
    /// Opens or makes the file. A torn last line is dropped: its command has not answered.
    pub fn open(path: &Path) -> Result<(Journal, State), SimError> {
        let reading = read(path)?;
        let io = |source| SimError::File { path: path.to_owned(), source };
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(io)?;
        let Some(reading) = reading else {
            return Ok((Journal { path: path.to_owned(), file, written: 0 }, State::default()));
        };
        if reading.torn {
            file.set_len(reading.whole).map_err(io)?;
        }
        let mut journal = Journal { path: path.to_owned(), file, written: reading.records };
        if reading.records > reading.state.records() + SMALL {
            journal.compact(&reading.state).map_err(io)?;
        }
        Ok((journal, reading.state))
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line that holds `records` records.
    pub fn append(&mut self, line: &[u8], records: u64) -> io::Result<()> {
        self.written += records;
        self.file.write_all(line)
    }

    /// Rewrites the file when it is mostly history.
    pub fn compact_if_grown(&mut self, state: &State) -> io::Result<()> {
        if self.written <= GROWTH * state.records() + SMALL { Ok(()) } else { self.compact(state) }
    }

    /// Rewrites the file: a new one beside it, then renamed.
    pub fn compact(&mut self, state: &State) -> io::Result<()> {
        let fresh = beside(&self.path, ".new");
        let mut out = BufWriter::new(File::create(&fresh)?);
        state.each_record(|record| {
            serde_json::to_writer(&mut out, &[record])?;
            out.write_all(b"\n")
        })?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?;
        fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.written = state.records();
        Ok(())
    }
}

/// Reads a file without changing it; none where there is no file.
pub fn read(path: &Path) -> Result<Option<Reading>, SimError> {
    let io = |source| SimError::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut reading = Reading { state: State::default(), records: 0, whole: 0, torn: false };
    let mut line = Vec::new();
    let mut number = 0;
    while reader.read_until(b'\n', &mut line).map_err(io)? > 0 {
        number += 1;
        if line.last() != Some(&b'\n') {
            reading.torn = true;
            break;
        }
        let records: Vec<Record> = serde_json::from_slice(&line).map_err(|source| SimError::Damaged {
            path: path.to_owned(),
            line: number,
            source,
        })?;
        reading.records += records.len() as u64;
        records.into_iter().for_each(|record| reading.state.apply(record));
        reading.whole += line.len() as u64;
        line.clear();
    }
    reading.state.recount();
    Ok(Some(reading))
}
