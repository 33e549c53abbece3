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
use super::problem::{Problem, ProblemKind};
use super::purpose::Purpose;
use super::values::{Found, Refusal, Shown, Values};
use crate::words::near::nearest;

/// A configuration that was read.
pub(super) struct Reading {
    pub(super) file: File,
    /// The configuration; what is refused in it is as if nothing was said.
    pub(super) config: Config,
    /// Why there is no start with it, in heketi's order. What only follows from a wrong type is left out.
    pub(super) refusals: Vec<Refusal>,
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
        purpose: Purpose,
    ) -> Result<Reading, ConfigError> {
        let file = file::read(text).map_err(|error| ConfigError::Parse(error.to_string()))?;
        let environment = &environment.only(|variable| purpose.heeds(variable));
        let values = Values::new(&file, environment);
        let config = assemble(&values, file.has_glusterfs, purpose.disables_auth());
        let Found { seen, problems: odd, mut refusals } = values.into_found();
        let mut problems = file.problems.clone();
        problems.extend(odd);
        problems.extend(keys::all().iter().flat_map(|key| ignored(key, &file, environment)));
        problems.extend(unknown_variables(environment));
        problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        refusals.retain(|refusal| purpose.needs(refusal.key) && !follows(refusal.key, &problems));
        Ok(Reading { file, config, refusals, seen, problems })
    }

    /// Looks who can read the files that hold keys.
    pub(super) fn with_permissions(mut self, path: &Path) -> Reading {
        self.problems.extend(permissions::problems(path, &self.file, &self.config));
        self
    }

    /// The configuration, with what is odd as warnings, whatever is refused.
    pub(super) fn config_with_warnings(&self) -> Config {
        let told = |problem: &&Problem| problem.kind != ProblemKind::Ignored;
        let warnings = self.problems.iter().filter(told).cloned().collect();
        Config { warnings, ..self.config.clone() }
    }

    /// The same where nothing is refused.
    pub(super) fn into_config(mut self) -> Result<Config, ConfigError> {
        let malformed: Vec<&Problem> =
            self.problems.iter().filter(|problem| problem.kind == ProblemKind::Malformed).collect();
        if let [first, others @ ..] = malformed.as_slice() {
            let more = match others.len() {
                0 => String::new(),
                n => format!(" (and {n} more: `mortard config check` lists all)"),
            };
            return Err(ConfigError::Parse(format!("{first}{more}")));
        }
        match self.refusals.is_empty() {
            true => Ok(self.config_with_warnings()),
            false => Err(self.refusals.swap_remove(0).error),
        }
    }
}

/// Whether a key is refused only because it, what it stands in, or what stands in it, is of the wrong type, which counts
/// as not given.
fn follows(key: &str, problems: &[Problem]) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let malformed = problems.iter().filter(|problem| problem.kind == ProblemKind::Malformed);
    malformed.map(key_of).any(|wrong| within(key, &wrong) || within(&wrong, key))
}

/// The key that a problem is about, also where it has the name of its variable.
fn key_of(problem: &Problem) -> String {
    let by_variable = keys::all().iter().find(|key| key.variable == problem.key);
    by_variable.map_or_else(|| problem.key.clone(), Key::path)
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
