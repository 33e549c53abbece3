//! Output of the client in the form in which golden files have it.

use anyhow::Result;
use regex::Regex;
use serde_json::{Value, json};

use super::answer::name_mount_hosts;

/// A text in the same form as the recorded one. `split` are the patterns that cut it into blocks.
pub fn in_form_of(recorded: &Value, text: &str, split: &[Regex]) -> Value {
    if recorded.get("json").is_some() {
        return match serde_json::from_str(text) {
            Ok(value) => json!({"json": name_mount_hosts(value), "newline": text.ends_with('\n')}),
            Err(_) => json!({"text": text}),
        };
    }
    if recorded.get("lines").is_some() {
        return json!({"lines": text.split('\n').collect::<Vec<_>>()});
    }
    if recorded.get("blocks").is_some() {
        return json!({"blocks": blocks(text, split)});
    }
    json!({"text": text})
}

/// The patterns of a `split`; each fits at the beginning of a line.
pub fn patterns(split: Option<&Value>) -> Result<Vec<Regex>> {
    let texts = split.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| Ok(Regex::new(&format!("^(?:{text})"))?)).collect()
}

/// Cuts a text into a head and blocks, each of which begins at a line that fits the first pattern; the other
/// patterns cut the blocks. Empty lines around blocks do not count.
fn blocks(text: &str, patterns: &[Regex]) -> Value {
    let Some((first, others)) = patterns.split_first() else { return json!(text.trim_matches('\n')) };
    let mut head = Vec::new();
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for line in text.split('\n') {
        if first.is_match(line) {
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap_or(&mut head).push(line);
    }
    if parts.is_empty() {
        return blocks(text, others);
    }
    let cut: Vec<Value> = parts.iter().map(|part| blocks(&part.join("\n"), others)).collect();
    json!({"head": head.join("\n").trim_matches('\n'), "blocks": cut})
}

#[test]
fn texts_are_cut_level_by_level() {
    let split = patterns(Some(&json!(["A", " b"]))).unwrap();
    let cut = blocks("head\n\nA1\n x\n b1\n b2\n  y\n\nA2\n", &split);
    let first = json!({"head": "A1\n x", "blocks": [" b1", " b2\n  y"]});
    assert_eq!(cut, json!({"head": "head", "blocks": [first, "A2"]}));
}
