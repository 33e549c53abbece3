//! The file as it is written: which keys it gives which values, and what in it cannot be one.
//!
//! Read as Go would: names in any case, of repeated keys the last wins, `null` says nothing, types are strict. Keys that
//! begin with `_` are remarks.

use std::collections::BTreeMap;

use super::keys::{self, Key, Kind, SECTIONS};
use super::placeholder;
use super::problem::{Problem, ProblemKind};
use crate::json::located::{Entry, Located, LocatedError, Shape, first};
use crate::words::near::nearest;

/// A value of the right type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Number(i128),
    Any(serde_json::Value),
}

/// A value and its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct File {
    /// By the whole name of the key.
    pub(super) values: BTreeMap<String, Given>,
    pub(super) has_glusterfs: bool,
    pub(super) problems: Vec<Problem>,
}

/// Reads a file. What is of the wrong type is among the problems and counts as not given.
pub(super) fn read(text: &[u8]) -> Result<File, LocatedError> {
    let found = first(text)?;
    let mut reader = Reader { text, file: File::default() };
    reader.section("", 1, &found);
    Ok(reader.file)
}

struct Reader<'a> {
    text: &'a [u8],
    file: File,
}

impl Reader<'_> {
    fn section(&mut self, path: &str, line: usize, found: &Located) {
        let Shape::Object(entries) = &found.shape else {
            if found.shape != Shape::Null {
                let text = format!("an object is expected, not {}", shown(&found.shape, false));
                self.problem(ProblemKind::Malformed, path, line, text);
            }
            return;
        };
        self.file.has_glusterfs |= path == "glusterfs";
        for entry in entries {
            self.entry(path, entry);
        }
    }

    fn entry(&mut self, section: &str, entry: &Entry) {
        if let Some(key) =
            keys::all().iter().find(|key| key.section == section && key.name.eq_ignore_ascii_case(&entry.key))
        {
            return self.value(key, entry);
        }
        let path = joined(section, &entry.key);
        if let Some(inner) = SECTIONS.iter().find(|known| known.eq_ignore_ascii_case(&path)) {
            return self.section(inner, entry.line, &entry.value);
        }
        if entry.key.starts_with('_') {
            return;
        }
        self.problem(ProblemKind::Unknown, &path, entry.line, "nothing reads this key".to_owned());
        let suggestion = suggestion(section, &entry.key);
        if let Some(problem) = self.file.problems.last_mut() {
            problem.suggestion = suggestion;
        }
    }

    fn value(&mut self, key: &Key, entry: &Entry) {
        let path = key.path();
        let value = match &entry.value.shape {
            Shape::Null => return,
            Shape::Text(text) if key.kind != Kind::Any && placeholder::is_help(text) => {
                let text = placeholder::HELP.to_owned();
                return self.problem(ProblemKind::Placeholder, &path, entry.line, text);
            }
            shape => self.typed(key, shape, entry),
        };
        match value {
            Some(value) => {
                if let (Kind::Port, Shape::Number(digits)) = (key.kind, &entry.value.shape) {
                    let text = format!("heketi takes a string only: write \"{digits}\"");
                    self.problem(ProblemKind::Foreign, &path, entry.line, text);
                }
                self.file.values.insert(path, Given { line: entry.line, value });
            }
            None => {
                let text = mismatch(key, &entry.value.shape);
                self.problem(ProblemKind::Malformed, &path, entry.line, text);
            }
        }
    }

    /// The value, if it has the type that heketi wants.
    fn typed(&self, key: &Key, shape: &Shape, entry: &Entry) -> Option<Value> {
        match (key.kind, shape) {
            (Kind::Text | Kind::Port, Shape::Text(text)) => Some(Value::Text(text.clone())),
            // What has a sign or a fraction is refused as a text would be.
            (Kind::Port, Shape::Number(digits)) => Some(Value::Text(digits.clone())),
            (Kind::Flag, Shape::Flag(flag)) => Some(Value::Flag(*flag)),
            (Kind::Integer, Shape::Number(digits)) => {
                digits.parse::<i64>().ok().map(|number| Value::Number(number.into()))
            }
            (Kind::Unsigned(most), Shape::Number(digits)) => {
                let number = digits.parse::<u64>().ok().filter(|number| *number <= most);
                number.map(|number| Value::Number(number.into()))
            }
            (Kind::Any, _) => {
                let text = self.text.get(entry.value.span.clone())?;
                // The grammar was checked; a number beyond all bounds is none that anybody needs.
                Some(Value::Any(serde_json::from_slice(text).unwrap_or_default()))
            }
            _ => None,
        }
    }

    fn problem(&mut self, kind: ProblemKind, key: &str, line: usize, text: String) {
        let key = key.to_owned();
        self.file.problems.push(Problem { kind, key, line: Some(line), text, suggestion: None });
    }
}

fn joined(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// A key of the section that is spelt nearly so; else one of that very name in another section.
fn suggestion(section: &str, word: &str) -> Option<String> {
    let here = keys::all().iter().filter(|key| key.section == section && !key.name.is_empty());
    let inner = SECTIONS.iter().filter_map(|path| match path.rsplit_once('.') {
        Some((outer, name)) => (outer == section).then_some(name),
        None => section.is_empty().then_some(*path),
    });
    let near = nearest(word, here.map(|key| key.name).chain(inner).filter(|name| !name.is_empty()));
    let elsewhere = || keys::all().iter().find(|key| key.name.eq_ignore_ascii_case(word)).map(Key::path);
    near.map(|name| joined(section, name)).or_else(elsewhere)
}

/// What is expected, what stands there, and how to write it.
fn mismatch(key: &Key, shape: &Shape) -> String {
    let expected = match key.kind {
        Kind::Text | Kind::Port => "a string".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Integer => "an integer".to_owned(),
        Kind::Unsigned(most) => format!("an integer from 0 to {most}"),
        Kind::Any => "anything".to_owned(),
    };
    let advice = match (key.kind, shape) {
        (Kind::Text, Shape::Number(digits)) if !key.secret => format!("; write \"{digits}\""),
        (Kind::Text | Kind::Port, Shape::Number(_) | Shape::Flag(_)) => "; put it in quotes".to_owned(),
        (Kind::Flag, Shape::Text(text)) if matches!(text.as_str(), "true" | "false") => {
            format!("; write {text} without quotes")
        }
        (Kind::Integer | Kind::Unsigned(_), Shape::Text(text)) if text.parse::<i64>().is_ok() => {
            format!("; write {text} without quotes")
        }
        _ => String::new(),
    };
    format!("{expected} is expected, not {}{advice}", shown(shape, key.secret))
}

fn shown(shape: &Shape, secret: bool) -> String {
    match shape {
        Shape::Null => "null".to_owned(),
        Shape::Flag(flag) => flag.to_string(),
        Shape::Number(_) if secret => "a number".to_owned(),
        Shape::Number(digits) => format!("the number {digits}"),
        Shape::Text(_) if secret => "a string".to_owned(),
        Shape::Text(text) => format!("the string {text:?}"),
        Shape::List => "a list".to_owned(),
        Shape::Object(_) => "an object".to_owned(),
    }
}

impl Value {
    /// As it is shown to people.
    pub(super) fn shown(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Any(_) => "(not shown)".to_owned(),
        }
    }
}
