//! The table of all keys for the manual, from the definitions that are read.

use std::fmt::Write as _;

use super::keys::{self, Fate, Key, Kind};

/// All keys and variables as tables in Markdown, a section each.
pub fn table() -> String {
    let mut text = String::new();
    let mut section = None;
    for key in keys::all() {
        let here = if key.name.is_empty() { "variables only" } else { key.section };
        if section != Some(here) {
            section = Some(here);
            heading(&mut text, here);
        }
        row(&mut text, key);
    }
    text
}

fn heading(text: &mut String, section: &str) {
    let title = match section {
        "" => "Outermost keys".to_owned(),
        "variables only" => "Variables without a key".to_owned(),
        section => format!("`{section}`"),
    };
    if !text.is_empty() {
        text.push('\n');
    }
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "### {title}\n\n| key | type | default | variable | meaning |\n| --- | --- | --- | --- | --- |\n"
    );
}

fn row(text: &mut String, key: &Key) {
    let code = |word: &str| if word.is_empty() { String::new() } else { format!("`{word}`") };
    let kind = match key.kind {
        Kind::Text => "string",
        Kind::Flag => "true or false",
        Kind::Integer => "integer",
        Kind::Unsigned(_) => "integer, not below 0",
        Kind::Any => "any",
    };
    let (kind, default) = match key.fate {
        Fate::Ignored { .. } => (kind, String::new()),
        _ => (kind, code(key.default)),
    };
    let meaning = match key.fate {
        Fate::Heketi => key.help.to_owned(),
        Fate::Ours => format!("ours: {}", key.help),
        Fate::Ignored { why, .. } => format!("no effect: {why}"),
    };
    let _ =
        writeln!(text, "| {} | {kind} | {default} | {} | {meaning} |", code(key.name), code(key.variable));
}
