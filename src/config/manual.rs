//! The table of all keys for the manual, from the definitions that are read.

use std::fmt::Write as _;

use super::keys::{self, Fate, Key, Kind, SECTIONS};

/// All keys and variables as tables in Markdown, a section each.
pub fn table() -> String {
    let mut parts: Vec<String> = SECTIONS.iter().map(|section| of_section(section)).collect();
    parts.push(part("Variables without a key", keys::all().iter().filter(|key| key.name.is_empty())));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn of_section(section: &str) -> String {
    let title = if section.is_empty() { "Outside of any section".to_owned() } else { format!("`{section}`") };
    part(&title, keys::all().iter().filter(|key| !key.name.is_empty() && key.section == section))
}

/// One table; nothing where there are no keys.
fn part<'a>(title: &str, keys: impl Iterator<Item = &'a Key>) -> String {
    let mut rows = String::new();
    keys.for_each(|key| row(&mut rows, key));
    if rows.is_empty() {
        return rows;
    }
    let head = "| key | type | default | variable | meaning |\n| --- | --- | --- | --- | --- |";
    format!("### {title}\n\n{head}\n{rows}")
}

fn row(text: &mut String, key: &Key) {
    let code = |word: &str| if word.is_empty() { String::new() } else { format!("`{word}`") };
    let kind = match key.kind {
        Kind::Text | Kind::Port => "string",
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
