//! A command: a program and its arguments, never a shell string.

use std::fmt;
use std::time::Duration;

/// The name of the lock that a changing command holds on the peer for as long as its program runs, so that an
/// undo or a recovery cannot overtake it. Letters, digits, `-`, `_` and `.` only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockName(String);

impl LockName {
    /// The lock of one object, such as `brick` and an id.
    pub fn new(kind: &'static str, id: impl fmt::Display) -> LockName {
        let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        LockName(format!("mortar-{kind}-{id}").chars().map(clean).collect())
    }

    /// The lock of the file system table.
    pub fn fstab() -> LockName {
        LockName("mortar-fstab".to_owned())
    }

    /// The lock of the trusted pool.
    pub fn pool() -> LockName {
        LockName("mortar-pool".to_owned())
    }

    /// The lock of that file name, as it was read from where it was written down.
    pub fn from_file_name(name: &str) -> LockName {
        let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        LockName(name.chars().map(clean).collect())
    }

    /// The file name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file on the peer. In memory and writable for everybody: it lasts as long as a command can.
    pub fn path(&self) -> String {
        format!("{LOCK_DIRECTORY}/{}", self.0)
    }
}

/// Where lock files are on a peer.
pub const LOCK_DIRECTORY: &str = "/run/lock";

/// A program, its arguments, and how it is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    program: String,
    args: Vec<String>,
    deadline: Duration,
    lock: Option<LockName>,
    input: Option<String>,
    quiet: bool,
    slow: bool,
    urgent: bool,
}

/// How long a command that only looks may take.
const LOOK: Duration = Duration::from_secs(60);

impl Command {
    /// A command that changes nothing.
    pub fn look(program: impl Into<String>) -> Command {
        let program = program.into();
        Command {
            program,
            args: Vec::new(),
            deadline: LOOK,
            lock: None,
            input: None,
            quiet: false,
            slow: false,
            urgent: false,
        }
    }

    /// A command that changes the object of `lock`.
    pub fn change(program: impl Into<String>, lock: LockName, deadline: Duration) -> Command {
        Command { lock: Some(lock), deadline, ..Command::look(program) }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Command {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Command {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the time after which the program is ended.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Command {
        self.deadline = deadline;
        self
    }

    /// Gives the program something to read on standard input.
    #[must_use]
    pub fn input(mut self, text: impl Into<String>) -> Command {
        self.input = Some(text.into());
        self
    }

    /// Keeps what it prints out of the log.
    #[must_use]
    pub fn quiet(mut self) -> Command {
        self.quiet = true;
        self
    }

    /// It takes as long as there is much to do: that it is not through yet says nothing about its peer.
    #[must_use]
    pub fn slow(mut self) -> Command {
        self.slow = true;
        self
    }

    /// It does not wait behind others for a place on its peer: it is to tell whether these hang.
    #[must_use]
    pub fn urgent(mut self) -> Command {
        self.urgent = true;
        self
    }

    /// Makes a command that looks wait for a lock: what an earlier command may still be doing is over by then.
    #[must_use]
    pub fn behind(mut self, lock: LockName) -> Command {
        self.lock = Some(lock);
        self.slow()
    }

    /// The program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[String] {
        &self.args
    }

    /// The time after which the program is ended.
    pub fn time_limit(&self) -> Duration {
        self.deadline
    }

    /// The lock it holds; none for a command that changes nothing and waits for nobody.
    pub fn lock(&self) -> Option<&LockName> {
        self.lock.as_ref()
    }

    /// What it reads on standard input.
    pub fn stdin(&self) -> Option<&str> {
        self.input.as_deref()
    }

    /// Whether it may take long on a peer that is well.
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    /// Whether it goes past those that wait for a place on its peer.
    pub fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// Whether what it prints stays out of the log.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// The bare command as one line, for logs, errors and the patterns of fault injection. Not quoted: never to be run.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}
