//! A command line as heketi-cli takes it: flags anywhere, its error texts. The outcome is a line in the order
//! that clap wants: flags of the program, words of the command, flags of the command, arguments.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use super::failure::Failure;
use super::flag_reader::{Reader, bad_value, by_letter, by_name, is_bool};
use crate::words::go::quoted;
use crate::words::near::distance;

/// What it costs that two letters have changed places where heketi-cli counts: two changes.
const LEVENSHTEIN: usize = 2;

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// To run a command.
    Command(Line),
    /// The help of the command at this path, on standard output.
    Help(Vec<String>),
    /// The help of a group of commands, of which none or an unknown one was named.
    Group {
        /// The words of the group.
        path: Vec<String>,
        /// The word that is no command of it.
        unknown: Option<String>,
    },
    /// The help of the program on standard error: no command was given.
    Usage,
    /// The same, as there is no help about these words.
    UnknownTopic(Vec<String>),
    /// The version.
    Version,
}

/// A command line in clap's order, without the name of the program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) words: Vec<String>,
    pub(super) asked: Asked,
}

/// The parts of a command line, for whoever explains what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The words of the command.
    pub(super) path: Vec<String>,
    /// Long names of flags with their values; of a repeated one the last value.
    pub(super) flags: Vec<(String, String)>,
    /// What is neither.
    pub(super) arguments: Vec<String>,
}

impl Asked {
    /// The command in one text: `volume create`.
    pub(super) fn command(&self) -> String {
        self.path.join(" ")
    }

    /// The value of a flag, if it was given one.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        let given = self.flags.iter().find(|(flag, value)| flag == name && !value.is_empty());
        given.map(|(_, value)| value.as_str())
    }
}

/// Reads a command line.
///
/// # Errors
/// In heketi-cli's words.
pub(super) fn parse(root: &Command, line: &[String]) -> Result<Parsed, Failure> {
    let (path, rest) = find(root, line);
    let leaf = path.last().copied().unwrap_or(root);
    let names: Vec<String> = path.iter().map(|command| command.get_name().to_owned()).collect();
    let mut reader = Reader::new(root, leaf);
    reader.read(&rest)?;
    if reader.help {
        return Ok(Parsed::Help(names));
    }
    if reader.version {
        return Ok(Parsed::Version);
    }
    if path.is_empty() {
        // What stands behind `--` is no command.
        let before = reader.ended.unwrap_or(reader.arguments.len());
        return without_command(root, &reader.arguments[..before]);
    }
    if names == ["help"] {
        return Ok(topic(root, reader.arguments));
    }
    if leaf.has_subcommands() {
        return Ok(Parsed::Group { path: names, unknown: reader.arguments.into_iter().next() });
    }
    Ok(Parsed::Command(reader.line(names)?))
}

/// No command of ours: nothing, or something unknown.
fn without_command(root: &Command, arguments: &[String]) -> Result<Parsed, Failure> {
    match arguments.first().map(String::as_str) {
        None => Ok(Parsed::Usage),
        Some(word) => Err(unknown_command(root, word)),
    }
}

/// What `help` shows. Only the first word has to be known: the rest is of no account where a command ends.
fn topic(root: &Command, words: Vec<String>) -> Parsed {
    let mut path = Vec::new();
    let mut command = root;
    for word in &words {
        let Some(next) = command.find_subcommand(word) else { break };
        command = next;
        path.push(word.clone());
    }
    if path.is_empty() && !words.is_empty() { Parsed::UnknownTopic(words) } else { Parsed::Help(path) }
}

fn unknown_command(root: &Command, word: &str) -> Failure {
    let name = root.get_name();
    let near = |candidate: &&str| {
        candidate.starts_with(&word.to_lowercase())
            || distance(candidate, &word.to_lowercase(), LEVENSHTEIN) <= 2
    };
    let names = root.get_subcommands().map(Command::get_name);
    // `help` is never suggested by heketi-cli.
    let mut similar: Vec<&str> = names.filter(|name| *name != "help").filter(near).collect();
    similar.sort_unstable();
    let mut text = format!("unknown command {} for {}", quoted(word), quoted(name));
    if !similar.is_empty() {
        text.push_str(&format!("\n\nDid you mean this?\n\t{}\n", similar.join("\n\t")));
    }
    Failure::new(format!("{text}\nRun '{name} --help' for usage."))
}

/// The commands that a line names, from the outermost, and the line without their words.
fn find<'a>(root: &'a Command, line: &[String]) -> (Vec<&'a Command>, Vec<String>) {
    let mut path: Vec<&Command> = Vec::new();
    let mut rest = line.to_vec();
    loop {
        let command = path.last().copied().unwrap_or(root);
        let Some(at) = first_word(root, command, &rest) else { return (path, rest) };
        let Some(next) = command.find_subcommand(&rest[at]) else { return (path, rest) };
        rest.remove(at);
        path.push(next);
    }
}

/// Where the first word that is neither a flag nor the value of one stands.
fn first_word(root: &Command, command: &Command, line: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = line.get(at) {
        if word == "--" {
            return None;
        }
        if !word.starts_with('-') || word == "-" {
            return Some(at);
        }
        let takes_next = match word.strip_prefix("--") {
            Some(name) => !name.contains('=') && !name_without_value(root, command, name),
            None => word.chars().count() == 2 && !letter_without_value(root, command, word),
        };
        at += if takes_next { 2 } else { 1 };
    }
    None
}

fn name_without_value(root: &Command, command: &Command, name: &str) -> bool {
    name == "help" || name == "version" || by_name(root, command, name).is_some_and(is_bool)
}

fn letter_without_value(root: &Command, command: &Command, word: &str) -> bool {
    let letter = word.chars().nth(1).unwrap_or_default();
    letter == 'h' || letter == 'v' || by_letter(root, command, letter).is_some_and(is_bool)
}

/// heketi-cli's text for a value that clap refused.
pub(super) fn refused(error: clap::Error) -> Failure {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let flag = text(ContextKind::InvalidArg).split([' ', '=']).next().unwrap_or_default();
    match std::error::Error::source(&error) {
        Some(reason) => bad_value(text(ContextKind::InvalidValue), flag, &reason.to_string()),
        None => Failure::new(error.to_string().trim_start_matches("error: ").trim().to_owned()),
    }
}
