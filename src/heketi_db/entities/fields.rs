//! Reading the fields of an object by name, whatever it was decoded from. What is absent is zero; what does not fit is a
//! finding, and zero.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::finding::{Class, Findings};
use super::super::kind::Kind;
use super::super::value::Value;

/// A field's name in Go, and in JSON.
pub(super) type Name = (&'static str, &'static str);

/// A field of the same name in both.
pub(super) fn same(name: &'static str) -> Name {
    (name, name)
}

/// Where an object comes from: that decides how its fields are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Gob: Go's names, and structs that are embedded in others have a name.
    Gob,
    /// JSON: in any case, as Go reads them, and what is embedded lies among the others.
    Json,
}

/// The object that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    pub(crate) id: &'a str,
}

/// The fields of an object, or of one inside of it.
pub(super) struct Fields<'v, 's> {
    subject: Subject<'s>,
    /// Where it is in the object, such as `Info.Storage.`; empty for the object itself.
    path: String,
    values: &'v [(Arc<str>, Value)],
    /// Which of the values were asked for.
    used: Vec<bool>,
    findings: &'s mut Findings,
}

/// Reads an object from its fields, and reports those that it did not ask for.
pub(super) fn read_object<T>(
    subject: Subject<'_>,
    value: &Value,
    findings: &mut Findings,
    read: impl FnOnce(&mut Fields<'_, '_>) -> T,
) -> T {
    Fields::read(subject, String::new(), Some(value), findings, read)
}

