//! The environment as an argument: the process's own, or a test's.

use std::collections::BTreeMap;

/// Variables by name. An empty one counts as unset.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's own variables; those that are no UTF-8 are left out.
    pub fn of_process() -> Environment {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment(std::env::vars_os().filter_map(text).collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable, or else what the file says, if that is not empty.
    pub fn text(&self, name: &str, file: String) -> Option<String> {
        self.get(name).map(str::to_owned).or(Some(file).filter(|value| !value.is_empty()))
    }

    /// A number; where it cannot be read, what heketi falls back to, and a warning.
    pub fn number<N: std::str::FromStr>(&self, name: &str, fallback: N) -> Option<N> {
        let text = self.get(name)?;
        Some(text.parse().unwrap_or_else(|_| {
            tracing::error!("{name}: `{text}` is no number of the expected kind");
            fallback
        }))
    }

    /// Whether a variable is exactly `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Environment {
        Environment(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
