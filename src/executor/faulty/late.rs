//! Commands whose effect arrives after the server that sent them has died and started again. They wait in a file.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::info;

use super::locks::PeerLocks;
use crate::executor::{Command, Executor, LockName};
use crate::model::host::Host;

/// A command that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Late {
    host: Host,
    program: String,
    args: Vec<String>,
    input: Option<String>,
    lock: Option<String>,
    deadline_ms: u64,
    late_ms: u64,
}

impl Late {
    fn command(&self) -> Command {
        let deadline = Duration::from_millis(self.deadline_ms);
        let command = match &self.lock {
            Some(lock) => Command::change(&self.program, LockName::from_file_name(lock), deadline),
            None => Command::look(&self.program).deadline(deadline),
        };
        let command = command.args(self.args.clone());
        match &self.input {
            Some(input) => command.input(input),
            None => command,
        }
    }
}

/// Writes down that a command is to run after the next start. On disk when this returns.
pub fn postpone(file: &Path, host: &Host, command: &Command, late_ms: u64) -> io::Result<()> {
    let late = Late {
        host: host.clone(),
        program: command.program().to_owned(),
        args: command.arguments().to_vec(),
        input: command.stdin().map(str::to_owned),
        lock: command.lock().map(|lock| lock.as_str().to_owned()),
        deadline_ms: u64::try_from(command.time_limit().as_millis()).unwrap_or(u64::MAX),
        late_ms,
    };
    let mut line = serde_json::to_vec(&late)?;
    line.push(b'\n');
    let mut out = OpenOptions::new().create(true).append(true).open(file)?;
    out.write_all(&line)?;
    out.sync_all()
}

/// The commands that wait in a file.
#[derive(Debug, Clone)]
struct Waiting {
    file: PathBuf,
    commands: Arc<Mutex<Vec<Late>>>,
}

impl Waiting {
    fn read(file: &Path) -> io::Result<Waiting> {
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other?,
        };
        let commands: Vec<Late> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Waiting { file: file.to_owned(), commands: Arc::new(Mutex::new(commands)) })
    }

    fn list(&self) -> Vec<Late> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes one that has run out of the file.
    fn done(&self, late: &Late) -> io::Result<()> {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = commands.iter().position(|found| found == late) {
            commands.remove(at);
        }
        if commands.is_empty() {
            return fs::remove_file(&self.file);
        }
        let mut text = Vec::new();
        for late in commands.iter() {
            serde_json::to_writer(&mut text, late)?;
            text.push(b'\n');
        }
        fs::write(&self.file, text)
    }
}

/// Lets the commands that wait in a file run, each after its time. Those with the same lock run one after the other,
/// and the lock is taken from now on, as on a peer where they have been running all the time.
pub fn resume<E: Executor + 'static>(file: &Path, executor: &Arc<E>, locks: &PeerLocks) -> io::Result<()> {
    let waiting = Waiting::read(file)?;
    let mut by_lock: BTreeMap<(String, Option<String>), Vec<Late>> = BTreeMap::new();
    for late in waiting.list() {
        by_lock.entry((late.host.as_str().to_owned(), late.lock.clone())).or_default().push(late);
    }
    if by_lock.is_empty() {
        return Ok(());
    }
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    for ((host, lock), commands) in by_lock {
        let held = lock.and_then(|lock| locks.take_now(&host, &lock));
        let (waiting, executor) = (waiting.clone(), executor.clone());
        runtime.spawn(async move {
            for late in commands {
                run(&late, &waiting, &*executor).await;
            }
            drop(held);
        });
    }
    Ok(())
}

async fn run<E: Executor>(late: &Late, waiting: &Waiting, executor: &E) {
    tokio::time::sleep(Duration::from_millis(late.late_ms)).await;
    let command = late.command();
    let outcome = match executor.run(&late.host, &command).await {
        Ok(_) => "succeeded".to_owned(),
        Err(error) => error.to_string(),
    };
    info!("the late command `{command}` on {} has run: {outcome}", late.host);
    if let Err(error) = waiting.done(late) {
        tracing::error!("cannot write {}: {error}", waiting.file.display());
    }
}
