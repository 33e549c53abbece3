//! Shows how an answer differs from the recorded one.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};
use similar::TextDiff;

use super::matcher::{Matcher, Place};

static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{32}\b").unwrap());

/// A unified diff, `-` recorded and `+` observed; what agrees is written as it was recorded.
pub fn difference(matcher: &Matcher, expected: &Value, actual: &Value) -> String {
    let recorded = lines(expected, 0);
    let observed = lines(&aligned(matcher, expected, actual, Place::default()), 0);
    if recorded == observed {
        return format!(
            "each part agrees by itself, but the ids cannot be mapped one to one, or a list is not sorted:\n{}",
            lines(actual, 0)
        );
    }
    TextDiff::from_lines(&recorded, &observed).unified_diff().header("recorded", "observed").to_string()
}

fn aligned<'v>(matcher: &Matcher, expected: &'v Value, actual: &'v Value, place: Place<'v>) -> Value {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(found)) => {
            Value::Object(aligned_object(matcher, wanted, found, place))
        }
        (Value::Array(wanted), Value::Array(found)) if matcher.order(place).is_some() => {
            Value::Array(aligned_set(matcher, wanted, found, place))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            let show = |(at, item): (usize, &'v Value)| match wanted.get(at) {
                Some(expected) => aligned(matcher, expected, item, place),
                None => named(matcher, item),
            };
            Value::Array(found.iter().enumerate().map(show).collect())
        }
        _ if matcher.possible(expected, actual, place) => expected.clone(),
        _ => named(matcher, actual),
    }
}

fn aligned_object<'v>(
    matcher: &Matcher,
    wanted: &'v Map<String, Value>,
    found: &'v Map<String, Value>,
    place: Place<'v>,
) -> Map<String, Value> {
    let show = |(name, field): (&'v String, &'v Value)| match wanted.get(name) {
        Some(expected) => (name.clone(), aligned(matcher, expected, field, place.inside(name))),
        None => (named_text(matcher, name), named(matcher, field)),
    };
    found.iter().map(show).collect()
}

/// Elements that have a partner come first, in the order of the recorded ones.
fn aligned_set(matcher: &Matcher, wanted: &[Value], found: &[Value], place: Place<'_>) -> Vec<Value> {
    let mut left: Vec<&Value> = found.iter().collect();
    let mut shown = Vec::new();
    for expected in wanted {
        if let Some(at) = left.iter().position(|item| matcher.possible(expected, item, place)) {
            left.remove(at);
            shown.push(expected.clone());
        }
    }
    shown.extend(left.into_iter().map(|item| named(matcher, item)));
    shown
}

/// Known ids are shown as their names.
fn named(matcher: &Matcher, value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(named_text(matcher, text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| named(matcher, item)).collect()),
        Value::Object(fields) => {
            let show = |(name, field): (&String, &Value)| (named_text(matcher, name), named(matcher, field));
            Value::Object(fields.iter().map(show).collect())
        }
        other => other.clone(),
    }
}

fn named_text(matcher: &Matcher, text: &str) -> String {
    let name = |found: &regex::Captures<'_>| match matcher.name(&found[0]) {
        Some(name) => format!("@{{{name}}}"),
        None => found[0].to_owned(),
    };
    ID.replace_all(text, name).into_owned()
}

/// A value with one thing on a line, fields sorted, texts broken at their line feeds.
fn lines(value: &Value, depth: usize) -> String {
    let pad = " ".repeat(depth);
    let mut shown = String::new();
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            for (name, field) in fields {
                let _ = writeln!(shown, "{pad}{name}:");
                shown.push_str(&lines(field, depth + 2));
            }
        }
        Value::Array(items) => {
            for item in items {
                let _ = writeln!(shown, "{pad}-");
                shown.push_str(&lines(item, depth + 2));
            }
            let _ = writeln!(shown, "{pad}({} elements)", items.len());
        }
        other => {
            let text = other.to_string().replace("\\n", &format!("\\n\n{pad} "));
            let _ = writeln!(shown, "{pad}{text}");
        }
    }
    shown
}
