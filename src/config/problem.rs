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

/// The candidate that differs in few letters only.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.len() / 4).clamp(1, 3);
    candidates
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters to change, add, leave out or exchange with their neighbour to make one word of another.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let exchange = if swapped { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                change.min(exchange).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_where_few_letters_differ() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(
                nearest(word, ["port", "keyfile", "xfs_su", "xfs_sw"].into_iter()),
                expected,
                "{word}"
            );
        };
        check("Prot", Some("port"));
        check("KeyFyle", Some("keyfile"));
        check("key_file", Some("keyfile"));
        check("xfs_sv", Some("xfs_su"));
        check("nosuch", None);
        check("", None);
    }
}
