//! What a configuration says, where each value comes from, and what is wrong with it.

use std::path::Path;

use super::environment::Environment;
use super::keys::{self, Fate, Key};
use super::parts::Config;
use super::peers;
use super::problem::{Problem, ProblemKind};
use super::purpose::Purpose;
use super::reading::Reading;
use super::values::{Origin, Refusal, Shown};
use super::{ConfigError, read};

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// All that is read, and what else is given.
    pub settings: Vec<Setting>,
    /// What is wrong or odd.
    pub problems: Vec<Problem>,
    /// The configuration, where there is one; what is refused in it is as if nothing was said.
    pub config: Option<Config>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The whole name of the key; that of the variable where there is no key.
    pub key: String,
    /// What holds; keys are not shown.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
    /// Whether anything reads it.
    pub used: bool,
}

impl Report {
    /// Whether a server would start, as far as this shows.
    pub fn starts(&self) -> bool {
        !self.problems.iter().any(|problem| problem.kind.is_fatal())
    }

    /// Whether there is a reason already why the server does not start that is about this key.
    pub fn is_refused(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.kind.is_fatal() && problem.key == key)
    }

    /// Adds a reason why the server does not start.
    pub fn refuse(&mut self, key: &str, text: String) {
        self.tell(key, ProblemKind::Refused, text);
    }

    /// Adds what else is worth a word.
    pub fn tell(&mut self, key: &str, kind: ProblemKind, text: String) {
        self.problems.push(Problem { kind, key: key.to_owned(), line: None, text, suggestion: None });
    }
}

/// Reads a file as the server would, and goes on where that would stop.
pub fn check(path: &Path, environment: &Environment, disable_auth: bool) -> Report {
    let reading =
        read(path).and_then(|text| Reading::of(&text, environment, Purpose::Server { disable_auth }));
    match reading {
        Ok(reading) => report(reading.with_permissions(path), disable_auth),
        Err(error) => {
            let mut report = Report { settings: Vec::new(), problems: Vec::new(), config: None };
            report.refuse("", error.to_string());
            report
        }
    }
}

fn report(reading: Reading, disable_auth: bool) -> Report {
    let settings = keys::all().iter().filter_map(|key| setting(key, &reading, disable_auth)).collect();
    let config = reading.config_with_warnings();
    let mut report = Report { settings, problems: reading.problems, config: None };
    for Refusal { key, error } in reading.refusals {
        report.refuse(key, explained(error));
    }
    if let Err((key, error)) = config.refuse_to_serve() {
        report.refuse(key, error.to_string());
    }
    report.config = Some(config);
    report
}

fn explained(error: ConfigError) -> String {
    match error {
        ConfigError::MissingKeys => format!(
            "{error}: give jwt.admin.key and jwt.user.key, or HEKETI_ADMIN_KEY and HEKETI_USER_KEY, or start with --disable-auth"
        ),
        error => error.to_string(),
    }
}

fn setting(key: &Key, reading: &Reading, disable_auth: bool) -> Option<Setting> {
    let path = key.path();
    if disable_auth && key.section.starts_with("jwt.") {
        let (value, origin) = ("not needed".to_owned(), Origin::Argument("--disable-auth"));
        return Some(Setting { key: path, value, origin, used: false });
    }
    let given = reading.file.values.get(&path);
    // Which keys are read is the executor's choice.
    let undecided =
        reading.refusals.iter().any(|refusal| matches!(refusal.key, "glusterfs" | peers::EXECUTOR));
    let may_be_read = undecided && !matches!(key.fate, Fate::Ignored { .. });
    let (shown, used) = match (reading.seen.get(&path), given) {
        (Some(shown), _) => (shown.clone(), true),
        (None, Some(given)) => {
            let value = given.value.shown();
            (Shown { value, origin: Origin::File(given.line) }, may_be_read)
        }
        (None, None) => return None,
    };
    // A variable without a key that nobody has set is no news.
    if key.name.is_empty() && shown.origin == Origin::Default && key.fate != Fate::Ours {
        return None;
    }
    let value = match shown.value {
        secret if key.secret && !secret.is_empty() => "(hidden)".to_owned(),
        value => value,
    };
    Some(Setting { key: path, value, origin: shown.origin, used })
}
