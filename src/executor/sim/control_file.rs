//! The file through which tests in another process reach the peers: JSON lines, applied in order before the next
//! command. How far it is applied is part of the state, so that a restart does not apply it again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tracing::error;

use super::control::{ControlOp, apply};
use super::state::Record;
use super::world::World;
use crate::files::beside;

/// Writes into the control file of peers that live in another process.
#[derive(Debug, Clone)]
pub struct SimHandle {
    path: PathBuf,
}

impl SimHandle {
    /// The handle of the peers in that state file.
    pub fn new(state_file: &Path) -> SimHandle {
        SimHandle { path: beside(state_file, ".control") }
    }

    /// Asks for something, to be done before the next command.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn send(&self, op: &ControlOp) -> io::Result<()> {
        let mut line = serde_json::to_vec(op)?;
        line.push(b'\n');
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&line)
    }
}

/// Applies what was added to the file since the last time.
pub fn follow(path: &Path, world: &mut World) {
    let length = fs::metadata(path).map_or(0, |found| found.len());
    let applied = world.state.control;
    if length == applied {
        return;
    }
    // A shorter one is a new one.
    let from = if length < applied { 0 } else { applied };
    let text = match read_from(path, from) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return error!("cannot read {}: {error}", path.display()),
    };
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    for line in text[..whole].lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<ControlOp>(line) {
            Ok(op) => {
                if let Err(error) = apply(world, &op) {
                    error!("the simulated peers cannot do {line}: {error}");
                }
            }
            Err(error) => error!("{line} is nothing that simulated peers can do: {error}"),
        }
    }
    let offset = from + whole as u64;
    if offset != applied {
        world.set(Record::Control(offset));
    }
}

fn read_from(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}
