//! The environment as an argument: the process's own, or a test's.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// Variables by name, with whatever bytes they hold. An empty one counts as unset.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

/// Names only: among the values are keys.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The process's own variables. A name that is no UTF-8 is none that anything reads.
    pub fn of_process() -> Environment {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Environment { variables: std::env::vars_os().filter_map(named).collect() }
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Without the variables that `keep` is against.
    pub(super) fn only(&self, keep: impl Fn(&str) -> bool) -> Environment {
        let kept = self.variables.iter().filter(|(name, _)| keep(name));
        Environment { variables: kept.map(|(name, value)| (name.clone(), value.clone())).collect() }
    }

    /// The names of all variables that say anything.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Environment {
        pairs.into_iter().map(|(name, value)| (name, OsString::from(value))).collect()
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(pairs: I) -> Environment {
        Environment { variables: pairs.into_iter().collect() }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Environment {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
