//! What holds: the variable, else the file, else the default; and where it came from.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::environment::Environment;
use super::file::{File, Given, Value};
use super::keys::{self, Key};
use super::placeholder;
use super::problem::{Problem, ProblemKind};

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

/// What to take where a variable cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Nothing, as heketi does; the file's value is lost.
    Nothing,
    /// The file's value.
    File,
}

/// The values of a file and an environment.
pub(super) struct Values<'a> {
    file: &'a File,
    environment: &'a Environment,
    seen: RefCell<BTreeMap<String, Shown>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Values<'a> {
    pub(super) fn new(file: &'a File, environment: &'a Environment) -> Values<'a> {
        Values { file, environment, seen: RefCell::default(), problems: RefCell::default() }
    }

    /// A text; `None` where nothing or an empty one is given.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let key = self.key(path)?;
        if let Some(text) = self.variable(key) {
            self.note(key, &text, Origin::Variable(key.variable));
            return Some(text);
        }
        let given = self.given(path);
        let text = given.and_then(|given| match &given.value {
            Value::Text(text) if !text.is_empty() => Some((text.clone(), given.line)),
            _ => None,
        });
        let text = text.filter(|(text, line)| self.stands_for_itself(key, text, Some(*line)));
        match text {
            Some((text, line)) => {
                self.note(key, &text, Origin::File(line));
                Some(text)
            }
            None => {
                self.note(key, key.default, Origin::Default);
                None
            }
        }
    }

    /// A number; 0 where nothing is given.
    pub(super) fn number(&self, path: &str, unreadable: Unreadable) -> i128 {
        let Some(key) = self.key(path) else { return 0 };
        if let Some(text) = self.variable(key) {
            if let Some(number) = self.parsed(key, &text) {
                self.note_number(key, number, Origin::Variable(key.variable));
                return number;
            }
            if unreadable == Unreadable::Nothing {
                self.note(key, key.default, Origin::Default);
                return 0;
            }
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
            self.complain(key, ProblemKind::Invalid, format!("`{text}` is no number of the expected kind"));
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

    /// A truth value of the file, or of the variable in Go's words; one that is neither counts as `unreadable`, with a
    /// warning.
    pub(super) fn flag_or(&self, path: &str, unreadable: bool) -> bool {
        let Some(key) = self.key(path) else { return unreadable };
        let Some(text) = self.variable(key) else {
            return if key.name.is_empty() { self.defaulted(key) } else { self.flag(path) };
        };
        let flag = match text.as_str() {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => true,
            "0" | "f" | "F" | "false" | "False" | "FALSE" => false,
            _ => {
                let text = format!("{text:?} is neither true nor false: it counts as {unreadable}");
                self.complain(key, ProblemKind::Invalid, text);
                unreadable
            }
        };
        self.note(key, if flag { "true" } else { "false" }, Origin::Variable(key.variable));
        flag
    }

    /// A truth value that is true where the file says so or the variable is exactly `true`: neither takes back what the
    /// other says.
    pub(super) fn flag_and(&self, path: &str) -> bool {
        let Some(key) = self.key(path) else { return false };
        let text = self.variable(key);
        if text.as_deref() == Some("true") {
            self.note(key, "true", Origin::Variable(key.variable));
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
        self.environment.get(variable).is_some_and(|text| text.parse() == Ok(0_u32))
    }

    /// Says that a value cannot be used, and that the default is.
    pub(super) fn falls_back(&self, path: &str, text: String) {
        let Some(key) = self.key(path) else { return };
        self.complain(key, ProblemKind::Invalid, text);
        self.note(key, key.default, Origin::Default);
    }

    fn complain(&self, key: &Key, kind: ProblemKind, text: String) {
        let by_variable = self.variable_of(key).is_some();
        let path = if by_variable { key.variable.to_owned() } else { key.path() };
        let line = if by_variable { None } else { self.given(&path).map(|given| given.line) };
        self.problems.borrow_mut().push(Problem { kind, key: path, line, text, suggestion: None });
    }

    /// What was read, by the whole name of its key, and what was wrong with it.
    pub(super) fn into_seen(self) -> (BTreeMap<String, Shown>, Vec<Problem>) {
        (self.seen.into_inner(), self.problems.into_inner())
    }

    fn key(&self, path: &str) -> Option<&'static Key> {
        let key = keys::all().iter().find(|key| key.path() == path);
        debug_assert!(key.is_some(), "{path} is no key");
        key
    }

    fn given(&self, path: &str) -> Option<&'a Given> {
        self.file.values.get(path)
    }

    fn variable_of(&self, key: &Key) -> Option<&'a str> {
        if key.variable.is_empty() { None } else { self.environment.get(key.variable) }
    }

    fn variable(&self, key: &'static Key) -> Option<String> {
        let text = self.variable_of(key)?;
        self.stands_for_itself(key, text, None).then(|| text.to_owned())
    }

    /// Whether a text is no variable of a template. A key that looks like one is taken all the same: somebody may sign
    /// with just that.
    fn stands_for_itself(&self, key: &Key, text: &str, line: Option<usize>) -> bool {
        if !placeholder::is_unexpanded(text) {
            return true;
        }
        let name = if line.is_some() { key.path() } else { key.variable.to_owned() };
        let text = if key.secret {
            "the key looks like a variable that nothing has expanded; it is used as it is written".to_owned()
        } else {
            format!("nothing has expanded {text}; it counts as not given")
        };
        let problem = Problem { kind: ProblemKind::Placeholder, key: name, line, text, suggestion: None };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
        key.secret
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
