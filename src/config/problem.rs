//! What is wrong with a configuration, or odd.

use std::fmt;

/// Something that is wrong or odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// The key as `glusterfs.sshexec.port`, or the name of a variable.
    pub key: String,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// What is the matter, and what to do.
    pub text: String,
    /// The key or variable that was probably meant.
    pub suggestion: Option<String>,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Nothing knows the key or the variable.
    Unknown,
    /// The type is wrong: the server does not start.
    Malformed,
    /// It cannot be used, and something else is.
    Invalid,
    /// It is taken, and heketi would not start with it.
    Foreign,
    /// It is as it should be, and good to know.
    Notable,
    /// It is known and has no effect.
    Ignored,
    /// The same, and somebody may rely on it.
    Missed,
    /// An explanation, or the name of a variable, stands where a value should.
    Placeholder,
    /// Others can read a file with keys.
    Permissions,
    /// The server does not start.
    Refused,
}

impl ProblemKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Unknown => "unknown",
            ProblemKind::Malformed => "malformed",
            ProblemKind::Invalid => "invalid",
            ProblemKind::Foreign => "foreign",
            ProblemKind::Notable => "note",
            ProblemKind::Ignored | ProblemKind::Missed => "ignored",
            ProblemKind::Placeholder => "placeholder",
            ProblemKind::Permissions => "permissions",
            ProblemKind::Refused => "refused",
        }
    }

    /// Whether the server does not start because of it.
    pub fn is_fatal(self) -> bool {
        matches!(self, ProblemKind::Malformed | ProblemKind::Refused)
    }
}

/// As it is logged at the start: the key, its line, and what is the matter.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.text)?;
        match &self.suggestion {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}
