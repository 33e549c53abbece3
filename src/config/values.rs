//! What holds: the variable, else the file, else the default; and where it came from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::ConfigError;
use super::environment::Environment;
use super::file::{File, Given, Value};
use super::keys::{self, Key, variable_name};
use super::placeholder;
use super::problem::{Problem, ProblemKind};
use crate::words::go::parse_bool;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The file, at this line.
    File(usize),
    /// The environment variable of this name.
    Variable(&'static str),
    /// The command line.
    Argument(&'static str),
    /// Nothing was said.
    Default,
}

/// A value that was asked for, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// A reason not to start, and the key that it is about.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) key: &'static str,
    pub(super) error: ConfigError,
}

/// The values of a file and an environment.
pub(super) struct Values<'a> {
    file: &'a File,
    environment: &'a Environment,
    seen: RefCell<BTreeMap<String, Shown>>,
    problems: RefCell<Vec<Problem>>,
    refusals: RefCell<Vec<Refusal>>,
}

/// What was found out about values.
pub(super) struct Found {
    /// What was read, by the whole name of its key.
    pub(super) seen: BTreeMap<String, Shown>,
    /// What was wrong with it.
    pub(super) problems: Vec<Problem>,
    /// Why there is no start, in the order in which heketi would say it.
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Values<'a> {
    pub(super) fn new(file: &'a File, environment: &'a Environment) -> Values<'a> {
        Values {
            file,
            environment,
            seen: RefCell::default(),
            problems: RefCell::default(),
            refusals: RefCell::default(),
        }
    }

    /// A text; `None` where nothing or an empty one is given.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let key = self.key(path)?;
        let text = self.variable(key);
        self.chosen(key, text.map(OsString::from)).and_then(|text| text.into_string().ok())
    }

    /// A key or the name of a file, with whatever bytes a variable gives it.
    pub(super) fn bytes(&self, path: &str) -> Option<OsString> {
        let key = self.key(path)?;
        let given = self.variable_of(key).filter(|given| match given.to_str() {
            Some(text) => self.stands_for_itself(key, text, None),
            None => true,
        });
        self.chosen(key, given.map(OsStr::to_owned))
    }

    /// The variable's text, or else the file's.
    fn chosen(&self, key: &'static Key, variable: Option<OsString>) -> Option<OsString> {
        if let Some(text) = variable {
            self.note(key, &text.to_string_lossy(), Origin::Variable(variable_name(key)));
            return Some(text);
        }
        let given = self.given(&key.path());
        let text = given.and_then(|given| match &given.value {
            Value::Text(text) if !text.is_empty() => Some((text.clone(), given.line)),
            _ => None,
        });
        let text = text.filter(|(text, line)| self.stands_for_itself(key, text, Some(*line)));
        match text {
            Some((text, line)) => {
                self.note(key, &text, Origin::File(line));
                Some(text.into())
            }
            None => {
                self.note(key, key.default, Origin::Default);
                None
            }
        }
    }

    /// A number; 0 where nothing is given. A variable that is none leaves the file's in force.
    pub(super) fn number(&self, path: &str) -> i128 {
        let Some(key) = self.key(path) else { return 0 };
        if let Some(number) = self.variable(key).and_then(|text| self.parsed(key, &text)) {
            self.note_number(key, number, Origin::Variable(variable_name(key)));
            return number;
        }
        let given = self.given(path).and_then(|given| match given.value {
            Value::Number(number) => Some((number, given.line)),
            _ => None,
        });
        let (number, line) = given.unwrap_or_default();
        self.note_number(key, number, Origin::File(line));
        number
    }

    fn parsed(&self, key: &Key, text: &str) -> Option<i128> {
        let number = match key.kind {
            keys::Kind::Unsigned(most) if most < u64::MAX => text.parse::<u32>().ok().map(i128::from),
            _ => text.parse::<i64>().ok().map(i128::from),
        };
        if number.is_none() {
            let text = format!("`{text}` is no number of the expected kind: it counts as not given");
            self.complain(key, ProblemKind::Invalid, text);
        }
        number
    }

    /// A truth value of the file alone.
    pub(super) fn flag(&self, path: &str) -> bool {
        let Some(key) = self.key(path) else { return false };
        let given = self.given(path).and_then(|given| match given.value {
            Value::Flag(flag) => Some((flag, given.line)),
            _ => None,
        });
        match given {
            Some((flag, line)) => self.note(key, if flag { "true" } else { "false" }, Origin::File(line)),
            None => self.note(key, key.default, Origin::Default),
        }
        given.is_some_and(|(flag, _)| flag)
    }

    /// A truth value of the file, or of the variable in Go's words; one that is neither is told, and counts as not
    /// given.
    pub(super) fn flag_or_variable(&self, path: &str) -> bool {
        let Some(key) = self.key(path) else { return false };
        let said = self.variable(key).and_then(|text| {
            let flag = parse_bool(&text).ok();
            if flag.is_none() {
                let text = format!("{text:?} is neither true nor false: it counts as not given");
                self.complain(key, ProblemKind::Invalid, text);
            }
            flag
        });
        match said {
            Some(flag) => {
                let shown = if flag { "true" } else { "false" };
                self.note(key, shown, Origin::Variable(variable_name(key)));
                flag
            }
            None if key.name.is_empty() => self.defaulted(key),
            None => self.flag(path),
        }
    }

    /// A truth value that is true where the file says so or the variable is exactly `true`: neither takes back what the
    /// other says.
    pub(super) fn flag_and(&self, path: &str) -> bool {
        let Some(key) = self.key(path) else { return false };
        let text = self.variable(key);
        if text.as_deref() == Some("true") {
            self.note(key, "true", Origin::Variable(variable_name(key)));
            return true;
        }
        if let Some(text) = text {
            let text = format!("{text:?} is not `true`: it says nothing, as in heketi");
            self.complain(key, ProblemKind::Invalid, text);
        }
        if key.name.is_empty() { self.defaulted(key) } else { self.flag(path) }
    }

    fn defaulted(&self, key: &Key) -> bool {
        self.note(key, key.default, Origin::Default);
        key.default == "true"
    }

    /// What is handed on as it is.
    pub(super) fn any(&self, path: &str) -> serde_json::Value {
        let Some(key) = self.key(path) else { return serde_json::Value::Null };
        match self.given(path) {
            Some(Given { value: Value::Any(value), line }) => {
                self.note(key, "(not shown)", Origin::File(*line));
                value.clone()
            }
            _ => {
                self.note(key, key.default, Origin::Default);
                serde_json::Value::Null
            }
        }
    }

    /// Whether a file gives a text that is not empty.
    pub(super) fn is_given(&self, path: &str) -> bool {
        self.given(path).is_some_and(|given| given.value != Value::Text(String::new()))
    }

    /// Whether a variable is the number 0, which else says nothing.
    pub(super) fn is_zero(&self, variable: &str) -> bool {
        self.environment.get(variable).and_then(OsStr::to_str).is_some_and(|text| text.parse() == Ok(0_u32))
    }

    /// Says that a value cannot be used, and that the default is.
    pub(super) fn falls_back(&self, path: &str, text: String) {
        let Some(key) = self.key(path) else { return };
        self.complain(key, ProblemKind::Invalid, text);
        self.note(key, key.default, Origin::Default);
    }

    /// Says why there is no start, and goes on with something else for whoever wants to know all reasons.
    pub(super) fn refuse(&self, key: &'static str, error: ConfigError) {
        self.refusals.borrow_mut().push(Refusal { key, error });
    }

    fn complain(&self, key: &Key, kind: ProblemKind, text: String) {
        let by_variable = self.variable_of(key).is_some();
        let path = if by_variable { variable_name(key).to_owned() } else { key.path() };
        let line = if by_variable { None } else { self.given(&path).map(|given| given.line) };
        self.problem(Problem { kind, key: path, line, text, suggestion: None });
    }

    /// Once, however often a value is asked for.
    fn problem(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What was found.
    pub(super) fn into_found(self) -> Found {
        Found {
            seen: self.seen.into_inner(),
            problems: self.problems.into_inner(),
            refusals: self.refusals.into_inner(),
        }
    }

    fn key(&self, path: &str) -> Option<&'static Key> {
        let key = keys::all().iter().find(|key| key.path() == path);
        debug_assert!(key.is_some(), "{path} is no key");
        key
    }

    fn given(&self, path: &str) -> Option<&'a Given> {
        self.file.values.get(path)
    }

    fn variable_of(&self, key: &Key) -> Option<&'a OsStr> {
        let name = variable_name(key);
        if name.is_empty() { None } else { self.environment.get(name) }
    }

    /// The variable of a key that is neither a key of tokens nor the name of a file.
    fn variable(&self, key: &'static Key) -> Option<String> {
        let Some(text) = self.variable_of(key)?.to_str() else {
            self.complain(key, ProblemKind::Malformed, "its value is not UTF-8".to_owned());
            return None;
        };
        self.stands_for_itself(key, text, None).then(|| text.to_owned())
    }

    /// Whether a text is neither an explanation nor a variable of a template. A key that looks like such a variable is
    /// taken all the same: somebody may sign with just that.
    fn stands_for_itself(&self, key: &Key, text: &str, line: Option<usize>) -> bool {
        let (text, stands) = match () {
            () if placeholder::is_help(text) => (placeholder::HELP.to_owned(), false),
            () if !placeholder::is_unexpanded(text) => return true,
            () if key.secret => {
                let text =
                    "the key looks like a variable that nothing has expanded; it is used as it is written";
                (text.to_owned(), true)
            }
            () => (format!("nothing has expanded {text}; it counts as not given"), false),
        };
        let name = if line.is_some() { key.path() } else { variable_name(key).to_owned() };
        self.problem(Problem { kind: ProblemKind::Placeholder, key: name, line, text, suggestion: None });
        stands
    }

    /// 0 says nothing.
    fn note_number(&self, key: &Key, number: i128, origin: Origin) {
        match number {
            0 => self.note(key, key.default, Origin::Default),
            number => self.note(key, &number.to_string(), origin),
        }
    }

    fn note(&self, key: &Key, value: &str, origin: Origin) {
        let shown = Shown { value: value.to_owned(), origin };
        self.seen.borrow_mut().insert(key.path(), shown);
    }
}
