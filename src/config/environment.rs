//! The environment as an argument: the process's own, or a test's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// Variables by name. An empty one counts as unset.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// What was wrong with those read so far. Kept, since the log begins only when its level has been read.
    complaints: RefCell<Vec<String>>,
}

/// Names only: among the values are keys.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The process's own variables; those that are no UTF-8 are left out.
    pub fn of_process() -> Environment {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(text).collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable, or else what the file says, if that is not empty.
    pub fn text(&self, name: &str, file: String) -> Option<String> {
        self.get(name).map(str::to_owned).or(Some(file).filter(|value| !value.is_empty()))
    }

    /// A number; where it cannot be read, what heketi falls back to, and a warning.
    pub fn number<N: std::str::FromStr>(&self, name: &str, fallback: N) -> Option<N> {
        let text = self.get(name)?;
        Some(text.parse().unwrap_or_else(|_| {
            self.complain(format!("{name}: `{text}` is no number of the expected kind"));
            fallback
        }))
    }

    /// Whether a variable is exactly `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A variable that is true or false in Go's words; false where it is neither, as in heketi, and a warning.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let text = self.get(name)?;
        let known = ["1", "t", "T", "true", "True", "TRUE", "0", "f", "F", "false", "False", "FALSE"];
        let at = known.iter().position(|word| *word == text);
        if at.is_none() {
            self.complain(format!("{name} is {text:?}, which is neither true nor false: it counts as false"));
        }
        Some(at.is_some_and(|at| at < known.len() / 2))
    }

    /// Whether a variable is one of Go's words for false; a word that is none is complained about.
    pub fn is_false(&self, name: &str) -> bool {
        match self.get(name) {
            Some("0" | "f" | "F" | "false" | "False" | "FALSE") => true,
            None | Some("" | "1" | "t" | "T" | "true" | "True" | "TRUE") => false,
            Some(other) => {
                self.complain(format!("{name} is {other:?}, which is neither true nor false; it is ignored"));
                false
            }
        }
    }

    /// Keeps what is wrong without being a reason not to start.
    pub(super) fn complain(&self, complaint: String) {
        self.complaints.borrow_mut().push(complaint);
    }

    /// Takes what was kept.
    pub(super) fn take_complaints(&self) -> Vec<String> {
        self.complaints.take()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Environment {
        Environment { variables: pairs.into_iter().collect(), complaints: RefCell::default() }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Environment {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