impl<'v> Fields<'v, '_> {
    fn read<T>(
        subject: Subject<'_>,
        path: String,
        value: Option<&Value>,
        findings: &mut Findings,
        read: impl FnOnce(&mut Fields<'_, '_>) -> T,
    ) -> T {
        let (values, fits): (&[_], bool) = match value.map(Value::bare) {
            Some(Value::Struct(object)) => (&object.fields, true),
            other => (&[], other.is_none_or(|other| *other == Value::Nil)),
        };
        let mut fields = Fields { subject, path, values, used: vec![false; values.len()], findings };
        if !fits {
            fields.misfit("", "an object", value);
        }
        let object = read(&mut fields);
        fields.report_unused();
        object
    }

    fn report_unused(&mut self) {
        let unused = self.values.iter().zip(&self.used).filter(|(_, used)| !**used);
        for ((name, value), _) in unused {
            let name: String = name.chars().take(80).collect();
            let text = format!(
                "has a field {}{name}, {}, which is not known here and was left out",
                self.path,
                value.kind()
            );
            self.findings.about(Class::Unknown, self.subject.kind, self.subject.id, text);
        }
    }

    fn misfit(&mut self, name: &str, expected: &str, found: Option<&Value>) {
        let path = format!("{}{name}", self.path);
        let place =
            if path.is_empty() { String::new() } else { format!(" as {}", path.trim_end_matches('.')) };
        let found = found.map_or("nothing", Value::kind);
        let text = format!("has {found}{place} where {expected} belongs; it was read as if there were none");
        self.findings.about(Class::Misfit, self.subject.kind, self.subject.id, text);
    }

    fn shown(&self, name: Name) -> &'static str {
        if self.subject.source == Source::Gob { name.0 } else { name.1 }
    }

    /// The value of a field, if there is one. `null` leaves a field as it is in Go.
    fn take(&mut self, name: Name) -> Option<&'v Value> {
        let wanted = self.shown(name);
        let exact = self.values.iter().rposition(|(own, _)| **own == *wanted);
        let any_case = || self.values.iter().rposition(|(own, _)| own.eq_ignore_ascii_case(wanted));
        let found = if self.subject.source == Source::Json { exact.or_else(any_case) } else { exact };
        let place = found?;
        if let Some(used) = self.used.get_mut(place) {
            *used = true;
        }
        self.values.get(place).map(|(_, value)| value.bare()).filter(|value| **value != Value::Nil)
    }

    fn scalar<T: Default>(
        &mut self,
        name: Name,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> T {
        let Some(value) = self.take(name) else { return T::default() };
        read(value).unwrap_or_else(|| {
            self.misfit(self.shown(name), expected, Some(value));
            T::default()
        })
    }

    /// A text. Bytes that are no UTF-8 are replaced.
    pub(super) fn text(&mut self, name: Name) -> String {
        let mut broken = false;
        let text = self.scalar(name, "a text", |value| match value {
            Value::Text(text) => Some(text.clone()),
            Value::Bytes(bytes) => {
                broken = true;
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
            _ => None,
        });
        if broken {
            let text = format!(
                "has bytes in {}{} that are no text; they were replaced",
                self.path,
                self.shown(name)
            );
            self.findings.about(Class::Misfit, self.subject.kind, self.subject.id, text);
        }
        text
    }

    /// A signed number.
    pub(super) fn int(&mut self, name: Name) -> i64 {
        self.scalar(name, "a whole number", Value::as_i64)
    }

    /// A number that may be absent.
    pub(super) fn optional_int(&mut self, name: Name) -> Option<i64> {
        self.scalar(name, "a whole number", |value| value.as_i64().map(Some))
    }

    /// An unsigned number.
    pub(super) fn uint(&mut self, name: Name) -> u64 {
        self.scalar(name, "a whole number that is not negative", Value::as_u64)
    }

    /// A floating-point number of single precision.
    pub(super) fn float(&mut self, name: Name) -> f32 {
        self.scalar(name, "a number of single precision", |value| {
            let text = match value {
                Value::Float(number) => number.to_string(),
                Value::Int(number) => number.to_string(),
                Value::Uint(number) => number.to_string(),
                _ => return None,
            };
            text.parse::<f32>().ok().filter(|number| number.is_finite())
        })
    }

    /// True or false.
    pub(super) fn flag(&mut self, name: Name) -> bool {
        self.scalar(name, "true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: Name) -> Vec<String> {
        self.scalar(name, "a list of texts", |value| match value {
            Value::List(elements) => elements.iter().map(plain).collect(),
            _ => None,
        })
    }

    /// Texts by name.
    pub(super) fn text_map(&mut self, name: Name) -> BTreeMap<String, String> {
        self.scalar(name, "a map of texts", |value| match value {
            Value::Map(entries) => entries.iter().map(|(key, value)| plain(key).zip(plain(value))).collect(),
            // An object is all that JSON has.
            Value::Struct(object) => {
                object.fields.iter().map(|(key, value)| Some((key.to_string(), plain(value)?))).collect()
            }
            _ => None,
        })
    }

    /// An object inside of this one.
    pub(super) fn inside<T>(&mut self, name: Name, read: impl FnOnce(&mut Fields<'_, '_>) -> T) -> T {
        let (path, value) = (format!("{}{}.", self.path, self.shown(name)), self.take(name));
        Fields::read(self.subject, path, value, self.findings, read)
    }

    /// A struct that is embedded in this one in Go.
    pub(super) fn embedded<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_, '_>) -> T) -> T
    where
        Self: Sized,
    {
        match self.subject.source {
            Source::Gob => self.inside(same(name), read),
            Source::Json => read(self),
        }
    }

    /// A list of objects.
    pub(super) fn objects<T>(
        &mut self,
        name: Name,
        mut read: impl FnMut(&mut Fields<'_, '_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::List(elements) = value else {
            self.misfit(self.shown(name), "a list", Some(value));
            return Vec::new();
        };
        let own = self.shown(name);
        let path = |number: usize| format!("{}{own}[{number}].", self.path);
        let paths: Vec<String> = (0..elements.len()).map(path).collect();
        let each = elements.iter().zip(paths);
        each.map(|(element, path)| Fields::read(self.subject, path, Some(element), self.findings, &mut read))
            .collect()
    }

    /// A field that says nothing that another one does not say.
    pub(super) fn ignore(&mut self, name: Name) {
        self.take(name);
    }
}

/// A text without anything that would have to be reported.
fn plain(value: &Value) -> Option<String> {
    match value.bare() {
        Value::Text(text) => Some(text.clone()),
        // As in Go: `null` leaves the empty text.
        Value::Nil => Some(String::new()),
        _ => None,
    }
}
