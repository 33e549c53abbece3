//! A configuration that was read, with all that was found on the way.

use std::collections::BTreeMap;
use std::path::Path;

use super::ConfigError;
use super::assemble::assemble;
use super::environment::Environment;
use super::file::{self, File, Value};
use super::keys::{self, Fate, Key, OTHER_VARIABLES};
use super::parts::Config;
use super::permissions;
use super::problem::{Problem, ProblemKind, nearest};
use super::values::{Shown, Values};

/// A configuration that was read.
pub(super) struct Reading {
    pub(super) file: File,
    /// The configuration, or why there is none.
    pub(super) config: Result<Config, ConfigError>,
    /// What was asked for, by the whole name of its key.
    pub(super) seen: BTreeMap<String, Shown>,
    /// In the order of the file; what is not in the file comes last.
    pub(super) problems: Vec<Problem>,
}

impl Reading {
    /// Reads a text and an environment.
    ///
    /// # Errors
    /// When the text is no JSON.
    pub(super) fn of(
        text: &[u8],
        environment: &Environment,
        disable_auth: bool,
    ) -> Result<Reading, ConfigError> {
        let file = file::read(text).map_err(|error| ConfigError::Parse(error.to_string()))?;
        let values = Values::new(&file, environment);
        let config = assemble(&values, file.has_glusterfs, disable_auth);
        let (seen, odd) = values.into_seen();
        let mut problems = file.problems.clone();
        problems.extend(odd);
        problems.extend(keys::all().iter().flat_map(|key| ignored(key, &file, environment)));
        problems.extend(unknown_variables(environment));
        problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        Ok(Reading { file, config, seen, problems })
    }

    /// Looks who can read the files that hold keys.
    pub(super) fn with_permissions(mut self, path: &Path) -> Reading {
        if let Ok(config) = &self.config {
            self.problems.extend(permissions::problems(path, &self.file, config));
        }
        self
    }

    /// The configuration, with what is odd as warnings.
    pub(super) fn into_config(self) -> Result<Config, ConfigError> {
        let malformed: Vec<&Problem> =
            self.problems.iter().filter(|problem| problem.kind == ProblemKind::Malformed).collect();
        if let [first, others @ ..] = malformed.as_slice() {
            let more = match others.len() {
                0 => String::new(),
                n => format!(" (and {n} more: `mortard config check` lists all)"),
            };
            return Err(ConfigError::Parse(format!("{first}{more}")));
        }
        let mut config = self.config?;
        let told = |problem: &Problem| problem.kind != ProblemKind::Ignored;
        config.warnings = self.problems.into_iter().filter(told).collect();
        Ok(config)
    }
}

/// What says something that has no effect.
fn ignored(key: &Key, file: &File, environment: &Environment) -> Vec<Problem> {
    let Fate::Ignored { why, warned_of } = key.fate else { return Vec::new() };
    let problem = |missed: bool, key: String, line| Problem {
        kind: if missed { ProblemKind::Missed } else { ProblemKind::Ignored },
        key,
        line,
        text: format!("it has no effect: {why}"),
        suggestion: None,
    };
    let given = file.values.get(&key.path()).map(|given| {
        let missed = matches!(given.value, Value::Flag(flag) if Some(flag) == warned_of);
        problem(missed, key.path(), Some(given.line))
    });
    let set = !key.variable.is_empty() && environment.get(key.variable).is_some();
    let set = set.then(|| problem(warned_of == Some(true), key.variable.to_owned(), None));
    given.into_iter().chain(set).collect()
}

/// Variables that look like ours and are not.
fn unknown_variables(environment: &Environment) -> Vec<Problem> {
    let known = || keys::all().iter().map(|key| key.variable).chain(OTHER_VARIABLES.iter().copied());
    let is_ours = |name: &&str| name.starts_with("HEKETI_") || name.starts_with("MORTAR_");
    let unknown = environment.names().filter(is_ours).filter(|name| known().all(|other| other != *name));
    unknown
        .filter_map(|name| {
            let meant = nearest(name, known().filter(|other| !other.is_empty()));
            let problem = Problem {
                kind: ProblemKind::Unknown,
                key: name.to_owned(),
                line: None,
                text: "nothing reads this variable".to_owned(),
                suggestion: meant.map(str::to_owned),
            };
            (meant.is_some() || !is_of_a_service(name)).then_some(problem)
        })
        .collect()
}

/// Whether Kubernetes sets a variable in each pod, where a service is called `heketi` or `mortar`, or so that it begins
/// with one of these words.
fn is_of_a_service(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT")
}
